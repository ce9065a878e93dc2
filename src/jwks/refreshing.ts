import { refusal } from '../errors.js'
import type { Algorithm, KeySetHealth, MaybePromise, VerificationKey } from '../types.js'
import { type Flight, keyCache, type Supply } from './key-cache.js'
import type { TokenBucket } from './token-bucket.js'
import { overBudget } from './unavailable.js'

/** What {@link refreshing} is made of. */
interface Source extends Omit<Supply, 'foundNew'> {
  /** How often a key that is not at hand may cause a flight. */
  readonly unknown: TokenBucket
  /** How often a bad signature may. */
  readonly suspects: TokenBucket
  /** When a key ID was first asked for; called with the time now. */
  readonly firstSeen: (kid: string | undefined, time: number) => number
  /** Whether tokens may be without a key ID. Default `false`. */
  readonly allowsUnnamed?: boolean | undefined
  /** Whether one more flight is within the limits that it shares with others. Default: always. */
  readonly permit?: (time: number) => boolean
}

/** A KeyResolver that has all its parts. */
export interface RefreshingKeys {
  (kid: string | undefined, algorithm: Algorithm, now: number): MaybePromise<VerificationKey | undefined>
  ready(now: number): Promise<void>
  suspect(kid: string | undefined, now: number): void
  health(now: number): KeySetHealth
  close(): void
}

/**
 * Returns keys that are kept fresh by being asked for: in the background while those at hand are good, on the caller's time
 * when they are not. No step relies on a timer: each call compares the time with the age of what is at hand, so that a process
 * that was frozen goes on as if it had been idle.
 */
export function refreshing({
  unknown,
  suspects,
  firstSeen,
  allowsUnnamed,
  permit = () => true,
  ...supply
}: Source): RefreshingKeys {
  // Over 40 lines: one state machine; every function is a way through it.
  const { time, emit } = supply
  const store = keyCache({ ...supply, foundNew: unknown.refill })
  const spent = overBudget()
  /** Between these readings of the wall clock there is nothing to do but to find keys. */
  let quietFrom = 0
  let quietUntil = 0

  function resolve(
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
  ): MaybePromise<VerificationKey | undefined> {
    const key = now >= quietFrom && now < quietUntil ? store.find(kid, algorithm) : undefined
    return key ?? look(kid, algorithm, now)
  }

  function look(
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
  ): MaybePromise<VerificationKey | undefined> {
    if (kid === undefined && !allowsUnnamed) throw refusal('ERR_TOKEN_KEY', noKeyId)
    const t = store.tick(now)
    const started = refreshIfDue(t)
    const { flight } = store
    if (!store.isUsable(t)) {
      if (flight) return landing(flight, kid, algorithm, started !== undefined)
      throw store.outage(t)
    }
    const key = store.find(kid, algorithm)
    if (!key) return search(kid, algorithm, t, started)
    // Once the issuer is known to be down, one caller a flight finds out whether it still is; the others get what is at hand.
    if (flight && store.isOverdue(t) && (started || !store.isFailing))
      return landing(flight, kid, algorithm, true)
    quietFrom = now
    quietUntil = now + Math.min(clockCheck, store.quietUntil() - t)
    return key
  }

  function refreshIfDue(t: number): Flight | undefined {
    return store.isDue(t) && store.canStart(t) && permit(t) ? store.start(t) : undefined
  }

  function search(
    kid: string | undefined,
    algorithm: Algorithm,
    t: number,
    started: Flight | undefined,
  ): Promise<VerificationKey | undefined> | undefined {
    const underWay = started ? undefined : store.flight
    if (underWay) return landing(underWay, kid, algorithm, false)
    if (!started) refuseUndecided(kid, algorithm)
    const flight = started ?? searchFlight(t)
    if (flight) return landing(flight, kid, algorithm, true)
    if (store.isFailing) throw store.outage(t)
    return unlessUnasked(kid, t)
  }

  function refuseUndecided(kid: string | undefined, algorithm: Algorithm): void {
    if (kid === undefined && store.hasSeveral(algorithm)) throw refusal('ERR_TOKEN_KEY', severalKeys)
  }

  /** That there is no such key is only said where the issuer was asked since its ID came up: a flood must not keep a new key out. */
  function unlessUnasked(kid: string | undefined, t: number): undefined {
    if (!store.isAnsweredSince(firstSeen(kid, t))) throw spent(unknown.wait(t))
  }

  function searchFlight(t: number): Flight | undefined {
    if (!store.canStart(t) || !unknown.take(t) || !permit(t)) return undefined
    emit({ type: 'unknown_key' })
    return store.start(t)
  }

  /** `isCurrent`: the flight began when the caller came, or later. An earlier one may have missed a key that is news. */
  async function landing(
    flight: Flight,
    kid: string | undefined,
    algorithm: Algorithm,
    isCurrent: boolean,
  ): Promise<VerificationKey | undefined> {
    if (!isCurrent) firstSeen(kid, time())
    flight.hold()
    await flight.done
    const t = time()
    const isUsable = store.isUsable(t)
    const key = isUsable ? store.find(kid, algorithm) : undefined
    if (key) return key
    if (!isUsable || store.isFailing) throw store.outage(t)
    refuseUndecided(kid, algorithm)
    if (isCurrent) return undefined
    const next = store.flight ?? searchFlight(t)
    return next ? landing(next, kid, algorithm, true) : unlessUnasked(kid, t)
  }

  return Object.assign(resolve, {
    async ready(now: number) {
      const t = store.tick(now)
      refreshIfDue(t)
      if (store.flight && (!store.isUsable(t) || store.isOverdue(t))) {
        store.flight.hold()
        await store.flight.done
      }
      if (!store.isUsable(time())) throw store.outage(time())
    },
    suspect(_kid: string | undefined, now: number) {
      const t = store.tick(now)
      if (!store.canStart(t) || !suspects.take(t) || !permit(t)) return
      emit({ type: 'suspect_key' })
      store.start(t)
    },
    health: (now: number) => store.health(time(now)),
    close: () => {
      store.close()
    },
  })
}

/** Milliseconds after which the monotonic clock is consulted again, in case the wall clock was set back meanwhile. */
const clockCheck = 1_000

const noKeyId = 'The header of the token has no "kid": it does not say which key it is signed with.'
const severalKeys =
  'The header of the token has no "kid", and the issuer publishes several keys (OpenID Connect Core 1.0 section 10.1).'
