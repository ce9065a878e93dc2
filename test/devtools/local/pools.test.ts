import { connect } from 'node:net'
import {
  AddCustomAttributesCommand,
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  CreateManagedLoginBrandingCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  CreateUserPoolDomainCommand,
  DeleteResourceServerCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  DeleteUserPoolDomainCommand,
  DescribeIdentityProviderCommand,
  DescribeResourceServerCommand,
  DescribeRiskConfigurationCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  GetCSVHeaderCommand,
  GetSigningCertificateCommand,
  GetUserPoolMfaConfigCommand,
  ListIdentityProvidersCommand,
  ListResourceServersCommand,
  ListTagsForResourceCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  SignUpCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateResourceServerCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
  UpdateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import t from 'tap'
import { attributes, outcome, secretHash, startWithSdk } from './sdk.js'

t.test('the pool', async t => {
  const { sdk, local, UserPoolId } = await startWithSdk(t, {
    aliasAttributes: ['email', 'preferred_username'],
    attributes: [{ name: 'custom:seats', type: 'Number' }],
  })
  const described: string[] = []
  local.say = sentence => described.push(sentence)
  const describe = async () => (await sdk.send(new DescribeUserPoolCommand({ UserPoolId }))).UserPool

  t.test('is described and listed', async t => {
    const pool = await describe()
    t.match(pool, {
      Id: UserPoolId,
      Name: 'local',
      Arn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_LOCALDEV0',
      EstimatedNumberOfUsers: 2,
      MfaConfiguration: 'OPTIONAL',
      AliasAttributes: ['email', 'preferred_username'],
      UsernameConfiguration: { CaseSensitive: false },
      Policies: {
        PasswordPolicy: { MinimumLength: 8, RequireSymbols: true, TemporaryPasswordValidityDays: 7 },
      },
    })
    t.notOk(pool?.UsernameAttributes)
    const schema = Object.fromEntries(pool?.SchemaAttributes?.map(one => [one.Name, one]) ?? [])
    t.match(schema.sub, { Required: true, Mutable: false, AttributeDataType: 'String' })
    t.match(schema.email, { Required: false, Mutable: true })
    t.match(schema['custom:seats'], { AttributeDataType: 'Number' })
    t.match(schema['custom:tenant'], { AttributeDataType: 'String' }, 'of a user in the file')
    t.match(await sdk.send(new ListUserPoolsCommand({ MaxResults: 10 })), {
      UserPools: [{ Id: UserPoolId, Name: 'local' }],
    })
    t.match(await sdk.send(new GetUserPoolMfaConfigCommand({ UserPoolId })), { MfaConfiguration: 'OPTIONAL' })
  })

  t.test('becomes the one that is created', async t => {
    const create = (more: Partial<CreateUserPoolCommandInput> = {}) =>
      sdk.send(new CreateUserPoolCommand({ PoolName: 'mine', ...more }))
    const { UserPool } = await create({
      Policies: { PasswordPolicy: { MinimumLength: 10, RequireSymbols: false } },
      Schema: [
        { Name: 'name', Required: true },
        {
          Name: 'plan',
          AttributeDataType: 'String',
          Mutable: false,
          StringAttributeConstraints: { MaxLength: '9' },
        },
        { Name: 'age', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: '0' } },
      ],
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: true },
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:000000000000:function:x' },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' },
      UserPoolTags: { team: 'a' },
    })
    t.match(UserPool, {
      Id: UserPoolId,
      Name: 'mine',
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: true },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' },
      UserPoolTags: { team: 'a' },
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      Policies: { PasswordPolicy: { MinimumLength: 10, RequireSymbols: false, RequireNumbers: true } },
    })
    t.same(described, [
      'LambdaConfig of a user pool is kept and answered, and not played by the local Cognito.',
    ])
    const schema = Object.fromEntries(UserPool?.SchemaAttributes?.map(one => [one.Name, one]) ?? [])
    t.match(schema['custom:plan'], { Mutable: false, StringAttributeConstraints: { MaxLength: '9' } })
    t.match(schema['custom:age'], {
      AttributeDataType: 'Number',
      NumberAttributeConstraints: { MinValue: '0' },
    })
    t.match(schema['custom:seats'], {}, 'those of the file stay')
    const signUp = (Username: string, Password: string, values: Record<string, string> = {}) =>
      outcome(
        sdk.send(
          new SignUpCommand({ ClientId: 'localweb', Username, Password, UserAttributes: attributes(values) }),
        ),
      )
    t.match(await signUp('zoe', 'Longenough1'), 'Username should be an email.')
    t.match(await signUp('zoe@x.example', 'Longenough1'), 'name: The attribute is required')
    t.match(await signUp('zoe@x.example', 'Longenou1'), 'Password not long enough')
    t.equal(await signUp('zoe@x.example', 'Longenough1', { name: 'Z', 'custom:age': '3' }), 'ok')
    t.equal(await signUp('ZOE@x.example', 'Longenough1', { name: 'Z' }), 'ok', 'case counts now')
    t.ok(local.users.find('alice'), 'the users of the file stay')

    for (const [says, call] of [
      [
        "Value at 'policies.passwordPolicy.minimumLength' failed",
        create({ Policies: { PasswordPolicy: { MinimumLength: 5 } } }),
      ],
      [
        'Required custom attributes are not supported currently.',
        create({ Schema: [{ Name: 'x', Required: true }] }),
      ],
      [
        "Value at 'name' failed to satisfy constraint: Member must have length less than or equal to 20",
        create({ Schema: [{ Name: 'x'.repeat(21) }] }),
      ],
      ['Member must not be null', create({ Schema: [{}] })],
    ] as const)
      t.match(await outcome(call), says)
    await create()
    t.match(await describe(), { UsernameAttributes: ['email'] }, 'what is not said stays')
    await create({ AliasAttributes: ['phone_number'] })
    t.match(await describe(), { AliasAttributes: ['phone_number'] })
  })

  t.test('is updated', async t => {
    await sdk.send(
      new UpdateUserPoolCommand({
        UserPoolId,
        Policies: { PasswordPolicy: { MinimumLength: 12 } },
        DeletionProtection: 'ACTIVE',
        MfaConfiguration: 'OFF',
      }),
    )
    t.match(await describe(), {
      Name: 'mine',
      DeletionProtection: 'ACTIVE',
      MfaConfiguration: 'OFF',
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireSymbols: false } },
    })
    const add = (Name: string) =>
      sdk.send(new AddCustomAttributesCommand({ UserPoolId, CustomAttributes: [{ Name }] }))
    await add('late')
    await sdk.send(
      new AdminCreateUserCommand({
        UserPoolId,
        Username: 'late',
        UserAttributes: attributes({ name: 'L', 'custom:late': '1' }),
      }),
    )
    t.equal(
      await outcome(add('late')),
      'InvalidParameterException: custom:late: Existing attribute already has this name.',
    )
  })

  t.test('has tags', async t => {
    const ResourceArn = (await describe())?.Arn
    const tags = async () => (await sdk.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags
    await sdk.send(new TagResourceCommand({ ResourceArn, Tags: { stage: 'dev' } }))
    t.same(await tags(), { team: 'a', stage: 'dev' })
    await sdk.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team'] }))
    t.same(await tags(), { stage: 'dev' })
    t.same((await describe())?.UserPoolTags, { stage: 'dev' })
  })

  t.test('has a domain', async t => {
    const Domain = 'mine'
    const domain = async () =>
      (await sdk.send(new DescribeUserPoolDomainCommand({ Domain }))).DomainDescription
    t.same(await domain(), {})
    await sdk.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: 'first' }))
    await sdk.send(
      new UpdateUserPoolDomainCommand({
        UserPoolId,
        Domain,
        CustomDomainConfig: { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/x' },
      }),
    )
    t.match(await domain(), { Domain, UserPoolId, Status: 'ACTIVE', AWSAccountId: '000000000000' })
    t.equal((await describe())?.Domain, Domain)
    await sdk.send(new DeleteUserPoolDomainCommand({ UserPoolId, Domain }))
    t.same(await domain(), {})
  })
})

t.test('app clients', async t => {
  const { sdk, local, UserPoolId, signIn, get } = await startWithSdk(t, {
    clients: [
      { clientId: 'localweb', refreshTokenRotation: true, preventUserExistenceErrors: false },
      {
        clientId: 'localmachine',
        secret: 'local-machine-secret',
        scopes: ['orders/read', 'orders/write'],
        explicitAuthFlows: ['ALLOW_USER_AUTH'],
        refreshTokenRotation: true,
        refreshTokenGracePeriod: 5,
      },
    ],
  })
  const create = (more: Partial<CreateUserPoolClientCommandInput> = {}) =>
    sdk.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', ...more }))
  const describe = async (ClientId: string | undefined) =>
    (await sdk.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))).UserPoolClient

  t.test('are created, and sign users in', async t => {
    const { UserPoolClient } = await create({
      GenerateSecret: true,
      CallbackURLs: ['https://app.example/callback', 'myapp://callback'],
      LogoutURLs: ['http://localhost:5173/'],
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'orders/read'],
      AccessTokenValidity: 10,
      IdTokenValidity: 1,
      RefreshTokenValidity: 2,
      TokenValidityUnits: { AccessToken: 'minutes' },
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 30 },
      PreventUserExistenceErrors: 'ENABLED',
      ReadAttributes: ['email'],
    })
    const { ClientId: clientId = '', ClientSecret: secret = '' } = UserPoolClient ?? {}
    t.match(clientId, /^[a-z\d]{26}$/)
    t.match(secret, /^[a-z\d]{51}$/)
    t.match(UserPoolClient, {
      ClientName: 'app',
      UserPoolId,
      AccessTokenValidity: 10,
      TokenValidityUnits: { AccessToken: 'minutes' },
      ReadAttributes: ['email'],
      CreationDate: Date,
    })
    t.same(await describe(clientId), UserPoolClient)
    for (const [origin, allowed] of [
      ['https://app.example', 'https://app.example'],
      ['https://evil.example', null],
    ] as const)
      t.equal((await get('/', { origin })).headers.get('access-control-allow-origin'), allowed, origin)
    t.match(
      local.clients.find(client => client.clientId === clientId),
      {
        callbackUrls: ['https://app.example/callback', 'myapp://callback'],
        logoutUrls: ['http://localhost:5173/'],
        scopes: ['openid', 'orders/read'],
        lifetimes: { access: 600, id: 3600, refresh: 172_800 },
        refreshTokenRotation: true,
        refreshTokenGracePeriod: 30,
        preventUserExistenceErrors: true,
      },
    )
    const { AuthenticationResult } = await sdk.send(
      new AdminInitiateAuthCommand({
        UserPoolId,
        ClientId: clientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: {
          USERNAME: 'alice',
          PASSWORD: 'Wonderland-1',
          SECRET_HASH: secretHash({ clientId, secret }, 'alice'),
        },
      }),
    )
    t.ok(AuthenticationResult?.AccessToken)
  })

  t.test('have the defaults of the API', async t => {
    const { UserPoolClient } = await create()
    t.match(UserPoolClient, {
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH'],
      PreventUserExistenceErrors: 'LEGACY',
      EnableTokenRevocation: true,
    })
    t.notOk(UserPoolClient?.ClientSecret)
    const old = await create({ ExplicitAuthFlows: ['ADMIN_NO_SRP_AUTH'] })
    t.same(
      local.clients.find(client => client.clientId === old.UserPoolClient?.ClientId)?.explicitAuthFlows,
      ['ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      'a flow by its old name',
    )
  })

  t.test('of the file are described too', async t => {
    t.match(await describe('localweb'), {
      ClientId: 'localweb',
      ClientName: 'localweb',
      AllowedOAuthFlows: ['code'],
      PreventUserExistenceErrors: 'LEGACY',
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      AccessTokenValidity: 3600,
      TokenValidityUnits: { AccessToken: 'seconds' },
    })
    t.match(await describe('localmachine'), {
      ClientSecret: 'local-machine-secret',
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: ['orders/read', 'orders/write'],
      ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      RefreshTokenRotation: { RetryGracePeriodSeconds: 5 },
    })
  })

  t.test('are listed, updated and deleted', async t => {
    const page = await sdk.send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 1 }))
    t.same(page.UserPoolClients, [{ ClientId: 'localweb', ClientName: 'localweb', UserPoolId }])
    t.ok(page.NextToken)
    const { UserPoolClient } = await create({ AllowedOAuthScopes: ['openid'] })
    const ClientId = UserPoolClient?.ClientId ?? ''
    const updated = await sdk.send(
      new UpdateUserPoolClientCommand({
        UserPoolId,
        ClientId,
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      }),
    )
    t.match(updated.UserPoolClient, {
      ClientId,
      ClientName: 'app',
      CreationDate: UserPoolClient?.CreationDate,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    })
    t.ok((await signIn('alice', 'Wonderland-1', ClientId)).AccessToken)
    const machine = await sdk.send(
      new UpdateUserPoolClientCommand({ UserPoolId, ClientId: 'localmachine', ClientName: 'machine' }),
    )
    t.match(machine.UserPoolClient, { ClientName: 'machine', ClientSecret: 'local-machine-secret' })
    await sdk.send(new DeleteUserPoolClientCommand({ UserPoolId, ClientId }))
    t.equal(
      await outcome(describe(ClientId)),
      `ResourceNotFoundException: User pool client ${ClientId} does not exist.`,
    )
  })

  t.test('refusals', async t => {
    for (const [says, input] of [
      ['ScopeDoesNotExistException', { AllowedOAuthScopes: ['orders/fly'] }],
      ['CallbackURLs must hold URLs', { CallbackURLs: ['javascript:alert(1)'] }],
      ['LogoutURLs must hold URLs', { LogoutURLs: ['x'] }],
      ['explicitAuthFlows', { ExplicitAuthFlows: ['ALLOW_ALL' as 'ALLOW_USER_AUTH'] }],
      ['Invalid range for token validity.', { AccessTokenValidity: 25 }],
      [
        'Invalid range for token validity.',
        { IdTokenValidity: 1, TokenValidityUnits: { IdToken: 'minutes' } },
      ],
      ['Invalid range for token validity.', { RefreshTokenValidity: 4000 }],
      [
        'Invalid range for token validity.',
        { RefreshTokenValidity: 1, TokenValidityUnits: { RefreshToken: 'years' as 'days' } },
      ],
    ] as const)
      t.match(await outcome(create(input as Partial<CreateUserPoolClientCommandInput>)), says)
  })
})

t.test('resource servers and providers', async t => {
  const { sdk, UserPoolId } = await startWithSdk(t, {
    identityProviders: [
      { name: 'Google', type: 'Google' },
      { name: 'Corp', type: 'OIDC', issuer: 'http://127.0.0.1:1', clientId: 'c', clientSecret: 's' },
    ],
  })
  const of = (Identifier: string) => ({ UserPoolId, Identifier })
  const Scopes = [{ ScopeName: 'fly', ScopeDescription: 'Fly one' }]
  const { ResourceServer } = await sdk.send(
    new CreateResourceServerCommand({ ...of('planes'), Name: 'Planes', Scopes }),
  )
  t.same(ResourceServer, { ...of('planes'), Name: 'Planes', Scopes })
  t.match(
    await outcome(sdk.send(new CreateResourceServerCommand({ ...of('planes'), Name: 'Planes' }))),
    'The resource server exists already.',
  )
  const client = await sdk.send(
    new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'x', AllowedOAuthScopes: ['planes/fly'] }),
  )
  t.same(client.UserPoolClient?.AllowedOAuthScopes, ['planes/fly'])
  await sdk.send(new UpdateResourceServerCommand({ ...of('planes'), Name: 'Jets', Scopes: [] }))
  t.match(await sdk.send(new DescribeResourceServerCommand(of('planes'))), {
    ResourceServer: { Name: 'Jets', Scopes: [] },
  })
  t.match(await sdk.send(new DescribeResourceServerCommand(of('orders'))), {
    ResourceServer: { Name: 'orders', Scopes: [{ ScopeName: 'read', ScopeDescription: 'read' }, {}] },
  })
  await sdk.send(new DeleteResourceServerCommand(of('planes')))
  const { ResourceServers } = await sdk.send(new ListResourceServersCommand({ UserPoolId, MaxResults: 5 }))
  t.same(
    ResourceServers?.map(one => one.Identifier),
    ['orders'],
  )
  t.match(
    await outcome(sdk.send(new DescribeResourceServerCommand(of('planes')))),
    'ResourceNotFoundException',
  )

  const { Providers } = await sdk.send(new ListIdentityProvidersCommand({ UserPoolId }))
  t.same(
    Providers?.map(one => `${one.ProviderName} ${one.ProviderType}`),
    ['Google Google', 'Corp OIDC'],
  )
  const describe = (ProviderName: string) =>
    sdk.send(new DescribeIdentityProviderCommand({ UserPoolId, ProviderName }))
  t.match((await describe('Google')).IdentityProvider, { ProviderType: 'Google', ProviderDetails: {} })
  t.match((await describe('Corp')).IdentityProvider, {
    ProviderDetails: { oidc_issuer: 'http://127.0.0.1:1', client_id: 'c', client_secret: undefined },
  })
  t.match(await outcome(describe('Nothing')), 'ResourceNotFoundException')
})

t.test('what is not played says so, once on the console', async t => {
  const { sdk, local, url, UserPoolId } = await startWithSdk(t)
  const said: string[] = []
  local.say = sentence => said.push(sentence)
  const risk =
    'DescribeRiskConfiguration is not played by the local Cognito; threat protection and its logs are not there.'
  for (const [sentence, call] of [
    [risk, sdk.send(new DescribeRiskConfigurationCommand({ UserPoolId }))],
    [risk, sdk.send(new DescribeRiskConfigurationCommand({ UserPoolId, ClientId: 'localweb' }))],
    [
      'DeleteUserPool is not played by the local Cognito; there is one pool as long as it runs.',
      sdk.send(new DeleteUserPoolCommand({ UserPoolId })),
    ],
    [
      'GetCSVHeader is not played by the local Cognito; users in the file are there from the start, and AdminCreateUser adds more.',
      sdk.send(new GetCSVHeaderCommand({ UserPoolId })),
    ],
    [
      'CreateManagedLoginBranding is not played by the local Cognito; its pages are its own.',
      sdk.send(new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId: 'localweb' })),
    ],
    [
      'GetSigningCertificate is not played by the local Cognito; docs/local.md lists the calls that are.',
      sdk.send(new GetSigningCertificateCommand({ UserPoolId })),
    ],
  ] as const)
    t.equal(await outcome(call), `UnknownOperationException: ${sentence}`)
  t.equal(said.length, 5)
  const call = async (target: string) => {
    const response = await fetch(url, { method: 'POST', body: '{}', headers: { 'x-amz-target': target } })
    return [response.status, ((await response.json()) as { message: string }).message]
  }
  const nameless = 'This call is not played by the local Cognito; docs/local.md lists the calls that are.'
  for (const target of ['AWSCognitoIdentityProviderService.<b>x</b>', 'x', `Service.${'A'.repeat(65)}`])
    t.same(await call(target), [400, nameless], target)
  for (let i = 0; i < 400; i++) local.notice(`sentence ${i}`)
  t.equal(said.length, 300, 'whatever is called')
})

t.test('requests that are not as they should be', async t => {
  const { url, local } = await startWithSdk(t)
  const call = async (operation: string, body: string) => {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        authorization: 'AWS4-HMAC-SHA256 x',
      },
    })
    const { __type, message } = (await response.json()) as Record<string, string>
    return `${response.status} ${__type}: ${message}`
  }
  const failed = (what: string) =>
    `400 InvalidParameterException: 1 validation error detected: Value at ${what}`
  for (const [body, says] of [
    [
      '{"ClientId":"a b"}',
      failed(
        "'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+",
      ),
    ],
    ['{"ClientId":7}', '400 SerializationException: ClientId is not a string.'],
    ['{"ClientId":null}', failed("'clientId' failed to satisfy constraint: Member must not be null")],
    [
      `{"ClientId":"${'a'.repeat(129)}"}`,
      failed("'clientId' failed to satisfy constraint: Member must have length less than or equal to 128"),
    ],
    [
      '{"ClientId":"localweb","Username":"a b"}',
      failed(
        "'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+",
      ),
    ],
    [
      '{"ClientId":"localweb","Username":""}',
      failed("'username' failed to satisfy constraint: Member must not be null"),
    ],
    ['{"Limit":1.5}', '400 SerializationException: Limit is not a whole number.'],
  ] as const)
    t.equal(await call('SignUp', body), says)
  const large = JSON.stringify({ ClientId: 'localweb', Username: 'x'.repeat(70_000) })
  t.equal(await call('SignUp', large), '413 RequestEntityTooLargeException: The body is larger than 64 KiB.')
  for (const body of ['{', '1', '[]', 'null'])
    t.equal((await fetch(`${url}/_local/decisions`, { method: 'POST', body })).status, 400, body)
  t.same(local.decisions.recent(), [])
  for (const [line, status] of [
    ['TRACE / HTTP/1.1', 405],
    ['OPTIONS * HTTP/1.1', 400],
  ] as const)
    t.equal(await statusOf(url, line), status, line)
})

/** The status of a request that `fetch` does not make. */
function statusOf(url: string, line: string): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`${line}\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`),
    )
    socket.once('data', data => {
      socket.destroy()
      resolve(Number(data.toString().split(' ')[1]))
    })
    socket.once('error', reject)
  })
}
