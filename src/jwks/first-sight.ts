import { LRUCache } from 'lru-cache'

/**
 * Returns when a key ID was first asked for, as far as that is known: for the last 1,000, and for 100,000 characters.
 * One that is forgotten counts as new: its token is told to come back, and not that its key does not exist.
 */
export function firstSight(): (kid: string | undefined, time: number) => number {
  let times: LRUCache<string, number> | undefined
  return (kid = '', time) => {
    // Made when it is needed: tenants may be thousands.
    times ??= new LRUCache({ max: 1_000, maxSize: 100_000, sizeCalculation: (_, kid) => kid.length + 1 })
    const first = times.get(kid) ?? time
    if (first === time) times.set(kid, time)
    return first
  }
}
