import type { Clock } from '../types.js'
import { type DatedRevocation, type Revocation, undated } from './entry.js'
import { type RevocationIndex, revocationIndex } from './revocation-index.js'

/**
 * Returns the steps that write back what a store has lost and this process still has. Other processes do the same at the same
 * time: so each begins somewhere else, and reads what the others have written before it continues. Duplicates do no harm.
 *
 * @param known the entries of this process
 */
export function restoration(known: RevocationIndex, lifetime: number, monotonic: Clock) {
  const present = revocationIndex({ lifetime, maxEntries: Infinity, monotonic })
  let missing: DatedRevocation[] | undefined
  return {
    /** The store has an entry. */
    found: (revocation: DatedRevocation, now: number) => present.add(revocation, now),
    /** Writes back some missing entries, once the store was read to its end; `false` when none is left. The next call retries what failed. */
    async writeBack(
      now: number,
      append: (revocations: readonly Revocation[]) => Promise<unknown>,
    ): Promise<boolean> {
      missing ??= rotatedAtRandom([...known.entries(now)])
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

function rotatedAtRandom<T>(list: readonly T[]): T[] {
  const start = Math.floor(Math.random() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}
