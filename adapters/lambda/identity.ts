import type { Principal } from '../../src/types.js'

/** An identity of an identity pool as REST APIs, HTTP APIs and AppSync name its parts. */
export interface PoolIdentity {
  readonly cognitoIdentityId?: string | null
  readonly cognitoIdentityPoolId?: string | null
  readonly cognitoAuthenticationType?: string | null
  readonly cognitoAuthenticationProvider?: string | null
  readonly cognitoIdentityAuthType?: string | null
  readonly cognitoIdentityAuthProvider?: string | null
  readonly identityId?: string
  readonly identityPoolId?: string
  /** `authenticated` or `unauthenticated`, then the providers. */
  readonly amr?: readonly string[]
}

/**
 * Who signed a request with credentials of an identity pool: the identity, with the user pool's user as `provider`, and the pool as `clientId`.
 * Nobody is told when the credentials expire: `expiresAt` is the time of the request.
 *
 * @throws TypeError when it does not say whether the identity is authenticated
 */
export function principalFromIdentity(
  identity: PoolIdentity,
  { requestTimeEpoch, timeEpoch }: { readonly requestTimeEpoch?: number; readonly timeEpoch?: number } = {},
): Principal {
  const [type = identity.cognitoAuthenticationType ?? identity.cognitoIdentityAuthType, ...listed] =
    identity.amr ?? []
  if (type !== 'authenticated' && type !== 'unauthenticated')
    throw new TypeError('principalFromEvent: the identity is neither authenticated nor unauthenticated')
  const joined = identity.cognitoAuthenticationProvider ?? identity.cognitoIdentityAuthProvider ?? ''
  // AppSync puts quotes around each
  const providers = [...listed, ...joined.replaceAll('"', '').split(',')]
  const [, name, userId] = providers.map(entry => /^(.+):CognitoSignIn:(.+)$/.exec(entry)).find(Boolean) ?? []
  return Object.freeze({
    kind: type === 'authenticated' ? 'user' : 'guest',
    subject: (identity.identityId ?? identity.cognitoIdentityId) as string,
    issuer: 'https://cognito-identity.amazonaws.com',
    clientId: (identity.identityPoolId ?? identity.cognitoIdentityPoolId) as string,
    groups: none,
    scopes: none,
    ...(name && userId ? { provider: Object.freeze({ name, type: 'Cognito', userId }) } : {}),
    expiresAt: Math.floor((requestTimeEpoch ?? timeEpoch ?? Date.now()) / 1000),
  })
}

const none: readonly string[] = Object.freeze([])
