import { type AuthError, isAuthError, refusal } from '../errors.js'
import { isPending } from '../maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken, Verifier } from '../types.js'

/** The result of a check: refusals are values until they leave a verifier. */
export type Verdict<C extends JwtClaims = JwtClaims> = VerifiedToken<C> | AuthError

/** Returns the result of `verify`: that of a check, as a promise. */
export function promised<C extends JwtClaims>(
  check: Verifier<C>['check'],
  token: string,
): Promise<VerifiedToken<C>> {
  try {
    const verdict = check(token)
    if (isPending(verdict)) return verdict.then(verifiedIn)
    return isAuthError(verdict) ? Promise.reject(verdict) : Promise.resolve(verdict)
  } catch (fault) {
    return Promise.reject(fault)
  }
}

/**
 * Returns the result of `verifySync`.
 *
 * @throws AuthError a refusal; `ERR_KEYS_NOT_LOADED` for a verdict that is still a promise
 */
export function settled<C extends JwtClaims>(verdict: MaybePromise<Verdict<C>>): VerifiedToken<C> {
  if (!(verdict instanceof Promise)) return verifiedIn(verdict)
  verdict.catch(() => {})
  throw refusal('ERR_KEYS_NOT_LOADED')
}

function verifiedIn<C extends JwtClaims>(verdict: Verdict<C>): VerifiedToken<C> {
  if (isAuthError(verdict)) throw verdict
  return verdict
}
