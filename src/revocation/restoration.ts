import { type DatedRevocation, type Revocation } from './revocation.js'
import { type RevocationIndex, revocationIndex } from './revocation-index.js'

/**
 * Returns the steps that write back what a stream has lost and this process still has. Other processes do the same at the same
 * time: so each begins somewhere else, and reads what the others have written before it continues. Duplicates do no harm.
 *
 * @param known the entries of this process
 */
export function restoration(known: RevocationIndex, lifetime: number) {
  const present = revocationIndex({ lifetime, maxEntries: Infinity })
  let missing: DatedRevocation[] | undefined
  return {
    /** The stream has an entry. */
    found: (revocation: DatedRevocation, now: number) => present.add(revocation, now),
    /** Writes back some missing entries, once the stream was read to its end; `false` when none is left. */
    async writeBack(now: number, append: (revocation: Revocation) => Promise<void>): Promise<boolean> {
      missing ??= rotatedAtRandom([...known.entries(now)].filter(entry => !present.covers(entry)))
      const some: DatedRevocation[] = []
      while (missing.length > 0 && some.length < 200) {
        const entry = missing.pop() as DatedRevocation
        if (!present.covers(entry)) some.push(entry)
      }
      await Promise.all(some.map(append))
      return missing.length > 0
    },
  }
}

function rotatedAtRandom<T>(list: readonly T[]): T[] {
  const start = Math.floor(Math.random() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}
