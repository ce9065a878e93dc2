import type { Clock } from '../../types.js'

/** Values by name, each until it expires. */
export interface Expiring<T> {
  readonly get: (name: string | undefined) => T | undefined
  /** As `get`, and a value that has expired and is not dropped yet. */
  readonly known: (name: string | undefined) => T | undefined
  /** Replaces a value of that name. Default: the seconds of the map. */
  readonly set: (name: string, value: T, seconds?: number) => void
  /** As `set`, and does not shorten the life of a value that is there. */
  readonly extend: (name: string, value: T, seconds: number) => void
  readonly delete: (name: string | undefined) => void
  /** Those that have not expired, the oldest first. */
  readonly entries: () => Entry<T>[]
}

/** A value until a time, in milliseconds. */
export type Entry<T> = readonly [name: string, value: T, until: number]

/**
 * A map whose values expire. It holds at most 50,000, the newest, so that a server that runs for weeks, or under load, keeps its memory.
 *
 * @param seconds how long a value lives unless its `set` says otherwise
 * @param saved what it begins with
 */
export function expiring<T>(clock: Clock, seconds: number, saved: readonly Entry<T>[] = []): Expiring<T> {
  const all = new Map(saved.map(([name, value, until]) => [name, { value, until }]))
  let sweepAt = 1000
  const sweep = () => {
    const now = clock.now()
    for (const [name, { until }] of all) if (now >= until || all.size > most) all.delete(name)
    sweepAt = Math.min(most + 1, Math.max(1000, 2 * all.size))
  }
  const put = (name: string, value: T, until: number) => {
    all.delete(name)
    all.set(name, { value, until })
    if (all.size >= sweepAt) sweep()
  }
  return {
    get(name) {
      const entry = all.get(name as string)
      return entry && clock.now() < entry.until ? entry.value : undefined
    },
    known: name => all.get(name as string)?.value,
    set: (name, value, life = seconds) => put(name, value, clock.now() + life * 1000),
    extend: (name, value, life) =>
      put(name, value, Math.max(clock.now() + life * 1000, all.get(name)?.until ?? 0)),
    delete: name => void all.delete(name as string),
    entries() {
      const now = clock.now()
      return Array.from(all, ([name, { value, until }]): Entry<T> => [name, value, until]).filter(
        ([, , until]) => now < until,
      )
    },
  }
}

const most = 50_000
