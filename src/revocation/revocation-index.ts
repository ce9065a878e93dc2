// Over 150 lines: one index, and all functions that may change it.
import { refusal } from '../errors.js'
import type { Clock, RevocationCheck, VerifiedToken } from '../types.js'
import { type DatedRevocation, margin, type RevocationKind, type RevocationTarget } from './entry.js'
import { entrySlots } from './entry-slots.js'
import { idFilter } from './id-filter.js'
import { poolOf } from './issuer-names.js'
import { unhurried } from './unhurried.js'

/** The limits of a {@link revocationIndex}. */
interface IndexLimits {
  /** The longest lifetime of a token, in seconds, and so that of an entry. */
  readonly lifetime: number
  readonly maxEntries: number
  /** Measures the age of entries: none expires only because the wall clock was set. */
  readonly monotonic: Clock
}

/** Revocations in memory, by issuer, kind and ID. */
export interface RevocationIndex {
  readonly isRevoked: RevocationCheck & { readonly revision: (now: number) => number }
  /** Adds an entry unless it has expired; `false` when it does not fit. Entries may come in any order. */
  add(revocation: DatedRevocation, now: number): boolean
  /** Removes the entry of a target without a trace: for a list that no other process writes to. */
  remove(target: RevocationTarget): void
  /** The `said` of what an entry must come after: of the revocations that it takes back, or of what took back earlier ones. */
  lastSaid(target: RevocationTarget, isTakenBack: boolean | undefined): number | undefined
  /** Whether the index has an entry, or one that outweighs it. */
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
export function revocationIndex({ lifetime, maxEntries, monotonic }: IndexLimits): RevocationIndex {
  // Over 40 lines: its functions share the Maps, the filter and the counts.
  const lists = new Map<string, List>()
  const aliases = new Map<string, List>()
  const filter = idFilter()
  const slots = entrySlots()
  /** The last take-back of a target; few have one. */
  const takenBack = new Map<number, TakenBack>()
  const held = { token: 0, session: 0, user: 0, client: 0, pool: 0 }
  // longer than any entry is held
  const time = unhurried(monotonic, (lifetime + 4 * margin) * 1000)
  let size = 0
  let count = 0
  let askedAt = 0
  let seconds = 0
  let sweptAt = 0
  const sweeper = sweep()

  function isRevoked(token: VerifiedToken, now: number): boolean {
    if (size > 0 && isFound(token, now)) return true
    const { iat = now / 1000, exp } = token.claims
    // such a token would be accepted again once its entry has expired
    if (!(exp - iat <= lifetime + margin)) throw refusal('ERR_REVOCATION_UNAVAILABLE', outlives)
    return false
  }

  function isFound(token: VerifiedToken, now: number): boolean {
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

  function isListed(token: VerifiedToken, time: number): boolean {
    seconds = time
    const { iss } = token.claims
    if (isIn(aliases.get(iss) ?? listOf(iss), token)) return true
    for (const name of token.revokedBy ?? []) {
      const list = lists.get(poolOf(name))
      if (list && isIn(list, token)) return true
    }
    return false
  }

  function isIn(list: List, { claims, principal }: VerifiedToken): boolean {
    // a token without `iat` counts as old
    const issued = claims.iat ?? -1
    return (
      isBefore(list.token, claims.jti, -1) ||
      isBefore(list.session, claims.origin_jti, -1) ||
      isBefore(list.user, principal.subject, issued) ||
      isBefore(list.client, principal.clientId, issued) ||
      isBefore(list.pool, '', issued)
    )
  }

  function isBefore(entries: ReadonlyMap<string, number> | undefined, id: unknown, issued: number): boolean {
    const slot = entries?.get(id as string)
    if (slot === undefined) return false
    const cut = slots.cut(slot)
    return cut > 0 && cut > issued && slots.until(slot) > seconds
  }

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

  const slotOf = ({ kind, issuer, id }: RevocationTarget) => lists.get(issuer)?.[kind]?.get(id)

  /** The slot of a target, a new one for a new target; `undefined` when there is none left. */
  function slotFor({ kind, issuer, id }: RevocationTarget, now: number): number | undefined {
    const list = lists.get(issuer) ?? listOf(issuer)
    list[kind] ??= new Map()
    const entries = list[kind]
    const known = entries.get(id)
    if (known !== undefined) return known
    if (size >= maxEntries) sweepSome(size, now)
    if (size >= maxEntries) return undefined
    const slot = slots.take()
    entries.set(id, slot)
    filter.add(id)
    held[kind]++
    size++
    return slot
  }

  function add(revocation: DatedRevocation, now: number): boolean {
    if (isOver(revocation.until, time(now) / 1000)) return true
    sweepSome(2, now)
    const slot = slotFor(revocation, now)
    if (slot === undefined) return false
    if (revocation.cut === 0) takeBack(slot, revocation)
    else revoke(slot, revocation)
    return true
  }

  function revoke(slot: number, { cut, until, said }: DatedRevocation): void {
    if (said <= saidBack(slot)) return
    if (cut > slots.cut(slot) || until > slots.until(slot)) count++
    slots.set(
      slot,
      Math.max(cut, slots.cut(slot)),
      Math.max(until, slots.until(slot)),
      Math.max(said, slots.said(slot)),
    )
  }

  /** Newer revocations stay, and older ones with them: their entry is one, and what each contributed is not known any more. */
  function takeBack(slot: number, { until, said }: DatedRevocation): void {
    const before = takenBack.get(slot)
    takenBack.set(slot, {
      said: Math.max(said, before?.said ?? 0),
      // another process may still have what is taken back
      until: Math.max(until, before?.until ?? 0, slots.until(slot)),
    })
    if (said >= slots.said(slot)) slots.set(slot, 0, 0, 0)
  }

  const saidBack = (slot: number) => takenBack.get(slot)?.said ?? -1

  const isSlotOver = (slot: number, seconds: number) =>
    isOver(slots.until(slot), seconds) && isOver(takenBack.get(slot)?.until ?? 0, seconds)

  return {
    isRevoked: Object.assign(isRevoked, { revision }),
    add,
    remove({ kind, issuer, id }) {
      const entries = lists.get(issuer)?.[kind]
      const slot = entries?.get(id)
      if (entries && slot !== undefined) drop(kind, entries, id, slot)
    },
    lastSaid(target, isTakenBack) {
      const slot = slotOf(target)
      if (slot === undefined) return undefined
      return isTakenBack ? slots.said(slot) : takenBack.get(slot)?.said
    },
    covers(revocation) {
      const slot = slotOf(revocation)
      if (slot === undefined) return false
      const { cut, until, said } = revocation
      if (said <= saidBack(slot)) return true
      return cut > 0 && cut <= slots.cut(slot) && until <= slots.until(slot) && said <= slots.said(slot)
    },
    *entries(now) {
      for (const [issuer, list] of lists)
        for (const [kind, entries] of mapsOf(list))
          for (const [id, slot] of entries) {
            if (isSlotOver(slot, time(now) / 1000)) continue
            const target = { kind, issuer, id }
            const back = takenBack.get(slot)
            if (back) yield { ...target, ...back, cut: 0 }
            const cut = slots.cut(slot)
            if (cut > 0) yield { ...target, cut, until: slots.until(slot), said: slots.said(slot) }
          }
    },
    get size() {
      return size
    },
  }

  function sweepEachSecond(now: number): void {
    if (Math.abs(now - sweptAt) >= 1_000) sweepSome(Math.min(size, 1_000), now)
  }

  function sweepSome(steps: number, now: number): void {
    seconds = time(now) / 1000
    sweptAt = now
    for (let step = 0; step < steps; step++) sweeper.next()
  }

  /** Iterates over the entries again and again, and removes expired ones. */
  function* sweep(): Generator<void, never> {
    for (;;) {
      yield
      for (const list of lists.values())
        for (const [kind, entries] of mapsOf(list))
          for (const [id, slot] of entries) {
            if (isSlotOver(slot, seconds)) drop(kind, entries, id, slot)
            yield
          }
    }
  }

  function drop(kind: RevocationKind, entries: Map<string, number>, id: string, slot: number): void {
    entries.delete(id)
    filter.remove(id)
    slots.release(slot)
    takenBack.delete(slot)
    held[kind]--
    size--
  }
}

interface TakenBack {
  readonly said: number
  readonly until: number
}

/** Whether every token that an entry revokes has expired, also for verifiers whose clock is behind. */
const isOver = (until: number, seconds: number) => seconds >= until + margin

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

const outlives =
  'The token lives longer than the list keeps its entries: set maxTokenLifetime to the longest that its issuer issues.'
