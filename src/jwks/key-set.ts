// Over 150 lines: from the text of a key set to its keys, one check after the other.
import type { ImportKey } from '../crypto/import-key.js'
import { longestNumber, privateMembers } from '../crypto/jwk.js'
import { andThen, isPending } from '../maybe-promise.js'
import type { Algorithm, MaybePromise, VerificationKey } from '../types.js'
import { keySetError } from './failure.js'

/** The usable keys of a key set. */
export interface KeySet {
  readonly byAlgorithm: ReadonlyMap<Algorithm, ReadonlyMap<string, VerificationKey>>
  /** For tokens without a key ID: the only key of an algorithm, `undefined` where there are several. Empty where each token has to name its key. */
  readonly unnamed: ReadonlyMap<Algorithm, VerificationKey | undefined>
  /** What tells the keys from those of another set: their IDs, and for those that have none what they are made of. */
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
  /** Whether keys and tokens may be without a key ID (RFC 7517 section 4.5 leaves it out where there is one key). Default `false`. */
  readonly allowsUnnamed?: boolean | undefined
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

/** Whether a value is an object with a list `keys` of at most 100 entries. An object of the application may throw when it is looked at. */
export function isKeySet(value: unknown): value is { readonly keys: readonly unknown[] } {
  try {
    const { keys } = (value ?? {}) as { keys?: unknown }
    return Array.isArray(keys) && keys.length <= maxKeys
  } catch {
    return false
  }
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
  for (let i = 0; i < entries.length; i++) {
    const entry = read(() => entries[i], how.allowsUnnamed)
    if (typeof entry === 'string') how.skipped(entry)
    else distinct.set(JSON.stringify(Object.entries(entry)), entry)
  }
  const imports = Array.from(
    distinct,
    ([print, entry]) => last?.imported.get(print) ?? importEntry(entry, how),
  )
  return andThen(all(imports), keys => {
    const imported = new Map([...distinct.keys()].map((print, i) => [print, keys[i] as VerificationKey[]]))
    return assemble(distinct, imported, how)
  })
}

function assemble(
  distinct: ReadonlyMap<string, Entry>,
  imported: KeySet['imported'],
  { skipped, allowsUnnamed }: Importing,
): KeySet {
  const byAlgorithm = new Map<Algorithm, Map<string, VerificationKey>>()
  const unnamed = new Map<Algorithm, VerificationKey | undefined>()
  const kids = new Set<string>()
  const ambiguous = new Set<string>()
  for (const [print, { kid }] of distinct) {
    const keys = imported.get(print) as readonly VerificationKey[]
    if (keys.length === 0) skipped('unusable')
    for (const key of keys) {
      const { algorithm } = key
      if (allowsUnnamed) unnamed.set(algorithm, unnamed.has(algorithm) ? undefined : key)
      kids.add(kid ?? print)
      if (kid === undefined) continue
      const table = byAlgorithm.get(algorithm) ?? new Map<string, VerificationKey>()
      byAlgorithm.set(algorithm, table)
      if (table.has(kid)) ambiguous.add(kid)
      table.set(kid, key)
    }
  }
  for (const kid of ambiguous) {
    skipped('ambiguous')
    kids.delete(kid)
    for (const table of byAlgorithm.values()) table.delete(kid)
  }
  if (kids.size === 0) throw keySetError('empty')
  return { byAlgorithm, unnamed, kids, imported }
}

/**
 * What an entry says of its key, read once: other members (certificates, dates) may come and go. A JSON text nests as deeply as it likes, and
 * an object of the application may be anything: what is no text is not looked into.
 */
function read(entryOf: () => unknown, allowsUnnamed = false): Entry | SkippedEntry {
  try {
    const source = entryOf() as Readonly<Record<string, unknown>>
    if (typeof source !== 'object' || source === null || Array.isArray(source)) return 'malformed'
    const entry = Object.fromEntries(
      publicMembers.map(name => [name, source[name]] as const).filter(([, value]) => value !== undefined),
    )
    const { kid, kty, crv, alg, use, key_ops } = entry
    if (kid === undefined ? !allowsUnnamed : typeof kid !== 'string' || kid === '') return 'malformed'
    if (kty === 'oct' || privateMembers.some(name => name in source)) return 'secret'
    for (const name of numbers) if (!isNumber(entry[name])) delete entry[name]
    const operations = Array.isArray(key_ops) ? [...key_ops] : [key_ops ?? '']
    if (key_ops !== undefined) entry.key_ops = operations
    return [kty, crv ?? '', alg ?? '', use ?? '', ...operations].every(isText) ? entry : 'unusable'
  } catch {
    return 'malformed'
  }
}

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

type Entry = Readonly<Record<string, unknown>> & { readonly kid?: string }

const isText = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'string' && value.length <= longestNumber

/** RFC 7517 section 4, RFC 7518 sections 6.2.1 and 6.3.1. */
const numbers = ['n', 'e', 'x', 'y']
const publicMembers = ['kid', 'kty', 'crv', ...numbers, 'alg', 'use', 'key_ops']
const maxKeys = 100
