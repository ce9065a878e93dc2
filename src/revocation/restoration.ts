import type { Clock } from '../types.js'
import { type DatedRevocation, type Revocation, undated } from './entry.js'
import { type RevocationIndex, revocationIndex } from './revocation-index.js'

/**
 * Returns the work of writing back what a store has lost and this process still knows. Whoever knows it too does the same at the same
 * time: so each begins somewhere else, and reads what the others have written before it goes on. What is written twice does no harm.
 *
 * @param known what this process knows
 */
export function restoration(known: RevocationIndex, lifetime: number, monotonic: Clock) {
  const present = revocationIndex({ lifetime, maxEntries: Infinity, monotonic })
  let missing: DatedRevocation[] | undefined
  return {
    /** The store has an entry. */
    found: (revocation: DatedRevocation, now: number) => present.add(revocation, now),
    /** Writes back some of what is missing, once the store was read to its end; `false` when nothing is. What fails is left for the next call. */
    async writeBack(
      now: number,
      append: (revocations: readonly Revocation[]) => Promise<unknown>,
    ): Promise<boolean> {
      missing ??= fromAnywhere([...known.entries(now)])
      const some: DatedRevocation[] = []
      let left = missing.length
      while (left > 0 && some.length < 200) {
        const entry = missing[--left] as DatedRevocation
        if (!present.covers(entry)) some.push(entry)
      }
      if (some.length > 0) await append(some.map(undated))
      missing.length = left
      return left > 0
    },
  }
}

function fromAnywhere<T>(list: readonly T[]): T[] {
  const start = Math.floor(Math.random() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}
