import { andThen } from '../maybe-promise.js'
import { builtinModule } from '../runtime.js'
import type { Algorithm, MaybePromise, VerificationKey } from '../types.js'
import { importKey } from './import-key.js'

/**
 * Returns a public key, as `importKey` does, from one PEM block "PUBLIC KEY" (RFC 7468 section 13).
 * A module of its own: what verifies with key sets alone is bundled without it.
 *
 * @throws TypeError (or a rejection) for any other text, and for a key that must not be used
 */
export const importPem = (pem: string, algorithm: Algorithm): MaybePromise<VerificationKey> =>
  andThen((nodeReader() ?? webReader)(pem, algorithm), jwk => importKey(jwk, algorithm))

/** Returns the public JSON Web Key in a PEM block. */
export type PemReader = (pem: string, algorithm: Algorithm) => MaybePromise<unknown>

/** Reads with node:crypto; `undefined` on a runtime without it. */
export function nodeReader(): PemReader | undefined {
  const crypto = builtinModule('node:crypto')
  return crypto && (pem => crypto.createPublicKey(onlyBlock(pem)).export({ format: 'jwk' }))
}

/** Reads with WebCrypto through jose, which is loaded on first use. */
export const webReader: PemReader = async (pem, algorithm) => {
  const { importSPKI } = await import('jose/key/import')
  const key = await importSPKI(onlyBlock(pem), algorithm, { extractable: true })
  return crypto.subtle.exportKey('jwk', key)
}

/** One block and nothing else: a private key, a certificate or a web page is not a public key. */
function onlyBlock(pem: string): string {
  if (!publicKeyBlock.test(pem)) throw new TypeError('the text is not one PEM block "PUBLIC KEY"')
  return pem
}

const publicKeyBlock =
  /^-----BEGIN PUBLIC KEY-----\r?\n(?:[A-Za-z0-9+/]+={0,2}\r?\n)+-----END PUBLIC KEY-----\s*$/
