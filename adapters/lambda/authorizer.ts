import { type Decision, tokenSourceOf } from '../../src/guard/guard.js'
import type { RequestView, VerifiedToken } from '../../src/types.js'
import { eventHeader, type HttpEvent } from './event-view.js'

/**
 * Returns the authorized token; `undefined` when a policy refuses it.
 *
 * @throws Error with the message `Unauthorized`, which API Gateway answers with 401, for anything but exactly one good token
 * @throws AuthError for an outage: API Gateway answers 500, and caches nothing
 */
export function authorizedBy(decision: Decision): VerifiedToken | undefined {
  if (decision.authorized) return decision.auth
  const { code, status } = decision.error
  if (code === 'ERR_PERMISSION_DENIED' || code === 'ERR_STEP_UP_REQUIRED') return undefined
  throw status === 503 ? decision.error : new Error('Unauthorized')
}

/** The request that a policy sees when its result may be cached for other requests: reading anything throws. */
export const tokenAlone: RequestView = {
  header: () => throwUnavailable(),
  get method() {
    return throwUnavailable()
  },
  get url() {
    return throwUnavailable()
  },
}

/**
 * Returns the view of an event that has the token in a field of its own. The view has it as `Authorization`; the scheme is optional.
 *
 * @param prefix what the token must start with; it is removed
 */
export function tokenView(
  authorizationToken: string | null | undefined,
  headers?: HttpEvent['headers'],
  prefix = '',
): RequestView {
  // events made by hand, and those of test buttons, may have none
  const isThere = typeof authorizationToken === 'string' && authorizationToken !== ''
  const value =
    isThere && authorizationToken.startsWith(prefix) ? authorizationToken.slice(prefix.length) : undefined
  const authorization = value === undefined || value.includes(' ') ? value : `Bearer ${value}`
  return { header: name => (name === 'authorization' ? authorization : eventHeader({ headers }, name)) }
}

/**
 * Whether the values that an authorization is cached by contain the token of the request, so that a client that sends them has the token.
 * `undefined` for a guard whose token source is unknown.
 */
export function isTokenIn(values: readonly unknown[], guard: object, view: RequestView): boolean | undefined {
  // behind a load balancer there are two
  const tokens = tokenSourceOf(guard)?.(view)?.split(' ')
  return tokens?.every(token => values.some(value => typeof value === 'string' && value.includes(token)))
}

function throwUnavailable(): never {
  throw new TypeError(
    'the verdict of this policy is remembered for other requests too, so it can depend on the token alone: check the request behind the authorizer',
  )
}
