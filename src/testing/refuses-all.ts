import { AssertionError } from 'node:assert'
import { isAuthError } from '../errors.js'
import type { Attack } from './attacks.js'

/** An API as a test calls it: sends a token, and returns the status of the answer, or the response that has it. */
export type AppUnderAttack = (token: string) => Answer | Promise<Answer>

type Answer = number | { readonly status: number } | { readonly statusCode: number }

/** The options of {@link refusesAll}. */
export interface RefusesAllOptions {
  /** A token that must be accepted, so that an API which refuses every token does not pass. Default none. */
  readonly genuine?: string
}

/** How an API answered an attack. */
export interface AttackOutcome {
  /** The attack's. */
  readonly name: string
  /** The status that the API answered. */
  readonly status: number
}

/**
 * Resolves to how an API answered each attack, when it refused all: with 400, 401, 403 or 431. For an unknown key 503 is a refusal too: within
 * seconds an API asks its issuer about two of them only, and cannot tell of the rest whether they are new.
 * Any other answer is a failure: an accepted token, but also a server error or a redirect.
 *
 * @throws AssertionError naming the attacks, one a line; what `app` throws, but for the outage of an authorizer
 * @example
 * const send = (token: string) => fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })
 * await refusesAll(send, attacks(issuer), { genuine: issuer.accessToken() })
 */
export async function refusesAll(
  app: AppUnderAttack,
  attacks: readonly Attack[],
  { genuine }: RefusesAllOptions = {},
): Promise<readonly AttackOutcome[]> {
  if (attacks.length === 0) throw new TypeError('refusesAll: there is no attack')
  if (genuine !== undefined) {
    const status = statusOf(await app(genuine))
    if (status < 200 || status > 299) throw failure([{ name: 'the genuine token is refused', status }])
  }
  const outcomes: AttackOutcome[] = []
  // One after the other: what a server does under load is another test.
  const failures: AttackOutcome[] = []
  for (const { name, token, code } of attacks) {
    const status = await statusFrom(app, token)
    outcomes.push({ name, status })
    const isUndecided = status === 503 && code === 'ERR_TOKEN_KEY'
    if (!refusals.has(status) && !isUndecided) failures.push({ name, status })
  }
  if (failures.length > 0) throw failure(failures)
  return outcomes
}

/** A Lambda authorizer throws an outage: it has no other way to say that it cannot tell. */
async function statusFrom(app: AppUnderAttack, token: string): Promise<number> {
  try {
    return statusOf(await app(token))
  } catch (error) {
    if (isAuthError(error) && error.status === 503) return 503
    throw error
  }
}

const statusOf = (answer: Answer) =>
  typeof answer === 'number' ? answer : 'status' in answer ? answer.status : answer.statusCode

/** The last is a server's own answer to headers that are too large (RFC 6585 section 5). */
const refusals = new Set([400, 401, 403, 431])

const failure = (outcomes: readonly AttackOutcome[]) =>
  new AssertionError({
    message: `not refused:\n${outcomes.map(({ name, status }) => `  ${name} (${status})`).join('\n')}`,
    actual: outcomes,
    expected: [],
    operator: 'refusesAll',
  })
