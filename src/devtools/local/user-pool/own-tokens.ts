import { type AuthErrorCode, isAuthError } from '../../../errors.js'
import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { Session } from './sessions.js'

/** What an access token of this pool gives access to. */
interface OwnAccess {
  readonly session: Session
  readonly scopes: readonly string[]
}

/** Resolves to the session of a user's access token and its scopes, or to why there is none. */
export async function accessOf(local: Local, token: string): Promise<OwnAccess | AuthErrorCode> {
  try {
    const { claims, principal } = await local.verifier.verify(token)
    const session = local.sessions.find(claims.origin_jti)
    return session && principal.tokenUse === 'access'
      ? { session, scopes: principal.scopes }
      : 'ERR_TOKEN_USE'
  } catch (error) {
    if (isAuthError(error)) return error.code
    throw error
  }
}

/** Resolves to the session of an access token that may be used for the user's own account. */
export async function sessionOfToken(local: Local, token: string): Promise<Session> {
  const access = await accessOf(local, token)
  if (typeof access === 'string')
    throw fault('NotAuthorizedException', tokenFaults[access] ?? 'Invalid Access Token')
  if (!access.scopes.includes('aws.cognito.signin.user.admin'))
    throw fault('NotAuthorizedException', 'Access Token does not have required scopes')
  return access.session
}

const tokenFaults: Readonly<Record<string, string>> = {
  ERR_TOKEN_EXPIRED: 'Access Token has expired',
  ERR_TOKEN_REVOKED: 'Access Token has been revoked',
}
