import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
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
  if (session?.clientId !== client.clientId) throw fault('NotAuthorizedException', 'Invalid Refresh Token')
  if (session.isRevoked) throw fault('NotAuthorizedException', 'Refresh Token has been revoked')
  return session
}
