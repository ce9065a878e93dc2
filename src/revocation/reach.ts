// Over 150 lines: one list and the time of its last contact, with the types that both stores share.
import { AuthError, refusal } from '../errors.js'
import { elapsed } from '../jwks/elapsed.js'
import { aFunction, oneOf, seconds } from '../options.js'
import type { VerifiedToken } from '../types.js'
import { type DatedRevocation, dated, decodeRevocation, margin, type Revocation } from './entry.js'
import { issuerNames } from './issuer-names.js'
import {
  bytesOfEntry,
  type RevocationHealth,
  type RevocationOptions,
  revocationOptionChecks,
  withDefaults,
} from './options.js'
import { restoration } from './restoration.js'
import { type Revocations, revoking } from './revocation.js'
import { revocationIndex } from './revocation-index.js'

/** What a list that is kept elsewhere must be told, and can be. */
export interface RemoteRevocationOptions extends RevocationOptions {
  /** Seconds without contact after which the list is out of reach: what others have revoked since is not known here. */
  readonly staleAfter: number
  /**
   * What happens to tokens that are not known to be revoked while the list is out of reach. `'refuse'`: a 503, and nobody gets in who was
   * signed out meanwhile. `'accept'`: the API stays up, and they do until they expire. There is no default.
   */
  readonly whenStale: 'refuse' | 'accept'
  /** Told of what goes wrong with the list, in the words of the client that was passed in. What it throws is ignored. */
  readonly onError?: (error: unknown) => void
}

/** How a list that is kept elsewhere is. */
export interface RemoteRevocationHealth extends RevocationHealth {
  /** `loading`: not read to its end yet. `current`: in contact. `stale`: out of reach for longer than `staleAfter`. */
  readonly state: 'loading' | 'current' | 'stale'
  /** Seconds since this process knew the whole list; `undefined` when it never did. */
  readonly contactAge: number | undefined
  /** Entries that this release cannot read. They revoke nothing here. */
  readonly unreadable: number
}

/** A list of revocations that many processes share. Each holds all of it in memory, so that no request waits. */
export interface RemoteRevocations extends Revocations<Promise<void>> {
  /**
   * Resolves when the whole list is known here and no older than `staleAfter`: at once when it is.
   * @throws AuthError (as a rejection) `ERR_REVOCATION_UNAVAILABLE` when it is not, `staleAfter` seconds later
   */
  ready(): Promise<void>
  health(): RemoteRevocationHealth
  /** Ends following the list. What is known stays known, until it is stale. */
  close(): void
}

/** Returns a list in memory that knows how long ago it was whole. */
export function reach(options: RemoteRevocationOptions) {
  // Over 40 lines: all of it is about one list, and the time of its last contact.
  const { staleAfter, whenStale, onError } = options
  const { maxTokenLifetime: lifetime, maxEntries, clock, monotonic } = withDefaults(options)
  const index = revocationIndex({ lifetime, maxEntries, monotonic })
  const names = issuerNames(true)
  const time = elapsed(monotonic)
  let contact: number | undefined
  let unreadable = 0
  let lastSaid = 0
  let ahead = -Infinity
  /** Of entries that are needed for longer than others: the second until which they are, by when they were written. */
  const held = new Map<number, number>()
  const waiting: (() => void)[] = []
  // longer than any entry of a token that lives no longer than it may
  const kept = lifetime + 4 * margin

  const ageAt = (now: number) => (contact === undefined ? undefined : (time(now) - contact) / 1000)
  const isStaleAt = (now: number) => (ageAt(now) ?? Infinity) > staleAfter

  function isRevoked(token: VerifiedToken, now: number): boolean {
    if (index.isRevoked(token, now)) return true
    if (whenStale === 'refuse' && isStaleAt(now)) throw refusal('ERR_REVOCATION_UNAVAILABLE')
    return false
  }

  /** Out of reach, no answer is for good. */
  const revision = (now: number) =>
    whenStale === 'refuse' && isStaleAt(now) ? Number.NaN : index.isRevoked.revision(now)

  async function ready(): Promise<void> {
    if (!isStaleAt(clock.now())) return
    await within(new Promise<void>(resolve => waiting.push(resolve)), staleAfter * 1000)
  }

  /** The list is known as it was at a time: when the question was asked, since the answer may have been long under way. */
  function contacted(asked: number): void {
    contact = asked
    // who waits does so for an answer that is not from before the process was frozen
    if (isStaleAt(clock.now())) return
    for (const wake of waiting.splice(0)) wake()
  }

  function health(): RemoteRevocationHealth {
    const now = clock.now()
    const contactAge = ageAt(now)
    return {
      state: contactAge === undefined ? 'loading' : contactAge > staleAfter ? 'stale' : 'current',
      contactAge,
      entries: index.size,
      memory: index.size * bytesOfEntry,
      unreadable,
    }
  }

  /** Remembers an entry as it was written, and returns it; one that cannot be read is counted. */
  function take(line: string, written: number, said = written): DatedRevocation | undefined {
    const revocation = decodeRevocation(line)
    if (!revocation) {
      unreadable++
      return undefined
    }
    const entry = dated(revocation, written, lifetime, said)
    // not to go on is all that can be done: the place in the list is kept, and entries make room as their time is over
    if (!index.add(entry, clock.now())) throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
    lastSaid = Math.max(lastSaid, entry.said)
    if (entry.until > written / 1000 + kept) hold(written, entry.until + margin)
    return entry
  }

  const hold = (written: number, until: number) => held.set(written, Math.max(until, held.get(written) ?? 0))

  /** Until when what was written up to now is needed, in seconds since the epoch. */
  function neededUntil(now: number): number {
    for (const [written, until] of held) if (until < now / 1000) held.delete(written)
    return Math.max(Math.floor(now / 1000) + kept, ...held.values())
  }

  /** The milliseconds since the epoch before which nothing that was written is needed any more. */
  const expiredBy = (now: number) => Math.min(now - kept * 1000, ...held.keys())

  /** Whether the clock was set back: what seemed to have had its time when it was read may not have had it. */
  function wasAhead(): boolean {
    const now = clock.now()
    const isBack = now < ahead - margin * 1000
    if (isBack || now > ahead) ahead = now
    return isBack
  }

  /** Tells the application; an observer changes nothing. */
  function failed(error: unknown): void {
    try {
      onError?.(error)
    } catch {}
  }

  /** Tells the application what is wrong, and the caller that something is. */
  function unavailable(error: unknown): never {
    failed(error)
    throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
  }

  return {
    index,
    clock,
    restoration: () => restoration(index, lifetime, monotonic),
    /** A place after all that was said, in milliseconds. */
    nextSaid: () => Math.max(clock.now(), lastSaid + 1),
    neededUntil,
    expiredBy,
    wasAhead,
    /** What can be said, where `append` writes it. */
    revoking: (append: (revocations: readonly Revocation[]) => Promise<unknown>) =>
      revoking(clock, names, async revocations => void (await append(revocations).catch(unavailable))),
    verifies: names.learn,
    /** The time for `contacted`. */
    time: () => time(clock.now()),
    contacted,
    take,
    failed,
    unavailable,
    isRevoked: Object.assign(isRevoked, { revision }),
    ready,
    health,
  }
}

/**
 * Returns what a promise does, if it does within a time in milliseconds.
 *
 * @throws AuthError `ERR_REVOCATION_UNAVAILABLE` when it does not
 */
export function within<T>(promise: Promise<T>, time: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AuthError('ERR_REVOCATION_UNAVAILABLE')), time)
    promise.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}

export const remoteOptionChecks = {
  ...revocationOptionChecks,
  staleAfter: seconds(1, 86_400),
  whenStale: oneOf('refuse', 'accept'),
  'onError?': aFunction,
}
