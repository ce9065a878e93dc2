import { aCount, anObject, aString, type OptionCheck, type OptionChecks } from '../options.js'
import type { Provider } from '../types.js'

/** The options of every token. */
export interface TestTokenOptions {
  /** The app client. Default: the issuer's. */
  readonly clientId?: string
  /** Seconds until it expires. Default: the issuer's `tokenLifetime`. Zero or less: a token that has expired so long ago. */
  readonly expiresIn?: number
  /** Claims to set after all others; `undefined` takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header members to set after `kid` and `alg`; `undefined` takes one away. The signature stays RS256. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** The options of a user's tokens. */
export interface TestUserTokenOptions extends TestTokenOptions {
  /** Default: `test-user`; with a `provider`: the name that Cognito gives a federated user, `<provider>_<userId>`. */
  readonly username?: string
  /** Default: a UUID that is always the same for a username of a pool. */
  readonly sub?: string
  /** Default: none. */
  readonly groups?: readonly string[]
  /**
   * Where a federated user signed in. Without a `username` the user was created by that sign-in, and is in the group
   * `<userPoolId>_<provider>`; with one, it is a local user linked to the provider.
   */
  readonly provider?: TestProvider
  /** Seconds between the sign-in (`auth_time`) and the token, which is then a refreshed one. Default: 0. */
  readonly signedInAgo?: number
}

/** A provider as Cognito names it: `type` is `SAML`, `OIDC`, `Google`, `Facebook`, `LoginWithAmazon` or `SignInWithApple`. */
export interface TestProvider extends Provider {
  /** The provider's own identifier. Default: `null`. */
  readonly issuer?: string
}

/** The options of an access token. */
export interface TestAccessTokenOptions extends TestUserTokenOptions {
  /** Default: `aws.cognito.signin.user.admin`, as for a sign-in with an SDK; `openid`, as for managed login, where the token can only come from that. */
  readonly scopes?: readonly string[]
  /** The API that the token is bound to, its `aud` (RFC 8707). Default: none. */
  readonly resource?: string
}

/** The options of an ID token. */
export interface TestIdTokenOptions extends TestUserTokenOptions {
  /** Default: `<username>@example.com`. */
  readonly email?: string
}

/** The options of a token of the client-credentials grant. */
export interface TestMachineTokenOptions extends TestTokenOptions {
  /** Custom scopes, `<resource server>/<scope>`. */
  readonly scopes: readonly string[]
}

export const strings: OptionCheck = value =>
  Array.isArray(value) && !value.some(aString) ? undefined : 'must be a list of non-empty strings'

const aCentury = 3_155_760_000

const tokenChecks: OptionChecks = {
  'clientId?': aString,
  'expiresIn?': aCount(-aCentury, aCentury),
  'claims?': anObject,
  'header?': anObject,
}

const userTokenChecks: OptionChecks = {
  ...tokenChecks,
  'username?': aString,
  'sub?': aString,
  'groups?': strings,
  'provider?': anObject,
  'signedInAgo?': aCount(-aCentury, aCentury),
}

export const accessTokenChecks: OptionChecks = {
  ...userTokenChecks,
  'scopes?': strings,
  'resource?': aString,
}
export const idTokenChecks: OptionChecks = { ...userTokenChecks, 'email?': aString }
export const machineTokenChecks: OptionChecks = { ...tokenChecks, scopes: strings }
