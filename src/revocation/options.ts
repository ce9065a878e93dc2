import { aClock, aCount, seconds } from '../options.js'
import type { Clock } from '../types.js'

/** What every list of revocations can be told. */
export interface RevocationOptions {
  /**
   * Seconds that the longest token lives, and with it an entry. The same for all who share a list. A token that lives more than 300
   * seconds longer is answered with `ERR_REVOCATION_UNAVAILABLE`: it would be good again when its entry has gone.
   * Default 86,400: a day, the longest that Cognito can be set to.
   */
  readonly maxTokenLifetime?: number
  /** How many entries are held; one takes about 100 bytes. Default 2,000,000. */
  readonly maxEntries?: number
  /** The time. Default `Date`. */
  readonly clock?: Clock
  /** A clock that is never set back, in milliseconds, for the age of entries and of the last contact. Default `performance`. */
  readonly monotonic?: Clock
}

/** How a list of revocations is. */
export interface RevocationHealth {
  /** What is held, with what has had its time and is not cleared away yet. */
  readonly entries: number
  /** About how many bytes the entries take. */
  readonly memory: number
}

export const withDefaults = ({
  maxTokenLifetime = 86_400,
  maxEntries = 2_000_000,
  clock = Date,
  monotonic = performance,
}: RevocationOptions): Required<RevocationOptions> => ({ maxTokenLifetime, maxEntries, clock, monotonic })

/** Measured: a UUID, and its place in a Map. */
export const bytesOfEntry = 100

export const revocationOptionChecks = {
  'maxTokenLifetime?': seconds(300, 366 * 86_400),
  'maxEntries?': aCount(1, 16_000_000),
  'clock?': aClock,
  'monotonic?': aClock,
}
