import { refusal } from './errors.js'
import type { JwtClaims } from './types.js'

/**
 * Checks the claims that every token has or may have, whoever issued it (RFC 7519 section 4.1): their types, never the time.
 *
 * @throws AuthError `ERR_TOKEN_CLAIM`
 */
export function validateRegisteredClaims(claims: JwtClaims): void {
  const { exp, nbf, iat, auth_time, sub, jti } = claims
  const valid =
    isNumericDate(exp) &&
    (nbf === undefined || isNumericDate(nbf)) &&
    (iat === undefined || isNumericDate(iat)) &&
    (auth_time === undefined || isNumericDate(auth_time)) &&
    (sub === undefined || isText(sub)) &&
    (jti === undefined || typeof jti === 'string')
  if (!valid) throw refusal('ERR_TOKEN_CLAIM')
}

/**
 * Checks a token's time against the clock: on every call, whether or not the rest is remembered.
 *
 * @param now seconds since the epoch
 * @param tolerance seconds by which clocks may differ
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_TOKEN_NOT_YET_VALID`
 */
export function validateTime({ exp, nbf, iat }: JwtClaims, now: number, tolerance: number): void {
  // Asked this way round, a clock that is broken (NaN) lets nothing in.
  if (!(now < exp + tolerance)) throw refusal('ERR_TOKEN_EXPIRED')
  if ((nbf !== undefined && nbf > now + tolerance) || (iat !== undefined && iat > now + tolerance)) {
    throw refusal('ERR_TOKEN_NOT_YET_VALID')
  }
}

/** Whether a claim is a list of strings. One string is not: a pool's groups are always a list. */
export function isTextList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false
  for (const item of value) if (typeof item !== 'string') return false
  return true
}

/** Whether a claim is a text with something in it. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** RFC 7519 section 2, from the epoch to the end of the year 9999: milliseconds are not taken for seconds. */
const isNumericDate = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 253_402_300_799
