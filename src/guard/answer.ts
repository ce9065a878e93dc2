// Over 150 lines: the shapes of a refusal beside the one function that makes them.
import { type AuthError, type AuthErrorCode, pageOf, refusal } from '../errors.js'
import type { JwtClaims, VerifiedToken } from '../types.js'
import { explanationOf } from './hints.js'
import { type Challenge, joinScopes, type Policy } from './policy.js'

/** A refused request, with the whole response to the client. */
export interface Refusal {
  /** Tells it from an authorized request. */
  readonly authorized: false
  /** The HTTP status. */
  readonly status: AuthError['status']
  /** The headers of the response, among them the challenge or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, to be sent as JSON. */
  readonly body: RefusalBody
  /** The precise reason. Not for the client. */
  readonly error: AuthError
}

/** The JSON body of a refusal. */
export interface RefusalBody {
  /** The `error` of the OAuth challenge, `unauthorized` or `temporarily_unavailable`. */
  readonly error: string
  /** One fixed sentence. */
  readonly error_description: string
  /** Only with `explain: true`. */
  readonly code?: AuthErrorCode
  /** Only with `explain: true`. */
  readonly hint?: string
  /** The page of the error, a path in the repository. Only with `explain: true`. */
  readonly page?: string
}

/** How a guard answers: options of it. */
export interface AnswerOptions {
  readonly realm: string
  readonly resourceMetadata: string | undefined
  readonly explain: boolean
}

/**
 * Returns the refusal by a policy, with a challenge that names what would be accepted.
 *
 * @param required what the whole policy of the request requires
 */
export function notPermitted<C extends JwtClaims>(
  refusing: Policy<C>,
  auth: VerifiedToken<C>,
  required: Challenge | undefined,
  options: AnswerOptions,
): Refusal {
  return answer(refusalBy(refusing, auth, required), refusing.challenge ?? {}, required, options)
}

/** Returns the error of a refusal by a policy: where its challenge asks for another sign-in, that is what is required. */
export function refusalBy<C extends JwtClaims>(
  refusing: Policy<C>,
  auth: VerifiedToken<C>,
  required: Challenge | undefined,
): AuthError {
  const { challenge = {} } = refusing
  const stepUp = challenge.maxAge !== undefined || challenge.acrValues !== undefined
  const code = stepUp ? 'ERR_STEP_UP_REQUIRED' : 'ERR_PERMISSION_DENIED'
  return asking(refusal(code, explanationOf(refusing, auth)), challenge, required)
}

/** Makes an error keep what its answer asks for. Nothing that logs or copies an error sees it: a policy of an application may hold anything. */
export const asking = (error: AuthError, challenge: Challenge, required: Challenge | undefined): AuthError =>
  Object.defineProperty(error, asked, { value: { challenge, required } })

/** Returns what an error keeps, of any copy of this package. */
export const askedBy = (error: AuthError): Asked => (error as { [asked]?: Asked })[asked] ?? {}

interface Asked {
  readonly challenge?: Challenge
  readonly required?: Challenge | undefined
}

/**
 * Returns the refusal for an error: the headers that RFC 6750 section 3 requires, and a body that says no more.
 *
 * @param required what the whole policy of the request requires
 */
export function answer(
  error: AuthError,
  challenge: Challenge,
  required: Challenge | undefined,
  options: AnswerOptions,
): Refusal {
  const body = {
    error: error.oauthError ?? (error.status === 503 ? 'temporarily_unavailable' : 'unauthorized'),
    error_description: describe(error),
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  if (error.status === 503) headers['Retry-After'] = String(Math.ceil(error.retryAfter ?? 5))
  else headers['WWW-Authenticate'] = challengeOf(error, challenge, required, options)
  return {
    authorized: false,
    status: error.status,
    headers,
    body: options.explain
      ? {
          ...body,
          error_description: error.message,
          code: error.code,
          hint: error.hint,
          page: pageOf(error.code),
        }
      : body,
    error,
  }
}

/**
 * RFC 6750 section 3, RFC 9470 section 3, RFC 9728 section 5.1. A client that sent no token is told of no error. A client drops scopes that it
 * is not told of when it asks for a token again: where one is missing, all that are required are named.
 */
function challengeOf(
  error: AuthError,
  challenge: Challenge,
  required: Challenge | undefined,
  { realm, resourceMetadata }: AnswerOptions,
): string {
  const { scope, maxAge, acrValues } = checked(challenge)
  const asksAgain = scope || (error.status === 401 && resourceMetadata)
  const scopes = asksAgain && joinScopes([checked(required ?? {}).scope, scope])
  const parameters = [
    `realm="${realm}"`,
    resourceMetadata && `resource_metadata="${resourceMetadata}"`,
    error.oauthError && `error="${error.oauthError}"`,
    error.oauthError && `error_description="${describe(error)}"`,
    scopes && `scope="${scopes}"`,
    maxAge !== undefined && `max_age="${maxAge}"`,
    acrValues && `acr_values="${acrValues}"`,
  ]
  return `Bearer ${parameters.filter(Boolean).join(', ')}`
}

/** @throws TypeError for what would end its quoted string, or the header: a policy of an application may hold anything */
function checked(challenge: Challenge): Challenge {
  const { scope = '', maxAge = 0, acrValues = '' } = challenge
  if (isQuotable(scope) && isQuotable(acrValues) && maxAge >= 0 && Number.isFinite(maxAge)) return challenge
  throw new TypeError('policy: its challenge does not fit into a header')
}

/** RFC 6749 section 3.3. */
const isQuotable = (value: unknown) =>
  typeof value === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value)

/** A client may know that its genuine token has expired, so that it refreshes it. Of any other bad token it learns only that it is not accepted. */
const describe = ({ code, oauthError, status, message, unverified }: AuthError) =>
  oauthError === 'invalid_token' && (code !== 'ERR_TOKEN_EXPIRED' || unverified)
    ? 'The token is invalid'
    : status === 503
      ? 'Try again later'
      : message

const asked = Symbol.for('cognito-guard.asked')
