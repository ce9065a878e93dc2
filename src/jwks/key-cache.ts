// Over 150 lines: one state, which is changed here and nowhere else.
import { keyFetchChannel, tracingOf } from '../diagnostics.js'
import type { AuthError } from '../errors.js'
import type { Algorithm, KeySetHealth, VerificationKey } from '../types.js'
import { backoff } from './backoff.js'
import { cancellation } from './cancellation.js'
import type { Emit, FetchEvent, KeyFetch } from './events.js'
import { asKeySetError, type KeySetError, keySetError } from './failure.js'
import type { KeySet } from './key-set.js'
import type { Timing } from './options.js'
import { unavailable } from './unavailable.js'

/** The options of {@link keyCache}. */
export interface KeyCacheOptions {
  /** What the issuer is called in events. */
  readonly issuer: string
  /** Fetches the keys, or rejects with a {@link KeySetError} as soon as `ended` resolves to it. */
  readonly load: (request: {
    readonly ended: Promise<KeySetError>
    readonly requests: number
    readonly last: KeySet | undefined
  }) => Promise<Loaded>
  /** Bundled keys, which were not fetched. */
  readonly initial?: KeySet | undefined
  /** Infinity when the bundled keys are never fetched again. Default: they are as soon as they are used. */
  readonly freshFor?: number
  readonly timing: Timing
  /** Returns the time in milliseconds; gets that of the wall clock where it is known. */
  readonly time: (wall?: number) => number
  /** Called when a fetch brings key IDs that were not there before. */
  readonly foundNew: () => void
  readonly emit: Emit
}

/** Keys, and their `max-age` in milliseconds. */
interface Loaded {
  readonly keys: KeySet
  readonly freshFor?: number | undefined
}

/** One fetch in flight, from its start until its result is stored. */
export interface Flight {
  readonly startedAt: number
  /** Never rejects. When the fetch was given up, it resolves with the one that follows. */
  readonly done: Promise<void>
  /** Keeps the process from exiting before the end, for a caller that waits. */
  hold(): void
}

/** The cached keys and the fetch in flight of the next ones. */
interface KeyCache {
  /** Returns the time of a call. Gives up a fetch that should have ended long ago. */
  tick(wall: number): number
  find(kid: string | undefined, algorithm: Algorithm): VerificationKey | undefined
  /** Whether several keys of an algorithm are cached, so that a token has to name its one. */
  hasSeveral(algorithm: Algorithm): boolean
  /** Whether the cached keys were fetched later than this. */
  isAnsweredSince(time: number): boolean
  isUsable(time: number): boolean
  /** Whether a caller should wait for the fetch rather than take the cached keys. */
  isOverdue(time: number): boolean
  isDue(time: number): boolean
  /** Whether a fetch may start: none is in flight, and the last one did not just fail. */
  canStart(time: number): boolean
  start(time: number): Flight
  readonly flight: Flight | undefined
  /** Whether the last fetch failed. */
  readonly isFailing: boolean
  /** Until when no call has to do more than look up a key. */
  quietUntil(): number
  /** Returns the refusal of a token whose key cannot be fetched. */
  outage(time: number): AuthError
  health(time: number): KeySetHealth
  close(): void
}

/**
 * Returns the cached keys, which each successful fetch replaces as a whole, and nothing else does.
 * One closure: every function in it uses the state below.
 */
export function keyCache({
  issuer,
  load,
  initial,
  freshFor,
  timing,
  time,
  foundNew,
  emit,
}: KeyCacheOptions): KeyCache {
  // Over 40 lines: one state, and everything that may change it.
  let keys = initial
  /** When the fetch of the keys began. Keys that were not fetched age from their first use. */
  let fetchedAt: number | undefined
  /** The same, but of an answer: keys that are never fetched are the answer. */
  let answeredAt = freshFor === Number.POSITIVE_INFINITY ? freshFor : Number.NEGATIVE_INFINITY
  let isFetched = false
  let softAt = freshFor ?? Number.NEGATIVE_INFINITY
  let retryAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let lastError: KeySetError | undefined
  let flight: (Flight & { readonly end: (why: KeySetError) => void }) | undefined
  let isClosed = false
  const outage = unavailable()
  const fetches = tracingOf<KeyFetch>(keyFetchChannel)

  const age = (t: number) => t - (fetchedAt ?? t)
  const isUsable = (t: number) => keys !== undefined && age(t) < timing.hardAge

  function giveUp(why: KeySetError): void {
    const given = flight
    flight = undefined
    given?.end(why)
  }

  function start(t: number): Flight {
    const { ended, end } = cancellation<KeySetError>()
    const timer = setTimeout(() => end(keySetError('timeout')), timing.deadline)
    timer.unref?.()
    const fetch: KeyFetch = { issuer }
    const conclude = (account: () => FetchEvent): Promise<void> | undefined => {
      clearTimeout(timer)
      const isOwn = flight === own
      if (isOwn) {
        flight = undefined
        fetch.event = account()
      }
      fetches.end(fetch)
      return isOwn ? undefined : flight?.done
    }
    // After a failure there is no second request: a failing issuer gets one request, then the pause.
    const requests = failures === 0 ? 2 : 1
    const done = fetches
      .start(fetch, () => load({ ended, requests, last: keys }))
      .then(
        loaded => conclude(() => succeed(t, loaded)),
        thrown => {
          const error = asKeySetError(thrown)
          fetch.error = error
          return conclude(() => fail(t, error))
        },
      )
    const own = { startedAt: t, done, end, hold: () => void timer.ref?.() }
    flight = own
    return own
  }

  function succeed(startedAt: number, loaded: Loaded): FetchEvent {
    const { kids } = loaded.keys
    const before = keys?.kids
    keys = loaded.keys
    fetchedAt = startedAt
    answeredAt = Math.max(answeredAt, startedAt)
    isFetched = true
    // Jitter spreads processes that were started together.
    softAt =
      startedAt + Math.min(timing.softAge * (1 - Math.random() / 10), loaded.freshFor ?? timing.softAge)
    retryAt = Number.NEGATIVE_INFINITY
    failures = 0
    lastError = undefined
    const event = emit({ type: 'fetched', keys: kids.size, duration: since(startedAt, time()) })
    const fresh = before ? [...kids].filter(kid => !before.has(kid)).length : 0
    if (fresh > 0) foundNew()
    if (fresh > 0 && fresh === kids.size && before?.size) emit({ type: 'disjoint' })
    return event
  }

  function fail(startedAt: number, error: KeySetError): FetchEvent {
    const t = time()
    const isCold = !isUsable(t)
    lastError = error
    // A fetch that outlived its deadline was frozen with its process: that says nothing about the issuer.
    if (t - startedAt <= timing.deadline + slack) {
      failures++
      const asked = Math.min((error.retryAfter ?? 0) * 1_000, isCold ? 10_000 : 60_000)
      retryAt = t + Math.max(asked, backoff(failures, isCold ? 5_000 : 30_000))
    }
    const event = emit(failed(error, retryAfter(t), since(startedAt, t)))
    const seconds = Math.round(age(t) / 1_000)
    if (keys && isCold) emit({ type: 'expired', age: seconds })
    else if (keys && age(t) >= timing.blockingAge) emit({ type: 'served_stale', age: seconds })
    return event
  }

  const retryAfter = (t: number) => Math.max(1, Math.ceil((retryAt - t) / 1_000))

  return {
    tick(wall) {
      const t = time(wall)
      fetchedAt ??= t
      if (flight && t - flight.startedAt > timing.deadline + slack) giveUp(keySetError('timeout'))
      return t
    },
    find: (kid, algorithm) =>
      kid === undefined ? keys?.unnamed.get(algorithm) : keys?.byAlgorithm.get(algorithm)?.get(kid),
    hasSeveral: algorithm => keys?.unnamed.has(algorithm) === true && !keys.unnamed.get(algorithm),
    isAnsweredSince: t => answeredAt > t,
    isUsable,
    isOverdue: t => age(t) >= timing.blockingAge,
    isDue: t => keys === undefined || t >= softAt,
    canStart: t => !flight && !isClosed && t >= retryAt,
    start,
    get flight() {
      return flight
    },
    get isFailing() {
      return lastError !== undefined
    },
    quietUntil() {
      const needed = (fetchedAt as number) + (lastError ? timing.hardAge : timing.blockingAge)
      return flight ? needed : Math.min(needed, Math.max(softAt, retryAt))
    },
    outage: t => outage(retryAt - t, lastError),
    health(t) {
      const isStale = isFetched ? age(t) >= timing.blockingAge : t >= softAt
      return {
        state: keys === undefined ? 'empty' : isUsable(t) ? (isStale ? 'stale' : 'fresh') : 'expired',
        age: isFetched ? Math.max(0, Math.round(age(t) / 1_000)) : undefined,
        keys: keys?.kids.size ?? 0,
        lastFailure: lastError?.reason,
      }
    },
    close() {
      isClosed = true
      lastError = keySetError('closed')
      giveUp(lastError)
    },
  }
}

function failed({ reason, code, status }: KeySetError, retryAfter: number, duration: number) {
  return {
    type: 'fetch_failed' as const,
    reason,
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    retryAfter,
    duration,
  }
}

/** Seconds. */
const since = (startedAt: number, t: number) => Math.max(0, t - startedAt) / 1_000

/** Milliseconds by which a busy process may be late for a deadline. */
const slack = 1_000
