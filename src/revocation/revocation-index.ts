// Over 150 lines: one index, and all functions that may change it.
import type { RevocationCheck, VerifiedToken } from '../types.js'
import { idFilter } from './id-filter.js'
import { type DatedRevocation, isCutOff, margin, poolOf, type RevocationKind } from './revocation.js'

/** The limits of a {@link revocationIndex}. */
interface IndexLimits {
  /** The longest lifetime of a token, in seconds, and so that of an entry. */
  readonly lifetime: number
  readonly maxEntries: number
}

/** Revocations in memory, by issuer, kind and ID. */
export interface RevocationIndex {
  readonly isRevoked: RevocationCheck & { readonly revision: (now: number) => number }
  /** Adds an entry unless it has expired; `false` when it does not fit. */
  add(revocation: DatedRevocation, now: number): boolean
  /** Whether the index has an entry, or one that revokes more. */
  covers(revocation: DatedRevocation): boolean
  /** The entries that have not expired. */
  entries(now: number): Iterable<DatedRevocation>
  readonly size: number
}

/**
 * Returns an empty index. A lookup reads a filter once for each kind of entry in use; only where the filter finds a possible match, it
 * reads the issuer's Maps.
 * Expired entries are removed without a timer: a few with each entry that is added, and more every second of lookups.
 */
export function revocationIndex({ lifetime, maxEntries }: IndexLimits): RevocationIndex {
  // Over 40 lines: its functions share the Maps, the filter and the counts.
  const lists = new Map<string, List>()
  const aliases = new Map<string, List>()
  const filter = idFilter()
  const held = { token: 0, session: 0, user: 0, client: 0, pool: 0 }
  let size = 0
  let count = 0
  let askedAt = 0
  let seconds = 0
  let sweptAt = 0
  const sweeper = sweep()

  function isRevoked(token: VerifiedToken, now: number): boolean {
    if (size === 0) return false
    sweepEachSecond(now)
    const { claims, principal } = token
    const mayBe =
      mayHave(held.token, claims.jti) ||
      mayHave(held.session, claims.origin_jti) ||
      mayHave(held.user, principal.subject) ||
      mayHave(held.client, principal.clientId) ||
      held.pool > 0
    return mayBe && isListed(token, now / 1000)
  }

  const mayHave = (count: number, id: unknown) => count > 0 && typeof id === 'string' && filter.mayHave(id)

  function isListed({ claims, principal }: VerifiedToken, time: number): boolean {
    seconds = time
    const list = aliases.get(claims.iss) ?? listOf(claims.iss)
    // a token without `iat` counts as old
    const issued = claims.iat ?? -1
    return (
      find(list.token, claims.jti) > seconds ||
      find(list.session, claims.origin_jti) > seconds ||
      isBefore(find(list.user, principal.subject), issued) ||
      isBefore(find(list.client, principal.clientId), issued) ||
      isBefore(find(list.pool, ''), issued)
    )
  }

  const isBefore = (notBefore: number, issued: number) =>
    notBefore > issued && notBefore + lifetime + margin > seconds

  /** Whether every token that an entry revokes has expired. */
  const isExpired = (kind: RevocationKind, at: number, time: number) =>
    time >= (isCutOff(kind) ? at + lifetime + margin : at)

  /** One list per pool, under each `iss` of the pool. */
  function listOf(issuer: string): List {
    const pool = poolOf(issuer)
    const list = lists.get(pool) ?? newList()
    lists.set(pool, list)
    aliases.set(issuer, list)
    return list
  }

  /** Changes with each new entry, and when the clock was set back: expired entries may apply again. */
  function revision(now: number): number {
    sweepEachSecond(now)
    if (now < askedAt) count++
    askedAt = now
    return count
  }

  return {
    isRevoked: Object.assign(isRevoked, { revision }),
    add(revocation, now) {
      const { kind, issuer, id, at } = revocation
      if (isExpired(kind, at, now / 1000)) return true
      sweepSome(2, now)
      const list = lists.get(issuer) ?? listOf(issuer)
      list[kind] ??= new Map()
      const entries = list[kind]
      const known = entries.get(id)
      if (known !== undefined && known >= at) return true
      if (known === undefined) {
        if (size >= maxEntries) sweepSome(size, now)
        if (size >= maxEntries) return false
        filter.add(id)
        held[kind]++
        size++
      }
      entries.set(id, at)
      count++
      return true
    },
    covers: ({ kind, issuer, id, at }) => (lists.get(issuer)?.[kind]?.get(id) ?? -1) >= at,
    *entries(now) {
      for (const [issuer, list] of lists)
        for (const [kind, entries] of mapsOf(list))
          for (const [id, at] of entries) if (!isExpired(kind, at, now / 1000)) yield { kind, issuer, id, at }
    },
    get size() {
      return size
    },
  }

  function sweepEachSecond(now: number): void {
    if (Math.abs(now - sweptAt) >= 1_000) sweepSome(Math.min(size, 1_000), now)
  }

  function sweepSome(steps: number, now: number): void {
    seconds = now / 1000
    sweptAt = now
    for (let step = 0; step < steps; step++) sweeper.next()
  }

  /** Iterates over the entries again and again, and removes expired ones. */
  function* sweep(): Generator<void, never> {
    for (;;) {
      yield
      for (const list of lists.values())
        for (const [kind, entries] of mapsOf(list))
          for (const [id, at] of entries) {
            if (isExpired(kind, at, seconds)) {
              entries.delete(id)
              filter.remove(id)
              held[kind]--
              size--
            }
            yield
          }
    }
  }
}

const find = (entries: ReadonlyMap<string, number> | undefined, id: unknown): number =>
  entries?.get(id as string) ?? -1

/** Most lists have entries of one kind or two: the others are `undefined`, which costs a lookup nothing. */
type List = Record<RevocationKind, Map<string, number> | undefined>

const newList = (): List => ({
  token: undefined,
  session: undefined,
  user: undefined,
  client: undefined,
  pool: undefined,
})

const mapsOf = (list: List) =>
  Object.entries(list).filter(([, entries]) => entries) as [RevocationKind, Map<string, number>][]
