import { type Call, fault, members, type Operations, required } from '../aws.js'
import type { Local } from '../local.js'
import { confirm, signUp } from './accounts.js'
import { isAttribute } from './attributes.js'
import { initiateAuth, refreshed, respondToAuthChallenge } from './auth-flows.js'
import { checkSecretHash, clientOf } from './clients.js'
import { accessOf } from './own-tokens.js'
import { revoke } from './refresh.js'
import type { Session } from './sessions.js'
import type { LocalUser } from './users.js'

/**
 * The calls of a user pool that apps and their tests make (Amazon Cognito user pools API reference), with the errors of AWS.
 */
export const userPoolApi: Operations = {
  SignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    const user = signUp(local, username, required(input, 'Password'), attributesOf(input.UserAttributes))
    const { email } = user.attributes
    const [name = '', host = ''] = email?.split('@') ?? []
    return {
      UserConfirmed: false,
      UserSub: user.sub,
      ...(email && {
        CodeDeliveryDetails: {
          AttributeName: 'email',
          DeliveryMedium: 'EMAIL',
          Destination: `${name.slice(0, 1)}***@${host.slice(0, 1)}***`,
        },
      }),
    }
  },

  ConfirmSignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    confirm(local, local.users.find(username), required(input, 'ConfirmationCode'))
    return {}
  },

  InitiateAuth: (local, { input }) => initiateAuth(local, input, 'USER_PASSWORD_AUTH'),

  AdminInitiateAuth(local, call) {
    checkAdmin(local, call)
    return initiateAuth(local, call.input, 'ADMIN_USER_PASSWORD_AUTH')
  },

  RespondToAuthChallenge: (local, { input }) => respondToAuthChallenge(local, input),

  GetTokensFromRefreshToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.secret !== undefined && client.secret !== input.ClientSecret)
      throw fault('NotAuthorizedException', `Client secret does not match for the client: ${client.clientId}`)
    return refreshed(local, client, required(input, 'RefreshToken'))
  },

  async GetUser(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    const attributes = { sub: user.sub, ...user.attributes }
    return {
      Username: user.username,
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    }
  },

  async GlobalSignOut(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    local.sessions.signOutEverywhere(user)
    return {}
  },

  RevokeToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.secret !== undefined && client.secret !== input.ClientSecret)
      throw fault('UnauthorizedException', 'Client secret does not match.')
    if (!revoke(local, client, required(input, 'Token')))
      throw fault('UnsupportedTokenTypeException', 'Unsupported token type')
    return {}
  },

  AdminAddUserToGroup(local, call) {
    const { user, group } = membership(local, call)
    user.groups = [...new Set([...user.groups, group])]
    return {}
  },

  AdminRemoveUserFromGroup(local, call) {
    const { user, group } = membership(local, call)
    user.groups = user.groups.filter(name => name !== group)
    return {}
  },

  AdminUserGlobalSignOut(local, call) {
    checkAdmin(local, call)
    local.sessions.signOutEverywhere(userOf(local, call.input))
    return {}
  },
}

/** The session of an access token that may be used for the user's own account. */
async function sessionOfToken(local: Local, token: string): Promise<Session> {
  const access = await accessOf(local, token)
  if (typeof access === 'string')
    throw fault('NotAuthorizedException', tokenFaults[access] ?? 'Invalid Access Token')
  if (!access.scopes.includes('aws.cognito.signin.user.admin'))
    throw fault('NotAuthorizedException', 'Access Token does not have required scopes')
  return access.session
}

function membership(local: Local, call: Call) {
  checkAdmin(local, call)
  const user = userOf(local, call.input)
  const group = required(call.input, 'GroupName')
  if (!local.users.groups.has(group)) throw fault('ResourceNotFoundException', 'Group not found.')
  return { user, group }
}

/** The user that an administrator names. */
function userOf(local: Local, input: Call['input']): LocalUser {
  const user = local.users.find(required(input, 'Username'))
  if (!user) throw fault('UserNotFoundException', 'User does not exist.')
  return user
}

/** The calls of administrators are signed with the credentials of an account. */
function checkAdmin(local: Local, { input, isSigned }: Call): void {
  if (!isSigned) throw fault('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const id = required(input, 'UserPoolId')
  if (id !== local.config.userPoolId)
    throw fault('ResourceNotFoundException', `User pool ${id} does not exist.`)
}

/** The attributes of a new user. They cannot mark an address as verified themselves. */
function attributesOf(list: unknown): Record<string, string> {
  const entries = (Array.isArray(list) ? list : []).map(members)
  const unknown = entries.find(({ Name }) => !isAttribute(String(Name)) || String(Name).endsWith('_verified'))
  if (unknown)
    throw fault(
      'InvalidParameterException',
      `Attributes did not conform to the schema: ${String(unknown.Name)}`,
    )
  return Object.fromEntries(entries.map(({ Name, Value }) => [String(Name), String(Value)]))
}

const tokenFaults: Readonly<Record<string, string>> = {
  ERR_TOKEN_EXPIRED: 'Access Token has expired',
  ERR_TOKEN_REVOKED: 'Access Token has been revoked',
}
