/** The numbers of entries, each at a place of its own. */
export interface EntrySlots {
  /** Returns a free place, with zeros. */
  take(): number
  release(slot: number): void
  cut(slot: number): number
  until(slot: number): number
  said(slot: number): number
  set(slot: number, cut: number, until: number, said: number): void
}

/** Returns no places yet. Beside one another and outside the heap, the three numbers of an entry take 16 bytes; as an object, 60. */
export function entrySlots(): EntrySlots {
  let cuts = new Uint32Array(64)
  let untils = new Uint32Array(64)
  let saids = new Float64Array(64)
  const free: number[] = []
  let used = 0

  function grow(): void {
    const length = Math.ceil(used * 1.5)
    cuts = copied(cuts, new Uint32Array(length))
    untils = copied(untils, new Uint32Array(length))
    saids = copied(saids, new Float64Array(length))
  }

  function set(slot: number, cut: number, until: number, said: number): void {
    cuts[slot] = Math.min(cut, longest)
    untils[slot] = Math.min(until, longest)
    saids[slot] = said
  }

  return {
    take() {
      const slot = free.pop()
      if (slot !== undefined) return slot
      if (used === cuts.length) grow()
      return used++
    },
    release(slot) {
      set(slot, 0, 0, 0)
      free.push(slot)
    },
    cut: slot => cuts[slot] as number,
    until: slot => untils[slot] as number,
    said: slot => saids[slot] as number,
    set,
  }
}

function copied<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

const longest = 0xffff_ffff
