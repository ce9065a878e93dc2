import { fault, type Operations, required } from '../aws.js'
import { administration } from './administration.js'
import { appClients } from './app-clients.js'
import { authOperations, refreshed } from './auth-flows.js'
import { clientOf } from './clients.js'
import { deviceOperations } from './devices.js'
import { domainAndProviders } from './domain-and-providers.js'
import { factorOperations } from './factors.js'
import { groups } from './groups.js'
import { ownAccount } from './own-account.js'
import { passkeyOperations } from './passkeys.js'
import { pools } from './pools.js'
import { revoke } from './refresh.js'
import { resourceServers } from './resource-servers.js'
import { sessionOperations } from './session-list.js'
import { validated } from './validation.js'

const signIn: Operations = {
  ...authOperations,

  GetTokensFromRefreshToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.secret !== undefined && client.secret !== input.ClientSecret)
      throw fault('NotAuthorizedException', `Client secret does not match for the client: ${client.clientId}`)
    return refreshed(local, client, required(input, 'RefreshToken'), input.ClientMetadata)
  },

  RevokeToken(local, { input }) {
    const client = clientOf(local, input)
    if (client.secret !== undefined && client.secret !== input.ClientSecret)
      throw fault('UnauthorizedException', 'Client secret does not match.')
    if (!revoke(local, client, required(input, 'Token')))
      throw fault('UnsupportedTokenTypeException', 'Unsupported token type')
    return {}
  },
}

/**
 * The calls of a user pool that apps, administrators and their tests make (Amazon Cognito user pools API reference), with the errors of AWS.
 */
export const userPoolApi: Operations = validated({
  ...signIn,
  ...ownAccount,
  ...administration,
  ...groups,
  ...pools,
  ...appClients,
  ...resourceServers,
  ...domainAndProviders,
  ...factorOperations,
  ...passkeyOperations,
  ...sessionOperations,
  ...deviceOperations,
})
