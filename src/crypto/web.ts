import type { Algorithm, VerificationKey } from '../types.js'
import { type ImportKey, signatureLength, usableJwk } from './jwk.js'

type CryptoKey = import('node:crypto').webcrypto.CryptoKey

/** Imports keys with WebCrypto. */
export const webEngine: ImportKey = async (source, algorithm) => {
  const jwk = usableJwk(source, algorithm)
  const how = parameters(algorithm, jwk.crv)
  return bind(await crypto.subtle.importKey('jwk', { ...jwk }, how, false, ['verify']), how, algorithm)
}

function bind(key: CryptoKey, how: WebAlgorithm, algorithm: Algorithm): VerificationKey {
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  const length = signatureLength(algorithm, modulusLength)
  const { subtle } = crypto
  return {
    algorithm,
    // Not `isImmediate`: WebCrypto copies what it is given before it returns a promise, but one that did not would take a forged token for genuine.
    verify: (input, signature) => signature.length === length && subtle.verify(how, key, signature, input),
  }
}

type WebAlgorithm = ReturnType<typeof parameters>

/** What WebCrypto needs to import a key and to verify with it: it ignores what is for the other. */
function parameters(algorithm: Algorithm, namedCurve = '') {
  const hash = `SHA-${algorithm.slice(2)}`
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return { name: 'RSASSA-PKCS1-v1_5', hash }
    case 'PS':
      return { name: 'RSA-PSS', hash, saltLength: Number(algorithm.slice(2)) / 8 }
    case 'ES':
      return { name: 'ECDSA', hash, namedCurve }
    default:
      return { name: 'Ed25519' }
  }
}
