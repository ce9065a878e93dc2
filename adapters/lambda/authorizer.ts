import { type Decision, tokenSourceOf } from '../../src/guard/guard.js'
import type { RequestView, VerifiedToken } from '../../src/types.js'
import { eventHeader, type HttpEvent } from './event-view.js'

/**
 * The token that an authorizer lets through; `undefined` when a policy refuses it.
 *
 * @throws Error with the message `Unauthorized`, which API Gateway answers with 401, for anything that is not one good token
 * @throws AuthError for an outage of ours: API Gateway answers 500, and remembers nothing
 */
export function authorizedBy(decision: Decision): VerifiedToken | undefined {
  if (decision.authorized) return decision.auth
  const { code, status } = decision.error
  if (code === 'ERR_PERMISSION_DENIED' || code === 'ERR_STEP_UP_REQUIRED') return undefined
  throw status === 503 ? decision.error : new Error('Unauthorized')
}

/** What a policy sees of a request when its verdict may be remembered for other requests. */
export const tokenAlone: RequestView = {
  header: () => refuseToTell(),
  get method() {
    return refuseToTell()
  },
  get url() {
    return refuseToTell()
  },
}

/**
 * The view of an event that has the token in a field of its own, as `Authorization`; with or without the scheme.
 *
 * @param prefix what the token must start with, and is then taken away
 */
export function tokenView(
  authorizationToken: string | null | undefined,
  headers?: HttpEvent['headers'],
  prefix = '',
): RequestView {
  // events made by hand, and those of test buttons, may have none
  const isPrefixed = !!authorizationToken && authorizationToken.startsWith(prefix)
  const value = isPrefixed ? authorizationToken.slice(prefix.length) : undefined
  const authorization = value === undefined || value.includes(' ') ? value : `Bearer ${value}`
  return { header: name => (name === 'authorization' ? authorization : eventHeader({ headers }, name)) }
}

/**
 * Whether values that an answer is cached by hold the token of the request, so that who sends them again has it too.
 * `undefined` for a guard that does not say where its token is.
 */
export function isTokenIn(values: readonly unknown[], guard: object, view: RequestView): boolean | undefined {
  // behind a load balancer there are two
  const tokens = tokenSourceOf(guard)?.(view)?.split(' ')
  return tokens?.every(token => values.some(value => typeof value === 'string' && value.includes(token)))
}

function refuseToTell(): never {
  throw new TypeError(
    'the verdict of this policy is remembered for other requests too, so it can depend on the token alone: check the request behind the authorizer',
  )
}
