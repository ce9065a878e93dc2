import type { JwtClaims } from '../types.js'

/** The token uses for an API. A refresh token has none: only Cognito can read it. */
export type TokenUse = 'access' | 'id'

/** The claims of an access token (Amazon Cognito Developer Guide, "Understanding the access token"). */
export interface AccessTokenClaims extends JwtClaims {
  readonly token_use: 'access'
  readonly sub: string
  readonly client_id: string
  /** Absent from a machine's token. */
  readonly username?: string
  readonly scope?: string
  readonly aud?: string
  readonly auth_time?: number
  readonly origin_jti?: string
  readonly 'cognito:groups'?: readonly string[]
}

/** The claims of an ID token (Amazon Cognito Developer Guide, "Understanding the identity (ID) token"). */
export interface IdTokenClaims extends JwtClaims {
  readonly token_use: 'id'
  readonly sub: string
  readonly aud: string
  readonly auth_time?: number
  readonly origin_jti?: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly 'cognito:username'?: string
  readonly 'cognito:groups'?: readonly string[]
}

/** The claims of a user pool's token, told apart by `token_use`. */
export type UserPoolClaims<U extends TokenUse = TokenUse> = U extends 'access'
  ? AccessTokenClaims
  : IdTokenClaims
