import { encoding } from '../token/encoding.js'
import type { Algorithm, MaybePromise, VerificationKey } from '../types.js'

/**
 * Returns a public key, ready to verify signatures of one algorithm.
 *
 * @param source an entry of a key set (RFC 7517)
 * @throws TypeError (or a rejection) for a key that must not be used: private, symmetric, weak, of another type or use, off its curve
 */
export type ImportKey = (source: unknown, algorithm: Algorithm) => MaybePromise<VerificationKey>

/** A public JSON Web Key (RFC 7517) that passed {@link usableJwk}: only the members that make the key, in base64url. */
interface PublicJwk {
  readonly kty: string
  readonly crv?: string
  readonly n?: string
  readonly e?: string
  readonly x?: string
  readonly y?: string
}

/**
 * Returns the public key in an entry of a key set, if it may be used to verify signatures of one algorithm.
 * The algorithm is bound to the key here: no token can choose it (RFC 8725 section 3.1).
 *
 * @throws TypeError saying in fixed words what is wrong with the entry
 */
export function usableJwk(entry: unknown, algorithm: Algorithm): PublicJwk {
  const jwk = entry as Record<string, unknown> | null
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw new TypeError('a key must be an object')
  const { kty, crv } = keyTypes[algorithm]
  if (jwk.kty !== kty || jwk.crv !== crv) throw new TypeError('the key is of another type than its algorithm')
  if (jwk.alg !== undefined && jwk.alg !== algorithm) throw new TypeError('the key is for another algorithm')
  if (jwk.use !== undefined && jwk.use !== 'sig') throw new TypeError('the key is not for signatures')
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) {
    throw new TypeError('the key is not for verifying')
  }
  if (privateMembers.some(name => Object.hasOwn(jwk, name)))
    throw new TypeError('the key is not a public key')
  return kty === 'RSA' ? rsaKey(jwk) : curveKey(jwk, algorithm)
}

function rsaKey(jwk: Record<string, unknown>): PublicJwk {
  const n = base64url(jwk.n)
  const e = base64url(jwk.e)
  const modulus = toBigInt(n)
  const exponent = toBigInt(e)
  const bits = modulus.toString(2).length
  if (bits < 2048 || bits > 8192) throw new TypeError('the modulus must have 2048 to 8192 bits')
  if (modulus % 2n === 0n) throw new TypeError('the modulus is even')
  if (exponent < 3n || exponent > 0xffff_ffffn || exponent % 2n === 0n) {
    throw new TypeError('the exponent must be odd, at least 3 and of at most 32 bits')
  }
  if (hasRocaFingerprint(modulus))
    throw new TypeError('the key was made by a generator whose keys can be factored')
  return { kty: 'RSA', n, e }
}

function curveKey(jwk: Record<string, unknown>, algorithm: Algorithm): PublicJwk {
  const { kty, crv = '', bytes } = keyTypes[algorithm]
  const coordinate = (value: unknown) => {
    const text = base64url(value)
    if (toBytes(text).length !== bytes)
      throw new TypeError('a coordinate is of another length than the curve')
    return text
  }
  return kty === 'OKP'
    ? { kty, crv, x: coordinate(jwk.x) }
    : { kty, crv, x: coordinate(jwk.x), y: coordinate(jwk.y) }
}

/**
 * The length of a key's signatures in bytes: RFC 7518 section 3.4, RFC 8032 section 5.1.6, RFC 8017 sections 8.1.2 and 8.2.2. Check it first:
 * OpenSSL does not for PSS, where a signature without its leading zeros would be a second spelling; Cloudflare Workers reject for Ed25519.
 *
 * @param modulusLength of an RSA key, in bits
 */
export const signatureLength = (algorithm: Algorithm, modulusLength = 0): number =>
  keyTypes[algorithm].signature ?? Math.ceil(modulusLength / 8)

/** Identity pools publish their numbers in standard base64, with padding; other issuers follow RFC 7518 section 2. */
function base64url(value: unknown): string {
  if (typeof value !== 'string' || value.length > longestNumber || !base64Text.test(value))
    throw new TypeError('a number of the key is not base64url')
  return canonical(value)
}

/** A base64 text in the alphabet of base64url, without padding. */
export const canonical = (base64: string) =>
  base64
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '')

function toBytes(text: string): Uint8Array {
  const bytes = encoding.bytes(text)
  if (!bytes) throw new TypeError('a number of the key is not base64url')
  return bytes
}

const toBigInt = (text: string) =>
  BigInt(`0x${Array.from(toBytes(text), byte => byte.toString(16).padStart(2, '0')).join('')}`)

/**
 * Whether a modulus is of the form that CVE-2017-15361 makes: by every small prime, a power of 65537.
 * A sound key is mistaken for one with a probability of about 2^-154.
 */
function hasRocaFingerprint(modulus: bigint): boolean {
  return rocaPrimes.every(prime => {
    const residue = Number(modulus % BigInt(prime))
    let power = 1
    do {
      if (power === residue) return true
      power = (power * 65537) % prime
    } while (power !== 1)
    return false
  })
}

const rocaPrimes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

const base64Text = /^[A-Za-z0-9+/_-]+={0,2}$/

/** In characters: a little more than 8192 bits need. */
export const longestNumber = 1_400

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2. */
export const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const rsa = { kty: 'RSA', bytes: 0 }

/** RFC 7518 section 3.1, RFC 8037 section 3.1; `bytes` is the length of a coordinate, `signature` that of a signature. */
const keyTypes: Readonly<
  Record<Algorithm, { kty: string; crv?: string; bytes: number; signature?: number }>
> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: { kty: 'EC', crv: 'P-256', bytes: 32, signature: 64 },
  ES384: { kty: 'EC', crv: 'P-384', bytes: 48, signature: 96 },
  ES512: { kty: 'EC', crv: 'P-521', bytes: 66, signature: 132 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', bytes: 32, signature: 64 },
}
