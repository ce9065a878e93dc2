// Over 150 lines: one list with the time of its last contact, and the types that both stores share.
import { AuthError, refusal } from '../errors.js'
import { elapsed } from '../jwks/elapsed.js'
import { aClock, aFunction, oneOf, seconds } from '../options.js'
import type { Clock, VerifiedToken } from '../types.js'
import {
  bytesOfEntry,
  type RevocationHealth,
  type RevocationOptions,
  revocationOptionChecks,
  withDefaults,
} from './options.js'
import { type DatedRevocation, dated, decodeRevocation, type Revocations } from './revocation.js'
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
  /** A clock that is never set back, in milliseconds, for the age of the last contact. Default `performance`. */
  readonly monotonic?: Clock
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
  health(): RemoteRevocationHealth
  /** Stops following the list. What is loaded stays in use until it is stale. */
  close(): void
}

/** Returns the local copy of a shared list, which knows its age. */
export function remoteList(options: RemoteRevocationOptions) {
  // Over 40 lines: its functions share the list and the time of its last contact.
  const { staleAfter, whenStale, onError, monotonic = performance } = options
  const { maxTokenLifetime: lifetime, maxEntries, clock } = withDefaults(options)
  const index = revocationIndex({ lifetime, maxEntries })
  const time = elapsed(monotonic)
  let contact: number | undefined
  let unreadable = 0
  const waiting: (() => void)[] = []

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

  /** Adds an entry as it was written, and returns it; one that cannot be read is counted. */
  function take(line: string, written: number): DatedRevocation | undefined {
    const revocation = decodeRevocation(line)
    if (!revocation) {
      unreadable++
      return undefined
    }
    const entry = dated(revocation, written, lifetime)
    // the position in the list does not advance: the entry is read again, when expired ones have made room
    if (!index.add(entry, clock.now())) throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
    return entry
  }

  /** Reports an error to the application, whose callback must not affect us. */
  function failed(error: unknown): void {
    try {
      onError?.(error)
    } catch {}
  }

  /** Reports the cause to the application; the caller gets only the code. */
  function unavailable(error: unknown): never {
    failed(error)
    throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
  }

  return {
    index,
    lifetime,
    clock,
    /** The argument for `contacted`. */
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
  'monotonic?': aClock,
}
