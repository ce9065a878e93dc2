import type { KeySetFailure } from '../types.js'
import type { SkippedEntry } from './key-set.js'

/** What happens to the keys of an issuer. A closed set, safe to log and to count. */
export type KeySetEvent =
  /** Keys were fetched and are in use. */
  | { readonly type: 'fetched'; readonly keys: number }
  /** A fetch failed. The cached keys stay in use; the next attempt is `retryAfter` seconds away. */
  | {
      readonly type: 'fetch_failed'
      readonly reason: KeySetFailure
      readonly code?: string
      readonly status?: number
      readonly retryAfter: number
    }
  /** A fetch failed, and the keys in use are so old, in seconds, that callers wait for new ones. */
  | { readonly type: 'served_stale'; readonly age: number }
  /** A fetch failed, and the keys are too old to be used, in seconds: tokens are refused with `ERR_KEYS_UNAVAILABLE`. */
  | { readonly type: 'expired'; readonly age: number }
  /** An entry of a fetched set is left out. */
  | { readonly type: 'entry_skipped'; readonly reason: SkippedEntry }
  /** A token names a key that is not cached, and the keys are fetched because of it. Not sent when the rate limit allows no fetch. */
  | { readonly type: 'unknown_key' }
  /** A signature did not verify, and the keys are fetched in case one was replaced under its ID. */
  | { readonly type: 'suspect_key' }
  /** A fetched set shares no key ID with the one it replaces: perhaps it is another issuer's. */
  | { readonly type: 'disjoint' }

/** Returns the callback with its failures contained: what it throws or rejects with is ignored. */
export function safeCallback(onEvent?: (event: KeySetEvent) => unknown): (event: KeySetEvent) => void {
  if (!onEvent) return () => {}
  return event => {
    try {
      void Promise.resolve(onEvent(event)).catch(() => {})
    } catch {}
  }
}
