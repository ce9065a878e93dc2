import { channelOf, keysChannel } from '../diagnostics.js'
import { tell } from '../maybe-promise.js'
import type { KeySetFailure } from '../types.js'
import type { KeySetError } from './failure.js'
import type { SkippedEntry } from './key-set.js'

/**
 * What happens to the keys of an issuer, with its `name`. A closed set, safe to log and to count: `onEvent` and the channel `cognito-guard:keys`
 * get it.
 */
export type KeySetEvent = KeyChange & {
  /** The `name` of the issuer. */
  readonly issuer: string
}

/** A {@link KeySetEvent} without the name of the issuer. Durations are in seconds. */
export type KeyChange =
  /** Keys were fetched and are in use. */
  | { readonly type: 'fetched'; readonly keys: number; readonly duration: number }
  /** A fetch failed. The cached keys stay in use; the next attempt is `retryAfter` seconds away. */
  | {
      readonly type: 'fetch_failed'
      readonly reason: KeySetFailure
      readonly code?: string
      readonly status?: number
      readonly retryAfter: number
      readonly duration: number
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

/**
 * A fetch of keys, as the tracing channel `cognito-guard:keys.fetch` shows it: one object from its start to its end. A fetch that was given up
 * has neither an event nor an error.
 */
export interface KeyFetch {
  /** The issuer's `name`. */
  readonly issuer: string
  /** How it ended, the same object that `onEvent` gets; absent until then. */
  event?: FetchEvent
  /** Why it failed. */
  error?: KeySetError
}

/** How a fetch ended. */
export type FetchEvent = Extract<KeySetEvent, { readonly type: 'fetched' | 'fetch_failed' }>

/** Tells the application's callback and the subscribers of the channel what happens to the keys of an issuer. */
export type Emit = <C extends KeyChange>(change: C) => C & { readonly issuer: string }

/** Returns the one of an issuer. What the callback throws or rejects with is ignored. */
export function emitter(issuer: string, onEvent?: (event: KeySetEvent) => unknown): Emit {
  const channel = channelOf(keysChannel)
  return change => {
    const event = { ...change, issuer }
    if (channel?.hasSubscribers) channel.publish(event)
    tell(onEvent, event)
    return event
  }
}
