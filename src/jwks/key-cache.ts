// Over 150 lines: one state is changed here and nowhere else.
import type { AuthError } from '../errors.js'
import type { Algorithm, KeySetHealth, VerificationKey } from '../types.js'
import { backoff } from './backoff.js'
import { ending } from './ending.js'
import type { KeySetEvent } from './events.js'
import { asKeySetError, type KeySetError, keySetError } from './failure.js'
import type { KeySet } from './key-set.js'
import type { Timing } from './options.js'
import { unavailable } from './unavailable.js'

/** What {@link keyCache} is made of. */
export interface Supply {
  /** Gets the keys, or rejects with a {@link KeySetError} as soon as `ended` resolves to it. */
  readonly load: (request: {
    readonly ended: Promise<KeySetError>
    readonly requests: number
    readonly last: KeySet | undefined
  }) => Promise<Loaded>
  /** Keys at hand that were not fetched. */
  readonly initial?: KeySet | undefined
  /** Infinity when the keys at hand are never to be fetched again. Default: as soon as they are used. */
  readonly freshFor?: number
  readonly timing: Timing
  /** The time in milliseconds; told the wall clock's where that is known. */
  readonly time: (wall?: number) => number
  /** Told of keys that were not there before. */
  readonly foundNew: () => void
  readonly emit: (event: KeySetEvent) => void
}

/** Keys, and for how many milliseconds their sender calls them fresh. */
interface Loaded {
  readonly keys: KeySet
  readonly freshFor?: number | undefined
}

/** One fetch, from its start until its end is accounted for. */
export interface Flight {
  readonly startedAt: number
  /** Never rejects. That of a flight that was given up is its successor's. */
  readonly done: Promise<void>
  /** Keeps the process from exiting before the end: somebody waits for it. */
  hold(): void
}

/** The keys at hand and the flight that fetches the next ones. */
interface KeyCache {
  /** The time of a call. Gives up a flight that should have ended long ago. */
  tick(wall: number): number
  find(kid: string | undefined, algorithm: Algorithm): VerificationKey | undefined
  /** Whether several keys of an algorithm are at hand, so that a token has to name its one. */
  hasSeveral(algorithm: Algorithm): boolean
  /** Whether the keys at hand were asked for later than this. */
  isAnsweredSince(time: number): boolean
  isUsable(time: number): boolean
  /** Whether a caller should wait for the flight rather than take the keys at hand. */
  isOverdue(time: number): boolean
  isDue(time: number): boolean
  /** Whether a flight may start: none is under way, and the last one did not just fail. */
  canStart(time: number): boolean
  start(time: number): Flight
  readonly flight: Flight | undefined
  /** Whether the last flight failed. */
  readonly isFailing: boolean
  /** Until when nothing has to be done but to find keys. */
  quietUntil(): number
  /** What a caller is told when nobody can tell. */
  outage(time: number): AuthError
  health(time: number): KeySetHealth
  close(): void
}

/**
 * Returns the keys at hand, which are replaced as a whole by each flight that brings some, and by nothing else.
 * One closure: the state below is what every part of it turns on.
 */
export function keyCache({ load, initial, freshFor, timing, time, foundNew, emit }: Supply): KeyCache {
  // Over 40 lines: one state, and all that may change it.
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

  const age = (t: number) => t - (fetchedAt ?? t)
  const isUsable = (t: number) => keys !== undefined && age(t) < timing.hardAge

  function giveUp(why: KeySetError): void {
    const given = flight
    flight = undefined
    given?.end(why)
  }

  function start(t: number): Flight {
    const { ended, end } = ending<KeySetError>()
    const timer = setTimeout(() => end(keySetError('timeout')), timing.deadline)
    timer.unref?.()
    const conclude = (account: () => void): Promise<void> | undefined => {
      clearTimeout(timer)
      if (flight !== own) return flight?.done
      flight = undefined
      account()
      return undefined
    }
    // After a failure there is no second request: the pause between flights is what the issuer gets.
    const requests = failures === 0 ? 2 : 1
    const done = load({ ended, requests, last: keys }).then(
      loaded => conclude(() => land(t, loaded)),
      error => conclude(() => fail(t, asKeySetError(error))),
    )
    const own = { startedAt: t, done, end, hold: () => void timer.ref?.() }
    flight = own
    return own
  }

  function land(startedAt: number, loaded: Loaded): void {
    const { kids } = loaded.keys
    const before = keys?.kids
    keys = loaded.keys
    fetchedAt = startedAt
    answeredAt = Math.max(answeredAt, startedAt)
    isFetched = true
    // Jitter sets processes apart that were started together.
    softAt =
      startedAt + Math.min(timing.softAge * (1 - Math.random() / 10), loaded.freshFor ?? timing.softAge)
    retryAt = Number.NEGATIVE_INFINITY
    failures = 0
    lastError = undefined
    emit({ type: 'fetched', keys: kids.size })
    if (!before) return
    const fresh = [...kids].filter(kid => !before.has(kid)).length
    if (fresh > 0) foundNew()
    if (fresh > 0 && fresh === kids.size && before.size > 0) emit({ type: 'disjoint' })
  }

  function fail(startedAt: number, error: KeySetError): void {
    const t = time()
    const isCold = !isUsable(t)
    lastError = error
    // A flight that outlived its deadline was frozen with its process: that says nothing about the issuer.
    if (t - startedAt <= timing.deadline + slack) {
      failures++
      const asked = Math.min((error.retryAfter ?? 0) * 1_000, isCold ? 10_000 : 60_000)
      retryAt = t + Math.max(asked, backoff(failures, isCold ? 5_000 : 30_000))
    }
    emit(failed(error, retryAfter(t)))
    const seconds = Math.round(age(t) / 1_000)
    if (keys && isCold) emit({ type: 'expired', age: seconds })
    else if (keys && age(t) >= timing.blockingAge) emit({ type: 'served_stale', age: seconds })
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

function failed({ reason, code, status }: KeySetError, retryAfter: number): KeySetEvent {
  return {
    type: 'fetch_failed',
    reason,
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    retryAfter,
  }
}

/** Milliseconds by which a busy process may be late for a deadline. */
const slack = 1_000
