import { encoding } from './encoding.js'
import { refusal } from './errors.js'
import { parseJson } from './json.js'
import type { JwsHeader, JwtClaims } from './types.js'

/** A token cut into its parts: their form is checked, their content is not. */
export interface JwsParts {
  /** Base64url text. */
  readonly header: string
  /** Base64url text. */
  readonly claims: string
  /** Where the signing input ends. */
  readonly end: number
}

/**
 * The parts of a token in JWS compact serialization (RFC 7515 section 7.1).
 * The length is looked at before anything else, so that the work is bounded whatever a stranger sends.
 *
 * @throws AuthError `ERR_TOKEN_MALFORMED`
 */
export function splitJws(token: unknown): JwsParts {
  if (typeof token !== 'string' || token.length > maxTokenLength) throw refusal('ERR_TOKEN_MALFORMED')
  const first = token.indexOf('.')
  const end = token.indexOf('.', first + 1)
  const hasThreeParts = first > 0 && end > first + 1 && end < token.length - 1
  if (!hasThreeParts || !encoding.signedBytes(token, end)) throw refusal('ERR_TOKEN_MALFORMED')
  return { header: token.slice(0, first), claims: token.slice(first + 1, end), end }
}

/**
 * The JOSE header of a token (RFC 7515 section 4). Keys and URLs that it brings along (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 *
 * @throws AuthError `ERR_TOKEN_MALFORMED`, also for what asks for processing that we do not do: `crit`, `b64`, `zip`, `enc`, `cty`
 */
export function parseHeader(text: string): JwsHeader {
  const header = parseObject(text)
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string'))
    throw refusal('ERR_TOKEN_MALFORMED')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedType.test(typ)))
    throw refusal('ERR_TOKEN_MALFORMED')
  if (refusedMembers.some(name => Object.hasOwn(header, name))) throw refusal('ERR_TOKEN_MALFORMED')
  return header as JwsHeader
}

/**
 * The claims of a token (RFC 7519 section 4) as they stand there: a JSON object, nothing more is known of it.
 *
 * @throws AuthError `ERR_TOKEN_MALFORMED`
 */
export const parseClaims = (text: string): JwtClaims => parseObject(text) as JwtClaims

function parseObject(text: string): Record<string, unknown> {
  const json = encoding.text(text)
  const value = json && parseJson(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal('ERR_TOKEN_MALFORMED')
  return value as Record<string, unknown>
}

/** In characters. Cognito's largest tokens, with a hundred groups, stay below it; so do the headers that servers accept. */
export const maxTokenLength = 16_384

/** RFC 7519 section 5.1, RFC 9068 section 2.1; identity pools send JWS. Media types are case-insensitive. */
const acceptedType = /^(?:application\/)?(?:jwt|at\+jwt|jws)$/i

const refusedMembers = ['crit', 'b64', 'zip', 'enc', 'cty']
