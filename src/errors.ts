// Over 150 lines: more than half of it is the table of error codes.

/**
 * Every refusal of this library is an `AuthError` with one of these codes.
 * Test the code, never the class: it is the same across realms, bundles and module formats.
 */
export type AuthErrorCode = keyof typeof errors

/** The `error` of an OAuth challenge (RFC 6750 section 3.1, RFC 9470 section 3). */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'

/** What an {@link AuthError} may carry beside its code. None of it may hold text from a token or a request. */
export interface AuthErrorOptions {
  /** Why, for outages: an error with a closed set of reasons, see `ERR_KEYS_UNAVAILABLE`. */
  readonly cause?: unknown
  /** Seconds after which a client may try again; becomes `Retry-After`. */
  readonly retryAfter?: number
  /**
   * Whether the signature of the token was not verified. The client is then told that it is invalid, whatever else it is: who can write a token
   * without a key must not learn from the answers which issuers, clients and audiences there are. Default `false`.
   */
  readonly unverified?: boolean
  /** How to fix it, one fixed sentence; shown to clients only with `explain: true`. */
  readonly hint?: string
}

/**
 * A refusal. `code` is precise and stays on the server; `status` is what a client sees.
 * The message is a fixed sentence: no token, claim, key ID, URL or header text is ever in it.
 */
export class AuthError extends Error {
  /** The same in every copy of this package. */
  override readonly name = 'AuthError'
  /** The precise reason: test this. */
  declare readonly code: AuthErrorCode
  /** The HTTP status that it is answered with. */
  declare readonly status: 400 | 401 | 403 | 503
  /** The `error` of the challenge; `undefined` where there is none (no token, an outage). */
  declare readonly oauthError: OAuthError | undefined
  /** How to fix it, one fixed sentence. Not for the client. */
  declare readonly hint: string
  /** Seconds after which a client may try again. */
  declare readonly retryAfter: number | undefined
  /** Whether the token's signature was not verified, so that the client is told no more than that the token is invalid. */
  declare readonly unverified: boolean

  constructor(code: AuthErrorCode, { cause, hint, retryAfter, unverified = false }: AuthErrorOptions = {}) {
    const [status, oauthError, message, usual] = errors[code] as ErrorRow
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, { code, status, oauthError, hint: hint ?? usual, retryAfter, unverified })
  }

  /** For logs: code, status, message and hint. */
  toJSON() {
    const { name, code, status, message, hint } = this
    return { name, code, status, message, hint }
  }
}

/** Returns where the page of an error is: a path in the repository, stable, with an anchor for each code. */
export const pageOf = (code: AuthErrorCode): string => `docs/errors.md#${code.toLowerCase()}`

/** Returns whether a value is a refusal of this library, from any copy of it: thrown, or returned by a verifier's `check`. */
export function isAuthError(value: unknown): value is AuthError {
  const { name } = (value ?? {}) as { name?: unknown }
  if (name !== 'AuthError') return false
  const { code } = value as { code?: unknown }
  return typeof code === 'string' && Object.hasOwn(errors, code)
}

/** Returns a thrown refusal as a value. Throws anything else again: a fault must never be mistaken for a refusal. */
export function asRefusal(thrown: unknown): AuthError {
  if (isAuthError(thrown)) return thrown
  throw thrown
}

/**
 * What was thrown, as an object. A callback such as `next` takes nothing, `null` and `false` for no error, and the request goes on; Express takes
 * `'route'` for a direction, and Koa does not answer. A timer that rejects throws nothing.
 */
export const asError = (thrown: unknown): Error =>
  typeof thrown === 'object' && thrown !== null
    ? (thrown as Error)
    : new TypeError('guard: it or its policy threw what is no error', { cause: thrown })

/**
 * Returns a refusal that inherits from one cached error per code. Unauthenticated callers decide how often we refuse, and making an
 * error, let alone capturing its stack, costs more than finding out that their token is bad. Each refusal is still an object of its own,
 * so that what a framework adds to one does not show on another.
 */
export function refusal(code: AuthErrorCode, hint?: string, unverified = false): AuthError {
  const original = originals.get(code)?.get(hint) ?? makeOriginal(code, hint, unverified)
  return Object.create(original) as AuthError
}

function makeOriginal(code: AuthErrorCode, hint: string | undefined, unverified: boolean): AuthError {
  const error = new AuthError(code, { unverified, ...(hint !== undefined && { hint }) })
  error.stack = `AuthError [${code}]: ${error.message}`
  originals.set(code, new Map(originals.get(code)).set(hint, error))
  return error
}

/** By code and hint: a hint of an unverified token is no other's. */
const originals = new Map<AuthErrorCode, ReadonlyMap<string | undefined, AuthError>>()

type ErrorRow = readonly [AuthError['status'], OAuthError | undefined, message: string, hint: string]

const errors = {
  ERR_TOKEN_MISSING: [
    401,
    undefined,
    'The request has no token',
    'Send the header "Authorization: Bearer <access token>".',
  ],
  ERR_REQUEST_INVALID: [
    400,
    'invalid_request',
    'The request does not carry exactly one well-formed token',
    'Send one token, once: "Authorization: Bearer <access token>", no second header, scheme or source.',
  ],
  ERR_TOKEN_MALFORMED: [
    401,
    'invalid_token',
    'The token is not a well-formed signed JWT',
    'Send the access token exactly as it was issued: three parts, nothing cut off, quoted, re-encoded or put before it. Five parts are a refresh token.',
  ],
  ERR_TOKEN_ALGORITHM: [
    401,
    'invalid_token',
    'The token is signed with an algorithm that its issuer does not use',
    'Send the access token of a configured issuer: each issuer signs with its own algorithms, a user pool with RS256.',
  ],
  ERR_TOKEN_ISSUER: [
    401,
    'invalid_token',
    'The token comes from an issuer that is not configured',
    'Check the configured issuers against "iss"; of a user pool: its ID and Region (or additionalRegions), no slash at the end.',
  ],
  ERR_TOKEN_KEY: [
    401,
    'invalid_token',
    'The token is signed with a key that its issuer does not publish',
    'Check that the token was signed by the issuer that it names; a bundled key set (jwks) may be stale.',
  ],
  ERR_TOKEN_SIGNATURE: [
    401,
    'invalid_token',
    'The signature of the token does not verify',
    'The token was changed after it was signed, or signed by somebody else: send it as it was issued.',
  ],
  ERR_TOKEN_EXPIRED: [
    401,
    'invalid_token',
    'The token has expired',
    'Refresh the session and send the new token.',
  ],
  ERR_TOKEN_NOT_YET_VALID: [
    401,
    'invalid_token',
    'The token is not valid yet',
    'Check the clock of this machine; clockTolerance allows for small differences.',
  ],
  ERR_TOKEN_USE: [
    401,
    'invalid_token',
    'The token is of the wrong use',
    'Check the "token_use" claim against the tokenUse option.',
  ],
  ERR_TOKEN_CLIENT: [
    401,
    'invalid_token',
    'The token was issued to a client that is not configured',
    'Compare clientId with "client_id" (access token), "aud" (ID token) or "client" (header, of a load balancer).',
  ],
  ERR_TOKEN_AUDIENCE: [
    401,
    'invalid_token',
    'The token is meant for another audience',
    'If it is meant for this API, name it in the option resource (user pool) or audience (OpenID provider).',
  ],
  ERR_TOKEN_CLAIM: [
    401,
    'invalid_token',
    'A claim of the token is missing or not of its type',
    'Compare the claims with those that the issuer documents; a trigger of a user pool may have changed them.',
  ],
  ERR_TOKEN_SIGNER: [
    401,
    'invalid_token',
    'The token was signed for another load balancer or instance',
    'Check the ARN in the configuration against the one that handles the requests.',
  ],
  ERR_TOKEN_BOUND: [
    401,
    'invalid_token',
    'The token is bound to a key',
    'This token is bound to a key; this API takes bearer tokens only: ask the issuer for one without DPoP and mTLS.',
  ],
  ERR_TOKEN_REVOKED: [401, 'invalid_token', 'The token has been revoked', 'Sign in again.'],
  ERR_STEP_UP_REQUIRED: [
    401,
    'insufficient_user_authentication',
    'A more recent or stronger sign-in is required',
    'Sign in again with what the challenge asks for.',
  ],
  ERR_PERMISSION_DENIED: [
    403,
    'insufficient_scope',
    'The token does not permit this request',
    'The policy of this route refuses this token: see what that asks for.',
  ],
  ERR_KEYS_UNAVAILABLE: [
    503,
    undefined,
    'The keys of the issuer cannot be fetched',
    'See the cause, or run cognito-guard doctor here; a bundled key set (option jwks) bridges outages.',
  ],
  ERR_KEYS_NOT_LOADED: [
    503,
    undefined,
    'The keys of the issuer are not loaded yet',
    'Call await verifier.ready() at start-up before verifySync, or use verify.',
  ],
  ERR_REVOCATION_UNAVAILABLE: [
    503,
    undefined,
    'The list of revoked tokens is out of reach',
    'See the health of the revocation list.',
  ],
} as const satisfies Record<string, ErrorRow>
