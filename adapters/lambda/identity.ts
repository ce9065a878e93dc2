import { issuerOf, providerOf } from '../../src/issuers/identity-pool.js'
import { isText } from '../../src/token/claims.js'
import type { Principal } from '../../src/types.js'

/** An identity of an identity pool, by the member names of REST APIs, HTTP APIs and AppSync. */
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
 * Returns the principal that signed a request with credentials of an identity pool: the same as of the pool's OpenID token.
 * The event does not say when the credentials expire: `expiresAt` is the time of the request.
 *
 * @throws TypeError when the identity has no ID or no pool, or is neither authenticated nor unauthenticated
 */
export function principalFromIdentity(
  identity: PoolIdentity,
  context?: { readonly requestTimeEpoch?: number; readonly timeEpoch?: number } | null,
): Principal {
  const type = identity.cognitoAuthenticationType ?? identity.cognitoIdentityAuthType
  const providers = identity.cognitoAuthenticationProvider ?? identity.cognitoIdentityAuthProvider
  const amr: readonly unknown[] = identity.amr ?? [type, ...loginIn(providers)]
  if (amr[0] !== 'authenticated' && amr[0] !== 'unauthenticated')
    throw new TypeError('principalFromEvent: the identity is neither authenticated nor unauthenticated')
  const poolId = identity.identityPoolId ?? identity.cognitoIdentityPoolId
  const subject = identity.identityId ?? identity.cognitoIdentityId
  if (!isText(poolId) || !isText(subject))
    throw new TypeError(`principalFromEvent: the identity has no ${isText(poolId) ? '' : 'pool '}ID`)
  const provider = providerOf(amr.filter(isText), poolId)
  return Object.freeze({
    kind: amr[0] === 'authenticated' ? 'user' : 'guest',
    subject,
    issuer: issuerOf(poolId),
    groups: none,
    scopes: none,
    ...(provider && { provider: Object.freeze(provider) }),
    expiresAt: Math.floor((context?.requestTimeEpoch ?? context?.timeEpoch ?? Date.now()) / 1000),
  })
}

/**
 * Returns one login: the name of the provider, and the user's name there. Nothing for several: a name with a comma in it could pass for the
 * login of another user.
 */
function loginIn(joined: unknown): readonly string[] {
  if (typeof joined !== 'string') return []
  // AppSync quotes each
  const parts = joined.replaceAll('"', '').split(',')
  return parts.length === 2 ? parts : []
}

const none: readonly string[] = Object.freeze([])
