import type { JwtClaims } from '../types.js'

/** The token uses for an API. A refresh token has none: only Cognito can read it. */
export type TokenUse = 'access' | 'id'

/** The claims of an access token (Amazon Cognito Developer Guide, "Understanding the access token"). */
export interface AccessTokenClaims extends JwtClaims {
  /** Tells it from an ID token. */
  readonly token_use: 'access'
  /** The user; of a machine, the app client. */
  readonly sub: string
  /** The app client. */
  readonly client_id: string
  /** Absent from a machine's token. */
  readonly username?: string
  /** The scopes, separated by spaces. */
  readonly scope?: string
  /** The resource that the token is bound to (RFC 8707), if any. */
  readonly aud?: string
  /** When the user signed in, in seconds since the epoch. */
  readonly auth_time?: number
  /** The sign-in: the same in all tokens refreshed from it. */
  readonly origin_jti?: string
  /** The user's groups in the pool. */
  readonly 'cognito:groups'?: readonly string[]
}

/** The claims of an ID token (Amazon Cognito Developer Guide, "Understanding the identity (ID) token"). */
export interface IdTokenClaims extends JwtClaims {
  /** Tells it from an access token. */
  readonly token_use: 'id'
  /** The user. */
  readonly sub: string
  /** The app client. */
  readonly aud: string
  /** When the user signed in, in seconds since the epoch. */
  readonly auth_time?: number
  /** The sign-in: the same in all tokens refreshed from it. */
  readonly origin_jti?: string
  /** The user's address. */
  readonly email?: string
  /** Whether the address is verified. */
  readonly email_verified?: boolean
  /** The user's name in the pool. */
  readonly 'cognito:username'?: string
  /** The user's groups in the pool. */
  readonly 'cognito:groups'?: readonly string[]
}

/** The claims of a user pool's token, told apart by `token_use`. */
export type UserPoolClaims<U extends TokenUse = TokenUse> = U extends 'access'
  ? AccessTokenClaims
  : IdTokenClaims
