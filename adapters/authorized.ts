import type { Decision } from '../src/guard/guard.js'
import type { VerifiedToken } from '../src/types.js'

/** Where `protect` keeps the token for {@link authorizedBy}; the same in every copy of this package. Any middleware may write `auth`. */
const verified = Symbol.for('cognito-guard.verified')

/**
 * Marks a request as authorized by a guard's decision, as {@link protect} does: `authOf(request)` then returns its token, and `request.auth` is it. For
 * adapters of your own. Does not decide anything.
 *
 * @throws TypeError for a refused decision, and for what is none
 * @example
 * const decision = await guard(nodeRequestView(request))
 * if (decision.authorized) markAuthorized(request, decision)
 */
export function markAuthorized(
  request: object,
  decision: Extract<Decision<VerifiedToken | undefined>, { authorized: true }>,
): void {
  if ((decision as Partial<typeof decision> | undefined)?.authorized !== true)
    throw new TypeError('markAuthorized: decision must be one of a guard that authorizes the request')
  authorize(request, decision.auth)
}

/** Hands a request the token that a guard has authorized it with; `undefined` for an anonymous one. */
export function authorize(request: object, auth: VerifiedToken | undefined): void {
  Object.assign(request, { auth, [verified]: auth })
}

/**
 * The token that a guard has authorized a request with.
 *
 * @throws TypeError when none has
 */
export function authorizedBy(request: object, fix: string): VerifiedToken {
  const auth = (request as { [verified]?: VerifiedToken })[verified]
  if (!auth) throw new TypeError(`authOf: no guard let this request through with a token; ${fix}`)
  return auth
}
