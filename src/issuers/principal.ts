import { freeze, isArray } from '../runtime.js'
import type { JwtClaims, Principal, Provider } from '../types.js'
import { kindBy } from './kind.js'

/**
 * Returns the principal of a user pool's token, from claims whose types are already checked.
 * A token without a username whose subject is its client is a machine's
 * (Amazon Cognito Developer Guide, "Understanding the access token").
 * A token without Cognito's `token_use`, of a custom issuer without `principal`, is a user's only where its claims show a person.
 */
export function userPoolPrincipal(claims: JwtClaims): Principal {
  const isAccess = claims.token_use === 'access'
  const username = (isAccess ? claims.username : claims['cognito:username']) as string | undefined
  const clientId = (isAccess ? claims.client_id : claims.aud) as string
  const provider = providerOf(claims.identities)
  const principal: { -readonly [P in keyof Principal]: Principal[P] } = {
    kind: kindOf(claims),
    subject: claims.sub as string,
    issuer: claims.iss,
    tokenUse: isAccess ? 'access' : 'id',
    clientId,
    groups: (claims['cognito:groups'] as string[] | undefined) ?? none,
    scopes: isAccess ? scopesOf(claims.scope) : none,
    expiresAt: claims.exp,
  }
  if (username !== undefined) principal.username = username
  if (provider) principal.provider = provider
  return freeze(principal)
}

function kindOf(claims: JwtClaims): Principal['kind'] {
  const { token_use: use } = claims
  if (use === 'access') return isMachineToken(claims) ? 'machine' : 'user'
  return use === 'id' ? 'user' : kindBy(undefined, claims)
}

/** Whether a user pool's access token is of the client credentials grant: it names no user, and its subject is its client. */
export const isMachineToken = ({ username, sub, client_id }: JwtClaims): boolean =>
  username === undefined && sub === client_id

/** Returns the scopes of a `scope` claim: whole strings, separated by spaces (RFC 6749 section 3.3). Frozen. */
export function scopesOf(scope: unknown): readonly string[] {
  if (typeof scope !== 'string') return none
  if (scope !== last.scope) last = { scope, scopes: freeze(scope.split(' ').filter(Boolean)) }
  return last.scopes
}

const none: readonly string[] = freeze([])

/** A cache of one entry: most tokens of an app have the same scopes. */
let last = { scope: '', scopes: none }

/** Returns the identity that was linked first; profiles may be linked to up to five. No claim says which one was signed in with this time. */
export function providerOf(identities: unknown): Provider | undefined {
  if (!isArray(identities)) return undefined
  // a string in a token, a boolean in the user info that a load balancer passes on
  const identity = identities.find(each => [true, 'true'].includes(each?.primary)) ?? identities[0]
  const { providerName: name, providerType: type, userId } = identity ?? {}
  const isComplete = typeof name === 'string' && typeof type === 'string' && typeof userId === 'string'
  return isComplete ? freeze({ name, type, userId }) : undefined
}
