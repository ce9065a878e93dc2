import type { ImportKey } from './jwk.js'
import { nodeEngine } from './node.js'
import { webEngine } from './web.js'

export type { ImportKey } from './jwk.js'

/**
 * Imports with node:crypto, synchronously, where the runtime has it and it can verify the algorithm; elsewhere with WebCrypto, asynchronously.
 * Chosen at the first key: node:crypto takes milliseconds to load, which code that only imports this library should not pay for.
 */
export const importKey: ImportKey = (source, algorithm) => {
  engine ??= nodeEngine() ?? (() => undefined)
  return engine(source, algorithm) ?? webEngine(source, algorithm)
}

let engine: ReturnType<typeof nodeEngine>
