import { createHmac } from 'node:crypto'
import { type Call, fault, members, type Operations, required } from './aws.js'
import type { Local } from './local.js'
import { accessOf } from './own-tokens.js'
import type { Session } from './sessions.js'
import { srpExchange } from './srp.js'
import { issueTokens } from './tokens.js'
import type { LocalClient } from './types.js'
import type { LocalUser } from './users.js'

/**
 * The calls of a user pool that apps and their tests make (Amazon Cognito user pools API reference), with the errors of AWS.
 * One file over 150 lines: each call is a few lines, and they share what they begin with.
 */
export const userPoolApi: Operations = {
  SignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    const user = signUp(local, username, required(input, 'Password'), attributesOf(input.UserAttributes))
    const [name = '', host = ''] = String(user.attributes.email).split('@')
    return {
      UserConfirmed: false,
      UserSub: user.sub,
      CodeDeliveryDetails: {
        AttributeName: 'email',
        DeliveryMedium: 'EMAIL',
        Destination: `${name.slice(0, 1)}***@${host.slice(0, 1)}***`,
      },
    }
  },

  ConfirmSignUp(local, { input }) {
    const client = clientOf(local, input)
    const username = required(input, 'Username')
    checkSecretHash(client, username, input.SecretHash)
    confirm(local.users.find(username), required(input, 'ConfirmationCode'))
    return {}
  },

  InitiateAuth: (local, { input }) => initiateAuth(local, input, 'USER_PASSWORD_AUTH'),

  AdminInitiateAuth(local, call) {
    checkAdmin(local, call)
    return initiateAuth(local, call.input, 'ADMIN_USER_PASSWORD_AUTH')
  },

  RespondToAuthChallenge(local, { input }) {
    const client = clientOf(local, input)
    if (input.ChallengeName !== 'PASSWORD_VERIFIER')
      throw fault('InvalidParameterException', 'Challenge not supported.')
    const responses = members(input.ChallengeResponses)
    checkSecretHash(client, required(responses, 'USERNAME'), responses.SECRET_HASH)
    const block = required(responses, 'PASSWORD_CLAIM_SECRET_BLOCK')
    const pending = local.challenges.get(block)
    local.challenges.delete(block)
    const timestamp = required(responses, 'TIMESTAMP')
    const signature = required(responses, 'PASSWORD_CLAIM_SIGNATURE')
    if (!pending?.exchange.proves(timestamp, signature)) throw wrongPassword()
    return signedIn(local, client, confirmed(pending.user))
  },

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

/** The user of a password; nobody is told which of the two was wrong. */
export function authenticate(local: Local, username: string | undefined, password: unknown): LocalUser {
  const user = local.users.find(username)
  if (user?.password === undefined || user.password !== password) throw wrongPassword()
  return confirmed(user)
}

/** A new user, who has to confirm. */
export function signUp(
  local: Local,
  username: string,
  password: string,
  attributes: Record<string, string>,
): LocalUser {
  if (password.length < 8)
    throw fault('InvalidPasswordException', 'Password did not conform with policy: Password not long enough')
  const user = local.users.signUp(username, password, attributes)
  if (!user) throw fault('UsernameExistsException', 'User already exists')
  return user
}

/** Confirms a user by the code that they were sent. */
export function confirm(user: LocalUser | undefined, code: string): LocalUser {
  if (!user) throw fault('UserNotFoundException', 'Username/client id combination not found.')
  if (user.confirmationCode === undefined)
    throw fault('NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED')
  if (user.confirmationCode !== code)
    throw fault('CodeMismatchException', 'Invalid verification code provided, please try again.')
  user.confirmationCode = undefined
  user.attributes.email_verified = 'true'
  return user
}

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

function initiateAuth(local: Local, input: Call['input'], passwordFlow: string): object {
  const client = clientOf(local, input)
  const parameters = members(input.AuthParameters)
  switch (input.AuthFlow) {
    case passwordFlow: {
      const username = required(parameters, 'USERNAME')
      checkSecretHash(client, username, parameters.SECRET_HASH)
      return signedIn(local, client, authenticate(local, username, required(parameters, 'PASSWORD')))
    }
    case 'USER_SRP_AUTH':
      return srpChallenge(local, client, parameters)
    case 'REFRESH_TOKEN':
    case 'REFRESH_TOKEN_AUTH': {
      const token = required(parameters, 'REFRESH_TOKEN')
      const { user } = sessionToRefresh(local, client, token)
      if (client.refreshTokenRotation)
        throw fault(
          'NotAuthorizedException',
          'Refresh token rotation is enabled: use GetTokensFromRefreshToken.',
        )
      checkSecretHash(client, [user.username, user.sub], parameters.SECRET_HASH)
      return refreshed(local, client, token)
    }
    default:
      throw fault('InvalidParameterException', 'Initiate Auth method not supported.')
  }
}

function srpChallenge(local: Local, client: LocalClient, parameters: Call['input']): object {
  const name = required(parameters, 'USERNAME')
  checkSecretHash(client, name, parameters.SECRET_HASH)
  const user = local.users.find(name)
  if (user?.password === undefined) throw wrongPassword()
  const { username, password } = user
  const poolName = local.config.userPoolId.replace(/^.*_/, '')
  const exchange = srpExchange({ poolName, username, password }, required(parameters, 'SRP_A'))
  if (!exchange) throw fault('InvalidParameterException', 'SRP_A is not valid.')
  local.challenges.set(exchange.parameters.SECRET_BLOCK, { exchange, user })
  return {
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeParameters: { ...exchange.parameters, USER_ID_FOR_SRP: username, USERNAME: username },
  }
}

function signedIn(local: Local, client: LocalClient, user: LocalUser): object {
  const session = local.sessions.open({
    user,
    clientId: client.clientId,
    scopes: ['aws.cognito.signin.user.admin'],
    isManagedLogin: false,
  })
  const RefreshToken = local.sessions.refreshToken(session, local.lifetimes.refresh)
  return result(local, session, { RefreshToken })
}

function refreshed(local: Local, client: LocalClient, token: string): object {
  const session = sessionToRefresh(local, client, token)
  if (!client.refreshTokenRotation) return result(local, session, {})
  local.sessions.spend(token)
  const RefreshToken = local.sessions.refreshToken(session, local.lifetimes.refresh)
  return result(local, session, { RefreshToken })
}

function result(local: Local, session: Session, more: { readonly RefreshToken?: string }): object {
  const { accessToken, idToken, expiresIn } = issueTokens(local, session)
  const tokens = { AccessToken: accessToken, ExpiresIn: expiresIn, IdToken: idToken, TokenType: 'Bearer' }
  return { AuthenticationResult: { ...tokens, ...more }, ChallengeParameters: {} }
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
  if (!local.users.groups().includes(group)) throw fault('ResourceNotFoundException', 'Group not found.')
  return { user, group }
}

/** Whom an administrator names. */
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

function clientOf({ config }: Local, input: Call['input']): LocalClient {
  const id = required(input, 'ClientId')
  const client = config.clients.find(({ clientId }) => clientId === id)
  if (!client) throw fault('ResourceNotFoundException', `User pool client ${id} does not exist.`)
  return client
}

/** Computing secret hash values, Amazon Cognito Developer Guide. */
function checkSecretHash(
  { clientId, secret }: LocalClient,
  username: string | readonly string[],
  hash: unknown,
): void {
  if (secret === undefined) return
  if (typeof hash !== 'string')
    throw fault(
      'NotAuthorizedException',
      `Client ${clientId} is configured with secret but SECRET_HASH was not received`,
    )
  const isRight = [username].flat().some(
    name =>
      createHmac('sha256', secret)
        .update(name + clientId)
        .digest('base64') === hash,
  )
  if (!isRight) throw fault('NotAuthorizedException', `SecretHash does not match for the client: ${clientId}`)
}

function confirmed(user: LocalUser): LocalUser {
  if (user.confirmationCode !== undefined) throw fault('UserNotConfirmedException', 'User is not confirmed.')
  return user
}

function attributesOf(list: unknown): Record<string, string> {
  const entries = (Array.isArray(list) ? list : []).map(members)
  return Object.fromEntries(entries.map(({ Name, Value }) => [String(Name), String(Value)]))
}

const wrongPassword = () => fault('NotAuthorizedException', 'Incorrect username or password.')

const tokenFaults: Readonly<Record<string, string>> = {
  ERR_TOKEN_EXPIRED: 'Access Token has expired',
  ERR_TOKEN_REVOKED: 'Access Token has been revoked',
}
