/** What a list of the recently used needs of what is in it. */
export interface Listed<T> {
  readonly id: number
  newer: T | undefined
  older: T | undefined
}

/** The most recently used of the entries that were added, by their IDs. */
interface RecentlyUsed<T> {
  get(id: number): T | undefined
  /** Adds an entry, in the place of the one with its ID. */
  add(entry: T): void
  /** Removes an entry unless another has taken its place. */
  drop(entry: T): void
}

/**
 * Returns a map that keeps `max` entries: the least recently used one makes room for the next.
 * The entries themselves are the list, so that a hit allocates nothing. lru-cache can do much more, and would be a quarter of what an
 * application bundles.
 */
export function recentlyUsed<T extends Listed<T>>(max: number): RecentlyUsed<T> {
  const entries = new Map<number, T>()
  let newest: T | undefined
  let oldest: T | undefined

  function append(entry: T): void {
    entry.older = newest
    if (newest) newest.newer = entry
    else oldest = entry
    newest = entry
  }

  /** An entry that is left holds none of the others, which would keep them from being collected. */
  function cutOut(entry: T): void {
    const { newer, older } = entry
    if (newer) newer.older = older
    else newest = older
    if (older) older.newer = newer
    else oldest = newer
    entry.newer = undefined
    entry.older = undefined
  }

  function drop(entry: T | undefined): void {
    if (!entry || entries.get(entry.id) !== entry) return
    entries.delete(entry.id)
    cutOut(entry)
  }

  return {
    get(id) {
      const entry = entries.get(id)
      if (entry && entry !== newest) {
        cutOut(entry)
        append(entry)
      }
      return entry
    },
    add(entry) {
      drop(entries.get(entry.id))
      if (entries.size === max) drop(oldest)
      entries.set(entry.id, entry)
      append(entry)
    },
    drop,
  }
}
