import { aClock, aCount, seconds } from '../options.js'
import type { Clock } from '../types.js'

/** The options of every list of revocations. */
export interface RevocationOptions {
  /**
   * The longest lifetime of a token, in seconds, and so that of an entry. Must be the same in all processes that share a list. A token whose
   * lifetime is more than 300 seconds longer is refused with `ERR_REVOCATION_UNAVAILABLE`: it would outlive its entry.
   * Default 86,400: a day, the longest that Cognito can be set to.
   */
  readonly maxTokenLifetime?: number
  /** The limit of entries; one takes about 100 bytes. Default 2,000,000. */
  readonly maxEntries?: number
  /** The time. Default `Date`. */
  readonly clock?: Clock
  /** A clock that is never set back, in milliseconds, for the age of entries and of the last contact. Default `performance`. */
  readonly monotonic?: Clock
}

/** The state of a list of revocations. */
export interface RevocationHealth {
  /** How many entries are in memory, with expired ones that are not removed yet. */
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

/** Measured: a UUID and its slot in a Map. */
export const bytesOfEntry = 100

export const revocationOptionChecks = {
  'maxTokenLifetime?': seconds(300, 31_622_400),
  'maxEntries?': aCount(1, 16_000_000),
  'clock?': aClock,
  'monotonic?': aClock,
}
