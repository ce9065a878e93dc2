// Over 150 lines: one list with the time of its last contact, and the types that both stores share.
import { pollChannel, tracingOf } from '../diagnostics.js'
import { AuthError, refusal } from '../errors.js'
import { elapsed } from '../jwks/elapsed.js'
import { tell } from '../maybe-promise.js'
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

/** The options of a shared list of revocations. */
export interface RemoteRevocationOptions extends RevocationOptions {
  /** Seconds without contact to the store after which the list is stale: later revocations by other processes are not known here. */
  readonly staleAfter: number
  /**
   * What happens to tokens that are not known to be revoked while the list is stale. `'refuse'`: a 503, so that no token revoked meanwhile is
   * accepted. `'accept'`: the API stays up, and tokens revoked meanwhile are accepted until they expire. There is no default.
   */
  readonly whenStale: 'refuse' | 'accept'
  /** Called with every error of the store, as the client that was passed in throws it. What it throws is ignored. */
  readonly onError?: (error: unknown) => void
}

/** The state of a shared list of revocations. */
export interface RemoteRevocationHealth extends RevocationHealth {
  /** `loading`: not read to its end yet. `current`: in contact with the store. `stale`: no contact for longer than `staleAfter`. */
  readonly state: 'loading' | 'current' | 'stale'
  /** Seconds since this process had the whole list; `undefined` when it never had. */
  readonly contactAge: number | undefined
  /** Entries that this release cannot read. They revoke nothing here. */
  readonly unreadable: number
}

/** A list of revocations that many processes share. Each holds all of it in memory, so that no request waits. */
export interface RemoteRevocations extends Revocations<Promise<void>> {
  /**
   * Resolves when the whole list is loaded and no older than `staleAfter`: at once when it already is.
   * @throws AuthError (as a rejection) `ERR_REVOCATION_UNAVAILABLE` when it is not, `staleAfter` seconds later
   */
  ready(): Promise<void>
  /** Returns the state of the list. */
  health(): RemoteRevocationHealth
  /** Stops following the list. What is loaded stays in use until it is stale. */
  close(): void
}

/** How a read of a shared list went. Durations are in seconds. */
export interface RevocationEvent {
  /** `poll_failed`: the list in memory stays in use until it is stale. `onError` gets the store's error, which is not here: it may name hosts. */
  readonly type: 'polled' | 'poll_failed'
  /** How long it took. */
  readonly duration: number
}

/** A read of a shared list, as the tracing channel `cognito-guard:revocations.poll` shows it: one object from its start to its end. */
export interface RevocationPoll {
  /** Where the list is. */
  readonly store: 'redis' | 'dynamodb'
  /** How it went; absent until it has ended, and of one that `close()` has ended. */
  event?: RevocationEvent
  /** `ERR_REVOCATION_UNAVAILABLE`, where it failed. */
  error?: AuthError
}

/** Returns the local copy of a shared list, which knows its age. */
export function remoteList(store: RevocationPoll['store'], options: RemoteRevocationOptions) {
  // Over 40 lines: its functions share the list and the time of its last contact.
  const { staleAfter, whenStale, onError } = options
  const { maxTokenLifetime: lifetime, maxEntries, clock, monotonic } = withDefaults(options)
  const index = revocationIndex({ lifetime, maxEntries, monotonic })
  const names = issuerNames(true)
  const time = elapsed(monotonic)
  const polls = tracingOf<RevocationPoll>(pollChannel)
  let isClosed = false
  let contact: number | undefined
  let unreadable = 0
  let lastSaid = 0
  let ahead = -Infinity
  /** Of entries that are needed for longer than others: the second until which they are, by when they were written. */
  const held = new Map<number, number>()
  const waiting: (() => void)[] = []
  // longer than the entry of any token that does not exceed the lifetime
  const kept = lifetime + 4 * margin

  const ageAt = (now: number) => (contact === undefined ? undefined : (time(now) - contact) / 1000)
  const isStaleAt = (now: number) => (ageAt(now) ?? Infinity) > staleAfter

  function isRevoked(token: VerifiedToken, now: number): boolean {
    if (index.isRevoked(token, now)) return true
    if (whenStale === 'refuse' && isStaleAt(now)) throw refusal('ERR_REVOCATION_UNAVAILABLE')
    return false
  }

  /** While the list is stale, no result may be cached: NaN equals no revision. */
  const revision = (now: number) =>
    whenStale === 'refuse' && isStaleAt(now) ? Number.NaN : index.isRevoked.revision(now)

  async function ready(): Promise<void> {
    if (!isStaleAt(clock.now())) return
    await withTimeout(new Promise<void>(resolve => waiting.push(resolve)), staleAfter * 1000)
  }

  /** The list is up to date as of when it was requested, since the response may have taken long. */
  function contacted(requested: number): void {
    contact = requested
    // a response to a request from before the process was frozen makes nobody ready
    if (isStaleAt(clock.now())) return
    for (const wake of waiting.splice(0)) wake()
  }

  /** Reads from the store, and shows that to who watches. */
  async function polling<T>(read: () => Promise<T>): Promise<T> {
    const poll: RevocationPoll = { store }
    const startedAt = monotonic.now()
    const ended = (type: RevocationEvent['type']) => {
      if (!isClosed) poll.event = { type, duration: Math.max(0, monotonic.now() - startedAt) / 1_000 }
      polls.end(poll)
    }
    try {
      const answer = await polls.start(poll, read)
      ended('polled')
      return answer
    } catch (error) {
      if (!isClosed) poll.error = new AuthError('ERR_REVOCATION_UNAVAILABLE')
      ended('poll_failed')
      throw error
    }
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

  /** Adds an entry as it was written, and returns it; one that cannot be read is counted. */
  function take(line: string, written: number, said = written): DatedRevocation | undefined {
    const revocation = decodeRevocation(line)
    if (!revocation) {
      unreadable++
      return undefined
    }
    const entry = dated(revocation, written, lifetime, said)
    // the position in the list does not advance: the entry is read again, when expired ones have made room
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

  /** Whether the clock was set back: an entry that seemed to have expired when it was read may not have. */
  function wasAhead(): boolean {
    const now = clock.now()
    const isBack = now < ahead - margin * 1000
    if (isBack || now > ahead) ahead = now
    return isBack
  }

  /** Reports an error to the application, whose callback must not affect us. */
  const failed = (error: unknown) => tell(onError, error)

  /** Reports the cause to the application; the caller gets only the code. */
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
    /** The methods of a list whose entries are written by `append`. */
    revoking: (append: (revocations: readonly Revocation[]) => Promise<unknown>) =>
      revoking(clock, names, async revocations => void (await append(revocations).catch(unavailable))),
    verifies: names.learn,
    /** The argument for `contacted`. */
    time: () => time(clock.now()),
    contacted,
    polling,
    take,
    failed,
    unavailable,
    isRevoked: Object.assign(isRevoked, { revision }),
    ready,
    health,
    close: () => {
      isClosed = true
    },
  }
}

/**
 * Returns a promise that settles as another does.
 *
 * @param time milliseconds
 * @throws AuthError `ERR_REVOCATION_UNAVAILABLE` (as a rejection) when that takes longer
 */
export function withTimeout<T>(promise: Promise<T>, time: number): Promise<T> {
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
