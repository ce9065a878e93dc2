import type { JwtClaims, Principal, Provider } from '../types.js'
import { kindBy } from './kind.js'

/**
 * Who a user pool's token speaks for, from claims whose types are already checked.
 * A token that names no user and whose subject is its client speaks for a machine
 * (Amazon Cognito Developer Guide, "Understanding the access token").
 * One that is none of Cognito's, of an issuer that does not say whom its tokens stand for, is a person's only where it shows one.
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
  return Object.freeze(principal)
}

function kindOf(claims: JwtClaims): Principal['kind'] {
  const { token_use: use, username, sub, client_id } = claims
  if (use === 'access') return username === undefined && sub === client_id ? 'machine' : 'user'
  return use === 'id' ? 'user' : kindBy(undefined, claims)
}

/** The scopes of a `scope` claim: whole strings, parted by spaces (RFC 6749 section 3.3). Frozen. */
export function scopesOf(scope: unknown): readonly string[] {
  if (typeof scope !== 'string') return none
  if (scope !== last.scope) last = { scope, scopes: Object.freeze(scope.split(' ').filter(Boolean)) }
  return last.scopes
}

const none: readonly string[] = Object.freeze([])

/** Most tokens of an app have the same scopes. */
let last = { scope: '', scopes: none }

/** The identity that was linked first; profiles may be linked to up to five. Which one was signed in with this time, no claim says. */
export function providerOf(identities: unknown): Provider | undefined {
  if (!Array.isArray(identities)) return undefined
  // A text in a token, a boolean in what a load balancer knows from the user info.
  const identity = identities.find(each => [true, 'true'].includes(each?.primary)) ?? identities[0]
  const { providerName: name, providerType: type, userId } = identity ?? {}
  const isComplete = typeof name === 'string' && typeof type === 'string' && typeof userId === 'string'
  return isComplete ? Object.freeze({ name, type, userId }) : undefined
}
