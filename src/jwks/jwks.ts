import { type ImportKey, importKey as importKeyHere } from '../crypto/import-key.js'
import { isPending } from '../maybe-promise.js'
import { aBoolean, aFunction, aString, checkOptions } from '../options.js'
import type { Algorithm, MaybePromise } from '../types.js'
import { elapsed } from './elapsed.js'
import { emitter } from './events.js'
import { fetchText } from './fetch-text.js'
import { firstSight } from './first-sight.js'
import type { KeyCacheOptions } from './key-cache.js'
import { type Importing, importKeySet, type KeySet, parseKeySet, type SkippedEntry } from './key-set.js'
import { type KeySetOptions, keySetOptionChecks, keyUrl, timing } from './options.js'
import { type RefreshingKeys, refreshing } from './refreshing.js'
import { transport } from './request.js'
import { refusingTestKeys } from './test-keys.js'
import { tokenBucket } from './token-bucket.js'

export { discoveryUrl, keySetUrlIn } from './discovery.js'
export type { KeyFetch, KeySetEvent } from './events.js'
export type { KeySetError } from './failure.js'
export { type KeyPerUrlSource, keyPerUrl } from './key-per-url.js'
export type { SkippedEntry } from './key-set.js'
export {
  anIssuer,
  type KeyOptions,
  type KeySetOptions,
  keyOptionChecks,
  keySetOptionChecks,
  keyUrl,
} from './options.js'
export type { RefreshingKeys } from './refreshing.js'
export type { Fetch, FetchResponse } from './request.js'

/** The options of {@link keySet}: what an issuer knows of its key set, and what the application has set. */
export interface KeySetSource extends KeySetOptions {
  /** The URL of the key set, or with `locate` of the document that names it: `https:`. */
  readonly url: string
  /** Returns the URL of the key set from the text at `url`. Default: the text is the key set. */
  readonly locate?: (text: string) => string
  /** What its keys are for. A key that fits none of them is left out. */
  readonly algorithms: readonly Algorithm[]
  /** Whether keys and tokens may be without a key ID: the only key of an algorithm serves them. Default `false`. */
  readonly allowsUnnamed?: boolean
  /** What the user has called, for error messages. Default `'keySet'`. */
  readonly factory?: string
  /** Imports an entry as a key. Default: with the runtime's cryptography. */
  readonly importKey?: ImportKey
}

/**
 * Returns the keys of a key set (RFC 7517) at a URL. The first token causes the first fetch, later ones the refreshes.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 */
export function keySet(options: KeySetSource): RefreshingKeys {
  const { url, locate, algorithms, allowsUnnamed, factory = 'keySet', name = factory } = options
  const { jwks, offline, monotonic = performance } = options
  checkOptions(factory, options, { ...checks, url: offline ? aString : keyUrl(options) })
  const emit = emitter(name, options.onEvent)
  const importing = {
    algorithms,
    importKey: importOf(options),
    skipped: (reason: SkippedEntry) => void emit({ type: 'entry_skipped', reason }),
    allowsUnnamed,
  }
  const bundled = jwks && importBundled(factory, jwks.keys, importing)
  const initial = isPending(bundled) ? undefined : bundled
  const shared = {
    issuer: name,
    time: elapsed(monotonic),
    emit,
    initial,
    firstSeen: firstSight(),
    allowsUnnamed,
  }
  if (offline) {
    if (!bundled) throw new TypeError(`${factory}: offline needs jwks`)
    return refreshing({ ...shared, ...fixed(bundled) })
  }
  const times = timing(factory, options)
  const get = transport(options.fetch, url, times.deadline)
  const load: KeyCacheOptions['load'] = async ({ ended, requests, last }) => {
    // Where importing is asynchronous, the bundled keys are loaded first, and due for a refresh.
    if (!last && bundled) return { keys: await bundled, freshFor: 0 }
    const limits = { ended, requests, hedgeDelay: times.hedgeDelay }
    const at = locate ? locate((await fetchText(get, url, limits)).text) : url
    const { text, maxAge } = await fetchText(get, at, limits)
    return { keys: await importKeySet(parseKeySet(text), importing, last), freshFor: maxAge }
  }
  return refreshing({
    ...shared,
    load,
    timing: times,
    unknown: tokenBucket(2, [10_000, 20_000, 30_000]),
    suspects: tokenBucket(1, [60_000]),
  })
}

function importOf({ importKey = importKeyHere, insecureTestKeys }: KeySetSource): ImportKey {
  return insecureTestKeys ? importKey : refusingTestKeys(importKey)
}

function importBundled(
  factory: string,
  entries: readonly unknown[],
  importing: Importing,
): MaybePromise<KeySet> {
  try {
    const keys = importKeySet(entries, importing)
    if (isPending(keys)) keys.catch(() => {})
    return keys
  } catch {
    throw new TypeError(`${factory}: jwks has no usable key`)
  }
}

/** Keys that stay as they are. */
const fixed = (keys: MaybePromise<KeySet>) => ({
  load: async () => ({ keys: await keys, freshFor: Number.POSITIVE_INFINITY }),
  freshFor: Number.POSITIVE_INFINITY,
  timing: { softAge: Infinity, blockingAge: Infinity, hardAge: Infinity, deadline: 60_000, hedgeDelay: 0 },
  unknown: tokenBucket(0, [Infinity]),
  suspects: tokenBucket(0, [Infinity]),
})

const checks = {
  ...keySetOptionChecks,
  url: keyUrl(),
  algorithms: (value: unknown) =>
    Array.isArray(value) && value.length > 0 ? undefined : 'must be a list of at least one algorithm',
  'importKey?': aFunction,
  'locate?': aFunction,
  'allowsUnnamed?': aBoolean,
  'factory?': aString,
}
