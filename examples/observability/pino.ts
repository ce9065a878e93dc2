// An API whose requests and decisions are logged by pino, without tokens.
// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789 PORT=3000 node dist/examples/observability/pino.js
import { subscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { createGuard, type DecisionEvent, sensitiveHeaders } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/node'
import { pino } from 'pino'
import { verifier } from '../guard.js'
import { serve } from '../serve.js'
import { fieldsOf } from './decision-fields.js'

const logger = pino({
  redact: [...sensitiveHeaders.map(name => `req.headers["${name}"]`), 'req.remoteAddress'],
  serializers: {
    // Not the query: there may be a token in it.
    req: ({ method, url = '', headers }) => ({ method, path: url.split('?')[0], headers }),
  },
})

subscribe('cognito-guard:decision', message => {
  const event = message as DecisionEvent
  logger[event.status === 503 ? 'error' : 'info'](fieldsOf(event), 'decision')
})

const secure = protect(createGuard({ verifier }))
serve(
  createServer((req, res) => {
    logger.info({ req }, 'request')
    secure(req, res, error =>
      error ? res.writeHead(500).end() : res.end(JSON.stringify(authOf(req).principal)),
    )
  }),
)
