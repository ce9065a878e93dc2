import { type AuthError, isAuthError, refusal } from '../errors.js'
import { isPending } from '../maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken, Verifier } from '../types.js'

/** What a check of a token results in: refusals are values until they leave a verifier. */
export type Verdict<C extends JwtClaims = JwtClaims> = VerifiedToken<C> | AuthError

/** The result of `verify`: what a check results in, as a promise. */
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
 * The result of `verifySync`.
 *
 * @throws AuthError a refusal; `ERR_KEYS_NOT_LOADED` for a verdict that is not there yet
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
