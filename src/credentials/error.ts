/** Why there are no credentials: one of a closed set of reasons; the message says what to do. The SDK's error is the `cause`. */
export interface CredentialsError extends Error {
  /** The same in every copy of this package. */
  readonly name: 'CredentialsError'
  /** Why, for code and tests. */
  readonly reason: CredentialsFailure
}

/** Why an identity pool refuses, or is unavailable. */
export type CredentialsFailure = keyof typeof explanations

/** Returns a CredentialsError for an error of a known meaning, else the error itself. */
export function explained(error: unknown): unknown {
  const { name, message } = (error ?? {}) as Partial<Error>
  const [reason] = patterns.find(([, pattern]) => pattern.test(`${name}: ${message}`)) ?? []
  return reason ? credentialsError(reason, error) : error
}

export const credentialsError = (reason: CredentialsFailure, cause?: unknown): CredentialsError =>
  Object.assign(new Error(explanations[reason], cause === undefined ? undefined : { cause }), {
    name: 'CredentialsError' as const,
    reason,
  })

const explanations = {
  provider_not_linked:
    'The identity pool does not know the issuer or the app client of this token: link the user pool and this app client to it, and compare its Region and ID',
  issuer_mismatch: 'The login is named after another issuer than the one of the token',
  not_an_id_token: 'The identity pool takes ID tokens, and this is none: access tokens have no audience',
  token_refused: 'The identity pool does not accept the token: it may have expired or be revoked there',
  role_denied:
    'The role mapping of the identity pool denies this user a role: no rule matches, several roles of one precedence fit, or the role asked for is not theirs; see chooseRole',
  guests_denied: 'The identity pool admits no guests: turn guest access on and give them a role, or sign in',
  identity_forbidden: 'The identity belongs to somebody else, or to a user who has to sign in',
  roles_not_configured:
    'The identity pool has no role for this, or may not assume it: look at its roles, and at the trust policy of the role (aud and amr)',
  pool_not_found: 'The identity pool or the identity does not exist in the Region of the client',
  throttled: 'The identity pool is asked too often',
  unavailable: 'The identity pool, or an identity provider it depends on, is out of reach',
  incomplete: 'The answer of the identity pool holds no complete credentials',
} as const

/** The service's error texts. The first match counts. */
const patterns: readonly (readonly [CredentialsFailure, RegExp])[] = [
  ['not_an_id_token', /Missing a required claim: aud/],
  ['issuer_mismatch', /Issuer doesn't match providerName/],
  ['role_denied', /ambiguous role mapping/i],
  ['guests_denied', /Unauthenticated access is not supported/],
  ['identity_forbidden', /^NotAuthorizedException: (?:Access to Identity|Logins don't match)/],
  ['provider_not_linked', /not from a supported provider|Incorrect token audience/],
  ['token_refused', /Invalid login token/],
  ['roles_not_configured', /^InvalidIdentityPoolConfigurationException/],
  ['pool_not_found', /^ResourceNotFoundException/],
  ['throttled', /^(?:TooManyRequests|LimitExceeded)Exception/],
  ['unavailable', /^(?:InternalError|ExternalService)Exception|^TimeoutError|ECONN|ENOTFOUND/],
]
