import { aClock, aCount, seconds } from '../options.js'
import type { Clock } from '../types.js'

/** What every list of revocations can be told. */
export interface RevocationOptions {
  /**
   * Seconds that the longest token lives, and with it an entry. The same for all who share a list.
   * Default 86,400: a day, the longest that Cognito can be set to.
   */
  readonly maxTokenLifetime?: number
  /** How many entries are held; one takes about 100 bytes. Default 2,000,000. */
  readonly maxEntries?: number
  /** The time. Default `Date`. */
  readonly clock?: Clock
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
}: RevocationOptions): Required<RevocationOptions> => ({ maxTokenLifetime, maxEntries, clock })

/** Measured: a UUID, and its place in a Map. */
export const bytesOfEntry = 100

export const revocationOptionChecks = {
  'maxTokenLifetime?': seconds(300, 30 * 86_400),
  'maxEntries?': aCount(1, 16_000_000),
  'clock?': aClock,
}
