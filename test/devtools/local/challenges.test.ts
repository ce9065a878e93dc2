// Sign-ins of several steps, through the AWS SDK and amazon-cognito-identity-js.
import {
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  ConfirmSignUpCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as identity from 'amazon-cognito-identity-js'
import t from 'tap'
import { startPool } from './pool.js'
import { claimsOf } from './world.js'

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity
const newcomer = { username: 'newcomer', password: 'Temporary-1', status: 'FORCE_CHANGE_PASSWORD' }
const alice = { username: 'alice', password: 'Wonderland-1' }

t.test('a new password', async t => {
  const document = {
    users: [newcomer, { ...newcomer, username: 'second' }, { ...newcomer, username: 'third' }],
    attributes: [
      { name: 'name', required: true },
      { name: 'email', required: true },
      { name: 'custom:tenant' },
    ],
  }
  const { begin, respond, password, url, local, pool } = await startPool(t, document)
  const asked = await password('newcomer', 'Temporary-1')
  t.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED')
  t.equal(asked.AuthenticationResult, undefined)
  t.same(JSON.parse(asked.ChallengeParameters?.requiredAttributes ?? ''), ['userAttributes.name'])
  t.match(JSON.parse(asked.ChallengeParameters?.userAttributes ?? ''), { email: 'newcomer@example.com' })

  const answer = { USERNAME: 'newcomer', NEW_PASSWORD: 'Chosen-By-Me-1', 'userAttributes.name': 'New' }
  for (const [error, responses] of [
    [{ name: 'InvalidPasswordException' }, { NEW_PASSWORD: 'short' }],
    [{ message: 'Invalid attributes given, name is missing' }, { 'userAttributes.name': '' }],
    [{ message: 'Cannot modify an already provided email' }, { 'userAttributes.email': 'other@example.com' }],
    [{ message: /nonsense: Attribute does not exist/ }, { 'userAttributes.nonsense': 'x' }],
  ] as const)
    await t.rejects(respond('NEW_PASSWORD_REQUIRED', asked.Session, { ...answer, ...responses }), error)
  const { AuthenticationResult } = await respond('NEW_PASSWORD_REQUIRED', asked.Session, {
    ...answer,
    'userAttributes.email': 'newcomer@example.com',
    'userAttributes.custom:tenant': 'green',
  })
  t.match(claimsOf(AuthenticationResult?.IdToken), { name: 'New', 'custom:tenant': 'green' })
  t.ok((await password('newcomer', 'Chosen-By-Me-1')).AuthenticationResult)

  const sly = await password('third', 'Temporary-1')
  const verified = { ...answer, USERNAME: 'third', 'userAttributes.email_verified': 'true' }
  await t.rejects(respond('NEW_PASSWORD_REQUIRED', sly.Session, verified), { name: 'NotAuthorizedException' })

  const user = new CognitoUser({
    Username: 'second',
    Pool: new CognitoUserPool({ UserPoolId: pool.userPoolId, ClientId: 'localweb', endpoint: url }),
  })
  const details = new AuthenticationDetails({ Username: 'second', Password: 'Temporary-1' })
  const session = await new Promise<identity.CognitoUserSession>((onSuccess, onFailure) =>
    user.authenticateUser(details, {
      onSuccess,
      onFailure,
      newPasswordRequired: (_attributes, required: string[]) => {
        t.same(required, ['name'])
        user.completeNewPasswordChallenge('Chosen-By-Me-1', { name: 'Second' }, { onSuccess, onFailure })
      },
    }),
  )
  t.equal(session.getIdToken().payload.name, 'Second')

  local.clock.advance(7 * 86_400)
  await t.rejects(password('third', 'Temporary-1'), {
    message: 'Temporary password has expired and must be reset by an administrator.',
  })
  Object.assign(local.users.find('third') as object, { passwordSetAt: Math.floor(local.clock.now() / 1000) })
  t.equal((await password('third', 'Temporary-1')).ChallengeName, 'NEW_PASSWORD_REQUIRED', 'set again')
  await t.rejects(begin('USER_PASSWORD_AUTH', { USERNAME: 'third', PASSWORD: 'x' }), {
    message: 'Incorrect username or password.',
  })
})

t.test('a session is good for one answer, for three minutes, for its client and user', async t => {
  const { password, respond, local } = await startPool(t, {
    users: [newcomer, { ...newcomer, username: 'other' }],
    clients: [{ clientId: 'localweb' }, { clientId: 'patient', authSessionValidity: 900 }],
  })
  const session = async () => (await password('newcomer', 'Temporary-1')).Session
  const answer = { USERNAME: 'newcomer', NEW_PASSWORD: 'Chosen-By-Me-1' }
  const refused = async (
    message: string,
    given: string | undefined,
    more = {},
    name = 'NEW_PASSWORD_REQUIRED',
  ) => t.rejects(respond(name as never, given, answer, more), { name: 'NotAuthorizedException', message })
  await refused('Invalid session for the user.', 'nonsense')
  await refused('Invalid session for the user.', await session(), { ClientId: 'patient' })
  await refused('Invalid session for the user.', await session(), {}, 'SOFTWARE_TOKEN_MFA')
  await refused('Invalid session for the user.', await session(), {
    ChallengeResponses: { ...answer, USERNAME: 'other' },
  })
  await t.rejects(respond('NEW_PASSWORD_REQUIRED', undefined, answer), { name: 'InvalidParameterException' })
  const late = await session()
  local.clock.advance(180)
  await refused('Invalid session for the user, session is expired.', late)
  local.clock.advance(180)
  await refused('Invalid session for the user.', late)
  const once = await session()
  t.ok((await respond('NEW_PASSWORD_REQUIRED', once, answer)).AuthenticationResult)
  await refused('Invalid session for the user, session can only be used once.', once)

  const { Session } = await password('other', 'Temporary-1')
  local.clock.advance(179)
  t.ok(
    (await respond('NEW_PASSWORD_REQUIRED', Session, { ...answer, USERNAME: 'other' })).AuthenticationResult,
  )
})

t.test('who may not sign in', async t => {
  const { password, begin, respond, local } = await startPool(t, {
    users: [
      { ...alice, status: 'RESET_REQUIRED' },
      { ...alice, username: 'off', enabled: false },
      { ...alice, username: 'other' },
      { ...alice, username: 'new', status: 'UNCONFIRMED' },
    ],
    clients: [{ clientId: 'localweb' }, { clientId: 'open', preventUserExistenceErrors: false }],
  })
  await t.rejects(password(), {
    name: 'PasswordResetRequiredException',
    message: 'Password reset required for the user',
  })
  await t.rejects(password('off'), { name: 'NotAuthorizedException', message: 'User is disabled.' })
  await t.rejects(password('new'), { name: 'UserNotConfirmedException' })
  for (const flow of ['USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'USER_AUTH', 'CUSTOM_AUTH'] as const) {
    const parameters = { USERNAME: 'nobody', PASSWORD: 'x', SRP_A: 'ff' }
    await t.rejects(begin(flow, parameters), { message: 'Incorrect username or password.' }, flow)
    await t.rejects(begin(flow, parameters, { ClientId: 'open' }), { name: 'UserNotFoundException' }, flow)
  }
  const asked = await begin('USER_AUTH', { USERNAME: 'other', PREFERRED_CHALLENGE: 'PASSWORD' })
  Object.assign(local.users.find('other') as object, { status: 'RESET_REQUIRED' })
  await t.rejects(respond('PASSWORD', asked.Session, { USERNAME: 'other', PASSWORD: alice.password }), {
    name: 'PasswordResetRequiredException',
  })
  const provider = local.config.identityProviders[0] as never
  const federated = local.users.federate(provider, { userId: 'x', attributes: { email: 'f@example.com' } })
  federated.attributes.email_verified = 'true'
  await t.rejects(begin('USER_AUTH', { USERNAME: federated.username }), { name: 'NotAuthorizedException' })
})

t.test('flows are on by client', async t => {
  const secret = 'its-secret'
  const clients = [
    { clientId: 'none', secret, explicitAuthFlows: [] },
    { clientId: 'localweb', secret, scopes: ['orders/read', 'openid'] },
    { clientId: 'open' },
  ]
  const { begin, sdk, pool } = await startPool(t, { clients, users: [alice] })
  const ClientId = 'none'
  for (const [flow, message] of [
    ['USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH flow not enabled for this client'],
    ['USER_SRP_AUTH', 'USER_SRP_AUTH is not enabled for the client.'],
    ['USER_AUTH', 'USER_AUTH is not enabled for the client.'],
    ['CUSTOM_AUTH', 'CUSTOM_AUTH is not enabled for the client.'],
    ['REFRESH_TOKEN_AUTH', 'Auth flow not enabled for this client'],
    ['ADMIN_USER_PASSWORD_AUTH', 'Initiate Auth method not supported.'],
    ['toString', 'Initiate Auth method not supported.'],
  ] as const)
    await t.rejects(begin(flow as never, { USERNAME: 'alice' }, { ClientId }), {
      name: 'InvalidParameterException',
      message,
    })
  const admin = {
    UserPoolId: pool.userPoolId,
    AuthParameters: { USERNAME: 'alice', PASSWORD: alice.password },
  }
  const flow = 'ADMIN_NO_SRP_AUTH'
  await t.rejects(sdk.send(new AdminInitiateAuthCommand({ ...admin, ClientId, AuthFlow: flow })), {
    message: 'Auth flow not enabled for this client',
  })
  t.ok(
    (await sdk.send(new AdminInitiateAuthCommand({ ...admin, ClientId: 'open', AuthFlow: flow })))
      .AuthenticationResult,
  )
  await t.rejects(
    sdk.send(new AdminInitiateAuthCommand({ ...admin, ClientId: 'open', AuthFlow: 'USER_PASSWORD_AUTH' })),
    { message: 'Initiate Auth method not supported.' },
  )
})

t.test('an administrator answers a challenge', async t => {
  const { sdk, pool } = await startPool(t, { users: [newcomer] })
  const admin = { UserPoolId: pool.userPoolId, ClientId: 'localweb' }
  const { Session } = await sdk.send(
    new AdminInitiateAuthCommand({
      ...admin,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'newcomer', PASSWORD: 'Temporary-1' },
    }),
  )
  const { AuthenticationResult } = await sdk.send(
    new AdminRespondToAuthChallengeCommand({
      ...admin,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session,
      ChallengeResponses: { USERNAME: 'newcomer', NEW_PASSWORD: 'Chosen-By-Me-1' },
    }),
  )
  t.ok(AuthenticationResult?.AccessToken)
})

t.test('sign-in by choice', async t => {
  const phone = { phone_number: '+15550100', phone_number_verified: 'true' }
  const { begin, respond, codeOf, local } = await startPool(t, {
    users: [
      alice,
      { ...alice, username: 'both', attributes: phone },
      { ...alice, username: 'plain', attributes: { email_verified: 'false' } },
    ],
  })
  const choose = (USERNAME: string, more: Record<string, string> = {}) =>
    begin('USER_AUTH', { USERNAME, ...more })

  const asked = await choose('alice')
  t.equal(asked.ChallengeName, 'SELECT_CHALLENGE')
  t.same(asked.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP'])
  t.same((await choose('both')).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'])
  t.same((await choose('plain', { PREFERRED_CHALLENGE: 'EMAIL_OTP' })).AvailableChallenges, [
    'PASSWORD_SRP',
    'PASSWORD',
  ])
  await t.rejects(respond('SELECT_CHALLENGE', asked.Session, { USERNAME: 'alice', ANSWER: 'WEB_AUTHN' }), {
    message: 'Selected challenge is not available.',
  })
  const byPassword = { USERNAME: 'alice', ANSWER: 'PASSWORD', PASSWORD: alice.password }
  t.ok((await respond('SELECT_CHALLENGE', asked.Session, byPassword)).AuthenticationResult)

  const sent = await choose('alice', { PREFERRED_CHALLENGE: 'EMAIL_OTP' })
  t.match(sent, {
    ChallengeName: 'EMAIL_OTP',
    ChallengeParameters: { CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL', CODE_DELIVERY_DESTINATION: 'a***@e***' },
  })
  const answer = (EMAIL_OTP_CODE: string) =>
    respond('EMAIL_OTP', sent.Session, { USERNAME: 'alice', EMAIL_OTP_CODE })
  await t.rejects(answer('no code'), { name: 'CodeMismatchException' })
  t.ok((await answer(codeOf('alice'))).AuthenticationResult, 'may be corrected')
  t.equal(codeOf('alice'), undefined, 'used up')

  const texted = await choose('both', { PREFERRED_CHALLENGE: 'SMS_OTP' })
  t.match(texted.ChallengeParameters, {
    CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS',
    CODE_DELIVERY_DESTINATION: '+****0100',
  })
  t.ok(
    (await respond('SMS_OTP', texted.Session, { USERNAME: 'both', SMS_OTP_CODE: codeOf('both') }))
      .AuthenticationResult,
  )

  for (const [name, more] of [
    ['PASSWORD', { PASSWORD: alice.password }],
    ['PASSWORD_SRP', { SRP_A: 'ff'.repeat(384) }],
  ] as const) {
    const question = await choose('alice', { PREFERRED_CHALLENGE: name })
    t.equal(question.ChallengeName, name, 'asked for where it is not sent at once')
    const next = await respond(name, question.Session, { USERNAME: 'alice', ...more })
    t.ok(next.AuthenticationResult ?? next.ChallengeName === 'PASSWORD_VERIFIER', name)
    const atOnce = await choose('alice', { PREFERRED_CHALLENGE: name, ...more })
    t.ok(atOnce.AuthenticationResult ?? atOnce.ChallengeName === 'PASSWORD_VERIFIER', `${name} at once`)
  }
  await t.rejects(choose('alice', { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: 'wrong' }), {
    name: 'NotAuthorizedException',
  })
  Object.assign(local.users.find('alice') as object, { status: 'UNCONFIRMED' })
  await t.rejects(choose('alice', { PREFERRED_CHALLENGE: 'EMAIL_OTP' }), {
    name: 'UserNotConfirmedException',
  })
})

t.test('a pool that allows passwords only, and one that allows none', async t => {
  const { begin } = await startPool(t, { allowedFirstAuthFactors: ['PASSWORD'] })
  t.same((await begin('USER_AUTH', { USERNAME: 'alice' })).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
  const none = await startPool(t, { allowedFirstAuthFactors: [] })
  await t.rejects(none.begin('USER_AUTH', { USERNAME: 'alice' }), {
    message: 'Incorrect username or password.',
  })
})

t.test('sign-up without a password', async t => {
  const { sdk, begin, respond, local, codeOf } = await startPool(t)
  const client = { ClientId: 'localweb', Username: 'zoe' }
  const UserAttributes = [{ Name: 'email', Value: 'zoe@example.com' }]
  await sdk.send(new SignUpCommand({ ...client, UserAttributes }))
  const ConfirmationCode = local.users.find('zoe')?.codes.signUp?.value
  const { Session } = await sdk.send(new ConfirmSignUpCommand({ ...client, ConfirmationCode }))
  const withSession = (given: string | undefined, USERNAME = 'zoe', ClientId = 'localweb') =>
    sdk.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_AUTH',
        Session: given,
        AuthParameters: { USERNAME },
      }),
    )
  await t.rejects(withSession(Session, 'alice'), { name: 'NotAuthorizedException' })
  await t.rejects(withSession('nonsense'), { name: 'NotAuthorizedException' })
  await t.rejects(withSession(Session, 'zoe', 'localmachine'), { name: 'NotAuthorizedException' })
  t.ok((await withSession(Session)).AuthenticationResult, 'signs in at once')
  await t.rejects(withSession(Session), { message: /once/ })

  t.same((await begin('USER_AUTH', { USERNAME: 'zoe' })).AvailableChallenges, ['EMAIL_OTP'])
  await t.rejects(begin('USER_SRP_AUTH', { USERNAME: 'zoe', SRP_A: 'ff' }), {
    name: 'NotAuthorizedException',
  })
  await t.rejects(begin('USER_PASSWORD_AUTH', { USERNAME: 'zoe', PASSWORD: 'x' }), {
    name: 'NotAuthorizedException',
  })
  const asked = await begin('USER_AUTH', { USERNAME: 'zoe', PREFERRED_CHALLENGE: 'EMAIL_OTP' })
  const answer = { USERNAME: 'zoe', EMAIL_OTP_CODE: codeOf('zoe') }
  t.ok((await respond('EMAIL_OTP', asked.Session, answer)).AuthenticationResult)
})

t.test('refresh tokens: expired, rotated, with grace, of a client with lifetimes of its own', async t => {
  const clients = [
    { clientId: 'localweb', lifetimes: { access: 300, refresh: 3600 } },
    { clientId: 'graceful', refreshTokenRotation: true, refreshTokenGracePeriod: 30 },
  ]
  const { begin, sdk, local } = await startPool(t, { clients, users: [alice] })
  const signIn = (ClientId: string) =>
    begin('USER_PASSWORD_AUTH', { USERNAME: 'alice', PASSWORD: alice.password }, { ClientId })
  const refresh = (ClientId: string, RefreshToken: string | undefined) =>
    sdk.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }))

  const { AuthenticationResult: short } = await signIn('localweb')
  t.equal(short?.ExpiresIn, 300)
  const { exp, iat } = claimsOf(short?.AccessToken)
  t.equal(Number(exp) - Number(iat), 300)
  t.equal(Number(claimsOf(short?.IdToken).exp) - Number(iat), 3600, 'that of the pool')
  local.clock.advance(3599)
  t.ok((await refresh('localweb', short?.RefreshToken)).AuthenticationResult)
  local.clock.advance(2)
  await t.rejects(refresh('localweb', short?.RefreshToken), {
    name: 'NotAuthorizedException',
    message: 'Refresh Token has expired',
  })
  await t.rejects(refresh('localweb', 'a.b.c.d.e'), { message: 'Invalid Refresh Token' })

  const { AuthenticationResult: first } = await signIn('graceful')
  const { AuthenticationResult: second } = await refresh('graceful', first?.RefreshToken)
  t.ok(second?.RefreshToken)
  local.clock.advance(29)
  t.ok((await refresh('graceful', first?.RefreshToken)).AuthenticationResult, 'another tab')
  local.clock.advance(31)
  await t.rejects(refresh('graceful', first?.RefreshToken), { name: 'RefreshTokenReuseException' })
  t.ok((await refresh('graceful', second?.RefreshToken)).AuthenticationResult, 'the new one stays good')

  const { AuthenticationResult: last } = await signIn('graceful')
  Object.assign(local.users.find('alice') as object, { enabled: false })
  await t.rejects(refresh('graceful', last?.RefreshToken), { message: 'User is disabled.' })
  t.doesNotThrow(() => local.sessions.spend('unknown', 0))
})

t.test('the session of whoever has just confirmed', async t => {
  const passwordOnly = { clientId: 'passwordonly', explicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { sdk, begin, respond, local } = await startPool(t, {
    clients: [{ clientId: 'localweb' }, passwordOnly],
    mfa: { mode: 'ON', factors: ['SOFTWARE_TOKEN_MFA'] },
  })
  const sessionOf = async (Username: string, ClientId = 'localweb') => {
    const UserAttributes = [{ Name: 'email', Value: `${Username}@example.com` }]
    await sdk.send(new SignUpCommand({ ClientId, Username, Password: 'Wonderland-1', UserAttributes }))
    const ConfirmationCode = local.users.find(Username)?.codes.signUp?.value
    const given = await sdk.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode }))
    return given.Session as string
  }
  const Session = await sessionOf('zoe')
  const user = { USERNAME: 'zoe' }
  await t.rejects(begin('USER_PASSWORD_AUTH', user, { Session }), { message: /PASSWORD/ })
  await t.rejects(respond('CONFIRMED' as never, Session, user), { name: 'NotAuthorizedException' })
  const asked = await begin('USER_AUTH', user, { Session })
  t.match(
    asked,
    { ChallengeName: 'SELECT_CHALLENGE', AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD'] },
    'a second factor comes after a password',
  )
  const next = { ...user, ANSWER: 'PASSWORD', PASSWORD: 'Wonderland-1' }
  t.equal((await respond('SELECT_CHALLENGE', asked.Session, next)).ChallengeName, 'MFA_SETUP')

  local.mfa.mode = 'OFF'
  const given = { ClientId: 'passwordonly', Session: await sessionOf('yan', 'passwordonly') }
  for (const flow of ['USER_AUTH', 'USER_PASSWORD_AUTH'] as const)
    await t.rejects(begin(flow, { USERNAME: 'yan' }, given), { name: 'InvalidParameterException' }, flow)
  await t.rejects(respond('CONFIRMED' as never, given.Session, { USERNAME: 'yan' }, given), {
    name: 'NotAuthorizedException',
  })
})

t.test('what is no name is none, and what nests is refused', async t => {
  const { url } = await startPool(t, { users: [alice, newcomer] })
  const call = (name: string, body: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
        authorization: 'AWS4-HMAC-SHA256 x',
      },
      body,
    })
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const parameters = '"AuthParameters":{"USERNAME":"alice","PASSWORD":"Wonderland-1"}'
  for (const flow of [deep, '["USER_PASSWORD_AUTH"]', '{"toString":1}', 'null']) {
    const answer = await call('InitiateAuth', `{"ClientId":"localweb","AuthFlow":${flow},${parameters}}`)
    t.equal(answer.status, 400, flow.slice(0, 24))
  }
  const validity = '"UserPoolId":"us-east-1_LOCALDEV0","ClientName":"c","AccessTokenValidity":{"toString":1}'
  t.equal((await call('CreateUserPoolClient', `{${validity}}`)).status, 400, 'what is no number')
  for (const [levels, status] of [
    [20_000, 400],
    [64, 400],
    [63, 200],
  ] as const) {
    const tags = `${'['.repeat(levels)}${']'.repeat(levels)}`
    const answer = await call('UpdateUserPool', `{"UserPoolId":"us-east-1_LOCALDEV0","UserPoolTags":${tags}}`)
    t.equal(answer.status, status, `${levels} levels`)
  }

  const asked = await call(
    'InitiateAuth',
    '{"ClientId":"localweb","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"newcomer","PASSWORD":"Temporary-1"}}',
  )
  const { Session } = (await asked.json()) as { Session: string }
  const answer = await call(
    'RespondToAuthChallenge',
    `{"ClientId":"localweb","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"${Session}","ChallengeResponses":{"USERNAME":"newcomer","NEW_PASSWORD":"Wonderland-2","userAttributes.name":{"toString":1}}}`,
  )
  t.not(answer.status, 500)
})
