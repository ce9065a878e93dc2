// Third-party clients, unchanged except for the endpoint.
import { createHash, createHmac } from 'node:crypto'
import {
  AdminAddUserToGroupCommand,
  AdminInitiateAuthCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as srp from 'amazon-cognito-identity-js'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { createVerifier, userPool } from 'cognito-guard'
import * as oidc from 'openid-client'
import t from 'tap'
import { claimsOf, startTestCognito } from './world.js'

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = srp

const confidential = { clientId: 'confidential', secret: 'its-secret' }
const rotating = { clientId: 'rotating', refreshTokenRotation: true }
const web = { clientId: 'localweb' }
const machine = { clientId: 'localmachine', secret: 'local-machine-secret', scopes: ['orders/read'] }

t.test('the AWS SDK', async t => {
  const { url, local, pool, control } = await startTestCognito(t, { clients: [web, confidential, rotating] })
  const sdk = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    maxAttempts: 1,
  })
  t.teardown(() => sdk.destroy())
  const signIn = (ClientId: string, USERNAME: string, PASSWORD: string, more: Record<string, string> = {}) =>
    sdk.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId,
        AuthParameters: { USERNAME, PASSWORD, ...more },
      }),
    )
  const secretHash = (name: string) =>
    createHmac('sha256', confidential.secret)
      .update(name + confidential.clientId)
      .digest('base64')

  t.test('signs in, and both verifiers accept the tokens', async t => {
    const { AuthenticationResult: tokens } = await signIn('localweb', 'alice', 'Wonderland-1')
    const verifier = createVerifier({ issuers: [userPool(pool)] })
    t.teardown(() => verifier.close())
    const { principal } = await verifier.verify(tokens?.AccessToken ?? '')
    t.match(principal, {
      kind: 'user',
      username: 'alice',
      groups: ['admin', 'readers'],
      clientId: 'localweb',
    })

    const theirs = CognitoJwtVerifier.create({ userPoolId: pool.userPoolId, clientId: 'localweb' })
    theirs.cacheJwks(local.keys.jwks() as never)
    t.match(await theirs.verify(tokens?.AccessToken ?? '', { tokenUse: 'access' }), { username: 'alice' })
    t.match(await theirs.verify(tokens?.IdToken ?? '', { tokenUse: 'id' }), { email: 'alice@example.com' })
    t.match(tokens, {
      TokenType: 'Bearer',
      ExpiresIn: 3600,
      RefreshToken: /^eyJjdHkiOiJKV1Qi([^.]+\.){4}[^.]+$/,
    })
  })

  t.test('a production configuration refuses them', async t => {
    const { AuthenticationResult: tokens } = await signIn('localweb', 'alice', 'Wonderland-1')
    const verifier = createVerifier({
      issuers: [
        userPool({ userPoolId: 'us-east-1_Production', clientId: 'localweb', jwks: local.keys.jwks() }),
      ],
    })
    await t.rejects(verifier.verify(tokens?.AccessToken ?? ''), { code: 'ERR_TOKEN_ISSUER' })
  })

  t.test('claims are those of Cognito, name by name and type by type', async t => {
    const { AuthenticationResult: tokens } = await signIn('localweb', 'alice', 'Wonderland-1')
    t.same(typesOf(claimsOf(tokens?.AccessToken)), {
      sub: 'string',
      'cognito:groups': ['string'],
      iss: 'string',
      client_id: 'string',
      origin_jti: 'string',
      event_id: 'string',
      token_use: 'string',
      scope: 'string',
      auth_time: 'number',
      exp: 'number',
      iat: 'number',
      jti: 'string',
      username: 'string',
    })
    t.same(typesOf(claimsOf(tokens?.IdToken)), {
      sub: 'string',
      'cognito:groups': ['string'],
      email_verified: 'boolean',
      'cognito:preferred_role': 'string',
      iss: 'string',
      'cognito:username': 'string',
      origin_jti: 'string',
      'cognito:roles': ['string'],
      aud: 'string',
      event_id: 'string',
      token_use: 'string',
      auth_time: 'number',
      name: 'string',
      'custom:tenant': 'string',
      exp: 'number',
      iat: 'number',
      jti: 'string',
      email: 'string',
    })
    t.equal(claimsOf(tokens?.AccessToken).scope, 'aws.cognito.signin.user.admin')
    t.equal(claimsOf(tokens?.AccessToken).origin_jti, claimsOf(tokens?.IdToken).origin_jti)
    t.equal(
      claimsOf(tokens?.IdToken)['cognito:preferred_role'],
      'arn:aws:iam::000000000000:role/local-admin',
      'the role of the lowest precedence',
    )
  })

  t.test('signs up, confirms, and gets the errors', async t => {
    const signUp = (Username: string, Password: string, ClientId = 'localweb') =>
      sdk.send(
        new SignUpCommand({
          ClientId,
          Username,
          Password,
          UserAttributes: [{ Name: 'email', Value: 'c@d.example' }],
        }),
      )
    const confirm = (Username: string, ConfirmationCode: string) =>
      sdk.send(new ConfirmSignUpCommand({ ClientId: 'localweb', Username, ConfirmationCode }))
    await t.rejects(signUp('carol', 'short'), { name: 'InvalidPasswordException' })
    for (const [Name, name] of [
      ['sub', 'InvalidParameterException'],
      ['cognito:groups', 'InvalidParameterException'],
      ['email_verified', 'NotAuthorizedException'],
    ] as const)
      await t.rejects(
        sdk.send(
          new SignUpCommand({
            ClientId: 'localweb',
            Username: 'mallory',
            Password: 'Long-enough-1',
            UserAttributes: [{ Name, Value: 'true' }],
          }),
        ),
        { name },
        `${Name} is not for a user to say`,
      )
    t.match(await signUp('carol', 'Long-enough-1'), {
      UserConfirmed: false,
      CodeDeliveryDetails: { Destination: 'c***@d***' },
    })
    await t.rejects(signUp('carol', 'Long-enough-1'), { name: 'UsernameExistsException' })
    await t.rejects(signUp('dave', 'Long-enough-1', 'nothing'), { name: 'ResourceNotFoundException' })
    await t.rejects(signIn('localweb', 'carol', 'Long-enough-1'), { name: 'UserNotConfirmedException' })
    const code = local.users.find('carol')?.codes.signUp?.value ?? ''
    await t.rejects(confirm('carol', code === '000000' ? '1' : '000000'), { name: 'CodeMismatchException' })
    await t.rejects(confirm('nobody', code), { name: 'ExpiredCodeException' })
    await confirm('carol', code)
    await t.rejects(confirm('carol', code), { name: 'NotAuthorizedException', message: /CONFIRMED/ })
    const { AuthenticationResult: tokens } = await signIn('localweb', 'c@d.example', 'Long-enough-1')
    t.equal(claimsOf(tokens?.IdToken).email_verified, true, 'signed in by email address')
    t.notOk('cognito:groups' in claimsOf(tokens?.AccessToken))
    t.notOk('cognito:roles' in claimsOf(tokens?.IdToken))
    await sdk.send(new SignUpCommand({ ClientId: 'localweb', Username: 'erin', Password: 'Long-enough-1' }))
    t.equal(local.users.find('erin')?.attributes.email, undefined, 'no address is made up')
  })

  t.test('refuses wrong credentials', async t => {
    for (const [name, attempt] of Object.entries({
      'a wrong password': signIn('localweb', 'alice', 'Wonderland-2'),
      'an unknown user': signIn('localweb', 'nobody', 'Wonderland-1'),
    }))
      await t.rejects(
        attempt,
        { name: 'NotAuthorizedException', message: 'Incorrect username or password.' },
        name,
      )
    await t.rejects(sdk.send(new InitiateAuthCommand({ AuthFlow: 'CUSTOM_AUTH', ClientId: 'localweb' })), {
      name: 'InvalidParameterException',
    })
    await t.rejects(
      sdk.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: 'localweb' })),
      {
        message: 'Missing required parameter USERNAME',
      },
    )
    await t.rejects(
      sdk.send(
        new RespondToAuthChallengeCommand({
          ChallengeName: 'SMS_MFA',
          ClientId: 'localweb',
          ChallengeResponses: {},
        }),
      ),
      { name: 'InvalidParameterException' },
    )
    for (const SRP_A of ['not hexadecimal', '0'])
      await t.rejects(
        sdk.send(
          new InitiateAuthCommand({
            AuthFlow: 'USER_SRP_AUTH',
            ClientId: 'localweb',
            AuthParameters: { USERNAME: 'alice', SRP_A },
          }),
        ),
        { name: 'InvalidParameterException' },
        SRP_A,
      )
    await t.rejects(
      sdk.send(
        new InitiateAuthCommand({
          AuthFlow: 'USER_SRP_AUTH',
          ClientId: 'localweb',
          AuthParameters: { USERNAME: 'nobody', SRP_A: 'ff' },
        }),
      ),
      { name: 'NotAuthorizedException' },
    )
  })

  t.test('a client with a secret sends its hash', async t => {
    await t.rejects(signIn('confidential', 'alice', 'Wonderland-1'), {
      message: /SECRET_HASH was not received/,
    })
    await t.rejects(signIn('confidential', 'alice', 'Wonderland-1', { SECRET_HASH: secretHash('bob') }), {
      message: /SecretHash does not match/,
    })
    const { AuthenticationResult: tokens } = await signIn('confidential', 'alice', 'Wonderland-1', {
      SECRET_HASH: secretHash('alice'),
    })
    const refresh = (ClientId: string, REFRESH_TOKEN = tokens?.RefreshToken ?? '') =>
      sdk.send(
        new InitiateAuthCommand({
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          ClientId,
          AuthParameters: { REFRESH_TOKEN, SECRET_HASH: secretHash(String(claimsOf(tokens?.IdToken).sub)) },
        }),
      )
    t.ok((await refresh('confidential')).AuthenticationResult?.AccessToken)
    await t.rejects(refresh('localweb'), { message: 'Invalid Refresh Token' }, 'of another client')
    await t.rejects(refresh('confidential', 'x'), { message: 'Invalid Refresh Token' })
    const getTokens = (ClientSecret?: string) =>
      sdk.send(
        new GetTokensFromRefreshTokenCommand({
          ClientId: 'confidential',
          RefreshToken: tokens?.RefreshToken,
          ...(ClientSecret === undefined ? {} : { ClientSecret }),
        }),
      )
    await t.rejects(getTokens(), { name: 'NotAuthorizedException' })
    t.notOk((await getTokens(confidential.secret)).AuthenticationResult?.RefreshToken, 'the same one goes on')
    const revoke = (ClientSecret: string) =>
      sdk.send(
        new RevokeTokenCommand({ ClientId: 'confidential', Token: tokens?.RefreshToken, ClientSecret }),
      )
    await t.rejects(revoke('wrong'), { name: 'UnauthorizedException' })
    await revoke(confidential.secret)
    await t.rejects(refresh('confidential'), { message: 'Refresh Token has been revoked' })
  })

  t.test('refreshes with rotation', async t => {
    const { AuthenticationResult: first } = await signIn('rotating', 'bob', 'Builder-1')
    const getTokens = (RefreshToken: string | undefined) =>
      sdk.send(new GetTokensFromRefreshTokenCommand({ ClientId: 'rotating', RefreshToken }))
    await control('clock', { offset: 60 })
    const { AuthenticationResult: second } = await getTokens(first?.RefreshToken)
    await control('clock', { offset: 0 })
    t.equal(claimsOf(second?.AccessToken).auth_time, claimsOf(first?.AccessToken).auth_time)
    const between = Number(claimsOf(second?.AccessToken).iat) - Number(claimsOf(first?.AccessToken).iat)
    t.ok(between >= 60 && between < 90, `a minute later, and what the calls took: ${between} s`)
    await t.rejects(getTokens(first?.RefreshToken), { name: 'RefreshTokenReuseException' }, 'used up')
    t.ok((await getTokens(second?.RefreshToken)).AuthenticationResult?.RefreshToken)
    const { AuthenticationResult: third } = await signIn('rotating', 'bob', 'Builder-1')
    await t.rejects(
      sdk.send(
        new InitiateAuthCommand({
          AuthFlow: 'REFRESH_TOKEN',
          ClientId: 'rotating',
          AuthParameters: { REFRESH_TOKEN: third?.RefreshToken ?? '' },
        }),
      ),
      { message: /rotation/ },
    )
  })

  t.test('the account of a user, until they sign out everywhere', async t => {
    const { AuthenticationResult: tokens } = await signIn('localweb', 'alice', 'Wonderland-1')
    const AccessToken = tokens?.AccessToken
    const getUser = (token = AccessToken) => sdk.send(new GetUserCommand({ AccessToken: token }))
    const { Username, UserAttributes } = await getUser()
    t.equal(Username, 'alice')
    t.match(UserAttributes, [{ Name: 'sub', Value: claimsOf(AccessToken).sub }])
    await t.rejects(getUser(tokens?.IdToken), { message: 'Invalid Access Token' })
    await t.rejects(getUser('x'), { message: 'Invalid Access Token' })
    const { accessToken } = (await control('tokens', { username: 'alice', scopes: ['openid'] })) as {
      accessToken: string
    }
    await t.rejects(getUser(accessToken), { message: 'Access Token does not have required scopes' })
    await control('clock', { offset: 7200 })
    await t.rejects(getUser(), { message: 'Access Token has expired' })
    await control('clock', { offset: 0 })
    await sdk.send(new GlobalSignOutCommand({ AccessToken }))
    await t.rejects(getUser(), { message: 'Access Token has been revoked' })
    const machineToken = await control('machine-token', { clientId: 'localmachine' })
    await t.rejects(getUser(String(machineToken.accessToken)), { message: 'Invalid Access Token' })
  })

  t.test('revokes', async t => {
    const revoke = (Token: string) => sdk.send(new RevokeTokenCommand({ ClientId: 'localweb', Token }))
    const { AuthenticationResult: tokens } = await signIn('localweb', 'alice', 'Wonderland-1')
    await t.rejects(revoke(tokens?.AccessToken ?? ''), { name: 'UnsupportedTokenTypeException' })
    await revoke(tokens?.RefreshToken ?? '')
    await t.rejects(sdk.send(new GetUserCommand({ AccessToken: tokens?.AccessToken })), {
      message: 'Access Token has been revoked',
    })
    await revoke('a.b.c.d.e')
  })

  t.test('an administrator', async t => {
    const UserPoolId = pool.userPoolId
    const AuthParameters = { USERNAME: 'bob', PASSWORD: 'Builder-1' }
    const signInBob = (id: string) =>
      sdk.send(
        new AdminInitiateAuthCommand({
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
          UserPoolId: id,
          ClientId: 'localweb',
          AuthParameters,
        }),
      )
    const { AuthenticationResult: tokens } = await signInBob(UserPoolId)
    await t.rejects(signInBob('us-east-1_Another'), { name: 'ResourceNotFoundException' })
    const add = (Username: string, GroupName: string) =>
      sdk.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }))
    await add('bob', 'admin')
    t.same(claimsOf((await signInBob(UserPoolId)).AuthenticationResult?.AccessToken)['cognito:groups'], [
      'readers',
      'admin',
    ])
    await t.rejects(add('nobody', 'admin'), { name: 'UserNotFoundException' })
    await t.rejects(add('bob', 'nothing'), { name: 'ResourceNotFoundException' })
    await sdk.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username: 'bob', GroupName: 'admin' }))
    await sdk.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'bob' }))
    await t.rejects(sdk.send(new GetUserCommand({ AccessToken: tokens?.AccessToken })), {
      message: /revoked/,
    })
    const unsigned = await call(url, 'AdminInitiateAuth', JSON.stringify({ UserPoolId }))
    t.match(unsigned, { status: 400, body: { __type: 'MissingAuthenticationTokenException' } })
  })

  t.test('what no SDK sends', async t => {
    const cases = [
      ['an unknown call', 'DescribeEverything', '{}', 'UnknownOperationException'],
      ['no JSON', 'InitiateAuth', '{', 'SerializationException'],
      ['no object', 'InitiateAuth', '1', 'InvalidParameterException'],
      [
        'attributes that are none',
        'SignUp',
        '{"ClientId":"localweb","Username":"x","Password":"Long-enough-1","UserAttributes":[1]}',
        'InvalidParameterException',
      ],
    ] as const
    for (const [name, operation, body, type] of cases)
      t.equal((await call(url, operation, body)).body.__type, type, name)
    const response = await fetch(url, { method: 'POST', body: '{}' })
    t.equal(response.status, 400, 'no target')
  })
})

t.test('amazon-cognito-identity-js, by SRP', async t => {
  const { url, pool } = await startTestCognito(t, { users: [{ username: 'zoë', password: 'pass phrase ü' }] })
  const userPoolOfTheirs = new CognitoUserPool({
    UserPoolId: pool.userPoolId,
    ClientId: 'localweb',
    endpoint: url,
  })
  const signIn = (Username: string, Password: string) => {
    const user = new CognitoUser({ Username, Pool: userPoolOfTheirs })
    return new Promise<{ user: srp.CognitoUser; session: srp.CognitoUserSession }>((onSuccess, onFailure) => {
      user.authenticateUser(new AuthenticationDetails({ Username, Password }), {
        onSuccess: session => onSuccess({ user, session }),
        onFailure,
      })
    })
  }
  // often enough to meet numbers with leading zeros
  for (let i = 0; i < 8; i++) await signIn('zoë', 'pass phrase ü')
  const { user, session } = await signIn('zoë', 'pass phrase ü')
  t.ok(session.isValid())
  t.match(claimsOf(session.getAccessToken().getJwtToken()), { username: 'zoë', token_use: 'access' })
  const refreshed = await new Promise<srp.CognitoUserSession>((resolve, reject) => {
    user.refreshSession(
      session.getRefreshToken(),
      (error: Error | undefined, next: srp.CognitoUserSession) => (error ? reject(error) : resolve(next)),
    )
  })
  t.not(refreshed.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken())
  await t.rejects(signIn('zoë', 'wrong'), { code: 'NotAuthorizedException' })
})

t.test('openid-client', async t => {
  const callback = 'http://localhost:5173/callback'
  const start = async (document: object) => {
    const cognito = await startTestCognito(t, document)
    const discover = async (clientId: string, secret?: string) => {
      const response = await cognito.get(`/${cognito.pool.userPoolId}/.well-known/openid-configuration`)
      const config = new oidc.Configuration((await response.json()) as oidc.ServerMetadata, clientId, secret)
      oidc.allowInsecureRequests(config)
      return config
    }
    return { ...cognito, discover }
  }

  t.test('code with PKCE, refresh with rotation, userInfo, revocation', async t => {
    const { discover, post, pool, url, control } = await start({
      clients: [{ ...web, refreshTokenRotation: true }],
    })
    const config = await discover('localweb')
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    const target = oidc.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid email orders/read',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: 'a state',
      nonce: 'a nonce',
      resource: 'https://api.example.com',
    })
    const toLogin = await fetch(target, { redirect: 'manual' })
    const login = toLogin.headers.get('location') ?? ''
    t.match(login, `${url}/login?`)
    const page = await (await fetch(login)).text()
    for (const id of [
      'username',
      'password',
      'sign-in',
      'sign-in-as-alice',
      'sign-up-link',
      'sign-in-with-Google',
    ])
      t.match(page, `data-testid="${id}"`)
    const back = await post(login, { as: 'alice' })
    const checks = { pkceCodeVerifier, expectedState: 'a state', expectedNonce: 'a nonce' }
    const answer = new URL(back.headers.get('location') ?? '')
    const tokens = await oidc.authorizationCodeGrant(config, answer, checks)
    t.match(claimsOf(tokens.access_token), {
      aud: 'https://api.example.com',
      version: 2,
      scope: 'openid email orders/read',
      username: 'alice',
    })
    const id = tokens.claims()
    t.equal(
      id?.at_hash,
      createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url'),
    )
    t.equal(id?.email, 'alice@example.com')
    t.notOk(id?.name, 'what the scopes do not cover is not shown')
    t.equal(
      await refusalOf(oidc.authorizationCodeGrant(config, answer, checks)),
      'invalid_grant',
      'a code is for one use',
    )

    const verifier = createVerifier({ issuers: [userPool({ ...pool, resource: 'https://api.example.com' })] })
    t.teardown(() => verifier.close())
    t.match((await verifier.verify(tokens.access_token)).principal, {
      scopes: ['openid', 'email', 'orders/read'],
    })

    t.same(await oidc.fetchUserInfo(config, tokens.access_token, id?.sub ?? ''), {
      sub: id?.sub,
      email: 'alice@example.com',
      email_verified: 'true',
      username: 'alice',
    })
    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
    t.ok(next.refresh_token)
    t.not(next.refresh_token, tokens.refresh_token)
    t.equal(await refusalOf(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')), 'invalid_grant')
    await oidc.tokenRevocation(config, next.refresh_token ?? '')
    t.equal(await refusalOf(oidc.refreshTokenGrant(config, next.refresh_token ?? '')), 'invalid_grant')
    t.equal(await refusalOf(oidc.fetchUserInfo(config, next.access_token, id?.sub ?? '')), 'HTTP 401')
    t.equal(await refusalOf(oidc.tokenRevocation(config, next.access_token)), 'unsupported_token_type')
    await control('lifetimes', { access: 300 })
    t.match(await control('tokens', { username: 'alice' }), { expiresIn: 300 })
  })

  t.test('client credentials', async t => {
    const { discover } = await start({ clients: [web, machine, confidential] })
    const config = await discover('localmachine', machine.secret)
    const basic = new oidc.Configuration(
      config.serverMetadata(),
      'localmachine',
      undefined,
      oidc.ClientSecretBasic(machine.secret),
    )
    oidc.allowInsecureRequests(basic)
    t.ok((await oidc.clientCredentialsGrant(basic)).access_token)
    const { access_token } = await oidc.clientCredentialsGrant(config, { scope: 'orders/read' })
    t.same(typesOf(claimsOf(access_token)), {
      sub: 'string',
      token_use: 'string',
      scope: 'string',
      auth_time: 'number',
      iss: 'string',
      exp: 'number',
      iat: 'number',
      version: 'number',
      jti: 'string',
      client_id: 'string',
    })
    t.equal(claimsOf((await oidc.clientCredentialsGrant(config)).access_token).scope, 'orders/read')
    t.equal(await refusalOf(oidc.clientCredentialsGrant(config, { scope: 'orders/write' })), 'invalid_scope')
    t.equal(
      await refusalOf(oidc.clientCredentialsGrant(await discover('localmachine', 'wrong'))),
      'invalid_client',
    )
    t.equal(await refusalOf(oidc.clientCredentialsGrant(await discover('localweb'))), 'unauthorized_client')
    const all = await oidc.clientCredentialsGrant(await discover('confidential', confidential.secret))
    t.equal(
      claimsOf(all.access_token).scope,
      'orders/read orders/write',
      'all custom scopes, where none are listed',
    )
  })

  t.test('an issuer of its own URL is discovered', async t => {
    const { url, pool, control, local } = await start({ issuer: 'local' })
    const config = await oidc.discovery(
      new URL(`${url}/${pool.userPoolId}`),
      'localweb',
      undefined,
      oidc.None(),
      {
        execute: [oidc.allowInsecureRequests],
      },
    )
    t.equal(config.serverMetadata().issuer, local.issuer)
    const { accessToken } = await control('tokens', { username: 'bob', clientId: 'localweb' })
    const verifier = createVerifier({ issuers: [userPool({ ...pool, issuer: local.issuer })] })
    t.teardown(() => verifier.close())
    t.match((await verifier.verify(String(accessToken))).principal, { username: 'bob' })
  })
})

/** The OAuth error that a promise is rejected with. */
async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const { error, status, response } = (await attempt.then(
    () => ({}),
    (reason: unknown) => reason,
  )) as { error?: string; status?: number; response?: Response }
  return error ?? `HTTP ${status ?? response?.status}`
}

async function call(url: string, operation: string, body: string) {
  const headers = { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` }
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as { __type?: string } }
}

/** The types of claims, by name. */
function typesOf(claims: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      Array.isArray(value) ? [typeof value[0]] : typeof value,
    ]),
  )
}
