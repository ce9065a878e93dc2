/** Tells most IDs that are not listed from those that may be. */
export interface IdFilter {
  add(id: string): void
  /** Takes out what was added once; what was not must never be removed. */
  remove(id: string): void
  mayHave(id: string): boolean
}

/**
 * Returns an empty counting filter: 1 MB of bits to ask, which the cache of a processor holds, and 8 MB of counts to take IDs out again,
 * which the operating system only hands out as they are written to.
 * A Map of a million IDs lies all over the memory: to find out that one is not in it takes 400 ns, and nearly no ID is. Asking here
 * first takes 10 ns, and is wrong about one ID in ten then.
 */
export function idFilter(): IdFilter {
  const bits = new Int32Array(2 ** 18)
  const counts = new Uint8Array(2 ** 23)
  return {
    add(id) {
      const slot = slotOf(id)
      const count = counts[slot] as number
      if (count < full) counts[slot] = count + 1
      if (count === 0) bits[slot >>> 5]! |= 1 << slot
    },
    remove(id) {
      const slot = slotOf(id)
      const count = counts[slot] as number
      // a full count no longer says how many there are, so it stays
      if (count < full) counts[slot] = count - 1
      if (count === 1) bits[slot >>> 5]! &= ~(1 << slot)
    },
    mayHave(id) {
      const slot = slotOf(id)
      return ((bits[slot >>> 5] as number) & (1 << slot)) !== 0
    },
  }
}

/** 23 bits of the last characters: those of a UUID are random, and no harm but time comes of two IDs with the same. */
function slotOf(id: string): number {
  let hash = 0
  for (let i = id.length - 1, end = Math.max(-1, i - 8); i > end; i--)
    hash = Math.imul(hash, 31) + id.charCodeAt(i)
  return Math.imul(hash, 0x9e3779b1) >>> 9
}

const full = 255
