// Local functions in the place of Lambda triggers, through the AWS SDK and the OAuth endpoints.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import {
  ConfirmSignUpCommand,
  GetClientTokenCommand,
  GetTokensFromRefreshTokenCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as identity from 'amazon-cognito-identity-js'
import t from 'tap'
import { withTriggers } from '../../../src/cli/triggers.js'
import { parseConfig } from '../../../src/devtools/local/config.js'
import { callTrigger } from '../../../src/devtools/local/user-pool/triggers.js'
import { startPool } from './pool.js'
import { claimsOf } from './world.js'

interface Event {
  readonly version: string
  readonly triggerSource: string
  readonly region: string
  readonly userPoolId: string
  readonly userName: string
  readonly callerContext: object
  readonly request: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>>
}
type Answer = (event: Event) => object

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity
const machine = { clientId: 'machine', secret: 's3cret', scopes: ['orders/read', 'orders/write'] }
const clients = [{ clientId: 'localweb' }, machine]

/** A trigger that keeps its events and answers with this response. */
function recorded(response: Answer) {
  const events: Event[] = []
  const trigger = (event: Event) => {
    events.push(structuredClone(event))
    return { ...event, response: response(event) }
  }
  return { events, trigger }
}

const changes = {
  idTokenGeneration: {
    claimsToAddOrOverride: {
      plan: 'pro',
      limits: { seats: 3 },
      sub: 'evil',
      'cognito:username': 'evil',
      aud: 'evil',
    },
    claimsToSuppress: ['name', 'iss', 'email'],
  },
  accessTokenGeneration: {
    claimsToAddOrOverride: {
      tenant: 'blue',
      flags: ['a', 1, true],
      aud: 'localweb',
      scope: 'evil',
      token_use: 'id',
      origin_jti: 'evil',
      acr: 'evil',
    },
    claimsToSuppress: ['event_id', 'cognito:groups'],
    scopesToAdd: ['orders/read', 'two scopes'],
    scopesToSuppress: ['aws.cognito.signin.user.admin'],
  },
}

t.test('pre token generation, version two', async t => {
  const { events, trigger } = recorded(() => ({ claimsAndScopeOverrideDetails: changes }))
  const { sdk, password, get, post } = await startPool(t, {
    clients,
    triggers: { preTokenGeneration: trigger },
  })
  const { AuthenticationResult } = await password()
  const access = claimsOf(AuthenticationResult?.AccessToken)
  t.match(access, {
    tenant: 'blue',
    flags: ['a', 1, true],
    aud: 'localweb',
    scope: 'orders/read',
    token_use: 'access',
  })
  t.match(access.origin_jti, /^[\da-f-]{36}$/)
  t.match(access.event_id, /^[\da-f-]{36}$/)
  t.notOk('cognito:groups' in access || 'acr' in access)
  const id = claimsOf(AuthenticationResult?.IdToken)
  t.match(id, {
    plan: 'pro',
    limits: { seats: 3 },
    'cognito:username': 'alice',
    aud: 'localweb',
    iss: /amazonaws/,
  })
  t.notOk('name' in id || 'email' in id || id.sub === 'evil')
  t.same(events[0], {
    version: '2',
    triggerSource: 'TokenGeneration_Authentication',
    region: 'us-east-1',
    userPoolId: 'us-east-1_LOCALDEV0',
    userName: 'alice',
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'localweb' },
    request: {
      userAttributes: {
        sub: id.sub ?? events[0]?.request.userAttributes,
        'cognito:user_status': 'CONFIRMED',
        email: 'alice@example.com',
        email_verified: 'true',
        name: 'Alice',
        'custom:tenant': 'blue',
      },
      groupConfiguration: {
        groupsToOverride: ['admin', 'readers'],
        iamRolesToOverride: [
          'arn:aws:iam::000000000000:role/local-admin',
          'arn:aws:iam::000000000000:role/local-reader',
        ],
        preferredRole: 'arn:aws:iam::000000000000:role/local-admin',
      },
      scopes: ['aws.cognito.signin.user.admin'],
      clientMetadata: {},
    },
    response: { claimsAndScopeOverrideDetails: null },
  })

  const RefreshToken = AuthenticationResult?.RefreshToken
  await sdk.send(
    new GetTokensFromRefreshTokenCommand({
      ClientId: 'localweb',
      RefreshToken,
      ClientMetadata: { why: 'tab' },
    }),
  )
  t.match(events[1], {
    triggerSource: 'TokenGeneration_RefreshTokens',
    request: { clientMetadata: { why: 'tab' } },
  })

  const query = {
    response_type: 'code',
    client_id: 'localweb',
    redirect_uri: 'http://localhost:5173/callback',
    scope: 'openid email profile',
    login_hint: 'bob',
    auto: '1',
  }
  const back = await get(`/oauth2/authorize?${new URLSearchParams(query).toString()}`)
  const code = new URL(back.headers.get('location') as string).searchParams.get('code') as string
  const form = {
    grant_type: 'authorization_code',
    client_id: 'localweb',
    redirect_uri: query.redirect_uri,
    code,
  }
  const tokens = (await (await post('/oauth2/token', form)).json()) as { access_token: string }
  t.equal(events[2]?.triggerSource, 'TokenGeneration_HostedAuth')
  t.match(claimsOf(tokens.access_token), { tenant: 'blue', scope: 'openid email profile orders/read' })
})

t.test('pre token generation for machines is version three', async t => {
  const grant = { grant_type: 'client_credentials', client_id: 'machine', client_secret: 's3cret' }
  const { sdk, post, control, setTriggers } = await startPool(t, { clients })
  for (const [version, count] of [
    ['V2_0', 0],
    ['V3_0', 4],
  ] as const) {
    const { events, trigger } = recorded(() => ({ claimsAndScopeOverrideDetails: changes }))
    setTriggers({ preTokenGeneration: trigger, preTokenGenerationVersion: version })
    const asked = async (more: Record<string, string> = {}) =>
      (await (await post('/oauth2/token', { ...grant, ...more })).json()) as { access_token: string }
    const metadata = { aws_client_metadata: '{"why":"batch"}' }
    const claims = claimsOf((await asked(metadata)).access_token)
    await asked({ aws_client_metadata: 'no JSON' })
    await control('machine-token', { clientId: 'machine' })
    const { ClientAuthenticationResult } = await sdk.send(
      new GetClientTokenCommand({ ClientId: 'machine', Secret: 's3cret', Scopes: ['orders/write'] }),
    )
    t.match(ClientAuthenticationResult, { TokenType: 'Bearer', ExpiresIn: 3600 })
    t.equal(events.length, count, version)
    const scopes = claimsOf(ClientAuthenticationResult?.AccessToken).scope
    t.equal(scopes, count ? 'orders/write orders/read' : 'orders/write')
    if (count === 0) continue
    t.match(claims, { sub: 'machine', tenant: 'blue', scope: 'orders/read orders/write' })
    t.match(events[0], {
      version: '3',
      triggerSource: 'TokenGeneration_ClientCredentials',
      userName: 'ClientCredentials',
      request: { userAttributes: {}, groupConfiguration: null, clientMetadata: { why: 'batch' } },
    })
  }
  setTriggers({ preTokenGenerationVersion: 'V3_0' })
  t.equal((await post('/oauth2/token', grant)).status, 200, 'no trigger')
})

t.test('GetClientToken', async t => {
  const { sdk } = await startPool(t, {
    clients: [...clients, { clientId: 'off', secret: 's3cret', explicitAuthFlows: ['ALLOW_USER_AUTH'] }],
  })
  for (const [name, more] of [
    ['NotAuthorizedException', { Secret: 'wrong' }],
    ['NotAuthorizedException', { ClientId: 'localweb' }],
    ['InvalidParameterException', { ClientId: 'off' }],
    ['ScopeDoesNotExistException', { Scopes: ['orders/delete'] }],
    ['ResourceNotFoundException', { ClientId: 'nobody' }],
  ] as const)
    await t.rejects(
      sdk.send(new GetClientTokenCommand({ ClientId: 'machine', Secret: 's3cret', ...more } as never)),
      {
        name,
      },
    )
  const { ClientAuthenticationResult } = await sdk.send(
    new GetClientTokenCommand({ ClientId: 'machine', Secret: 's3cret' }),
  )
  t.equal(claimsOf(ClientAuthenticationResult?.AccessToken).scope, 'orders/read orders/write')
})

t.test('pre token generation, version one', async t => {
  const details = {
    claimsToAddOrOverride: { plan: 'pro', seats: 3, sub: 'evil' },
    claimsToSuppress: ['name'],
  }
  const { events, trigger } = recorded(() => ({ claimsOverrideDetails: details }))
  const triggers = { preTokenGeneration: trigger, preTokenGenerationVersion: 'V1_0' }
  const { password } = await startPool(t, { triggers })
  const { AuthenticationResult } = await password()
  const id = claimsOf(AuthenticationResult?.IdToken)
  t.match(id, { plan: 'pro', seats: '3', 'cognito:groups': ['admin', 'readers'] }, 'texts only')
  t.notOk('name' in id)
  t.notOk('plan' in claimsOf(AuthenticationResult?.AccessToken), 'ID tokens only')
  t.match(events[0], { version: '1', response: { claimsOverrideDetails: null } })
  t.notOk('scopes' in (events[0]?.request ?? {}))
})

t.test('groups of a pre token generation trigger', async t => {
  const { password, setTriggers } = await startPool(t)
  for (const [details, expected] of [
    [undefined, ['readers']],
    [null, ['readers']],
    [{}, undefined],
    [{ groupsToOverride: ['other'], iamRolesToOverride: ['arn:x'], preferredRole: 'arn:x' }, ['other']],
  ] as const) {
    const { trigger } = recorded(() => ({ claimsAndScopeOverrideDetails: { groupOverrideDetails: details } }))
    setTriggers({ preTokenGeneration: trigger })
    const { AuthenticationResult } = await password('bob', 'Builder-1')
    t.same(claimsOf(AuthenticationResult?.AccessToken)['cognito:groups'], expected)
    const id = claimsOf(AuthenticationResult?.IdToken)
    t.same(id['cognito:groups'], expected)
    if (details && 'preferredRole' in details)
      t.match(id, { 'cognito:roles': ['arn:x'], 'cognito:preferred_role': 'arn:x' })
    if (details && !('preferredRole' in details))
      t.notOk('cognito:roles' in id || 'cognito:preferred_role' in id)
  }
})

t.test('answers and errors of a trigger', async t => {
  const invalid = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }
  const failed = (message: string) => ({
    name: 'UserLambdaValidationException',
    message: `PreTokenGeneration failed with error ${message}.`,
  })
  const V1 = { preTokenGenerationVersion: 'V1_0' }
  const { password, setTriggers } = await startPool(t)
  for (const [trigger, error, more] of [
    [() => undefined, invalid],
    [() => 'text', invalid],
    [() => ({ response: null }), invalid],
    [() => Promise.reject(new Error('No')), failed('No')],
    [
      () => {
        throw new Error('At once')
      },
      failed('At once'),
    ],
    [
      (_event: never, _context: never, callback: (error: string) => void) => callback('a text'),
      failed('a text'),
    ],
    [
      (_event: never, _context: never, callback: (error: Error) => void) => callback(new Error('Called')),
      failed('Called'),
    ],
    ...[
      [undefined, 'undefined'],
      [Object.create(null), 'that is no text'],
      [Object.assign(new Error('x'), { message: Object.create(null) }), 'that is no text'],
      [Symbol('late'), 'Symbol(late)'],
    ].map(([thrown, message]) => [() => Promise.reject(thrown), failed(message as string)] as const),
    [() => ({ response: { claimsOverrideDetails: {} } }), { message: /version V2_0 and answers another/ }],
    [
      () => ({ response: { claimsAndScopeOverrideDetails: {} } }),
      { message: /version V1_0 and answers another/ },
      V1,
    ],
    [() => ({ response: { claimsOverrideDetails: { claimsToAddOrOverride: { a: {} } } } }), invalid, V1],
  ] as readonly (readonly [unknown, object, object?])[]) {
    setTriggers({ preTokenGeneration: trigger, ...more })
    await t.rejects(password(), error as Error)
  }
  for (const trigger of [
    (event: Event, _context: object, callback: (error: null, answer: Event) => void) => callback(null, event),
    async (event: Event, _context: object, _callback: never) => event,
    (event: Event) => event,
  ]) {
    setTriggers({ preTokenGeneration: trigger })
    t.ok((await password()).AuthenticationResult, 'by promise, by callback, at once')
  }
})

t.test('a trigger that does not answer', async t => {
  const { local } = await startPool(t)
  const call = { source: 'PreSignUp_SignUp', username: 'alice', clientId: 'localweb', request: {} }
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  for (const silent of [
    () => new Promise(() => {}),
    (_event: never, _context: never, _callback: never) => {},
    async () => Promise.reject(await new Promise(reject => setTimeout(reject, 5001))),
  ]) {
    Object.assign(local.config, { triggers: { preSignUp: silent } })
    let isOver = false
    const answer = callTrigger(local, 'preSignUp', call).finally(() => {
      isOver = true
    })
    const expected = {
      name: 'UnexpectedLambdaException',
      message: 'PreSignUp did not answer within 5 seconds.',
    }
    const rejected = t.rejects(answer, expected)
    mock.timers.tick(4999)
    await new Promise(resolve => setImmediate(resolve))
    t.notOk(isOver, 'within 5 seconds')
    mock.timers.tick(1)
    await rejected
    mock.timers.tick(1)
  }
})

t.test('a trigger that refuses, at the endpoints of OAuth', async t => {
  const { get, post, setTriggers, local } = await startPool(t, { clients })
  const refusing = () => {
    throw new Error('No')
  }
  const query = {
    response_type: 'code',
    client_id: 'localweb',
    redirect_uri: 'http://localhost:5173/callback',
    login_hint: 'bob',
    auto: '1',
  }
  const authorize = async () =>
    new URL(
      (await get(`/oauth2/authorize?${new URLSearchParams(query).toString()}`)).headers.get(
        'location',
      ) as string,
    ).searchParams
  const form = { grant_type: 'authorization_code', client_id: 'localweb', redirect_uri: query.redirect_uri }
  setTriggers({ preTokenGeneration: refusing })
  const response = await post('/oauth2/token', { ...form, code: (await authorize()).get('code') as string })
  t.equal(response.status, 400)
  t.same(await response.json(), {
    error: 'invalid_request',
    error_description: 'PreTokenGeneration failed with error No.',
  })
  setTriggers({ postAuthentication: refusing })
  t.equal((await authorize()).get('error_description'), 'PostAuthentication failed with error No.')
  setTriggers({ preTokenGeneration: () => ({ response: { claimsAndScopeOverrideDetails: {} } }) })
  const code = (await authorize()).get('code') as string
  Object.assign(local, { keys: undefined })
  t.equal((await post('/oauth2/token', { ...form, code })).status, 500, 'another error is a fault')
})

t.test('claims of a user in the file, and of a token for a script', async t => {
  const users = [
    {
      username: 'alice',
      password: 'Wonderland-1',
      claims: { access: { tenant: 'blue', n: 1 }, id: { plan: 'pro' } },
    },
  ]
  const { password, control } = await startPool(t, { users })
  const { AuthenticationResult } = await password()
  t.match(claimsOf(AuthenticationResult?.AccessToken), { tenant: 'blue', n: 1 })
  t.match(claimsOf(AuthenticationResult?.IdToken), { plan: 'pro' })
  const claims = { access: { tenant: 'green' } }
  const made = await control('tokens', { username: 'alice', claims })
  t.match(claimsOf(String(made.accessToken)), { tenant: 'green', n: 1 })
  await t.rejects(control('tokens', { username: 'alice', claims: { access: { sub: 'x' } } }), /sub/)
  for (const [kind, name] of [
    ['access', 'scope'],
    ['access', 'acr'],
    ['id', 'cognito:roles'],
    ['id', 'dev:x'],
  ] as const)
    t.throws(
      () => parseConfig({ users: [{ ...users[0], claims: { [kind]: { [name]: 'x' } } }] }, 'dev.json'),
      new RegExp(
        `users\\[0\\]: claims has a wrong member: ${kind} has ${name}, which Cognito lets no trigger set`,
      ),
    )
  t.throws(
    () => parseConfig({ users: [{ ...users[0], claims: { id: 'x' } }] }, 'dev.json'),
    /must be an object/,
  )
})

t.test('sign-up', async t => {
  const signUps = recorded(({ userName, request }) => {
    if (userName === 'evil') throw new Error('Not here')
    return {
      autoConfirmUser: (request.clientMetadata as { auto?: string }).auto === 'yes',
      autoVerifyEmail: true,
      autoVerifyPhone: true,
    }
  })
  const confirmations = recorded(() => ({}))
  const { sdk, local, get, post, setTriggers } = await startPool(t, {
    triggers: { preSignUp: signUps.trigger, postConfirmation: confirmations.trigger },
  })
  const signUp = (Username: string, more: object = {}) =>
    sdk.send(
      new SignUpCommand({
        ClientId: 'localweb',
        Username,
        Password: 'Wonderland-1',
        UserAttributes: [
          { Name: 'email', Value: `${Username}@example.com` },
          { Name: 'phone_number', Value: '+15550100' },
        ],
        ...more,
      }),
    )
  await t.rejects(signUp('evil'), {
    name: 'UserLambdaValidationException',
    message: 'PreSignUp failed with error Not here.',
  })
  t.equal(local.users.find('evil'), undefined)
  const auto = await signUp('auto', {
    ClientMetadata: { auto: 'yes' },
    ValidationData: [{ Name: 'invitation', Value: '7' }],
  })
  t.match(auto, { UserConfirmed: true })
  t.match(local.users.find('auto'), {
    status: 'CONFIRMED',
    codes: {},
    attributes: { email_verified: 'true', phone_number_verified: 'true' },
  })
  t.match(signUps.events[1], {
    triggerSource: 'PreSignUp_SignUp',
    request: {
      userAttributes: { email: 'auto@example.com' },
      validationData: { invitation: '7' },
      clientMetadata: { auto: 'yes' },
    },
    response: { autoConfirmUser: false },
  })
  t.match(confirmations.events[0], { triggerSource: 'PostConfirmation_ConfirmSignUp', userName: 'auto' })

  t.match(await signUp('slow'), { UserConfirmed: false })
  const ConfirmationCode = local.users.find('slow')?.codes.signUp?.value
  await sdk.send(new ConfirmSignUpCommand({ ClientId: 'localweb', Username: 'slow', ConfirmationCode }))
  t.equal(confirmations.events[1]?.userName, 'slow')

  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'localweb',
    redirect_uri: 'http://localhost:5173/callback',
  }).toString()
  t.equal((await get(`/signup?${query}`)).status, 200)
  const form = { username: 'evil', password: 'Wonderland-1', email: 'e@example.com' }
  t.match(await (await post(`/signup?${query}`, form)).text(), 'Not here')
  setTriggers({ preSignUp: (event: Event) => ({ ...event, response: { autoConfirmUser: true } }) })
  const done = await post(`/signup?${query}`, { ...form, username: 'fine' })
  t.match(done.headers.get('location'), /callback\?code=/)
})

t.test('before and after a sign-in', async t => {
  const before = recorded(({ userName }) => {
    if (userName === 'bob') throw new Error('Not today')
    return {}
  })
  const after = recorded(() => ({}))
  const { begin, get, post, password } = await startPool(t, {
    triggers: { preAuthentication: before.trigger, postAuthentication: after.trigger },
  })
  await t.rejects(password('bob', 'Builder-1'), { message: 'PreAuthentication failed with error Not today.' })
  await begin(
    'USER_PASSWORD_AUTH',
    { USERNAME: 'alice', PASSWORD: 'Wonderland-1' },
    { ClientMetadata: { a: 'b' } },
  )
  t.match(before.events[1], {
    triggerSource: 'PreAuthentication_Authentication',
    request: { userAttributes: { name: 'Alice' }, validationData: { a: 'b' } },
  })
  t.match(after.events, [
    { triggerSource: 'PostAuthentication_Authentication', request: { newDeviceUsed: false } },
  ])
  await t.rejects(password('nobody'), { name: 'NotAuthorizedException' })
  t.match(before.events[2], { userName: 'nobody', request: { userNotFound: true } })

  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'localweb',
    redirect_uri: 'http://localhost:5173/callback',
  }).toString()
  const refused = await post(`/login?${query}`, { username: 'bob', password: 'Builder-1' })
  t.match(await refused.text(), 'Not today')
  await post(`/login?${query}`, { username: 'alice', password: 'Wonderland-1' })
  t.equal(after.events.length, 2)
  t.equal((await get(`/login?${query}`)).status, 200)
})

t.test('users who are migrated', async t => {
  const { events, trigger } = recorded(({ userName }) => {
    if (userName === 'nobody') throw new Error('Unknown')
    if (userName === 'silent') return { userAttributes: null }
    return {
      userAttributes: { email: `${userName}@old.example`, nonsense: 'x', email_verified: true },
      finalUserStatus: userName === 'reset' ? 'RESET_REQUIRED' : 'CONFIRMED',
    }
  })
  const { begin, password, local } = await startPool(t, { triggers: { userMigration: trigger } })
  const { AuthenticationResult } = await password('old', 'From-There-1')
  t.match(claimsOf(AuthenticationResult?.IdToken), { email: 'old@old.example', email_verified: true })
  t.notOk('nonsense' in (local.users.find('old')?.attributes ?? {}))
  t.match(events[0], {
    triggerSource: 'UserMigration_Authentication',
    request: { password: 'From-There-1' },
    response: { userAttributes: null },
  })
  await password('old', 'From-There-1')
  t.equal(events.length, 1, 'once')
  await t.rejects(password('nobody', 'x'), {
    name: 'UserNotFoundException',
    message: 'Exception migrating user in app client localweb',
  })
  await t.rejects(password('silent', 'x'), { name: 'NotAuthorizedException' })
  await t.rejects(password('reset', 'x'), { name: 'PasswordResetRequiredException' })
  await t.rejects(begin('USER_SRP_AUTH', { USERNAME: 'other', SRP_A: 'ff' }), {
    name: 'NotAuthorizedException',
  })
  t.equal(events.length, 4, 'not without a password')
})

t.test('a custom challenge', async t => {
  const defined = recorded(({ request }) => {
    const session = request.session as { challengeName: string; challengeResult: boolean }[]
    const last = session.at(-1)
    if (last?.challengeName === 'SRP_A') return { challengeName: 'PASSWORD_VERIFIER' }
    const answers = session.filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')
    if (answers.length >= 2 && !answers.at(-1)?.challengeResult) return { failAuthentication: true }
    return answers.at(-1)?.challengeResult ? { issueTokens: true } : { challengeName: 'CUSTOM_CHALLENGE' }
  })
  const created = recorded(() => ({
    publicChallengeParameters: { question: 'six times seven' },
    privateChallengeParameters: { answer: '42' },
    challengeMetadata: 'QUESTION',
  }))
  const verified = recorded(({ request }) => ({
    answerCorrect:
      request.challengeAnswer === (request.privateChallengeParameters as { answer: string }).answer,
  }))
  const triggers = {
    defineAuthChallenge: defined.trigger,
    createAuthChallenge: created.trigger,
    verifyAuthChallengeResponse: verified.trigger,
  }
  const { begin, respond, url, pool, setTriggers } = await startPool(t, { triggers, acr: { enabled: true } })
  const asked = await begin('CUSTOM_AUTH', { USERNAME: 'alice' })
  t.match(asked, {
    ChallengeName: 'CUSTOM_CHALLENGE',
    ChallengeParameters: { USERNAME: 'alice', question: 'six times seven' },
  })
  const again = await respond('CUSTOM_CHALLENGE', asked.Session, { USERNAME: 'alice', ANSWER: '41' })
  t.equal(again.ChallengeName, 'CUSTOM_CHALLENGE')
  const { AuthenticationResult } = await respond('CUSTOM_CHALLENGE', again.Session, {
    USERNAME: 'alice',
    ANSWER: '42',
  })
  t.match(claimsOf(AuthenticationResult?.AccessToken), { acr: 'urn:cognito:loa:1', amr: [] })
  t.same(defined.events.at(-1)?.request.session, [
    { challengeName: 'CUSTOM_CHALLENGE', challengeResult: false, challengeMetadata: 'QUESTION' },
    { challengeName: 'CUSTOM_CHALLENGE', challengeResult: true, challengeMetadata: 'QUESTION' },
  ])
  t.equal(verified.events[0]?.triggerSource, 'VerifyAuthChallengeResponse_Authentication')

  const third = await begin('CUSTOM_AUTH', { USERNAME: 'alice' })
  const fourth = await respond('CUSTOM_CHALLENGE', third.Session, { USERNAME: 'alice', ANSWER: '1' })
  await t.rejects(respond('CUSTOM_CHALLENGE', fourth.Session, { USERNAME: 'alice', ANSWER: '2' }), {
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  })

  const user = new CognitoUser({
    Username: 'alice',
    Pool: new CognitoUserPool({ UserPoolId: pool.userPoolId, ClientId: 'localweb', endpoint: url }),
  })
  user.setAuthenticationFlowType('CUSTOM_AUTH')
  const session = await new Promise<identity.CognitoUserSession>((onSuccess, onFailure) => {
    const callbacks = {
      onSuccess,
      onFailure,
      customChallenge: () => user.sendCustomChallengeAnswer('42', callbacks),
    }
    user.authenticateUser(
      new AuthenticationDetails({ Username: 'alice', Password: 'Wonderland-1' }),
      callbacks,
    )
  })
  t.match(session.getAccessToken().payload, { amr: ['pwd'] }, 'after a password, by SRP')
  t.match(defined.events.at(-1)?.request.session, [
    { challengeName: 'SRP_A', challengeResult: true },
    { challengeName: 'PASSWORD_VERIFIER', challengeResult: true },
    { challengeName: 'CUSTOM_CHALLENGE', challengeResult: true },
  ])

  for (const [missing, message] of [
    ['defineAuthChallenge', 'Custom auth lambda trigger is not configured for the user pool.'],
    ['createAuthChallenge', 'The user pool has no createAuthChallenge trigger.'],
  ] as const) {
    setTriggers({ ...triggers, [missing]: undefined })
    await t.rejects(begin('CUSTOM_AUTH', { USERNAME: 'alice' }), {
      name: 'InvalidParameterException',
      message,
    })
  }
  for (const response of [{ challengeName: 'PASSWORD_VERIFIER' }, { challengeName: 'OTHER' }, {}]) {
    const defineAuthChallenge = recorded(() => response).trigger
    setTriggers({ defineAuthChallenge })
    await t.rejects(begin('CUSTOM_AUTH', { USERNAME: 'alice' }), { name: 'InvalidLambdaResponseException' })
  }
})

t.test('triggers of the command line and of the file', async t => {
  const folder = t.testdir({
    'functions.mjs':
      'export const handler = event => event\nexport const other = event => event\nexport const no = 1\n',
  })
  const file = join(folder, 'dev.json')
  writeFileSync(file, '{}')
  const functions = join(folder, 'functions.mjs')
  const config = parseConfig(
    { triggers: { preSignUp: 'functions.mjs#other', preTokenGeneration: './functions.mjs' } },
    file,
  )
  const loaded = await withTriggers(
    config,
    { trigger: [`postConfirmation=${functions}#other`], 'trigger-version': 'V3_0' },
    file,
  )
  for (const name of ['preSignUp', 'preTokenGeneration', 'postConfirmation'] as const)
    t.type(loaded.triggers[name], 'function', name)
  t.equal(loaded.triggers.preTokenGenerationVersion, 'V3_0')
  t.same((await withTriggers(parseConfig({}, 'x'), {})).triggers, {})
  const functional = parseConfig({ triggers: { preSignUp: () => undefined } }, 'x')
  t.equal((await withTriggers(functional, {})).triggers.preSignUp, functional.triggers.preSignUp)
  for (const [values, message] of [
    [{ trigger: ['nothing=x.mjs'] }, /--trigger: nothing is no trigger; known are preSignUp, /],
    [{ trigger: [`preSignUp=${functions}#no`] }, /--trigger: .*functions.mjs exports no function no/],
    [{ trigger: ['preSignUp'] }, /--trigger: /],
    [{ 'trigger-version': 'V4_0' }, /--trigger-version must be one of V1_0, V2_0, V3_0/],
  ] as const)
    await t.rejects(withTriggers(parseConfig({}, 'x'), values as never), message)
  await t.rejects(
    withTriggers(parseConfig({ triggers: { preSignUp: 'gone.mjs' } }, file), {}, file),
    /--config: triggers: preSignUp: /,
  )
  for (const [triggers, message] of [
    [{ preSignUp: 1 }, /preSignUp must be a file, with # and the name of a function/],
    [{ preSignUp: '' }, /preSignUp must be a file/],
    [{ nothing: 'x' }, /nothing is not an option/],
    [{ preTokenGenerationVersion: 'V4_0' }, /preTokenGenerationVersion must be one of/],
  ] as const)
    t.throws(() => parseConfig({ triggers }, 'dev.json'), message)
})
