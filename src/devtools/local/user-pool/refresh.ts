import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { lifetimesOf } from './clients.js'
import type { Session } from './sessions.js'

/** Ends the session of a client's refresh token. Returns `false` for what is no refresh token; an unknown one is revoked already. */
export function revoke(local: Local, client: LocalClient, token: string): boolean {
  if (token.split('.').length !== 5) return false
  const session = local.sessions.ofRefreshToken(token)
  if (session?.clientId === client.clientId) session.isRevoked = true
  return true
}

/** The session of a refresh token of this client. */
export function sessionToRefresh(local: Local, client: LocalClient, token: string): Session {
  const session = local.sessions.ofRefreshToken(token)
  if (!session) throw refusal(local, token)
  if (session.clientId !== client.clientId) throw fault('NotAuthorizedException', 'Invalid Refresh Token')
  if (session.isRevoked) throw fault('NotAuthorizedException', 'Refresh Token has been revoked')
  if (!session.user.enabled) throw fault('NotAuthorizedException', 'User is disabled.')
  return session
}

/** The refresh token that replaces one where rotation is on. */
export function refreshTokenFor(
  local: Local,
  client: LocalClient,
  session: Session,
  token: string,
): string | undefined {
  if (!client.refreshTokenRotation) return undefined
  local.sessions.spend(token, client.refreshTokenGracePeriod ?? 0)
  return local.sessions.refreshToken(session, lifetimesOf(local, client.clientId).refresh)
}

function refusal({ sessions }: Local, token: string): Error {
  const fate = sessions.endOf(token)
  if (fate === 'spent')
    return fault(
      'RefreshTokenReuseException',
      'Refresh token has been invalidated by refresh token rotation.',
    )
  return fault('NotAuthorizedException', fate ? 'Refresh Token has expired' : 'Invalid Refresh Token')
}
