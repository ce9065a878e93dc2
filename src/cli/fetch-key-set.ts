import { type ImportKey, importKey } from '../crypto/import-key.js'
import { type UserPoolOptions, userPool } from '../issuers/user-pool.js'
import type { TokenUse } from '../issuers/user-pool-claims.js'
import { cancellation } from '../jwks/cancellation.js'
import { type KeySetError, keySetError } from '../jwks/failure.js'
import { fetchText } from '../jwks/fetch-text.js'
import { importKeySet, parseKeySet, type SkippedEntry } from '../jwks/key-set.js'
import { type Get, transport } from '../jwks/request.js'
import { refusingTestKeys } from '../jwks/test-keys.js'
import { andThen } from '../maybe-promise.js'
import { usable } from './configuration.js'
import type { Io } from './io.js'
import type { FetchFailure } from './key-set-fix.js'

/** A key set as fetched. */
export interface FetchedKeySet {
  /** The entries that a verifier would use, with the members that make them public keys and no others. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  /** Why other entries are left out. */
  readonly skipped: readonly SkippedEntry[]
  readonly milliseconds: number
  /** By how many seconds the clock here is ahead of the host's, as its `Date` header says; `undefined` when it has none. */
  readonly clockAhead: number | undefined
}

/**
 * Resolves to a user pool's key set at a URL, fetched and imported with the limits of production: one request and one retry,
 * four seconds in all, 64 KiB.
 *
 * @param insecureTestKeys whether keys of `cognito-guard/testing` are usable
 * @throws KeySetError
 */
export async function fetchKeySet(
  url: string,
  insecureTestKeys = false,
  fetch?: Io['fetch'],
): Promise<FetchedKeySet> {
  const started = Date.now()
  const { text, date } = await fetchDated(url, fetch)
  const arrived = Date.now()

  const accepted = new Set<Readonly<Record<string, unknown>>>()
  const skipped: SkippedEntry[] = []
  const anImport = insecureTestKeys ? importKey : refusingTestKeys(importKey)
  const noting: ImportKey = (source, algorithm) =>
    andThen(anImport(source, algorithm), key => {
      accepted.add(source as Readonly<Record<string, unknown>>)
      return key
    })
  const { kids } = await importKeySet(entriesIn(text), {
    algorithms: ['RS256'],
    importKey: noting,
    skipped: why => skipped.push(why),
  })
  return {
    keys: [...accepted].filter(({ kid }) => kids.has(kid as string)).map(publicMembers),
    skipped,
    milliseconds: arrived - started,
    // The header has whole seconds, and was written at some time between request and response.
    clockAhead: Number.isNaN(date) ? undefined : Math.round(((started + arrived) / 2 - date - 500) / 1_000),
  }
}

/** As a verifier reads them; of what is no key set, the error says what it is. */
function entriesIn(text: string): readonly unknown[] {
  try {
    return parseKeySet(text)
  } catch (error) {
    throw Object.assign(error as KeySetError, { content: contentOf(text) })
  }
}

const contentOf = (text: string): FetchFailure['content'] =>
  /^\s*<(?:!doctype html|html|head|body)\b/i.test(text)
    ? 'html'
    : /"jwks_uri"\s*:/.test(text)
      ? 'discovery'
      : undefined

async function fetchDated(url: string, fetch: Io['fetch']) {
  const ask = transport(fetch, url, deadline)
  let date = Number.NaN
  const get: Get = async (to, how) => {
    const answer = await ask(to, how)
    date = Date.parse(answer.header('date') ?? '')
    return answer
  }
  const { ended, end } = cancellation<KeySetError>()
  const timer = setTimeout(() => end(keySetError('timeout')), deadline)
  try {
    const { text } = await fetchText(get, url, { ended, requests: 2, hedgeDelay: 1_500 })
    return { text, date }
  } finally {
    clearTimeout(timer)
  }
}

/** Where the key set of a pool may be: at its original issuer, then at the updated one, which answers 403 for a pool that has not switched. */
export function keySetUrls(pool: UserPoolOptions<TokenUse>): readonly string[] {
  const unchecked = pool.anyClient ? pool : { ...pool, insecureSkipClientCheck: true as const }
  const { issuers } = usable(() => userPool(unchecked))
  return pool.jwksUri ? [pool.jwksUri] : issuers.map(issuer => `${issuer}/.well-known/jwks.json`)
}

/** What the host answered in place of a key set, in one line. */
export function sentenceOf({ message, status, code }: KeySetError): string {
  const detail = status ?? code
  return detail === undefined ? `${message}.` : `${message} (${detail}).`
}

const publicMembers = (entry: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(members.filter(name => entry[name] !== undefined).map(name => [name, entry[name]]))

/** Milliseconds. */
const deadline = 4_000

const members = ['kid', 'alg', 'kty', 'e', 'n', 'use']
