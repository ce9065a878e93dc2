import type { VerifiedToken } from '../types.js'
import { idFilter } from './id-filter.js'
import { type DatedRevocation, isCutOff, margin, poolOf, type RevocationKind } from './revocation.js'

/** What a {@link revocationIndex} is limited to. */
export interface IndexLimits {
  /** Seconds that the longest token lives, and with it an entry. */
  readonly lifetime: number
  readonly maxEntries: number
}

/** Revocations in memory, by what they are about. */
export interface RevocationIndex {
  readonly isRevoked: (token: VerifiedToken, now: number) => boolean
  /** Takes an entry in, unless its time is over; `false` when it does not fit. */
  add(revocation: DatedRevocation, now: number): boolean
  /** Whether an entry, or one that revokes more, is in. */
  covers(revocation: DatedRevocation): boolean
  /** The entries whose time is not over. */
  entries(now: number): Iterable<DatedRevocation>
  readonly size: number
}

/**
 * Returns an empty index. A lookup is a few reads of a filter, and of a Map where the filter says that there may be something.
 * Entries go when their time is over, a few with each entry that comes and a few more every second of lookups: there is no timer.
 */
export function revocationIndex({ lifetime, maxEntries }: IndexLimits): RevocationIndex {
  const lists = new Map<string, List>()
  const aliases = new Map<string, List>()
  const filter = idFilter()
  let size = 0
  let seconds = 0
  let sweptAt = 0
  const sweeper = sweep()

  function isRevoked({ claims, principal }: VerifiedToken, now: number): boolean {
    if (size === 0) return false
    seconds = now / 1000
    if (Math.abs(now - sweptAt) >= 1_000) sweepSome(Math.min(size, 1_000), now)
    const list = aliases.get(claims.iss) ?? listOf(claims.iss)
    // a token that does not say when it was issued counts as old
    const issued = claims.iat ?? -1
    return (
      isListed(list, 'token', claims.jti) ||
      isListed(list, 'session', claims.origin_jti) ||
      isCutOffIn(list, 'user', principal.subject, issued) ||
      isCutOffIn(list, 'client', principal.clientId, issued) ||
      isCutOffIn(list, 'pool', '', issued)
    )
  }

  /** Whether every token that an entry is about has expired. */
  const isOver = (kind: RevocationKind, at: number, time: number) =>
    time >= (isCutOff(kind) ? at + lifetime + margin : at)

  const isListed = (list: List, kind: RevocationKind, id: unknown) => find(list, kind, id) > seconds

  function isCutOffIn(list: List, kind: RevocationKind, id: unknown, issued: number): boolean {
    const notBefore = find(list, kind, id)
    return notBefore > issued && notBefore + lifetime + margin > seconds
  }

  function find(list: List, kind: RevocationKind, id: unknown): number {
    const entries = list[kind]
    if (entries.size === 0 || typeof id !== 'string' || !filter.mayHave(id)) return -1
    return entries.get(id) ?? -1
  }

  /** The list of a pool is found by each of the pool's `iss`. */
  function listOf(issuer: string): List {
    const pool = poolOf(issuer)
    const list = lists.get(pool) ?? newList()
    lists.set(pool, list)
    aliases.set(issuer, list)
    return list
  }

  return {
    isRevoked,
    add(revocation, now) {
      const { kind, issuer, id, at } = revocation
      if (isOver(kind, at, now / 1000)) return true
      sweepSome(2, now)
      const entries = (lists.get(issuer) ?? listOf(issuer))[kind]
      const known = entries.get(id)
      if (known !== undefined) {
        if (at > known) entries.set(id, at)
        return true
      }
      if (size >= maxEntries) sweepSome(size, now)
      if (size >= maxEntries) return false
      entries.set(id, at)
      filter.add(id)
      size++
      return true
    },
    covers: ({ kind, issuer, id, at }) => (lists.get(issuer)?.[kind].get(id) ?? -1) >= at,
    *entries(now) {
      for (const [issuer, list] of lists)
        for (const kind of kindsOf(list))
          for (const [id, at] of list[kind]) if (!isOver(kind, at, now / 1000)) yield { kind, issuer, id, at }
    },
    get size() {
      return size
    },
  }

  function sweepSome(steps: number, now: number): void {
    seconds = now / 1000
    sweptAt = now
    for (let step = 0; step < steps; step++) sweeper.next()
  }

  /** Goes round and round the entries and takes out those whose time is over. */
  function* sweep(): Generator<void, never> {
    for (;;) {
      yield
      for (const list of lists.values())
        for (const kind of kindsOf(list))
          for (const [id, at] of list[kind]) {
            if (isOver(kind, at, seconds)) {
              list[kind].delete(id)
              filter.remove(id)
              size--
            }
            yield
          }
    }
  }
}

type List = Readonly<Record<RevocationKind, Map<string, number>>>

const newList = (): List => ({
  token: new Map(),
  session: new Map(),
  user: new Map(),
  client: new Map(),
  pool: new Map(),
})

const kindsOf = (list: List) => Object.keys(list) as RevocationKind[]
