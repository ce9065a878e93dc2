// Over 150 lines: its memories and its budget are one state.
import { LRUCache } from 'lru-cache'
import { importPem as importPemHere } from '../crypto/pem.js'
import { AuthError } from '../errors.js'
import { aFunction, aString, checkOptions } from '../options.js'
import type { Algorithm, KeyResolver, KeySetHealth, MaybePromise, VerificationKey } from '../types.js'
import { elapsed } from './elapsed.js'
import { emitter } from './events.js'
import { type KeySetError, keySetError } from './failure.js'
import { fetchText } from './fetch-text.js'
import type { KeyCacheOptions } from './key-cache.js'
import type { KeySet } from './key-set.js'
import { type KeyOptions, keyOptionChecks, keyUrl, timing } from './options.js'
import { type RefreshingKeys, refreshing } from './refreshing.js'
import { transport } from './request.js'
import { tokenBucket } from './token-bucket.js'
import { overBudget } from './unavailable.js'

/** The options of {@link keyPerUrl}. */
export interface KeyPerUrlSource extends KeyOptions {
  /** The URL of a key: `https:`, on a host that no token can choose. The key ID is a UUID. */
  readonly urlOf: (kid: string) => string
  readonly algorithm: Algorithm
  /** Imports a PEM text as a key. Default: with the runtime's cryptography. */
  readonly importPem?: typeof importPemHere
  /** What the user has called, for error messages. Default `'keyPerUrl'`. */
  readonly factory?: string
}

/**
 * Returns keys that are published one by one, as PEM texts under their IDs, as load balancers and Verified Access do.
 *
 * Each key is kept fresh as a key set is. A key ID that is no UUID is refused without a fetch. The others, which an attacker can make up,
 * share a rate limit of 5 fetches and one more every 2 s; that an ID has no key is cached for 60 s, for the last 1,000 IDs.
 * Over it, the answer is `ERR_KEYS_UNAVAILABLE`, and the next fetch is for the ID that was asked for most: a genuine one is asked for
 * again and again, while a flood has to share its requests among the IDs that it makes up.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 */
export function keyPerUrl(options: KeyPerUrlSource): KeyResolver {
  // Over 40 lines: its functions share four caches and one rate limit.
  const { urlOf, algorithm, factory = 'keyPerUrl', monotonic = performance } = options
  const { name: issuer = factory } = options
  checkOptions(factory, options, checks)
  const problem = keyUrl(options)(urlOf(anyKid))
  if (problem) throw new TypeError(`${factory}: urlOf ${problem}`)
  const times = timing(factory, options)
  const get = transport(options.fetch, urlOf(anyKid), times.deadline)
  const time = elapsed(monotonic)
  const emit = emitter(issuer, options.onEvent)
  const budget = tokenBucket(5, [2_000])
  const spent = overBudget()
  const known = new LRUCache<string, RefreshingKeys>({ max: 1_000 })
  /** Asked for, and there is no answer yet. */
  const asked = new LRUCache<string, RefreshingKeys>({ max: 1_000 })
  /** When the host said that there is no such key. */
  const absent = new LRUCache<string, number>({ max: 1_000 })
  /** Beyond the budget: how often, and when last. */
  const waiting = new LRUCache<string, { readonly count: number; readonly at: number }>({ max: 1_000 })
  /** The ID whose next flight is within the budget. */
  let paid: string | undefined
  /** The wall clock's time of the latest call. */
  let latest = 0
  let isClosed = false

  function keysOf(kid: string): RefreshingKeys {
    const permit = (t: number) => {
      if (!known.has(kid)) return paid === kid || isNext(kid, t)
      budget.force(t)
      return true
    }
    const load: KeyCacheOptions['load'] = async ({ ended, requests, last }) => {
      const limits = { ended, requests, hedgeDelay: times.hedgeDelay }
      const fetched = await fetchText(get, urlOf(kid), limits).catch(unlessAbsent)
      if (!fetched) {
        if (asked.delete(kid)) absent.set(kid, time())
        return { keys: noKey }
      }
      const loaded = { keys: await keySetOf(kid, fetched.text, options, last), freshFor: fetched.maxAge }
      known.set(kid, keys)
      asked.delete(kid)
      return loaded
    }
    const unknown = tokenBucket(1, [60_000])
    unknown.take(time())
    const suspects = tokenBucket(1, [60_000])
    const keys = refreshing({
      issuer,
      load,
      timing: times,
      time,
      emit,
      permit,
      unknown,
      suspects,
      firstSeen,
    })
    asked.set(kid, keys)
    return keys
  }

  /** Whether the budget is this ID's now. What there is of it goes to those who were asked for more often, first. */
  function isNext(kid: string, t: number): boolean {
    waiting.set(kid, { count: (waiting.get(kid)?.count ?? 0) + 1, at: t })
    while (budget.take(t)) {
      const first = mostWanted(kid, t)
      waiting.delete(first)
      if (first === kid) return true
      void inBackground(first)
    }
    return false
  }

  /** The latest of those that were asked for equally often. */
  function mostWanted(kid: string, t: number): string {
    let first = kid
    let most = 0
    // The latest come first.
    for (const [id, { count, at }] of waiting.entries()) {
      if (t - at > absentFor) break
      if (count > most) {
        first = id
        most = count
      }
    }
    return first
  }

  async function inBackground(kid: string): Promise<void> {
    try {
      await fetchNow(kid)
    } catch {}
  }

  function fetchNow(kid: string): MaybePromise<VerificationKey | undefined> {
    paid = kid
    try {
      return (asked.get(kid) ?? keysOf(kid))(kid, algorithm, latest)
    } finally {
      paid = undefined
    }
  }

  function search(kid: string | undefined, now: number): MaybePromise<VerificationKey | undefined> {
    if (kid === undefined || !uuid.test(kid)) return undefined
    latest = now
    const keys = asked.get(kid)
    if (keys) return keys(kid, algorithm, now)
    if (isClosed) throw new AuthError('ERR_KEYS_UNAVAILABLE', { cause: keySetError('closed') })
    const t = time(now)
    if (t - (absent.get(kid) ?? Number.NEGATIVE_INFINITY) < absentFor) return undefined
    if (!isNext(kid, t)) throw spent(budget.wait(t))
    return fetchNow(kid)
  }

  const all = () => [...known.values(), ...asked.values()]

  const resolve: KeyResolver = (kid, algorithm, now) => {
    const keys = known.get(kid as string)
    return keys ? keys(kid, algorithm, now) : search(kid, now)
  }
  return Object.assign(resolve, {
    loaded: (kid: string | undefined, algorithm: Algorithm, now: number) =>
      known.get(kid as string)?.loaded(kid, algorithm, now),
    suspect: (kid: string | undefined, now: number) => known.get(kid as string)?.suspect(kid, now),
    /** Fetches the latest again where it is due: without tokens, nothing else would find out that its host is back. */
    ready: async (now: number) => latestOf(all(), now)?.ready(now),
    health(now: number): KeySetHealth {
      const keys = all().reduce((sum, each) => sum + each.health(now).keys, 0)
      return { ...(latestOf(all(), now)?.health(now) ?? none), keys }
    },
    close() {
      isClosed = true
      for (const keys of all()) keys.close()
    },
  })
}

/** The statuses by which these hosts say that an ID has no key; a bucket answers 403. */
function unlessAbsent(error: KeySetError): undefined {
  if (error.status !== 403 && error.status !== 404 && error.status !== 410) throw error
}

/** A text that has not changed keeps its key, and with it the cached tokens. */
async function keySetOf(
  kid: string,
  pem: string,
  { algorithm, importPem = importPemHere }: KeyPerUrlSource,
  last: KeySet | undefined,
): Promise<KeySet> {
  if (last?.imported.has(pem)) return last
  try {
    const key = await importPem(pem, algorithm)
    return {
      byAlgorithm: new Map([[algorithm, new Map([[kid, key]])]]),
      unnamed: new Map(),
      kids: new Set([kid]),
      imported: new Map([[pem, [key]]]),
    }
  } catch {
    throw keySetError('empty')
  }
}

/** The key that was fetched last: those that no token names any more are not fetched, and grow old. */
function latestOf(all: readonly RefreshingKeys[], now: number): RefreshingKeys | undefined {
  const age = (keys: RefreshingKeys) => keys.health(now).age ?? Number.MAX_VALUE
  return all.toSorted((a, b) => age(a) - age(b))[0]
}

const none = { state: 'empty', age: undefined, lastFailure: undefined } as const

const noKey: KeySet = {
  byAlgorithm: new Map(),
  unnamed: new Map(),
  kids: new Set(),
  imported: new Map(),
}

/** Whatever the host says of the one ID is an answer about it. */
const firstSeen = () => Number.NEGATIVE_INFINITY

/** Milliseconds. */
const absentFor = 60_000
const anyKid = '00000000-0000-0000-0000-000000000000'
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const checks = {
  ...keyOptionChecks,
  urlOf: aFunction,
  algorithm: aString,
  'importPem?': aFunction,
  'factory?': aString,
}
