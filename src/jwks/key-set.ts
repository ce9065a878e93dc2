import type { ImportKey } from '../crypto/import-key.js'
import { andThen, isPending } from '../maybe-promise.js'
import type { Algorithm, MaybePromise, VerificationKey } from '../types.js'
import { keySetError } from './failure.js'

/** The usable keys of a key set. */
export interface KeySet {
  readonly byAlgorithm: ReadonlyMap<Algorithm, ReadonlyMap<string, VerificationKey>>
  readonly kids: ReadonlySet<string>
  /** By fingerprint of the entry: one that has not changed keeps its key, and with it the cached tokens. */
  readonly imported: ReadonlyMap<string, readonly VerificationKey[]>
}

/** How the entries of a set become keys. */
export interface Importing {
  readonly algorithms: readonly Algorithm[]
  readonly importKey: ImportKey
  /** Called for each entry that is left out. */
  readonly skipped: (why: SkippedEntry) => void
}

/**
 * Why an entry of a key set is left out: not an object with a `kid`; private or symmetric, which no issuer should publish;
 * weak, broken or not for the issuer's algorithms; another key under the same `kid`.
 */
export type SkippedEntry = 'malformed' | 'secret' | 'unusable' | 'ambiguous'

/**
 * Returns the entries of a key set's text (RFC 7517 section 5).
 *
 * @throws KeySetError `body`
 */
export function parseKeySet(text: string): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw keySetError('body')
  }
  if (!isKeySet(value)) throw keySetError('body')
  return value.keys
}

/** Whether a value is an object with a list `keys` of at most 100 entries. */
export function isKeySet(value: unknown): value is { readonly keys: readonly unknown[] } {
  const { keys } = (value ?? {}) as { keys?: unknown }
  return Array.isArray(keys) && keys.length <= maxKeys
}

/**
 * Returns the usable keys of a set's entries. A bad entry is left out and does not affect the others.
 *
 * @throws KeySetError `empty` when no key is usable
 */
export function importKeySet(
  entries: readonly unknown[],
  how: Importing,
  last?: KeySet,
): MaybePromise<KeySet> {
  const distinct = new Map<string, Entry>()
  for (const entry of entries) {
    const why = flaw(entry)
    if (why) how.skipped(why)
    else distinct.set(fingerprint(entry as Entry), entry as Entry)
  }
  const imports = Array.from(
    distinct,
    ([print, entry]) => last?.imported.get(print) ?? importEntry(entry, how),
  )
  return andThen(all(imports), keys => {
    const imported = new Map([...distinct.keys()].map((print, i) => [print, keys[i] as VerificationKey[]]))
    return assemble(distinct, imported, how.skipped)
  })
}

function assemble(
  distinct: ReadonlyMap<string, Entry>,
  imported: KeySet['imported'],
  skipped: Importing['skipped'],
): KeySet {
  const byAlgorithm = new Map<Algorithm, Map<string, VerificationKey>>()
  const kids = new Set<string>()
  const ambiguous = new Set<string>()
  for (const [print, { kid }] of distinct) {
    const keys = imported.get(print) as readonly VerificationKey[]
    if (keys.length === 0) skipped('unusable')
    for (const key of keys) {
      const table = byAlgorithm.get(key.algorithm) ?? new Map<string, VerificationKey>()
      byAlgorithm.set(key.algorithm, table)
      if (table.has(kid)) ambiguous.add(kid)
      table.set(kid, key)
      kids.add(kid)
    }
  }
  for (const kid of ambiguous) {
    skipped('ambiguous')
    kids.delete(kid)
    for (const table of byAlgorithm.values()) table.delete(kid)
  }
  if (kids.size === 0) throw keySetError('empty')
  return { byAlgorithm, kids, imported }
}

function flaw(entry: unknown): SkippedEntry | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'malformed'
  const { kid, kty } = entry as Entry
  if (typeof kid !== 'string' || kid === '') return 'malformed'
  return kty === 'oct' || Object.hasOwn(entry, 'd') || Object.hasOwn(entry, 'k') ? 'secret' : undefined
}

/** Only what bears on the key: other members (certificates, dates) may come and go. */
const fingerprint = (entry: Entry) => JSON.stringify(keyMembers.map(name => entry[name] ?? null))

/** An entry without `alg` may serve several of the issuer's algorithms: a key for each, never one for all. */
function importEntry(entry: Entry, { algorithms, importKey }: Importing): MaybePromise<VerificationKey[]> {
  const keys = all(algorithms.map(algorithm => importOrNot(importKey, entry, algorithm)))
  return andThen(keys, keys => keys.filter(key => key !== undefined))
}

function importOrNot(
  importKey: ImportKey,
  entry: Entry,
  algorithm: Algorithm,
): MaybePromise<VerificationKey | undefined> {
  try {
    const key = importKey(entry, algorithm)
    return isPending(key) ? key.catch(() => undefined) : key
  } catch {
    return undefined
  }
}

const all = <T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> =>
  values.some(isPending) ? Promise.all(values) : (values as T[])

type Entry = Readonly<Record<string, unknown>> & { readonly kid: string }

const keyMembers = 'kid kty crv n e x y alg use key_ops p q dp dq qi oth'.split(' ')
const maxKeys = 100
