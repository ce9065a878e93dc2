/** The configuration of a local Cognito. Every member is optional in the file; durations are in seconds. */
export interface LocalConfig {
  /** Default: `us-east-1_LOCALDEV0`, a name that no real pool has. */
  readonly userPoolId: string
  /** The `iss` of its tokens: one of the two of AWS, or `local`, its own URL, for clients that insist on discovery. Default: `original`. */
  readonly issuer: 'original' | 'updated' | 'local'
  readonly lifetimes: Lifetimes
  readonly groups: readonly LocalGroup[]
  readonly users: readonly LocalUserConfig[]
  readonly clients: readonly LocalClient[]
  readonly resourceServers: readonly ResourceServer[]
  readonly identityProviders: readonly IdentityProvider[]
  readonly registration: Registration
  /** Whether discovery says `code_challenge_methods_supported`, which many clients insist on and a pool may not say. Default: false. */
  readonly advertisesPkce: boolean
  readonly identityPool: LocalIdentityPool
}

/** Seconds that tokens are valid. */
export interface Lifetimes {
  readonly access: number
  readonly id: number
  readonly refresh: number
}

/** A group of the pool. */
interface LocalGroup {
  readonly name: string
  /** The lowest one of a user's groups decides `cognito:preferred_role`. */
  readonly precedence?: number
  readonly role?: string
}

/** Somebody who can sign in. */
export interface LocalUserConfig {
  readonly username: string
  readonly password: string
  readonly groups?: readonly string[]
  /** What a pre token generation trigger would add to the scopes of an SDK's sign-in. */
  readonly scopes?: readonly string[]
  /** `email` is `<username>@example.com` unless it stands here. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** An app client. */
export interface LocalClient {
  readonly clientId: string
  /** Makes it a confidential client. */
  readonly secret?: string
  /** Exact, as in Cognito. Default: any URL on loopback. */
  readonly callbackUrls?: readonly string[]
  /** The scopes that it may request. Default: the OpenID Connect scopes and all custom ones. */
  readonly scopes?: readonly string[]
  /** Replaces the refresh token at each use. Default: false. */
  readonly refreshTokenRotation?: boolean
}

/** Who may register app clients by themselves (`DcrConfiguration`). */
export interface Registration {
  /** `authenticated` takes an access token with the scope `aws.cognito/dcr/register`, `open` none. Default: `off`. */
  readonly mode: 'off' | 'authenticated' | 'open'
  /** The custom scopes that such clients may request, beside those of OpenID Connect. Default: none. */
  readonly allowedScopes: readonly string[]
}

/** An API and its scopes, `<identifier>/<scope>` in a token. */
interface ResourceServer {
  readonly identifier: string
  readonly scopes: readonly string[]
}

/** Where users of another directory sign in. */
export interface IdentityProvider {
  readonly name: string
  readonly type: 'SAML' | 'OIDC' | 'Google' | 'Facebook' | 'LoginWithAmazon' | 'SignInWithApple'
  /** Of an OpenID Connect provider that runs beside this one. Without it the sign-in is simulated, with `users`. */
  readonly issuer?: string
  readonly clientId?: string
  readonly clientSecret?: string
  /** Who can sign in where the sign-in is simulated. Default: one person. */
  readonly users?: readonly ProviderUser[]
}

/** Somebody as a provider knows them. */
export interface ProviderUser {
  readonly userId: string
  readonly attributes?: Readonly<Record<string, string>>
}

/** The identity pool, in the words of `SetIdentityPoolRoles`. */
interface LocalIdentityPool {
  readonly identityPoolId: string
  readonly accountId: string
  readonly allowGuests: boolean
  readonly roles: { readonly authenticated?: string; readonly unauthenticated?: string }
  readonly roleMappings: Readonly<Record<string, object>>
}

/** An app's authorization request. */
export interface Authorization {
  readonly client: LocalClient
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string | undefined
  readonly nonce: string | undefined
  readonly resource: string | undefined
  readonly codeChallenge: string | undefined
}

/** A sign-in at a provider that has not ended. */
export interface PendingFederation {
  readonly provider: IdentityProvider
  /** The app's request, which continues after it. */
  readonly authorization: Authorization
  readonly nonce: string
  readonly verifier: string
}
