import { randomBytes } from 'node:crypto'
import { fault, required } from '../aws.js'
import type { Local } from '../local.js'
import type { Asked, Challenge, Responses, Step } from './question.js'

/** Keeps a question until it is answered, and returns its `Session`. */
export function ask(
  local: Local,
  challenge: Challenge,
  session = randomBytes(96).toString('base64url'),
): string {
  const seconds = challenge.signIn.client.authSessionValidity ?? 180
  const until = local.clock.now() + seconds * 1000
  // twice as long, to say what happened to it
  local.challenges.set(session, { challenge, until, isAnswered: false }, seconds * 2)
  return session
}

/** The question of a `Session`, which is good for one answer, and for one client. */
export function askedBy(local: Local, session: unknown, name: unknown, clientId?: string): Asked {
  const asked = local.challenges.get(String(session))
  if (!asked || asked.challenge.name !== name) throw invalidSession()
  if ((clientId ?? asked.challenge.signIn.client.clientId) !== asked.challenge.signIn.client.clientId)
    throw invalidSession()
  if (asked.isAnswered) throw invalidSession(', session can only be used once')
  if (local.clock.now() >= asked.until) throw invalidSession(', session is expired')
  return asked
}

/** Resolves to what follows from an answer. A wrong code or a weak password may be corrected. */
export async function answered(local: Local, asked: Asked, responses: Responses): Promise<Step> {
  const { user } = asked.challenge.signIn
  if (local.users.find(required(responses, 'USERNAME')) !== user) throw invalidSession()
  asked.isAnswered = true
  try {
    return await asked.challenge.answer(responses)
  } catch (error) {
    asked.isAnswered = !mayTryAgain.has((error as Error).name)
    throw error
  }
}

const invalidSession = (why = ''): Error =>
  fault('NotAuthorizedException', `Invalid session for the user${why}.`)

const mayTryAgain: ReadonlySet<string> = new Set([
  'AliasExistsException',
  'CodeMismatchException',
  'ExpiredCodeException',
  'InvalidParameterException',
  'InvalidPasswordException',
])
