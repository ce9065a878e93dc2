import { nodeEngine } from './crypto-node.js'
import { webEngine } from './crypto-web.js'
import type { ImportKey } from './jwk.js'

export type { ImportKey } from './jwk.js'

/** Imports with node:crypto, at once, where it is there; elsewhere with WebCrypto, later. */
export const importKey: ImportKey = nodeEngine ?? webEngine
