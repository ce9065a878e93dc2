// Pools and clients: 15 behaviours.
import assert from 'node:assert/strict'
import {
  AddCustomAttributesCommand,
  CreateIdentityProviderCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  ListIdentityProvidersCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { checks } from '../excused.mjs'
import { ClientId, confidential, fails, rotating, send, UserPoolId } from './pool.mjs'

const { check, end } = checks({
  DeleteUserPool: ['DeleteUserPool', 'there is one pool, which ends with its process'],
  CreateIdentityProvider: ['CreateIdentityProvider', 'the file of the configuration says it'],
})

check('CreateUserPool', async () => {
  const { UserPool } = await send(new CreateUserPoolCommand({ PoolName: 'new' }))
  assert.match(UserPool.Id, /^us-east-1_/)
})
check('DescribeUserPool', async () => {
  const { UserPool } = await send(new DescribeUserPoolCommand({ UserPoolId }))
  assert.equal(UserPool.Id, UserPoolId)
  assert.match(UserPool.Arn, /^arn:aws:cognito-idp:us-east-1:\d{12}:userpool\/us-east-1_LOCALDEV0$/)
  assert.equal(UserPool.Policies.PasswordPolicy.MinimumLength, 8)
  assert.ok(UserPool.SchemaAttributes.some(({ Name }) => Name === 'custom:tenant'))
  await fails(
    new DescribeUserPoolCommand({ UserPoolId: 'us-east-1_Nowhere' }),
    'ResourceNotFoundException',
    /^User pool us-east-1_Nowhere does not exist\.$/,
  )
})
check('ListUserPools', async () => {
  const { UserPools } = await send(new ListUserPoolsCommand({ MaxResults: 10 }))
  assert.deepEqual(
    UserPools.map(({ Id }) => Id),
    [UserPoolId],
  )
})
check('UpdateUserPool', () => send(new UpdateUserPoolCommand({ UserPoolId, MfaConfiguration: 'OPTIONAL' })))
check('DeleteUserPool', async () => {
  // of one that is not needed any more
  const { UserPool } = await send(new CreateUserPoolCommand({ PoolName: 'short-lived' })).catch(() => ({}))
  await send(new DeleteUserPoolCommand({ UserPoolId: UserPool?.Id ?? 'us-east-1_Nowhere' }))
})
check('CreateUserPoolClient', async () => {
  const { UserPoolClient } = await send(
    new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'new', GenerateSecret: true }),
  )
  assert.ok(UserPoolClient.ClientId && UserPoolClient.ClientSecret)
})
check('DescribeUserPoolClient', async () => {
  const describe = id => new DescribeUserPoolClientCommand({ UserPoolId, ClientId: id })
  const { UserPoolClient } = await send(describe(ClientId))
  assert.deepEqual(
    [UserPoolClient.ClientId, UserPoolClient.UserPoolId, UserPoolClient.CallbackURLs],
    [ClientId, UserPoolId, ['http://localhost/callback']],
  )
  assert.equal((await send(describe(confidential.clientId))).UserPoolClient.ClientSecret, confidential.secret)
  await fails(describe('nowhere'), 'ResourceNotFoundException', /^User pool client nowhere does not exist\.$/)
})
check('ListUserPoolClients', async () => {
  const { UserPoolClients } = await send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 10 }))
  const ids = UserPoolClients.map(client => client.ClientId)
  for (const id of [confidential.clientId, ClientId, rotating]) assert.ok(ids.includes(id), id)
})
check('UpdateUserPoolClient', () =>
  send(new UpdateUserPoolClientCommand({ UserPoolId, ClientId, ClientName: 'renamed' })),
)
check('DeleteUserPoolClient', () =>
  send(new DeleteUserPoolClientCommand({ UserPoolId, ClientId: confidential.clientId })),
)
check('AddCustomAttributes', () =>
  send(
    new AddCustomAttributesCommand({
      UserPoolId,
      CustomAttributes: [{ Name: 'plan', AttributeDataType: 'String' }],
    }),
  ),
)
check('CreateUserPoolDomain', () => send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: 'local' })))
check('CreateResourceServer', () =>
  send(
    new CreateResourceServerCommand({
      UserPoolId,
      Identifier: 'invoices',
      Name: 'invoices',
      Scopes: [{ ScopeName: 'read', ScopeDescription: 'reads' }],
    }),
  ),
)
check('CreateIdentityProvider', () =>
  send(
    new CreateIdentityProviderCommand({
      UserPoolId,
      ProviderName: 'Corp',
      ProviderType: 'SAML',
      ProviderDetails: { MetadataURL: 'https://corp.example/saml' },
    }),
  ),
)
check('ListIdentityProviders', async () => {
  const { Providers } = await send(new ListIdentityProvidersCommand({ UserPoolId }))
  assert.deepEqual(
    Providers.map(({ ProviderName, ProviderType }) => [ProviderName, ProviderType]),
    [
      ['Google', 'Google'],
      ['CorpSaml', 'SAML'],
    ],
  )
})
end()
