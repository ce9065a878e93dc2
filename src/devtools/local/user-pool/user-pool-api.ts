import { type Call, fault, members, type Operations, required } from '../aws.js'
import type { Local } from '../local.js'
import { confirm, signUp } from './accounts.js'
import { checkAdmin, userOf } from './administrators.js'
import { isAttribute } from './attributes.js'
import { authOperations, refreshed, sessionOfConfirmed } from './auth-flows.js'
import { checkSecretHash, clientOf } from './clients.js'
import { deviceOperations } from './devices.js'
import { factorOperations, mfaOf } from './factors.js'
import { sessionOfToken } from './own-tokens.js'
import { passkeyOperations } from './passkeys.js'
import { revoke } from './refresh.js'
import { sessionOperations } from './session-list.js'
import { applyVerdict, postConfirmation, preSignUp } from './triggers.js'

/**
 * The calls of a user pool that apps and their tests make (Amazon Cognito user pools API reference), with the errors of AWS.
 */
export const userPoolApi: Operations = {
  ...authOperations,
  ...factorOperations,
  ...passkeyOperations,
  ...sessionOperations,
  ...deviceOperations,

  async SignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    const attributes = attributesOf(input.UserAttributes)
    const verdict = await preSignUp(local, client, username, attributes, input)
    const password = input.Password === undefined ? undefined : required(input, 'Password')
    const user = signUp(local, username, password, attributes)
    const isConfirmed = applyVerdict(user, verdict)
    if (isConfirmed) await postConfirmation(local, client, user, input.ClientMetadata)
    const { email } = user.attributes
    const [name = '', host = ''] = email?.split('@') ?? []
    return {
      UserConfirmed: isConfirmed,
      UserSub: user.sub,
      ...(email &&
        !isConfirmed && {
          CodeDeliveryDetails: {
            AttributeName: 'email',
            DeliveryMedium: 'EMAIL',
            Destination: `${name.slice(0, 1)}***@${host.slice(0, 1)}***`,
          },
        }),
    }
  },

  async ConfirmSignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    const user = confirm(local, local.users.find(username), required(input, 'ConfirmationCode'))
    await postConfirmation(local, client, user, input.ClientMetadata)
    return { Session: sessionOfConfirmed(local, client, user) }
  },

  GetTokensFromRefreshToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.secret !== undefined && client.secret !== input.ClientSecret)
      throw fault('NotAuthorizedException', `Client secret does not match for the client: ${client.clientId}`)
    return refreshed(local, client, required(input, 'RefreshToken'), input.ClientMetadata)
  },

  async GetUser(local, { input }) {
    const { user } = await sessionOfToken(local, required(input, 'AccessToken'))
    const attributes = { sub: user.sub, ...user.attributes }
    return {
      Username: user.username,
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
      ...mfaOf(local, user),
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

function membership(local: Local, call: Call) {
  checkAdmin(local, call)
  const user = userOf(local, call.input)
  const group = required(call.input, 'GroupName')
  if (!local.users.groups.has(group)) throw fault('ResourceNotFoundException', 'Group not found.')
  return { user, group }
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
