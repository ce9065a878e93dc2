// Over 150 lines: half of it is the texts of the diagnoses.
import { userPool } from '../issuers/user-pool.js'
import type { KeySetError } from '../jwks/jwks.js'
import type { Diagnosis } from '../reports.js'
import { createVerifier } from '../verifier/verifier.js'
import { type Configuration, settingFix } from './configuration.js'
import { finding, fine } from './diagnosis.js'
import { type FetchedKeySet, fetchKeySet, keySetUrls, sentenceOf } from './fetch-key-set.js'
import type { Io } from './io.js'
import { keySetFix } from './key-set-fix.js'

/** Resolves to the diagnoses of a configuration: its form, its key set, the clock. */
export async function diagnosePool(
  { pool, clockTolerance = 5 }: Configuration,
  fetch: Io['fetch'],
  env: Io['env'],
): Promise<Diagnosis[]> {
  const form = diagnoseForm(pool, clockTolerance)
  if (form.some(({ result }) => result === 'problem')) return form
  const urls = keySetUrls(pool)
  const answers = await Promise.all(
    urls.map(url =>
      fetchKeySet(url, pool.insecureTestKeys, fetch).catch((error: unknown) => error as KeySetError),
    ),
  )
  const sets = answers.filter(answer => 'keys' in answer)
  return [
    ...form,
    ...(pool.jwksUri || pool.issuer ? [] : [diagnoseIssuer(answers)]),
    ...(sets.length > 0 ? sets.map(diagnoseKeySet) : [diagnoseFailure(answers[0] as KeySetError, env, pool)]),
    ...(pool.jwks && sets.length > 0 ? [diagnoseBundled(pool.jwks, sets)] : []),
    ...sets.slice(0, 1).map(set => diagnoseClock(set, clockTolerance)),
  ]
}

function diagnoseForm(pool: Configuration['pool'], clockTolerance: number): Diagnosis[] {
  // Over 40 lines: each diagnosis has three texts.
  try {
    createVerifier({ issuers: [userPool(pool)], clockTolerance }).close()
  } catch (error) {
    const { message } = error as TypeError
    return [
      finding(
        'problem',
        'configuration',
        `${message}.`,
        'The library refuses it at start-up.',
        settingFix(message),
      ),
    ]
  }
  const { issuer = '', userPoolId } = pool
  if (issuer.endsWith('/') && issuer.replace(/\/+$/, '').endsWith(`/${userPoolId}`)) return [slash]
  const odd = [pool.clientId ?? []].flat().filter(id => !/^[0-9a-z]{20,30}$/.test(id))
  const switchedOff = Object.entries(pool).filter(
    ([name, value]) => name.startsWith('insecure') && value !== false,
  )
  return [
    fine('configuration', `The library takes it: the user pool ${pool.userPoolId}.`),
    ...(odd.length > 0
      ? [
          finding(
            'note',
            'client ID',
            'A client ID is not of the form of those that Cognito makes: 26 small letters and digits.',
            'The name of a client, a secret or another ID in its place refuses every token with ERR_TOKEN_CLIENT.',
            'Compare it with the app client in the console of the user pool.',
            'ERR_TOKEN_CLIENT',
          ),
        ]
      : []),
    ...switchedOff.map(([name]) =>
      finding(
        'note',
        name,
        'It is on: a check is off.',
        'It is made for tests; in production it lets in what should stay out.',
        'Take it out of the configuration that is deployed.',
      ),
    ),
  ]
}

const slash = finding(
  'problem',
  'issuer',
  'The option issuer ends in a slash, and the iss of a user pool does not.',
  'It is compared letter by letter: every token is refused with ERR_TOKEN_ISSUER.',
  'Leave the option issuer out: it follows from userPoolId. Of a local Cognito, take the slash away.',
  'ERR_TOKEN_ISSUER',
)

/** A pool signs with one of its two issuers; the other answers 403. */
function diagnoseIssuer([original, updated]: readonly (FetchedKeySet | KeySetError)[]): Diagnosis {
  if (has(original) || has(updated)) {
    const which = has(original)
      ? has(updated)
        ? 'Both issuers answer'
        : 'The original issuer answers'
      : 'The updated issuer answers'
    return fine('issuer', `${which}. The library takes the tokens of both.`)
  }
  return finding(
    'unclear',
    'issuer',
    'Neither the original nor the updated issuer answers.',
    'Which of them the pool signs with shows with its first token; it need not be set.',
    'See the key set below.',
  )
}

const has = (answer: FetchedKeySet | KeySetError | undefined) => answer !== undefined && 'keys' in answer

function diagnoseKeySet({ keys, skipped, milliseconds }: FetchedKeySet): Diagnosis {
  const what = `${keys.length} usable keys, in ${milliseconds} ms.`
  if (skipped.length > 0)
    return finding(
      'problem',
      'key set',
      `${what} Left out: ${skipped.join(', ')}.`,
      'Tokens that are signed with such a key are refused.',
      'Check that the URL is the one of the pool. A private key in a key set (secret) must be withdrawn at once.',
    )
  if (milliseconds < 1_000) return fine('key set', what)
  return finding(
    'note',
    'key set',
    what,
    'The first request after a start waits for it.',
    'Call verifier.ready() at start-up, or bundle the key set: cognito-guard keys pull.',
  )
}

function diagnoseBundled(jwks: unknown, sets: readonly FetchedKeySet[]): Diagnosis {
  const { keys } = Object(jwks) as { keys?: unknown }
  const bundled = [keys].flat().map(key => (Object(key) as { kid?: unknown }).kid)
  const isStale = sets.some(set => set.keys.some(({ kid }) => !bundled.includes(kid)))
  if (!isStale) return fine('bundled key set', 'It has all keys that the issuer publishes.')
  return finding(
    'problem',
    'bundled key set',
    'It is stale: the issuer publishes a key that is not in it.',
    'With offline, tokens that are signed with that key are refused (ERR_TOKEN_KEY); else the first of them waits for a fetch.',
    'Write it anew: cognito-guard keys pull.',
    'ERR_TOKEN_KEY',
  )
}

const diagnoseFailure = (error: KeySetError, env: Io['env'], pool: Configuration['pool']): Diagnosis =>
  finding(
    'problem',
    'key set',
    sentenceOf(error),
    'Without keys no token can be verified: every request is answered 503 (ERR_KEYS_UNAVAILABLE).',
    keySetFix(error, env, pool),
    'ERR_KEYS_UNAVAILABLE',
  )

function diagnoseClock({ clockAhead }: FetchedKeySet, tolerance: number): Diagnosis {
  if (clockAhead === undefined)
    return finding(
      'unclear',
      'clock',
      'The host of the key set does not tell the time.',
      'A clock that is wrong refuses good tokens.',
      'Compare it with another one: timedatectl, w32tm /query /status.',
    )
  const away = `${Math.abs(clockAhead)} s ${clockAhead < 0 ? 'behind' : 'ahead of'} that of the host of the key set`
  if (Math.abs(clockAhead) <= tolerance)
    return fine('clock', `It is ${away}, of ${tolerance} s that are tolerated.`)
  return finding(
    'problem',
    'clock',
    `It is ${away}; ${tolerance} s are tolerated.`,
    'A clock that is ahead refuses good tokens as expired; one that is behind refuses fresh ones as not yet valid.',
    'Synchronize it (NTP). clockTolerance is for small differences.',
    clockAhead > 0 ? 'ERR_TOKEN_EXPIRED' : 'ERR_TOKEN_NOT_YET_VALID',
  )
}
