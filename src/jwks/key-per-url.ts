import { LRUCache } from 'lru-cache'
import { type ImportKey, importKey as importKeyHere } from '../crypto/import-key.js'
import { AuthError } from '../errors.js'
import { aFunction, aString, checkOptions } from '../options.js'
import type { Algorithm, KeyResolver, KeySetHealth } from '../types.js'
import { elapsed } from './elapsed.js'
import { safeCallback } from './events.js'
import { type KeySetError, keySetError } from './failure.js'
import { fetchText } from './fetch-text.js'
import type { KeyCacheOptions } from './key-cache.js'
import type { KeySet } from './key-set.js'
import { type KeyOptions, keyOptionChecks, keyUrl, timing } from './options.js'
import { type RefreshingKeys, refreshing } from './refreshing.js'
import { transport } from './request.js'
import { tokenBucket } from './token-bucket.js'

/** The options of {@link keyPerUrl}. */
export interface KeyPerUrlSource extends KeyOptions {
  /** The URL of a key: `https:`, on a host that no token can choose. The key ID is a UUID. */
  readonly urlOf: (kid: string) => string
  readonly algorithm: Algorithm
  /** Imports a PEM text as a key. Default: with the runtime's cryptography. */
  readonly importKey?: ImportKey
}

/**
 * Returns keys that are published one by one, as PEM texts under their IDs, as load balancers and Verified Access do.
 *
 * Each key is kept fresh as a key set is. A key ID that is no UUID is refused without a fetch. The others, which an attacker can make up,
 * share a rate limit of 5 fetches and one more every 2 s; that an ID has no key is cached for 60 s, for the last 1,000 IDs.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 */
export function keyPerUrl(options: KeyPerUrlSource): KeyResolver {
  // Over 40 lines: its functions share two caches and one rate limit.
  checkOptions('keyPerUrl', options, checks)
  const { urlOf, monotonic = performance } = options
  const problem = keyUrl(options.insecureLoopbackHttp)(urlOf(anyKid))
  if (problem) throw new TypeError(`keyPerUrl: urlOf ${problem}`)
  const times = timing('keyPerUrl', options)
  const get = transport(options.fetch, urlOf(anyKid))
  const time = elapsed(monotonic)
  const emit = safeCallback(options.onEvent)
  const budget = tokenBucket(5, [2_000])
  const known = new LRUCache<string, RefreshingKeys>({ max: 1_000 })
  const others = new LRUCache<string, RefreshingKeys>({ max: 1_000 })
  let isClosed = false

  /** The caller has taken the first fetch of the key from the budget. */
  function keysOf(kid: string, t: number): RefreshingKeys {
    let isPaid = true
    const permit = (t: number) => {
      if (known.has(kid)) budget.force(t)
      else if (!isPaid) return budget.take(t)
      isPaid = false
      return true
    }
    const load: KeyCacheOptions['load'] = async ({ ended, requests, last }) => {
      const fetched = await fetchText(get, urlOf(kid), {
        ended,
        requests,
        hedgeDelay: times.hedgeDelay,
      }).catch(unlessAbsent)
      if (!fetched) return { keys: noKey }
      const loaded = { keys: await keySetOf(kid, fetched.text, options, last), freshFor: fetched.maxAge }
      known.set(kid, keys)
      others.delete(kid)
      return loaded
    }
    const unknown = tokenBucket(1, [60_000])
    unknown.take(t)
    const suspects = tokenBucket(1, [60_000])
    const keys = refreshing({ load, timing: times, time, emit, permit, unknown, suspects })
    others.set(kid, keys)
    return keys
  }

  function find(kid: string | undefined, now: number): RefreshingKeys | undefined {
    if (kid === undefined || !uuid.test(kid)) return undefined
    const keys = others.get(kid)
    if (keys) return keys
    if (isClosed) throw new AuthError('ERR_KEYS_UNAVAILABLE', { cause: keySetError('closed') })
    const t = time(now)
    return budget.take(t) ? keysOf(kid, t) : undefined
  }

  const resolve: KeyResolver = (kid, algorithm, now) =>
    (known.get(kid as string) ?? find(kid, now))?.(kid, algorithm, now)
  return Object.assign(resolve, {
    loaded: (kid: string | undefined, algorithm: Algorithm, now: number) =>
      known.get(kid as string)?.loaded(kid, algorithm, now),
    suspect: (kid: string | undefined, now: number) => known.get(kid as string)?.suspect(kid, now),
    health: (now: number) => healthOf([...known.values()].map(keys => keys.health(now))),
    close() {
      isClosed = true
      for (const keys of [...known.values(), ...others.values()]) keys.close()
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
  { algorithm, importKey = importKeyHere }: KeyPerUrlSource,
  last: KeySet | undefined,
): Promise<KeySet> {
  if (last?.imported.has(pem)) return last
  try {
    const key = await importKey(pem, algorithm)
    return {
      byAlgorithm: new Map([[algorithm, new Map([[kid, key]])]]),
      kids: new Set([kid]),
      imported: new Map([[pem, [key]]]),
    }
  } catch {
    throw keySetError('empty')
  }
}

/** The health of the oldest key, with the number of all. */
function healthOf(all: readonly KeySetHealth[]): KeySetHealth {
  const [worst] = all.toSorted((a, b) => (b.age ?? 0) - (a.age ?? 0))
  const keys = all.reduce((sum, health) => sum + health.keys, 0)
  return { ...(worst ?? { state: 'empty', age: undefined, lastFailure: undefined }), keys }
}

const noKey: KeySet = { byAlgorithm: new Map(), kids: new Set(), imported: new Map() }
const anyKid = '00000000-0000-0000-0000-000000000000'
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const checks = {
  ...keyOptionChecks,
  urlOf: aFunction,
  algorithm: aString,
  'importKey?': aFunction,
}
