import type { Principal, Provider } from '../../src/types.js'

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
  const provider = userIn(identity.amr ? listed : loginIn(joined))
  return Object.freeze({
    kind: type === 'authenticated' ? 'user' : 'guest',
    subject: (identity.identityId ?? identity.cognitoIdentityId) as string,
    issuer: 'https://cognito-identity.amazonaws.com',
    clientId: (identity.identityPoolId ?? identity.cognitoIdentityPoolId) as string,
    groups: none,
    scopes: none,
    ...(provider && { provider }),
    expiresAt: Math.floor((requestTimeEpoch ?? timeEpoch ?? Date.now()) / 1000),
  })
}

/**
 * One login: the name of the provider, and what the user is called there. In more than one, what somebody is called elsewhere could, with a
 * comma in it, pass for the login of another.
 */
function loginIn(joined: string): readonly string[] {
  // AppSync puts quotes around each
  const parts = joined.replaceAll('"', '').split(',')
  return parts.length === 2 ? parts : []
}

/** The user of a user pool, if one is among the logins. */
function userIn(logins: readonly string[]): Provider | undefined {
  const name = logins.find(login => userPoolName.test(login))
  const start = `${name}:CognitoSignIn:`
  const userId = logins.find(login => login.startsWith(start))?.slice(start.length)
  return name && userId ? Object.freeze({ name, type: 'Cognito', userId }) : undefined
}

const userPoolName = /^cognito-idp\.[a-z0-9.-]+\/[\w-]+$/

const none: readonly string[] = Object.freeze([])
