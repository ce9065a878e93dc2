import { nodeEngine } from './crypto-node.js'
import { webEngine } from './crypto-web.js'
import type { Algorithm, MaybePromise, VerificationKey } from './types.js'

/**
 * Makes a public key ready to verify signatures of one algorithm.
 *
 * @param source an entry of a key set (RFC 7517), or one PEM block "PUBLIC KEY" (RFC 7468 section 13)
 * @throws TypeError (or a rejection) for a key that must not be used: private, symmetric, weak, of another type or use, off its curve
 */
export type ImportKey = (source: unknown, algorithm: Algorithm) => MaybePromise<VerificationKey>

/** Imports with node:crypto, at once, where it is there; elsewhere with WebCrypto, later. */
export const importKey: ImportKey = nodeEngine ?? webEngine
