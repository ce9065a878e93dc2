import type { ImportKey } from './jwk.js'
import { nodeEngine } from './node.js'
import { webEngine } from './web.js'

export type { ImportKey } from './jwk.js'

/**
 * Imports with node:crypto, at once, where it is there; elsewhere with WebCrypto, later.
 * The first key decides: node:crypto takes milliseconds to load, for which nobody should wait who only imports this library.
 */
export const importKey: ImportKey = (source, algorithm) => {
  engine ??= nodeEngine() ?? webEngine
  return engine(source, algorithm)
}

let engine: ImportKey | undefined
