import type { AuthErrorCode } from '../errors.js'
import { isArray } from '../runtime.js'
import type { JwtClaims } from '../types.js'

/**
 * Whether the registered claims of a token, from any issuer, are of their types (RFC 7519 section 4.1). Does not look at the time.
 */
export function hasRegisteredClaims({ exp, nbf, iat, auth_time, sub, jti }: JwtClaims): boolean {
  return (
    isNumericDate(exp) &&
    (nbf === undefined || isNumericDate(nbf)) &&
    (iat === undefined || isNumericDate(iat)) &&
    (auth_time === undefined || isNumericDate(auth_time)) &&
    (sub === undefined || isText(sub)) &&
    (jti === undefined || typeof jti === 'string')
  )
}

/**
 * Returns why a token is refused at a time, `undefined` when it is not. Called for every token, cached or not.
 *
 * @param time milliseconds since the epoch
 * @param tolerance seconds by which clocks may differ
 */
export function refusedAt({ exp, nbf, iat }: Dates, time: number, tolerance: number): TimeError | undefined {
  const now = time / 1000
  // Compared this way round, a broken clock (NaN) accepts nothing.
  if (!(now < exp + tolerance)) return 'ERR_TOKEN_EXPIRED'
  const isEarly = (nbf !== undefined && nbf > now + tolerance) || (iat !== undefined && iat > now + tolerance)
  return isEarly ? 'ERR_TOKEN_NOT_YET_VALID' : undefined
}

/** The dates of a token that the clock is compared with, in seconds since the epoch. */
export interface Dates {
  readonly exp: number
  readonly nbf?: number | undefined
  readonly iat?: number | undefined
}

type TimeError = Extract<AuthErrorCode, 'ERR_TOKEN_EXPIRED' | 'ERR_TOKEN_NOT_YET_VALID'>

/** Whether a claim is a list of strings. One string is not: a pool's groups are always a list. */
export function isTextList(value: unknown): value is readonly string[] {
  if (!isArray(value)) return false
  for (const item of value) if (typeof item !== 'string') return false
  return true
}

/** Whether a claim is a text with something in it. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** RFC 7519 section 2, from the epoch to the end of the year 9999: milliseconds are not taken for seconds. */
export const isNumericDate = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 253_402_300_799
