import { builtinModule } from '../runtime.js'
import type { Algorithm, VerificationKey } from '../types.js'
import { type ImportKey, signatureLength, usableJwk } from './jwk.js'
import { turn } from './turn.js'

type NodeCrypto = typeof import('node:crypto')
type KeyObject = import('node:crypto').KeyObject

/**
 * Returns an import that uses node:crypto, which verifies synchronously; `undefined` on a runtime without it. The import returns `undefined`
 * for an algorithm that this runtime's node:crypto cannot verify: Cloudflare Workers take no KeyObject with options, which PSS needs.
 */
export function nodeEngine(): NodeImportKey | undefined {
  const crypto = builtinModule('node:crypto')
  if (!crypto) return undefined
  const works = new Map<Algorithm, boolean>()
  return (source, algorithm) => {
    const publicKey = publicKeyOf(crypto, source, algorithm)
    const length = signatureLength(algorithm, publicKey.asymmetricKeyDetails?.modulusLength)
    const key = bind(crypto, publicKey, algorithm, length)
    if (!works.has(algorithm)) works.set(algorithm, canVerify(key, length))
    return works.get(algorithm) ? key : undefined
  }
}

type NodeImportKey = (...args: Parameters<ImportKey>) => VerificationKey | undefined

/** Tries a key, once for each algorithm of a process. */
function canVerify({ verify }: VerificationKey, length: number): boolean {
  try {
    void verify(new Uint8Array(0), new Uint8Array(length))
    return true
  } catch {
    return false
  }
}

function publicKeyOf(crypto: NodeCrypto, source: unknown, algorithm: Algorithm): KeyObject {
  return crypto.createPublicKey({ key: { ...usableJwk(source, algorithm) }, format: 'jwk' })
}

/** Binds a key to an algorithm, in the forms that verify fastest on the event loop and on the thread pool. */
function bind(crypto: NodeCrypto, key: KeyObject, algorithm: Algorithm, length: number): VerificationKey {
  const { hash, options, toNative } = formOf(crypto, algorithm, length)
  // On some Node.js releases a bare key is much faster than one in an options object; on all, createVerify is a little faster than crypto.verify.
  const form = options ? { key, ...options } : key
  const onEventLoop = (input: Uint8Array, signature: Uint8Array) =>
    hash && !options
      ? crypto.createVerify(hash).update(input).verify(key, signature)
      : crypto.verify(hash, input, form, signature)
  const onThreadPool = (input: Uint8Array, signature: Uint8Array) =>
    new Promise<boolean>((resolve, reject) => {
      crypto.verify(hash, input, form, signature, (error, isGenuine) =>
        /* c8 ignore next -- an imported key does not fail to verify; if it did, that would be a fault and not a forgery */
        error ? reject(error) : resolve(isGenuine),
      )
    })
  return {
    algorithm,
    // The thread pool gets copies, which Node makes before it returns.
    isImmediate: true,
    verify(input, signature, canWait = false) {
      const native = toNative ? toNative(signature) : signature
      if (!native) return false
      return canWait && turn.isFull() ? turn.offload(onThreadPool(input, native)) : onEventLoop(input, native)
    },
  }
}

function formOf(crypto: NodeCrypto, algorithm: Algorithm, length: number) {
  const hash = `sha${algorithm.slice(2)}`
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return { hash }
    case 'ES':
      return { hash, toNative: toDer(length) }
    case 'PS':
      return {
        hash,
        options: {
          padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
          saltLength: Number(algorithm.slice(2)) / 8,
        },
        toNative: ofLength(length),
      }
    default:
      return { hash: null }
  }
}

const ofLength =
  (length: number) =>
  (signature: Uint8Array): Uint8Array | undefined =>
    signature.length === length ? signature : undefined

/**
 * An ECDSA signature of two numbers side by side (RFC 7518 section 3.4) as the DER that OpenSSL works with (RFC 3279 section 2.2.3).
 * Where node:crypto converts it itself, some releases take half as long again for the whole verification.
 */
const toDer =
  (length: number) =>
  (signature: Uint8Array): Uint8Array | undefined => {
    if (signature.length !== length) return undefined
    const numbers = [
      ...derInteger(signature.subarray(0, length / 2)),
      ...derInteger(signature.subarray(length / 2)),
    ]
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
