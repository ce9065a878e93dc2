import { type Call, fault, required } from '../aws.js'
import type { Local } from '../local.js'
import { noUser } from './accounts.js'
import { accessOf } from './own-tokens.js'
import type { Session } from './sessions.js'
import type { LocalUser } from './users.js'

/** The calls of administrators are signed with the credentials of an account. */
export function checkSigned({ isSigned }: Call): void {
  if (!isSigned) throw fault('MissingAuthenticationTokenException', 'Missing Authentication Token')
}

/** They name the pool. */
export function checkAdmin(local: Local, call: Call): void {
  checkSigned(call)
  const id = required(call.input, 'UserPoolId')
  if (id !== local.config.userPoolId)
    throw fault('ResourceNotFoundException', `User pool ${id} does not exist.`)
}

/** The user that an administrator names. */
export function userOf(local: Local, call: Call): LocalUser {
  checkAdmin(local, call)
  const user = local.users.find(required(call.input, 'Username'))
  if (!user) throw noUser()
  return user
}

/** The session of an access token that may be used for the user's own account. */
export async function sessionOfToken(local: Local, token: string): Promise<Session> {
  const access = await accessOf(local, token)
  if (typeof access === 'string')
    throw fault('NotAuthorizedException', tokenFaults[access] ?? 'Invalid Access Token')
  if (!access.scopes.includes('aws.cognito.signin.user.admin'))
    throw fault('NotAuthorizedException', 'Access Token does not have required scopes')
  return access.session
}

/** Whose access token a call has. */
export const ownUser = async (local: Local, { input }: Call): Promise<LocalUser> =>
  (await sessionOfToken(local, required(input, 'AccessToken'))).user

const tokenFaults: Readonly<Record<string, string>> = {
  ERR_TOKEN_EXPIRED: 'Access Token has expired',
  ERR_TOKEN_REVOKED: 'Access Token has been revoked',
}
