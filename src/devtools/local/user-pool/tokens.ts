import { createHash, randomUUID } from 'node:crypto'
import { accessTokenClaims, idTokenClaims, machineTokenClaims } from '../../../testing/claims.js'
import { signToken } from '../../../testing/issuer.js'
import type { Local } from '../local.js'
import type { Session } from './sessions.js'
import { rolesOf } from './users.js'

/** The tokens of a sign-in. */
export interface TokenSet {
  readonly accessToken: string
  /** Not without the scope `openid`. */
  readonly idToken: string | undefined
  readonly expiresIn: number
}

/**
 * New tokens of a session, in the shapes of Cognito.
 * Sources: "Understanding the access token" and "Understanding the identity (ID) token", Amazon Cognito Developer Guide.
 */
export function issueTokens(local: Local, session: Session): TokenSet {
  const { user, clientId, resource, isManagedLogin } = session
  const { username, sub, groups } = user
  local.sessions.keep(session, Math.max(local.lifetimes.access, local.lifetimes.id))
  const scopes = isManagedLogin ? session.scopes : [...session.scopes, ...user.scopes]
  const signedInAgo = Math.floor(local.clock.now() / 1000) - session.signedInAt
  const common = { username, sub, groups, clientId, signedInAgo }
  const shared = { origin_jti: session.id, event_id: randomUUID() }
  const accessToken = signToken(local.keys.current.access, {
    claims: accessTokenClaims(poolOf(local, 'access'), {
      ...common,
      scopes,
      ...(resource === undefined ? {} : { resource }),
      claims: isManagedLogin ? shared : { ...shared, version: undefined },
    }),
  })
  const hasIdToken = !isManagedLogin || scopes.includes('openid')
  const idToken = hasIdToken
    ? signToken(local.keys.current.id, {
        claims: idTokenClaims(poolOf(local, 'id'), {
          ...common,
          claims: {
            ...shared,
            email: undefined,
            email_verified: undefined,
            ...visibleAttributes(session),
            ...rolesOf(local.users.groups, user),
            identities: user.identities,
            nonce: session.nonce,
            at_hash: isManagedLogin ? leftHalfOfHash(accessToken) : undefined,
          },
        }),
      })
    : undefined
  return { accessToken, idToken, expiresIn: local.lifetimes.access }
}

/** The access token of a client that acts for itself. */
export const issueMachineToken = (local: Local, clientId: string, scopes: readonly string[]): string =>
  signToken(local.keys.current.access, {
    claims: machineTokenClaims(poolOf(local, 'access'), { clientId, scopes }),
  })

/** The attributes of a user as an ID token has them: the two that say "verified" are booleans there. */
function visibleAttributes({ user, scopes, isManagedLogin }: Session): Record<string, string | boolean> {
  const kept = Object.entries(user.attributes).filter(([name]) => !isManagedLogin || isVisible(name, scopes))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name.endsWith('_verified') ? value === 'true' : value]),
  )
}

/** `openid` alone shows all attributes, beside others only theirs (User pool scopes, Amazon Cognito Developer Guide). */
export function isVisible(attribute: string, scopes: readonly string[]): boolean {
  const asked = scopes.filter(scope => ['email', 'phone', 'profile'].includes(scope))
  if (asked.length === 0) return true
  if (attribute.startsWith('email')) return asked.includes('email')
  if (attribute.startsWith('phone_number')) return asked.includes('phone')
  return asked.includes('profile')
}

const poolOf = ({ config, issuer, clock, lifetimes }: Local, kind: 'access' | 'id') => ({
  userPoolId: config.userPoolId,
  clientId: '',
  issuer,
  tokenLifetime: lifetimes[kind],
  clock,
})

/** OpenID Connect Core 1.0 section 3.1.3.6. */
const leftHalfOfHash = (token: string) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')
