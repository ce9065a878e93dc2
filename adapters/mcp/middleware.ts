import type { IncomingMessage, ServerResponse } from 'node:http'
import { asError } from '../../src/errors.js'
import { isPending } from '../../src/maybe-promise.js'
import type { MaybePromise } from '../../src/types.js'
import { authorize } from '../authorized.js'
import type { GuardMiddleware } from '../node.js'
import { nodeRequestView } from '../node-http.js'
import type { Admission, Endpoint, Outcome } from './endpoint.js'
import { parsed } from './fetch.js'

/** Returns the adapter for Express, Connect and `node:http`. It sets `req.auth` to the `AuthInfo` that transports of the SDK look for there. */
export const middleware = (endpoint: Endpoint): GuardMiddleware =>
  function cognitoGuardMcp(req, res, next) {
    const settle = (outcome: Outcome) => {
      if (res.headersSent) return
      for (const [name, value] of Object.entries(outcome.headers)) res.setHeader(name, value)
      if (outcome.answer) return send(res, outcome.answer)
      const { auth, authInfo } = outcome.admission as Admission
      // `authOf` finds the verified token
      authorize(req, auth)
      Object.assign(req, { auth: authInfo })
      next()
    }
    let outcome: MaybePromise<Outcome>
    try {
      outcome = endpoint(nodeRequestView(req, req.originalUrl), () => bodyOf(req))
    } catch (error) {
      return next(asError(error))
    }
    if (isPending(outcome)) outcome.then(settle).catch(error => next(asError(error)))
    else settle(outcome)
  }

function send(res: ServerResponse, { status, headers, body }: NonNullable<Outcome['answer']>): void {
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.end(body)
}

/**
 * The body as a parser before this middleware has left it: what the server sees is what was decided on. `undefined` for what a parser of JSON
 * leaves alone: another type, or no body. (Express 4 then has `{}`, which is no message either.)
 *
 * @throws TypeError when there was no parser
 */
function bodyOf({ body, headers }: IncomingMessage & { readonly body?: unknown }): unknown {
  const isJson = /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')
  const isThere = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (body === undefined && isJson && isThere)
    throw new TypeError('mcp: the request has no parsed body; put express.json() before this middleware')
  return typeof body === 'string' || body instanceof Uint8Array ? parsed(body.toString()) : body
}
