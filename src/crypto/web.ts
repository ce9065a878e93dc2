import type { Algorithm, VerificationKey } from '../types.js'
import { type ImportKey, signatureLength, usableJwk } from './jwk.js'

type CryptoKey = import('node:crypto').webcrypto.CryptoKey

/** Imports keys with WebCrypto through jose, which is loaded on first use. */
export const webEngine: ImportKey = async (source, algorithm) => {
  const jose = await import('jose/key/import')
  const entry =
    typeof source === 'string'
      ? await crypto.subtle.exportKey('jwk', await jose.importSPKI(source, algorithm, { extractable: true }))
      : source
  const key = (await jose.importJWK({ ...usableJwk(entry, algorithm) }, algorithm)) as CryptoKey
  return bind(key, algorithm)
}

function bind(key: CryptoKey, algorithm: Algorithm): VerificationKey {
  const how = parameters(algorithm)
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  const length = signatureLength(algorithm, modulusLength)
  return {
    algorithm,
    verify: (input, signature) =>
      signature.length === length && crypto.subtle.verify(how, key, signature, input),
  }
}

function parameters(algorithm: Algorithm) {
  const hash = `SHA-${algorithm.slice(2)}`
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return { name: 'RSASSA-PKCS1-v1_5' }
    case 'PS':
      return { name: 'RSA-PSS', saltLength: Number(algorithm.slice(2)) / 8 }
    case 'ES':
      return { name: 'ECDSA', hash }
    default:
      return { name: 'Ed25519' }
  }
}
