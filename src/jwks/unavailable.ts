import { AuthError } from '../errors.js'

/**
 * Returns how to refuse a token whose key cannot be found out: `ERR_KEYS_UNAVAILABLE` with the seconds to wait. One cached error for equal
 * outages; each caller gets an object of its own, since frameworks add to errors.
 */
export function unavailable(hint?: string): (milliseconds: number, cause?: unknown) => AuthError {
  let made: AuthError | undefined
  return (milliseconds, cause) => {
    const retryAfter = Math.max(1, Math.ceil(milliseconds / 1_000))
    if (made?.cause !== cause || made?.retryAfter !== retryAfter)
      made = new AuthError('ERR_KEYS_UNAVAILABLE', { cause, retryAfter, ...(hint && { hint }) })
    return Object.create(made) as AuthError
  }
}

/** For a key ID that nobody could ask the issuer about yet. Unauthenticated callers make up as many as they like, which must not become requests. */
export const overBudget = () =>
  unavailable('Too many key IDs are unknown at once: this one is asked for as soon as the limit permits.')
