// Over 150 lines: the options of the file, each with its text.
/** The configuration of a local Cognito. Every member is optional in the file; durations are in seconds. */
export interface LocalConfig {
  /** Default: `us-east-1_LOCALDEV0`, a name that no real pool has. */
  readonly userPoolId: string
  /** The `iss` of its tokens: one of the two of AWS, or `local`, its own URL, for clients that insist on discovery. Default: `original`. */
  readonly issuer: 'original' | 'updated' | 'local'
  /** The origin that browsers use, such as `http://localhost:9400`: fixed in `iss` (`local`) and in the endpoints for browsers. Default: as asked. */
  readonly url?: string
  readonly lifetimes: Lifetimes
  readonly groups: readonly LocalGroupConfig[]
  /** What users sign in with instead of a username, which is a UUID then (`UsernameAttributes`). Default: none. */
  readonly usernameAttributes: readonly ('email' | 'phone_number')[]
  /** What users sign in with beside their username, once it is verified (`AliasAttributes`). Default: `email`. */
  readonly aliasAttributes: readonly ('email' | 'phone_number' | 'preferred_username')[]
  /** Addresses that keep their old value until the new one is verified (`AttributesRequireVerificationBeforeUpdate`). Default: none. */
  readonly verifiedBeforeUpdate: readonly ('email' | 'phone_number')[]
  /** Whether `Alice` and `alice` are two users. Default: false, as in pools made in the console. */
  readonly caseSensitive: boolean
  readonly passwordPolicy: PasswordPolicy
  /** What the pool declares beyond the defaults: custom attributes, and which ones are required. Default: the custom ones that `users` have. */
  readonly attributes: readonly PoolAttribute[]
  readonly users: readonly LocalUserConfig[]
  readonly clients: readonly LocalClient[]
  readonly resourceServers: readonly ResourceServer[]
  readonly identityProviders: readonly IdentityProvider[]
  readonly registration: Registration
  readonly mfa: MfaConfig
  /** What may begin a sign-in by choice, `USER_AUTH` (`AllowedFirstAuthFactors`). Default: all of them. */
  readonly allowedFirstAuthFactors: readonly ('PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[]
  readonly passkeys: PasskeyConfig
  readonly acr: AcrConfig
  /** Whether sessions can be listed and ended one by one (`UserSessionTracking`). Default: false. */
  readonly userSessionTracking: boolean
  readonly triggers: TriggerConfig
  /** Whether discovery says `code_challenge_methods_supported`, which many clients insist on and a pool may not say. Default: false. */
  readonly advertisesPkce: boolean
  readonly identityPool: LocalIdentityPool
}

/** Multi-factor authentication (`SetUserPoolMfaConfig`). */
export interface MfaConfig {
  /** `OPTIONAL` asks the users who have set a factor up, `ON` all. Default: `OPTIONAL`. */
  readonly mode: 'OFF' | 'OPTIONAL' | 'ON'
  /** Default: all three. */
  readonly factors: readonly MfaFactor[]
}

export type MfaFactor = 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP'

/** Passkeys (`WebAuthnConfiguration`). */
export interface PasskeyConfig {
  /** The domain they belong to. Default: `localhost`: a page on 127.0.0.1 cannot use them. */
  readonly relyingPartyId: string
  /** Default: `preferred`. */
  readonly userVerification: 'preferred' | 'required'
}

/** How strongly users signed in, in their tokens (Authentication levels with ACR and AMR claims, Amazon Cognito Developer Guide). */
export interface AcrConfig {
  /** Whether tokens say `acr` and `amr`. Default: false. */
  readonly enabled: boolean
  /** The names of the four levels. Default: `urn:cognito:loa:1` to `4`. */
  readonly levels: readonly string[]
}

/** Local functions in the place of Lambda triggers: `<file>#<name>`, or functions for a configuration that is no JSON. */
export type TriggerConfig = Readonly<Partial<Record<TriggerName, string | TriggerFunction>>> & {
  /** The event that `preTokenGeneration` is called with. Default: `V2_0`. */
  readonly preTokenGenerationVersion?: (typeof tokenEventVersions)[number]
}

export type TriggerName = (typeof triggerNames)[number]

/** A Lambda function: answers the event with its `response` filled in. */
export type TriggerFunction = (
  event: never,
  context: object,
  callback: (...answer: never[]) => void,
) => unknown

export const triggerNames = [
  'preSignUp',
  'postConfirmation',
  'preAuthentication',
  'postAuthentication',
  'preTokenGeneration',
  'userMigration',
  'defineAuthChallenge',
  'createAuthChallenge',
  'verifyAuthChallengeResponse',
] as const

export const tokenEventVersions = ['V1_0', 'V2_0', 'V3_0'] as const

/** Seconds that tokens are valid. */
export interface Lifetimes {
  readonly access: number
  readonly id: number
  readonly refresh: number
}

/** The rules for passwords (`PasswordPolicyType`). */
export interface PasswordPolicy {
  /** Default: 8. */
  readonly minimumLength: number
  /** Default: true, as for the three below. */
  readonly requireLowercase: boolean
  readonly requireUppercase: boolean
  readonly requireNumbers: boolean
  readonly requireSymbols: boolean
  /** How long a password that an administrator sets is good for a first sign-in. Default: 7. */
  readonly temporaryPasswordValidityDays: number
}

/** An attribute of the pool (`SchemaAttributeType`). */
export interface PoolAttribute {
  /** A standard name, or one that begins with `custom:`. */
  readonly name: string
  /** Of a standard attribute only. Default: false. */
  readonly required?: boolean
  /** Default: true. */
  readonly mutable?: boolean
  /** `AttributeDataType`. Default: `String`. */
  readonly type?: 'String' | 'Number' | 'Boolean' | 'DateTime'
  /** What the API said of its values: answered again, and not played. */
  readonly constraints?: Readonly<Record<string, unknown>>
}

/** A group of the pool. */
export interface LocalGroupConfig {
  readonly name: string
  readonly description?: string
  /** The lowest one of a user's groups decides `cognito:preferred_role`. */
  readonly precedence?: number
  readonly role?: string
}

/** Somebody who can sign in. */
export interface LocalUserConfig {
  readonly username: string
  /** Default: a UUID made of the pool ID and the username, the same at every start. */
  readonly sub?: string
  readonly password: string
  /** `FORCE_CHANGE_PASSWORD` asks for a new password at the first sign-in. Default: `CONFIRMED`. */
  readonly status?: 'CONFIRMED' | 'UNCONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED'
  /** Default: true. */
  readonly enabled?: boolean
  readonly groups?: readonly string[]
  /** What a pre token generation trigger would add to the scopes of an SDK's sign-in. */
  readonly scopes?: readonly string[]
  /** What a pre token generation trigger would add to the claims, of any JSON type. */
  readonly claims?: UserClaims
  /** `email` is `<username>@example.com` unless it stands here. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** Claims of a user's own in their tokens, which no trigger has to add. */
export interface UserClaims {
  readonly access?: TokenClaims
  readonly id?: TokenClaims
}

type TokenClaims = Readonly<Record<string, unknown>>

/** An app client. */
export interface LocalClient {
  readonly clientId: string
  /** Default: the client ID. */
  readonly name?: string
  /** Makes it a confidential client. */
  readonly secret?: string
  /** Exact, as in Cognito. Default: any URL on loopback. */
  readonly callbackUrls?: readonly string[]
  /** Where `/logout` may lead, exact. Default: any URL on loopback. */
  readonly logoutUrls?: readonly string[]
  /** Seconds to answer a challenge in: 180 to 900 (`AuthSessionValidity`). Default: 180. */
  readonly authSessionValidity?: number
  /** The sign-in flows that are on (`ExplicitAuthFlows`), such as `ALLOW_USER_SRP_AUTH`. Default: all. */
  readonly explicitAuthFlows?: readonly string[]
  /** Seconds that this client's tokens are valid. Default: those of the pool. */
  readonly lifetimes?: Partial<Lifetimes>
  /** The scopes that it may request. Default: the OpenID Connect scopes and all custom ones. */
  readonly scopes?: readonly string[]
  /** Replaces the refresh token at each use. Default: false. */
  readonly refreshTokenRotation?: boolean
  /** Seconds that a replaced refresh token still works, for apps with several tabs: 0 to 60. Default: 0. */
  readonly refreshTokenGracePeriod?: number
  /** Whether errors hide that a user does not exist (`PreventUserExistenceErrors`). Default: true. */
  readonly preventUserExistenceErrors?: boolean
  /** What a client of CreateUserPoolClient was given beyond the above: answered again, and not played. */
  readonly described?: Readonly<Record<string, unknown>>
}

/** Who may register app clients by themselves (`DcrConfiguration`). */
export interface Registration {
  /** `authenticated` takes an access token with the scope `aws.cognito/dcr/register`, `open` none. Default: `off`. */
  readonly mode: 'off' | 'authenticated' | 'open'
  /** The custom scopes that such clients may request, beside those of OpenID Connect. Default: none. */
  readonly allowedScopes: readonly string[]
}

/** An API and its scopes, `<identifier>/<scope>` in a token. */
export interface ResourceServer {
  readonly identifier: string
  /** Default: the identifier. */
  readonly name?: string
  readonly scopes: readonly string[]
  /** What CreateResourceServer says of the scopes, by scope. */
  readonly descriptions?: Readonly<Record<string, string>>
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
  /** The levels of authentication that the app asks for, separated by spaces. */
  readonly acrValues: string | undefined
  /** Seconds since the sign-in that the app accepts. */
  readonly maxAge: number | undefined
}

/** A sign-in at a provider that has not ended. */
export interface PendingFederation {
  readonly provider: IdentityProvider
  /** The app's request, which continues after it. */
  readonly authorization: Authorization
  readonly nonce: string
  readonly verifier: string
}
