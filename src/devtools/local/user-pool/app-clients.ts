// Over 150 lines: the calls about clients, and their two shapes.
import { randomBytes } from 'node:crypto'
import { type Call, fault, invalid, members, type Operations, required, textOf, textsOf } from '../aws.js'
import { allScopes } from '../config.js'
import { authFlows, callbacks } from '../config-checks.js'
import type { Local } from '../local.js'
import type { Lifetimes, LocalClient } from '../types.js'
import { checkAdmin } from './administrators.js'
import { clientOf } from './clients.js'
import { pageOf } from './paging.js'

/** The calls of administrators about app clients (Amazon Cognito user pools API reference). */
export const appClients: Operations = {
  CreateUserPoolClient(local, call) {
    checkAdmin(local, call)
    required(call.input, 'ClientName')
    const client = clientFrom(local, call.input, {
      clientId: alphanumeric(26),
      ...(call.input.GenerateSecret === true && { secret: alphanumeric(51) }),
    })
    local.clients.push(client)
    return { UserPoolClient: clientType(local, client) }
  },

  DescribeUserPoolClient(local, call) {
    checkAdmin(local, call)
    return { UserPoolClient: clientType(local, clientOf(local, call.input)) }
  },

  ListUserPoolClients(local, call) {
    checkAdmin(local, call)
    const { items, next } = pageOf(local.clients, call.input, 'MaxResults', 'NextToken')
    const UserPoolClients = items.map(client => {
      const { ClientId, ClientName, UserPoolId } = clientType(local, client)
      return { ClientId, ClientName, UserPoolId }
    })
    return { UserPoolClients, ...next }
  },

  UpdateUserPoolClient(local, call) {
    checkAdmin(local, call)
    const { clientId, secret, name, described } = clientOf(local, call.input)
    const client = clientFrom(
      local,
      { ClientName: name, ...call.input },
      { clientId, ...(secret !== undefined && { secret }) },
      described?.CreationDate,
    )
    local.clients.splice(indexOf(local, clientId), 1, client)
    return { UserPoolClient: clientType(local, client) }
  },

  DeleteUserPoolClient(local, call) {
    checkAdmin(local, call)
    local.clients.splice(indexOf(local, clientOf(local, call.input).clientId), 1)
    return {}
  },
}

const indexOf = ({ clients }: Local, id: string) => clients.findIndex(({ clientId }) => clientId === id)

/** What is not given has its default, in an update too. */
function clientFrom(
  local: Local,
  input: Call['input'],
  identity: Pick<LocalClient, 'clientId' | 'secret'>,
  createdAt: unknown = Math.floor(local.clock.now() / 1000),
): LocalClient {
  const { GenerateSecret: _, ...described } = input
  const { ClientName, CallbackURLs, LogoutURLs, ExplicitAuthFlows = defaultFlows, AllowedOAuthScopes } = input
  for (const [name, urls] of Object.entries({ CallbackURLs, LogoutURLs }))
    if (urls && callbacks(urls)) throw fault('InvalidParameterException', `${name} ${callbacks(urls)}`)
  const explicitAuthFlows = textsOf(ExplicitAuthFlows).map(flow => legacyFlows[flow] ?? flow)
  if (!explicitAuthFlows.every(flow => authFlows.includes(flow)))
    throw invalid('ExplicitAuthFlows', `satisfy enum value set: [${authFlows.join(', ')}]`)
  const known = allScopes(local.config)
  if (textsOf(AllowedOAuthScopes).some(scope => !known.includes(scope)))
    throw fault('ScopeDoesNotExistException', 'A scope of AllowedOAuthScopes does not exist.')
  const { Feature, RetryGracePeriodSeconds = 0 } = members(input.RefreshTokenRotation)
  return {
    ...identity,
    name: textOf(ClientName, identity.clientId),
    ...(CallbackURLs ? { callbackUrls: textsOf(CallbackURLs) } : {}),
    ...(LogoutURLs ? { logoutUrls: textsOf(LogoutURLs) } : {}),
    explicitAuthFlows,
    ...(AllowedOAuthScopes ? { scopes: textsOf(AllowedOAuthScopes) } : {}),
    lifetimes: lifetimesFrom(input),
    refreshTokenRotation: Feature === 'ENABLED',
    refreshTokenGracePeriod: Number(RetryGracePeriodSeconds),
    preventUserExistenceErrors: input.PreventUserExistenceErrors === 'ENABLED',
    described: { ...described, ClientId: identity.clientId, CreationDate: createdAt },
  }
}

function lifetimesFrom(input: Call['input']): Partial<Lifetimes> {
  const units = members(input.TokenValidityUnits)
  const seconds = validities.flatMap(({ kind, token, unit, least, most }) => {
    const value = Number(input[`${token}Validity`] ?? 0)
    if (value === 0) return []
    const length = value * (unitSeconds[textOf(units[token], unit)] ?? Number.NaN)
    if (!(length >= least && length <= most))
      throw fault('InvalidParameterException', 'Invalid range for token validity.')
    return [[kind, length]]
  })
  return Object.fromEntries(seconds)
}

/** `UserPoolClientType`: a client of the API as it was given. */
function clientType({ config, startedAt, lifetimes }: Local, client: LocalClient) {
  const { clientId, name = clientId, secret, callbackUrls, logoutUrls, described } = client
  const { access, id, refresh } = { ...lifetimes, ...client.lifetimes }
  return {
    UserPoolId: config.userPoolId,
    ClientId: clientId,
    ClientName: name,
    ClientSecret: secret,
    CreationDate: startedAt,
    LastModifiedDate: startedAt,
    CallbackURLs: callbackUrls,
    LogoutURLs: logoutUrls,
    ExplicitAuthFlows: client.explicitAuthFlows ?? authFlows,
    SupportedIdentityProviders: ['COGNITO', ...config.identityProviders.map(provider => provider.name)],
    AllowedOAuthFlows: secret === undefined ? ['code'] : ['client_credentials'],
    AllowedOAuthScopes: client.scopes ?? allScopes(config),
    AllowedOAuthFlowsUserPoolClient: true,
    PreventUserExistenceErrors: client.preventUserExistenceErrors === false ? 'LEGACY' : 'ENABLED',
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AuthSessionValidity: (client.authSessionValidity ?? 180) / 60,
    ...(client.refreshTokenRotation && {
      RefreshTokenRotation: {
        Feature: 'ENABLED',
        RetryGracePeriodSeconds: client.refreshTokenGracePeriod ?? 0,
      },
    }),
    ...(!described && {
      AccessTokenValidity: access,
      IdTokenValidity: id,
      RefreshTokenValidity: refresh,
      TokenValidityUnits: { AccessToken: 'seconds', IdToken: 'seconds', RefreshToken: 'seconds' },
    }),
    ...described,
  }
}

const alphanumeric = (length: number) =>
  Array.from(randomBytes(length), byte => (byte % 36).toString(36)).join('')

/** On for a client that is created without `ExplicitAuthFlows`. */
const defaultFlows = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH']

/** Names that old clients have for flows. */
const legacyFlows: Readonly<Record<string, string>> = {
  ADMIN_NO_SRP_AUTH: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  CUSTOM_AUTH_FLOW_ONLY: 'ALLOW_CUSTOM_AUTH',
  USER_PASSWORD_AUTH: 'ALLOW_USER_PASSWORD_AUTH',
}

const unitSeconds: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

const validities = [
  { kind: 'access', token: 'AccessToken', unit: 'hours', least: 300, most: 86_400 },
  { kind: 'id', token: 'IdToken', unit: 'hours', least: 300, most: 86_400 },
  { kind: 'refresh', token: 'RefreshToken', unit: 'days', least: 3600, most: 315_360_000 },
] as const
