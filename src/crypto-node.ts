import { type ImportKey, usableJwk } from './jwk.js'
import type { Algorithm, VerificationKey } from './types.js'

type NodeCrypto = typeof import('node:crypto')
type KeyObject = import('node:crypto').KeyObject

/** Imports keys with node:crypto, which verifies at once; `undefined` on a runtime without it. */
export const nodeEngine: ImportKey | undefined = engineOf(
  globalThis.process?.getBuiltinModule?.('node:crypto'),
)

function engineOf(crypto: NodeCrypto | undefined): ImportKey | undefined {
  return crypto && ((source, algorithm) => bind(crypto, publicKey(crypto, source, algorithm), algorithm))
}

function publicKey(crypto: NodeCrypto, source: unknown, algorithm: Algorithm): KeyObject {
  const entry = typeof source === 'string' ? jwkOfPem(crypto, source) : source
  return crypto.createPublicKey({ key: { ...usableJwk(entry, algorithm) }, format: 'jwk' })
}

/** One block and nothing beside it: a private key, a certificate or a web page is not a public key. */
function jwkOfPem(crypto: NodeCrypto, pem: string): unknown {
  if (!publicKeyBlock.test(pem)) throw new TypeError('the text is not one PEM block "PUBLIC KEY"')
  return crypto.createPublicKey(pem).export({ format: 'jwk' })
}

function bind(crypto: NodeCrypto, key: KeyObject, algorithm: Algorithm): VerificationKey {
  return { algorithm, isImmediate: true, verify: verification(crypto, key, algorithm) }
}

/** With the key in the form that the engine verifies fastest with. A bare KeyObject beats one in an options object by far on some releases. */
function verification(crypto: NodeCrypto, key: KeyObject, algorithm: Algorithm): VerificationKey['verify'] {
  const family = algorithm.slice(0, 2)
  const hash = `sha${algorithm.slice(2)}`
  if (family === 'RS') {
    // Some hundredths faster than crypto.verify, on every release.
    return (input, signature) => crypto.createVerify(hash).update(input).verify(key, signature)
  }
  if (family === 'ES') {
    const length = signatureLengths[algorithm as keyof typeof signatureLengths]
    return (input, signature) =>
      signature.length === length && crypto.verify(hash, input, key, toDer(signature))
  }
  if (family === 'PS') {
    const padded = {
      key,
      padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: Number(algorithm.slice(2)) / 8,
    }
    return (input, signature) => crypto.verify(hash, input, padded, signature)
  }
  return (input, signature) => crypto.verify(null, input, key, signature)
}

/**
 * An ECDSA signature of two numbers side by side (RFC 7518 section 3.4) as the DER that OpenSSL works with (RFC 3279 section 2.2.3).
 * Asked to convert it itself, some releases take half as long again for the whole verification.
 */
function toDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  const numbers = [...derInteger(signature.subarray(0, half)), ...derInteger(signature.subarray(half))]
  return Uint8Array.from(
    numbers.length < 0x80 ? [0x30, numbers.length, ...numbers] : [0x30, 0x81, numbers.length, ...numbers],
  )
}

function derInteger(bytes: Uint8Array): number[] {
  const first = bytes.findIndex(byte => byte !== 0)
  if (first < 0) return [0x02, 1, 0]
  const sign = (bytes[first] as number) >= 0x80 ? [0] : []
  return [0x02, bytes.length - first + sign.length, ...sign, ...bytes.subarray(first)]
}

/** RFC 7518 section 3.4. */
const signatureLengths = { ES256: 64, ES384: 96, ES512: 132 }

const publicKeyBlock =
  /^-----BEGIN PUBLIC KEY-----\r?\n(?:[A-Za-z0-9+/]+={0,2}\r?\n)+-----END PUBLIC KEY-----\s*$/
