import type { Guard } from '../../src/guard/guard.js'
import { aPolicy, type Policy } from '../../src/guard/policy.js'
import { aFunction, checkOptions, type OptionCheck } from '../../src/options.js'
import type { JwtClaims } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { authorizedBy } from './authorizer.js'
import { type ContextOption, contextOf, longestResult, sizeOf } from './context.js'
import { eventView, type HttpEvent, handshake } from './event-view.js'
import type { AuthorizerPolicy } from './events.js'
import { denial, grant, parseMethodArn } from './policy-document.js'

/** The options of {@link webSocketAuthorizer}. */
export interface WebSocketAuthorizerOptions<C extends JwtClaims = JwtClaims> {
  /** The policy for connecting. Default: any verified token but a guest's. */
  readonly policy?: Policy<C>
  /** The subprotocols that the API speaks. The first that the client offers of them is in the context, as `subprotocol`. Default `['bearer']`. */
  readonly subprotocols?: readonly string[]
  /** What the functions behind it get beside the principal. Default: nothing more. */
  readonly context?: ContextOption
}

/**
 * Returns the Lambda authorizer of a WebSocket API's `$connect`. Browsers can send no header there: give the guard
 * `token: firstOf(bearer(), webSocketProtocol())`, and let the `$connect` integration answer with `Sec-WebSocket-Protocol` as in
 * `event.requestContext.authorizer.subprotocol`, or browsers close the connection. Messages are not authorized again: check `expiresAt`.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function webSocketAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: WebSocketAuthorizerOptions<C> = {},
) {
  checkArguments(guard, [], 'webSocketAuthorizer')
  checkOptions('webSocketAuthorizer', options, webSocketChecks)
  const { policy, subprotocols = ['bearer'], context } = options
  return async (event: HttpEvent & { readonly methodArn: string }): Promise<AuthorizerPolicy> => {
    const { stage } = parseMethodArn(event?.methodArn)
    const view = eventView(event, handshake)
    const auth = authorizedBy(await guard(view, policy))
    if (!auth) return denial(stage)
    const authorizerContext = contextOf(auth, context, longestResult)
    const offered = [view.header('sec-websocket-protocol') ?? []].flat().join(',').split(',')
    const subprotocol = offered.map(name => name.trim()).find(name => subprotocols.includes(name))
    if (subprotocol) authorizerContext.subprotocol = subprotocol
    const result = grant(auth.principal.subject, [`${stage}/$connect`], [], authorizerContext)
    if (sizeOf(result) > longestResult)
      throw new RangeError(`webSocketAuthorizer: the result is longer than ${longestResult} bytes`)
    return result
  }
}

const isNames: OptionCheck = value =>
  Array.isArray(value) && value.every(name => typeof name === 'string')
    ? undefined
    : 'must be a list of names'

const webSocketChecks = { 'policy?': aPolicy, 'subprotocols?': isNames, 'context?': aFunction }
