import { type AuthError, refusal } from '../errors.js'
import { isArray } from '../runtime.js'
import type { JwsHeader, JwtClaims } from '../types.js'
import { encoding } from './encoding.js'
import { maxValues, parseJsonWithin, tooMuch, valuesIn } from './json.js'

/** A token split into its parts: their form is checked, their content is not. */
export interface JwsParts {
  /** Base64url text. */
  readonly header: string
  /** Base64url text. */
  readonly claims: string
  /** Where the signing input ends. */
  readonly end: number
  /** Where the signature ends: with the token, or before its padding. */
  readonly signatureEnd: number
  readonly isPadded: boolean
}

/**
 * Returns the parts of a token in JWS compact serialization (RFC 7515 section 7.1); `undefined` for anything else.
 * The length is checked first, so that the work is bounded whatever an unauthenticated caller sends.
 *
 * @param allowsPadding whether its parts may be padded, as RFC 4648 section 3.2 says and RFC 7515 section 2 does not: all of them or none
 */
export function splitJws(token: unknown, allowsPadding = false): JwsParts | undefined {
  if (!isOfTokenLength(token)) return undefined
  const first = token.indexOf('.')
  const end = token.indexOf('.', first + 1)
  const hasThreeParts = first > 0 && end > first + 1 && end < token.length - 1
  if (!hasThreeParts) return undefined
  const isPadded = allowsPadding && token.includes('=')
  if (isPadded && (first % 4 || (end - first - 1) % 4 || (token.length - end - 1) % 4)) return undefined
  const header = token.slice(0, first)
  const claims = token.slice(first + 1, end)
  const signatureEnd = isPadded ? unpadded(token).length : token.length
  if (!encoding.signedBytes(token, end, signatureEnd)) return undefined
  if (isPadded) return { header: unpadded(header), claims: unpadded(claims), end, signatureEnd, isPadded }
  return { header, claims, end, signatureEnd, isPadded }
}

/** Whether a value is a string that is not too long for a token. Check it first: reading even one character of a concatenated string flattens all of it. */
export const isOfTokenLength = (token: unknown): token is string =>
  typeof token === 'string' && token.length <= maxTokenLength

/**
 * Returns the JOSE header of a token (RFC 7515 section 4); `undefined` for what is none, and for one that asks for processing not supported here:
 * `crit`, `b64`, `zip`, `enc`, `cty`. Keys and URLs that it brings along (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 */
export function parseHeader(text: string): JwsHeader | undefined {
  const header = text.length > maxHeaderLength ? undefined : parseObject(text, maxValues)
  if (!header || header === tooMuch) return undefined
  const { alg, kid, typ, crit, b64, zip, enc, cty } = header
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) return undefined
  if (typ !== undefined && !(typeof typ === 'string' && acceptedType.test(typ))) return undefined
  for (const member of [crit, b64, zip, enc, cty]) if (member !== undefined) return undefined
  return header as JwsHeader
}

/** Returns the unverified claims of a token (RFC 7519 section 4), which may be any JSON object; for anything else the refusal's reason, if there is one. */
export function parseClaims(
  { claims, end }: JwsParts,
  header: JwsHeader,
): JwtClaims | typeof tooMuch | undefined {
  // Both texts together have room for too many values only in a longer token.
  const room = end > 2 * maxValues ? maxValues - valuesIn(header) : maxValues
  return parseObject(claims, room) as JwtClaims | typeof tooMuch | undefined
}

/**
 * Returns the refusal of a token that is not well-formed. Where a limit of ours is the reason, its hint names the limits.
 *
 * @param why what `parseClaims` returned
 */
export function malformed(token: unknown, parts?: JwsParts, why?: typeof tooMuch): AuthError {
  const isOver = parts
    ? why === tooMuch || parts.header.length > maxHeaderLength
    : typeof token === 'string' && token.length > maxTokenLength
  return refusal('ERR_TOKEN_MALFORMED', isOver ? limitsHint : undefined)
}

/** Where the padding is not what the length asks for, some of it stays, and the text is not base64url. */
const unpadded = (part: string) => part.replace(/={1,2}$/, '')

function parseObject(text: string, room: number): Record<string, unknown> | typeof tooMuch | undefined {
  const json = encoding.text(text)
  const value = json && parseJsonWithin(json, room)
  if (value === tooMuch) return tooMuch
  const isObject = typeof value === 'object' && value !== null && !isArray(value)
  return isObject ? (value as Record<string, unknown>) : undefined
}

/** In characters. Cognito's largest tokens, with a hundred groups, stay below it; so do the headers that servers accept. */
export const maxTokenLength = 16_384

/** In characters of base64url. Those of AWS have some 100 to 400. */
const maxHeaderLength = 2_048

const limitsHint =
  'A token may have 16,384 characters, 2,048 of them in its header, and 750 values (500 of them with a name) in 32 levels: leave out groups and claims that no API needs.'

/** RFC 7519 section 5.1, RFC 9068 section 2.1; identity pools send JWS. Media types are case-insensitive. */
const acceptedType = /^(?:application\/)?(?:jwt|at\+jwt|jws)$/i
