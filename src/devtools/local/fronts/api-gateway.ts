import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, loopback, type Reach } from '../../../testing/loopback.js'
import type { Clock } from '../../../types.js'
import { type AuthorizerEvent, type AuthorizerType, authorizerEvent } from './authorizer-event.js'
import { corsOf } from './cors.js'
import { type App, forward, isUpgrade } from './proxy.js'
import { type Refusal, type RefusalReason, refusals, refuse } from './refusals.js'
import type { Verdict } from './verdict.js'

/** What stands in front of an API: a Lambda authorizer, or one that API Gateway brings. */
export interface GatewayAuthorizer {
  /** Decides between REST and HTTP API, and which event it is called with. */
  readonly type: AuthorizerType
  readonly judge: (
    authorization: string,
    event: AuthorizerEvent['event'],
  ) => Promise<Verdict | RefusalReason | Refusal>
}

/** An API and its gateway. */
export interface ApiGatewayOptions {
  readonly authorizer: GatewayAuthorizer
  readonly apiPort: number
  readonly port: number
  readonly clock: Clock
  /** The origins that the API is configured for, `*` for all. Default: none. */
  readonly cors?: readonly string[]
  /** From where it is reached. Default: from this machine. */
  readonly reach?: Reach
  /** Says something on the console. Default: nowhere. */
  readonly notice?: App['notice']
}

/**
 * Resolves to an API Gateway on loopback: it forwards a request that its authorizer allows to an API on this machine. It refuses any other. The
 * API gets `requestContext`, with what the authorizer added, as JSON in the header `x-amzn-request-context`, as the AWS Lambda Web Adapter
 * passes it. An HTTP API answers CORS by itself, a REST API where the API does not.
 * Source: "Controlling and managing access to REST APIs" and "Control access to HTTP APIs", API Gateway Developer Guide.
 */
export function startApiGateway({
  authorizer: { type, judge },
  apiPort,
  port,
  clock,
  cors: origins = [],
  reach,
  notice,
}: ApiGatewayOptions): Promise<Loopback> {
  const isHttpApi = type === 'http'
  const cors = corsOf(origins, isHttpApi)
  const owned = isHttpApi && origins.length > 0 ? /^access-control-/i : undefined

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (cors.answers(request, response)) return
    const answer = (refusal: Refusal) => {
      cors.allow(request, response)
      refuse(response, refusal)
    }
    if (isUpgrade(request)) return answer(noWebSocket)
    const { authorization } = request.headers
    if (authorization === undefined) return answer(refusals[type].unauthorized)
    const { arn, event, requestContext } = authorizerEvent(type, request, clock.now())
    const verdict = await judge(authorization, event)
    if (typeof verdict === 'string') return answer(refusals[type][verdict])
    if (!('allows' in verdict)) return answer(verdict)
    if (!verdict.allows(arn)) return answer(refusals[type].denied)
    const context = asciiJson({ ...requestContext, authorizer: verdict.authorizer })
    if (isHttpApi) cors.allow(request, response)
    forward(
      request,
      response,
      { port: apiPort, notice },
      /^x-amzn-request-context$/,
      { 'x-amzn-request-context': context },
      owned,
    )
  }

  return loopback(handle, port, reach)
}

/** A header is Latin-1 at best, and a claim any text. */
const asciiJson = (value: object) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const noWebSocket: Refusal = [
  501,
  { message: 'REST and HTTP APIs pass no WebSocket: that is another kind of API' },
  'NotImplementedException',
]
