import assert from 'node:assert'
import http from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { type AuthError, isAuthError, refusal } from '../../src/errors.js'
import { type KeySetError, type KeySetEvent, type KeySetSource, keySet } from '../../src/jwks/jwks.js'
import type { KeyResolver, VerificationKey } from '../../src/types.js'
import { clocks } from './issuer-double.js'

/** The answer of a key resolver to one call. */
interface Answer {
  readonly key?: VerificationKey
  readonly error?: AuthError
  readonly reason?: string
  /** Whether the answer was synchronous. */
  readonly atOnce: boolean
}

/** Looks a key up, and returns the outcome. Rethrows any error that is no refusal. */
export async function ask(keys: KeyResolver, kid: string, now: number): Promise<Answer> {
  let atOnce = true
  try {
    const answer = keys(kid, 'ES256', now)
    atOnce = !(answer instanceof Promise)
    return { ...found(await answer), atOnce }
  } catch (error) {
    return { ...refusalOf(error), atOnce }
  }
}

/** As {@link ask}, for answers that must be synchronous: a promise fails the test. */
export function askNow(keys: KeyResolver, kid: string | undefined, now: number): Answer {
  try {
    const key = keys(kid, 'ES256', now)
    assert(!(key instanceof Promise), 'the answer did not come at once')
    return { ...found(key), atOnce: true }
  } catch (error) {
    return { ...refusalOf(error), atOnce: true }
  }
}

/** A missing key becomes a refusal, as in a verifier. */
const found = (key: VerificationKey | undefined) => (key ? { key } : { error: refusal('ERR_TOKEN_KEY') })

function refusalOf(error: unknown) {
  assert(isAuthError(error), error as Error)
  const { reason } = (error.cause ?? {}) as Partial<KeySetError>
  return { error, ...(reason === undefined ? {} : { reason }) }
}

/** Expects a refusal. Our refusals are frozen, which `t.rejects` cannot cope with. */
export async function refused(t: Test, promise: Promise<unknown>, wanted: object): Promise<void> {
  t.match(await promise.catch((error: unknown) => error), wanted)
}

/** A key set under test with its clocks and its events. */
export function lab(t: Test, url: string, options: Partial<KeySetSource> = {}) {
  const time = clocks()
  const events: KeySetEvent[] = []
  const keys = keySet({
    url,
    algorithms: ['ES256'],
    insecureLoopbackHttp: true,
    monotonic: time.monotonic,
    onEvent(event) {
      events.push(event)
      settle(event)
    },
    ...options,
  })
  t.teardown(() => keys.close())
  return {
    time,
    events,
    keys,
    eventsOf: (type: KeySetEvent['type']) => events.filter(event => event.type === type),
    ask: (kid: string) => ask(keys, kid, time.now),
    askNow: (kid: string) => askNow(keys, kid, time.now),
    /** Waits for fetches in the background. */
    idle,
  }
}

/** Records the end of a fetch; an `onEvent`. */
export function settle({ type }: KeySetEvent): void {
  if (type === 'fetched' || type === 'fetch_failed') traffic.settled = traffic.sent
}

/** Waits until no request is in flight, and the end of the last fetch is recorded. */
export async function idle(): Promise<void> {
  do {
    await setImmediate()
    await setImmediate()
  } while (traffic.open > 0 || traffic.settled < traffic.sent)
}

/** The requests that this process has sent with node:http, and how many of them belong to fetches that have ended. */
export const traffic = { sent: 0, open: 0, settled: 0 }

const { get } = http
http.get = ((...request: Parameters<typeof get>) => {
  traffic.sent++
  traffic.open++
  return get(...request).on('close', () => traffic.open--)
}) as typeof get
