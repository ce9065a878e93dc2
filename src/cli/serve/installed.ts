import { createRequire } from 'node:module'

/** Returns the first package of these names that is installed beside one of these files. */
export function installed(bases: readonly string[], ...names: readonly string[]): unknown {
  for (const base of bases)
    for (const name of names) {
      try {
        return createRequire(base)(name)
      } catch {}
    }
  return undefined
}
