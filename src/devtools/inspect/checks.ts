// Over 150 lines: a flat list of checks, most of it their texts.

import { AuthError, type AuthErrorCode } from '../../errors.js'
import { hasRegisteredClaims, refusedAt } from '../../token/claims.js'
import { maxTokenLength, parseHeader, splitJws } from '../../token/jws.js'
import type { JwtClaims } from '../../types.js'
import { causeText } from './cause.js'
import { type Decoded, isBase64url, type Json } from './decode.js'
import { millisecondsIn } from './milliseconds.js'
import { moment, plainly, redacted, type Show } from './show.js'
import type { Check } from './types.js'

/** The input of a report's checks. */
export interface CheckContext {
  readonly show: Show
  readonly redact: boolean
  /** Seconds since the epoch. */
  readonly now: number
  readonly tolerance: number
}

/**
 * Returns a line of a report. A check that could not be made is `undefined`.
 *
 * @param fix default: the library's hint for the code
 */
export function check(
  name: string,
  passed: boolean | undefined,
  expected: string,
  actual: string,
  code: AuthErrorCode,
  fix: string = new AuthError(code).hint,
): Check {
  if (passed === false) return { name, result: 'failed', expected, actual, code, fix }
  return { name, result: passed ? 'passed' : 'open', expected, actual }
}

/**
 * Returns the checks of a token's form up to its header, in the order of the verifier, whether or not the first has failed.
 *
 * @param allowsPadding whether one of the issuers signs padded parts
 */
export function formChecks(
  text: string,
  { parts, header }: Decoded,
  { show }: CheckContext,
  allowsPadding: boolean,
): Check[] {
  // Over 40 lines: a flat list of checks, in the order of the verifier.
  const isShort = text.length <= maxTokenLength
  const isThree = parts.length === 3 && !parts.includes('')
  const odd = parts.flatMap((part, i) =>
    isBase64url(allowsPadding ? part.replace(/={1,2}$/, '') : part) ? [] : [i + 1],
  )
  const isSplit = !isShort || !isThree || splitJws(text, allowsPadding) !== undefined
  return [
    check(
      'length',
      isShort,
      `at most ${maxTokenLength} characters`,
      `${text.length} characters`,
      malformed,
      'Put less into the token: fewer groups, or fewer claims from the trigger that adds them.',
    ),
    check(
      'parts',
      isThree,
      'three, with dots between them',
      `${parts.filter(Boolean).length}`,
      malformed,
      parts.length === 5 && header
        ? 'Exchange the refresh token at /oauth2/token (or by InitiateAuth) and send the access token.'
        : 'Send the whole token; look for where it is cut off, or shown shortened.',
    ),
    check(
      'encoding',
      odd.length === 0 && isSplit,
      `base64url ${allowsPadding ? 'with all padding or none' : 'without padding'}, one spelling only`,
      odd.length > 0 ? `not so in part ${odd.join(', ')}` : isSplit ? 'as expected' : 'padded in part',
      malformed,
      'Send the token exactly as it was issued: nothing on the way may decode and encode it.',
    ),
    objectCheck('header', header),
    headerCheck(parts[0] as string, header, show),
  ]
}

/** Returns the check of a part that must be an object. */
export const objectCheck = (name: string, value: Json | undefined) =>
  check(
    name,
    value !== undefined,
    'one JSON object in UTF-8, no member twice',
    value ? 'as expected' : unreadable,
    malformed,
  )

/** Returns the checks of the claims that every token has, and of its time. */
export function claimChecks(claims: Json | undefined, { redact, now, tolerance }: CheckContext): Check[] {
  const { exp, nbf, iat } = (claims ?? {}) as unknown as JwtClaims
  const types = claims && hasRegisteredClaims(claims as unknown as JwtClaims)
  const expired = typeof exp === 'number' ? refusedAt({ exp }, now * 1_000, tolerance) : undefined
  const early = refusedAt({ ...dates({ nbf, iat }), exp: Number.POSITIVE_INFINITY }, now * 1_000, tolerance)
  const latest = [nbf, iat].filter(date => typeof date === 'number')
  const [fix] = millisecondsIn(claims).map(causeText)
  const clocks = tolerance === 0 ? '' : `, give or take ${tolerance} s`
  return [
    check(
      'registered claims',
      types,
      'exp a number of seconds; nbf, iat, auth_time too, if present; sub and jti texts',
      claims ? formOf(claims) : unreadable,
      'ERR_TOKEN_CLAIM',
      fix,
    ),
    check(
      'not expired',
      typeof exp === 'number' ? expired === undefined : undefined,
      `exp after now${redact ? '' : ` (${moment(now, now, false).split(',')[0]})`}${clocks}`,
      moment(exp, now, redact),
      'ERR_TOKEN_EXPIRED',
      'The token has expired: refresh the session and send the new token.',
    ),
    check(
      'valid already',
      claims && early === undefined,
      `iat and nbf not after now${clocks}`,
      latest.length === 0 ? 'neither of them' : moment(Math.max(...latest), now, redact),
      'ERR_TOKEN_NOT_YET_VALID',
      fix ??
        'Set the clock of this machine (NTP): the issuer is ahead of it. In a test, give verifier and issuer one clock.',
    ),
  ]
}

function headerCheck(text: string, header: Json | undefined, show: Show): Check {
  const { alg, kid, typ } = header ?? {}
  const extra = Object.keys(header ?? {}).filter(name => !['alg', 'kid', 'typ'].includes(name))
  const others = extra.length === 0 ? '' : `, and ${show(extra)}`
  return check(
    'header members',
    header && parseHeader(text.replace(/={1,2}$/, '')) !== undefined,
    'alg and kid, texts; typ, if any, of a JWT; no crit, b64, zip, enc, cty',
    header ? `alg ${known(alg, show)}, kid ${show(kid)}, typ ${known(typ, show)}${others}` : unreadable,
    malformed,
  )
}

/** Names of algorithms and types are no personal data. */
export const known = (value: unknown, show: Show) =>
  typeof value === 'string' && /^(?:none|[A-Z]{2}\d{3}|EdDSA|JWS|(?:at\+)?jwt)$/i.test(value)
    ? plainly(value)
    : show(value)

const formOf = (claims: Json) =>
  ['exp', 'nbf', 'iat', 'auth_time', 'sub', 'jti']
    .filter(name => claims[name] !== undefined)
    .map(name => `${name} ${redacted(claims[name])}`)
    .join(', ')

/** Those that are dates: any other value fails another check. */
const dates = (claims: Json) =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => typeof value === 'number'))

export const unreadable = 'cannot be read'

const malformed = 'ERR_TOKEN_MALFORMED'
