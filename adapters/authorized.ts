import type { VerifiedToken } from '../src/types.js'

/** Where `protect` keeps the token for {@link authorizedBy}; the same in every copy of this package. Any middleware may write `auth`. */
const verified = Symbol.for('cognito-guard.verified')

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
