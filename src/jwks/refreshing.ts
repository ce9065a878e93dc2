// Over 150 lines: one state machine; every function is a way through it.
import { refusal } from '../errors.js'
import type { Algorithm, KeySetHealth, MaybePromise, VerificationKey } from '../types.js'
import { type Flight, type KeyCacheOptions, keyCache } from './key-cache.js'
import type { TokenBucket } from './token-bucket.js'
import { overBudget } from './unavailable.js'

/** The options of {@link refreshing}. */
interface RefreshingOptions extends Omit<KeyCacheOptions, 'foundNew'> {
  /** How often an unknown key ID may cause a fetch. */
  readonly unknown: TokenBucket
  /** How often a bad signature may cause one. */
  readonly suspects: TokenBucket
  /** When a key ID was first asked for; called with the time now. */
  readonly firstSeen: (kid: string | undefined, time: number) => number
  /** Whether tokens may be without a key ID. Default `false`. */
  readonly allowsUnnamed?: boolean | undefined
  /** Whether the rate limit shared with other keys allows one more fetch. Default: always. */
  readonly permit?: (time: number) => boolean
}

/** A KeyResolver with all its optional members. */
export interface RefreshingKeys {
  (kid: string | undefined, algorithm: Algorithm, now: number): MaybePromise<VerificationKey | undefined>
  loaded(kid: string | undefined, algorithm: Algorithm, now: number): VerificationKey | undefined
  ready(now: number): Promise<void>
  suspect(kid: string | undefined, now: number): void
  health(now: number): KeySetHealth
  close(): void
}

/**
 * Returns keys that each call keeps fresh: in the background while the cached ones are usable, else while the caller waits.
 * No refresh relies on a timer: each call compares the time with the age of the cached keys, so that a process that was frozen
 * goes on as if it had been idle.
 */
export function refreshing({
  unknown,
  suspects,
  firstSeen,
  allowsUnnamed,
  permit = () => true,
  ...options
}: RefreshingOptions): RefreshingKeys {
  // Over 40 lines: one state machine; its functions share the state.
  const { time, emit } = options
  const cache = keyCache({ ...options, foundNew: unknown.refill })
  const spent = overBudget()
  /** Between these readings of the wall clock there is nothing to do but to find keys. */
  let quietFrom = 0
  let quietUntil = 0

  function resolve(
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
  ): MaybePromise<VerificationKey | undefined> {
    const key = now >= quietFrom && now < quietUntil ? cache.find(kid, algorithm) : undefined
    return key ?? look(kid, algorithm, now)
  }

  function look(
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
  ): MaybePromise<VerificationKey | undefined> {
    if (kid === undefined && !allowsUnnamed) throw refusal('ERR_TOKEN_KEY', noKeyId)
    const t = cache.tick(now)
    const started = refreshIfDue(t)
    const { flight } = cache
    if (!cache.isUsable(t)) {
      if (flight) return afterFetch(flight, kid, algorithm, started !== undefined)
      throw cache.outage(t)
    }
    const key = cache.find(kid, algorithm)
    if (!key) return search(kid, algorithm, t, started)
    // Once the issuer is known to be down, one caller per fetch finds out whether it still is; the others get the cached keys.
    if (flight && cache.isOverdue(t) && (started || !cache.isFailing))
      return afterFetch(flight, kid, algorithm, true)
    quietFrom = now
    quietUntil = now + Math.min(clockCheck, cache.quietUntil() - t)
    return key
  }

  function refreshIfDue(t: number): Flight | undefined {
    return cache.isDue(t) && cache.canStart(t) && permit(t) ? cache.start(t) : undefined
  }

  function search(
    kid: string | undefined,
    algorithm: Algorithm,
    t: number,
    started: Flight | undefined,
  ): Promise<VerificationKey | undefined> | undefined {
    const inFlight = started ? undefined : cache.flight
    if (inFlight) return afterFetch(inFlight, kid, algorithm, false)
    if (!started) refuseUndecided(kid, algorithm)
    const flight = started ?? startSearch(t)
    if (flight) return afterFetch(flight, kid, algorithm, true)
    if (cache.isFailing) throw cache.outage(t)
    return unlessUnasked(kid, t)
  }

  function refuseUndecided(kid: string | undefined, algorithm: Algorithm): void {
    if (kid === undefined && cache.hasSeveral(algorithm)) throw refusal('ERR_TOKEN_KEY', severalKeys)
  }

  /** That there is no such key is only said where the issuer was asked since its ID came up: a flood must not keep a new key out. */
  function unlessUnasked(kid: string | undefined, t: number): undefined {
    if (!cache.isAnsweredSince(firstSeen(kid, t))) throw spent(unknown.wait(t))
  }

  function startSearch(t: number): Flight | undefined {
    if (!cache.canStart(t) || !unknown.take(t) || !permit(t)) return undefined
    emit({ type: 'unknown_key' })
    return cache.start(t)
  }

  /** `isCurrent`: the fetch began with this call or later. An earlier one may have missed a new key. */
  async function afterFetch(
    flight: Flight,
    kid: string | undefined,
    algorithm: Algorithm,
    isCurrent: boolean,
  ): Promise<VerificationKey | undefined> {
    if (!isCurrent) firstSeen(kid, time())
    flight.hold()
    await flight.done
    const t = time()
    const isUsable = cache.isUsable(t)
    const key = isUsable ? cache.find(kid, algorithm) : undefined
    if (key) return key
    if (!isUsable || cache.isFailing) throw cache.outage(t)
    refuseUndecided(kid, algorithm)
    if (isCurrent) return undefined
    const next = cache.flight ?? startSearch(t)
    return next ? afterFetch(next, kid, algorithm, true) : unlessUnasked(kid, t)
  }

  return Object.assign(resolve, {
    loaded: (kid: string | undefined, algorithm: Algorithm, now: number) =>
      cache.isUsable(cache.tick(now)) ? cache.find(kid, algorithm) : undefined,
    async ready(now: number) {
      const t = cache.tick(now)
      refreshIfDue(t)
      if (cache.flight && (!cache.isUsable(t) || cache.isOverdue(t))) {
        cache.flight.hold()
        await cache.flight.done
      }
      if (!cache.isUsable(time())) throw cache.outage(time())
    },
    suspect(_kid: string | undefined, now: number) {
      const t = cache.tick(now)
      if (!cache.canStart(t) || !suspects.take(t) || !permit(t)) return
      emit({ type: 'suspect_key' })
      cache.start(t)
    },
    health: (now: number) => cache.health(time(now)),
    close: () => {
      cache.close()
    },
  })
}

/** Milliseconds after which the monotonic clock is read again, in case the wall clock was set back meanwhile. */
const clockCheck = 1_000

const noKeyId = 'The header of the token has no "kid": it does not say which key it is signed with.'
const severalKeys = 'The header of the token has no "kid", and the issuer publishes several keys.'
