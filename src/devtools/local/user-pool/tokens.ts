import { createHash, randomUUID } from 'node:crypto'
import { accessTokenClaims, idTokenClaims, machineTokenClaims } from '../../../testing/claims.js'
import { signToken } from '../../../testing/issuer.js'
import type { Local } from '../local.js'
import { assuranceClaims } from './assurance.js'
import { lifetimesOf } from './clients.js'
import type { Session } from './sessions.js'
import { overridden } from './token-overrides.js'
import { changesFor, machineChanges } from './token-triggers.js'
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
 *
 * @param source why, in the words of a pre token generation trigger: `Authentication`, `HostedAuth`, `RefreshTokens` or `NewPasswordChallenge`
 */
export async function issueTokens(
  local: Local,
  session: Session,
  source: string,
  metadata?: unknown,
): Promise<TokenSet> {
  // Over 40 lines: two lists of claims.
  const { user, clientId, resource, isManagedLogin } = session
  const { username, sub } = user
  const lifetimes = lifetimesOf(local, clientId)
  local.sessions.keep(session, Math.max(lifetimes.access, lifetimes.id))
  session.activeAt = Math.floor(local.clock.now() / 1000)
  const scopes = isManagedLogin ? session.scopes : [...session.scopes, ...user.scopes]
  const changes = await changesFor(local, session, scopes, `TokenGeneration_${source}`, metadata)
  const groups = changes.groups ?? user.groups
  const common = {
    username,
    sub,
    groups: [...groups],
    clientId,
    signedInAgo: session.activeAt - session.signedInAt,
  }
  const shared = {
    origin_jti: session.id,
    event_id: randomUUID(),
    ...assuranceClaims(local, session.methods),
  }
  const sign = (kind: 'access' | 'id', claims: Record<string, unknown>) =>
    signToken(local.keys.current[kind], {
      claims: changes[kind].reduce((all, each) => overridden(kind, all, each, clientId), claims),
    })
  const accessToken = sign(
    'access',
    accessTokenClaims(poolOf(local, lifetimes.access), {
      ...common,
      scopes: changes.scopes,
      ...(resource === undefined ? {} : { resource }),
      claims: isManagedLogin ? shared : { ...shared, version: undefined },
    }),
  )
  const hasIdToken = !isManagedLogin || scopes.includes('openid')
  const idToken = hasIdToken
    ? sign(
        'id',
        idTokenClaims(poolOf(local, lifetimes.id), {
          ...common,
          claims: {
            ...shared,
            email: undefined,
            email_verified: undefined,
            ...visibleAttributes(session),
            ...rolesOf(local.users.groups, user),
            ...changes.roles,
            identities: user.identities,
            nonce: session.nonce,
            at_hash: isManagedLogin ? leftHalfOfHash(accessToken) : undefined,
          },
        }),
      )
    : undefined
  return { accessToken, idToken, expiresIn: lifetimes.access }
}

/** Resolves to the access token of a client that acts for itself. */
export async function issueMachineToken(
  local: Local,
  clientId: string,
  scopes: readonly string[],
  metadata?: unknown,
): Promise<{ readonly accessToken: string; readonly expiresIn: number }> {
  const { access } = lifetimesOf(local, clientId)
  const changes = await machineChanges(local, clientId, scopes, metadata)
  const claims = machineTokenClaims(poolOf(local, access), { clientId, scopes: changes?.scopes ?? scopes })
  return {
    accessToken: signToken(local.keys.current.access, {
      claims: changes ? overridden('access', claims, changes.access, clientId) : claims,
    }),
    expiresIn: access,
  }
}

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

const poolOf = ({ config, issuer, clock }: Local, tokenLifetime: number) => ({
  userPoolId: config.userPoolId,
  clientId: '',
  issuer,
  tokenLifetime,
  clock,
})

/** OpenID Connect Core 1.0 section 3.1.3.6. */
const leftHalfOfHash = (token: string) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')
