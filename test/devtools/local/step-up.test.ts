// Levels of authentication from the local Cognito to a guarded API, and back to a stronger sign-in (RFC 9470).
import {
  AdminListDevicesCommand,
  AdminListUserSessionsCommand,
  AdminRevokeUserSessionCommand,
  AdminUpdateDeviceStatusCommand,
  ConfirmDeviceCommand,
  GetUserCommand,
  ListDevicesCommand,
  ListUserSessionsCommand,
  RevokeUserSessionCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  createGuard,
  createVerifier,
  every,
  isUser,
  signedInWithin,
  userPool,
  withAssurance,
} from 'cognito-guard'
import t from 'tap'
import { parseConfig } from '../../../src/devtools/local/config.js'
import { levelOf, type Method } from '../../../src/devtools/local/user-pool/methods.js'
import { startPool } from './pool.js'
import { claimsOf } from './world.js'

const callback = 'http://localhost:5173/callback'
const levels = [1, 2, 3, 4].map(level => `urn:cognito:loa:${level}`)
const phone = { phone_number: '+15550100', phone_number_verified: 'true' }
const alice = { username: 'alice', password: 'Wonderland-1' }

t.test('the level of methods', async t => {
  for (const [methods, level] of [
    [[], 0],
    [['pwd'], 1],
    [['fed'], 1],
    [['email_otp'], 2],
    [['sms'], 2],
    [['swk'], 3],
    [['pwd', 'sms'], 3],
    [['pwd', 'email_otp'], 3],
    [['pwd', 'otp'], 4],
  ] as readonly (readonly [Method[], number])[])
    t.equal(levelOf(methods), level, methods.join(' '))
})

t.test('a guard sends an app back for more, and the app comes with it', async t => {
  const pool = await startPool(t, { acr: { enabled: true } })
  const { control, local, begin, respond, tokenOf, addApp, appCode } = pool
  const verifier = createVerifier({ issuers: [userPool(pool.pool)], clock: local.clock })
  t.teardown(() => verifier.close())
  const guard = createGuard({
    verifier,
    policy: every(isUser, withAssurance('urn:cognito:loa:4'), signedInWithin(300)),
  })
  const call = (token: string | undefined) =>
    guard({ header: name => (name === 'authorization' ? `Bearer ${token}` : undefined) })

  const weak = await tokenOf()
  const bobs = String((await control('tokens', { username: 'bob' })).accessToken)
  t.match(claimsOf(weak), { acr: 'urn:cognito:loa:1', amr: ['pwd'] })
  const secret = await addApp(weak)
  const refused = await call(weak)
  t.match(refused, { authorized: false, status: 401, error: { code: 'ERR_STEP_UP_REQUIRED' } })
  const challenge = JSON.stringify(refused)
  const TARGET_ACR_VALUES = /acr_values=\\"([^"\\]+)/.exec(challenge)?.[1] as string
  t.equal(TARGET_ACR_VALUES, levels[3])

  const asked = await begin('USER_AUTH', {
    USERNAME: 'alice',
    TARGET_ACR_VALUES,
    ACCESS_TOKEN: weak,
    MAX_AGE: '300',
  })
  t.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA', 'the password counts')
  const { AuthenticationResult } = await respond('SOFTWARE_TOKEN_MFA', asked.Session, {
    USERNAME: 'alice',
    SOFTWARE_TOKEN_MFA_CODE: appCode(secret),
  })
  const strong = AuthenticationResult?.AccessToken
  t.match(claimsOf(strong), { acr: 'urn:cognito:loa:4', amr: ['pwd', 'otp', 'mfa'] })
  t.match(claimsOf(AuthenticationResult?.IdToken), { acr: 'urn:cognito:loa:4', amr: ['pwd', 'otp', 'mfa'] })
  t.match(await call(strong), { authorized: true })

  const enough = await begin('USER_AUTH', {
    USERNAME: 'alice',
    TARGET_ACR_VALUES,
    ACCESS_TOKEN: strong as string,
  })
  t.ok(enough.AuthenticationResult, 'nothing is missing')
  const doubtful = { USERNAME: 'alice', TARGET_ACR_VALUES, ACCESS_TOKEN: strong as string, MAX_AGE: 'soon' }
  t.equal((await begin('USER_AUTH', doubtful)).ChallengeName, 'SELECT_CHALLENGE', 'an age in doubt')
  local.clock.advance(301)
  t.match(await call(strong), { error: { code: 'ERR_STEP_UP_REQUIRED' } }, 'too long ago')
  const old = { USERNAME: 'alice', TARGET_ACR_VALUES, ACCESS_TOKEN: strong as string }
  const fresh = await begin('USER_AUTH', { ...old, MAX_AGE: '300' })
  t.same(
    [fresh.ChallengeName, fresh.AvailableChallenges],
    ['SELECT_CHALLENGE', ['PASSWORD_SRP', 'PASSWORD']],
    'does not count',
  )

  for (const [parameters, error] of [
    [
      { ACCESS_TOKEN: weak },
      { name: 'InvalidParameterException', message: 'ACCESS_TOKEN requires TARGET_ACR_VALUES.' },
    ],
    [
      { TARGET_ACR_VALUES: 'urn:other' },
      { name: 'InvalidParameterException', message: /^None of the requested/ },
    ],
    [{ TARGET_ACR_VALUES, ACCESS_TOKEN: 'nonsense' }, { name: 'NotAuthorizedException' }],
    [
      {
        TARGET_ACR_VALUES,
        ACCESS_TOKEN: bobs,
      },
      { name: 'NotAuthorizedException' },
    ],
  ] as const)
    await t.rejects(begin('USER_AUTH', { USERNAME: 'alice', ...parameters }), error)
})

t.test('the level that a user can reach', async t => {
  const { begin, respond, codeOf } = await startPool(t, {
    acr: { enabled: true, levels: ['low', 'code', 'high', 'highest'] },
    users: [
      { ...alice, attributes: phone },
      { ...alice, username: 'plain', attributes: { email_verified: 'false' } },
    ],
  })
  const choose = (USERNAME: string, TARGET_ACR_VALUES: string, more: Record<string, string> = {}) =>
    begin('USER_AUTH', { USERNAME, TARGET_ACR_VALUES, ...more })
  t.same((await choose('alice', 'code')).AvailableChallenges, [
    'PASSWORD_SRP',
    'PASSWORD',
    'EMAIL_OTP',
    'SMS_OTP',
  ])
  t.same((await choose('alice', 'highest high low')).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
  await t.rejects(choose('alice', 'highest'), { message: /no factors that reach/ })
  await t.rejects(choose('plain', 'high code'), { message: /no factors that reach/ })
  const asked = await choose('alice', 'high', { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: alice.password })
  t.equal(asked.ChallengeName, 'SELECT_MFA_TYPE')
  const sent = await respond('SELECT_MFA_TYPE', asked.Session, { USERNAME: 'alice', ANSWER: 'SMS_MFA' })
  const code = { USERNAME: 'alice', SMS_MFA_CODE: codeOf('alice') }
  const { AuthenticationResult } = await respond('SMS_MFA', sent.Session, code)
  t.match(claimsOf(AuthenticationResult?.AccessToken), { acr: 'high', amr: ['pwd', 'sms', 'mfa'] })

  const mailed = await choose('alice', 'code', { PREFERRED_CHALLENGE: 'EMAIL_OTP' })
  const done = await respond('EMAIL_OTP', mailed.Session, {
    USERNAME: 'alice',
    EMAIL_OTP_CODE: codeOf('alice'),
  })
  const ACCESS_TOKEN = done.AuthenticationResult?.AccessToken as string
  t.match(claimsOf(ACCESS_TOKEN), { acr: 'code', amr: ['email_otp'] })
  const raised = await choose('alice', 'high', {
    ACCESS_TOKEN,
    PREFERRED_CHALLENGE: 'PASSWORD',
    PASSWORD: alice.password,
  })
  t.match(claimsOf(raised.AuthenticationResult?.AccessToken), {
    acr: 'high',
    amr: ['email_otp', 'pwd', 'mfa'],
  })
  for (const [acr, message] of [
    [{ levels: ['a', 'b', 'c'] }, /acr: levels must be four different names/],
    [{ levels: ['a', 'b', 'c', 'a'] }, /four different names/],
    [{ levels: 'a' }, /must be a list/],
    [{ enabled: 'yes' }, /enabled must be true or false/],
  ] as const)
    t.throws(() => parseConfig({ acr }, 'dev.json'), message)
})

t.test('managed login', async t => {
  const { get, post, local, tokenOf, addApp, appCode } = await startPool(t, { acr: { enabled: true } })
  const authorize = (more: Record<string, string> = {}) =>
    `response_type=code&client_id=localweb&scope=openid&redirect_uri=${encodeURIComponent(callback)}&${new URLSearchParams(more).toString()}`
  const claims = async (response: Response) => {
    const code = new URL(response.headers.get('location') as string).searchParams.get('code') as string
    const form = { grant_type: 'authorization_code', client_id: 'localweb', redirect_uri: callback, code }
    const tokens = (await (await post('/oauth2/token', form)).json()) as { access_token: string }
    return claimsOf(tokens.access_token)
  }
  const cookieOf = (response: Response) => ({
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
  })
  const secret = await addApp(await tokenOf('bob', 'Builder-1'))
  Object.assign(local.users.find('bob') as object, { mfa: { enabled: [], secret } })

  const first = await post(`/login?${authorize()}`, { username: 'bob', password: 'Builder-1' })
  const cookie = cookieOf(first)
  const one = await claims(first)
  t.match(one, { acr: levels[0], amr: ['pwd'] })
  local.clock.advance(60)
  const again = await get(`/oauth2/authorize?${authorize()}`, cookie)
  const two = await claims(again)
  t.equal(two.auth_time, one.auth_time, 'the sign-in in this browser')
  t.ok(Number(two.iat) > Number(one.iat))
  t.same(again.headers.getSetCookie(), [], 'the same browser session')

  const aged = await get(`/oauth2/authorize?${authorize({ max_age: '30' })}`, cookie)
  t.match(aged.headers.get('location'), '/login?')
  t.match(
    (await get(`/oauth2/authorize?${authorize({ max_age: '3000' })}`, cookie)).headers.get('location'),
    'code=',
  )

  const step = { acr_values: `${levels[3]} ${levels[0]}` }
  const asked = await get(`/oauth2/authorize?${authorize(step)}`, cookie)
  const html = await asked.text()
  t.match(html, 'authenticator app shows', 'the password counts')
  const read = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] as string
  const answer = { session: read('session'), challenge: read('challenge'), code: appCode(secret) }
  const stronger = await post(`/challenge?${authorize(step)}`, answer, cookie)
  t.match(await claims(stronger), { acr: levels[3], amr: ['pwd', 'otp', 'mfa'] })
  t.match(
    (await get(`/oauth2/authorize?${authorize(step)}`, cookieOf(stronger))).headers.get('location'),
    'code=',
  )

  const none = await get(`/oauth2/authorize?${authorize({ ...step, prompt: 'none' })}`, cookie)
  t.match(none.headers.get('location'), 'error=unmet_authentication_requirements')
  for (const more of [{ acr_values: 'urn:other' }, { max_age: 'x' }, { max_age: '-1' }])
    t.match(
      (await get(`/oauth2/authorize?${authorize(more)}`)).headers.get('location'),
      'error=invalid_request',
    )
  t.match(
    await claims(await get(`/oauth2/authorize?${authorize({ login_hint: 'bob', auto: '1', ...step })}`)),
    { acr: levels[3] },
  )
  const unreachable = { acr_values: levels[3] as string }
  t.match(
    await (await post(`/login?${authorize(unreachable)}`, { as: 'alice' })).text(),
    'no factors that reach',
  )
  const alices = cookieOf(await post(`/login?${authorize()}`, { as: 'alice' }))
  t.match(
    (await get(`/oauth2/authorize?${authorize(unreachable)}`, alices)).headers.get('location'),
    '/login?',
  )

  Object.assign(local.users.find('bob') as object, { enabled: false })
  t.match(
    (await get(`/oauth2/authorize?${authorize()}`, cookie)).headers.get('location'),
    '/login?',
    'disabled',
  )
  const provider = `/provider?${authorize({ identity_provider: 'Google' })}`
  t.match(await claims(await post(provider, { user: '0' })), { acr: levels[0], amr: ['fed'] })
})

t.test('levels of tokens for a script', async t => {
  const { control, tokenOf } = await startPool(t, { acr: { enabled: true } })
  const claims = async (more: object) =>
    claimsOf(String((await control('tokens', { username: 'alice', ...more })).accessToken))
  t.match(await claims({}), { acr: levels[0], amr: ['pwd'] })
  t.match(await claims({ amr: ['pwd', 'otp'] }), { acr: levels[3], amr: ['pwd', 'otp', 'mfa'] })
  await t.rejects(claims({ amr: ['mind reading'] }), /amr must be one of/)
  const off = await startPool(t)
  t.notOk('acr' in claimsOf(await off.tokenOf()))
  t.ok(await tokenOf())
})

t.test('sessions, one by one', async t => {
  const { sdk, tokenOf, pool, post, get, local } = await startPool(t, { userSessionTracking: true })
  const admin = { UserPoolId: pool.userPoolId, Username: 'alice' }
  const list = async () => (await sdk.send(new AdminListUserSessionsCommand(admin))).Sessions ?? []
  const one = await tokenOf()
  const two = await tokenOf()
  await tokenOf('bob', 'Builder-1')
  local.clock.advance(10)
  const query = `response_type=code&client_id=localweb&scope=openid&redirect_uri=${encodeURIComponent(callback)}`
  const back = await post(`/login?${query}`, { as: 'alice' })
  const cookie = { cookie: back.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  const code = new URL(back.headers.get('location') as string).searchParams.get('code') as string
  await post('/oauth2/token', {
    grant_type: 'authorization_code',
    client_id: 'localweb',
    redirect_uri: callback,
    code,
  })

  const { Sessions = [] } = await sdk.send(new ListUserSessionsCommand({ AccessToken: one }))
  t.same(
    Sessions.map(({ SessionType, IsCurrentSession }) => [SessionType, IsCurrentSession]),
    [
      ['TOKEN', true],
      ['TOKEN', false],
      ['TOKEN', false],
      ['SSO', false],
    ],
  )
  for (const { SessionId, ClientId, CreateDate, DeviceType } of Sessions) {
    t.match(SessionId, /^(tkn|sso)[a-z\d]{25}$/)
    t.equal(ClientId, 'localweb')
    t.type(CreateDate, Date)
    t.equal(DeviceType, 'unknown')
  }
  const [own, other, managed, browser] = Sessions.map(({ SessionId }) => SessionId as string)
  t.equal(Sessions[2]?.OriginSessionId, browser)
  t.equal(Sessions[1]?.OriginSessionId, undefined)
  t.ok((await list()).every(({ IsCurrentSession }) => !IsCurrentSession))

  await t.rejects(sdk.send(new RevokeUserSessionCommand({ AccessToken: one, SessionId: own })), {
    name: 'InvalidParameterException',
  })
  await sdk.send(new RevokeUserSessionCommand({ AccessToken: one, SessionId: other }))
  await t.rejects(sdk.send(new GetUserCommand({ AccessToken: two })), {
    message: 'Access Token has been revoked',
  })
  await t.rejects(sdk.send(new RevokeUserSessionCommand({ AccessToken: one, SessionId: other })), {
    name: 'ResourceNotFoundException',
  })
  const revoke = (SessionId: string | undefined, RevokeAssociatedSessions?: 'LINKED' | 'NONE') =>
    sdk.send(new AdminRevokeUserSessionCommand({ ...admin, SessionId, RevokeAssociatedSessions }))
  await revoke(managed, 'LINKED')
  t.same(
    (await list()).map(({ SessionId }) => SessionId),
    [own],
  )
  t.match(
    (await get(`/oauth2/authorize?${query}`, cookie)).headers.get('location'),
    '/login?',
    'the browser is signed out',
  )

  const more = await post(`/login?${query}`, { as: 'alice' })
  const sso = (await list()).find(({ SessionType }) => SessionType === 'SSO')
  t.match(sso, { ClientId: undefined })
  await revoke(sso?.SessionId, 'NONE')
  t.equal((await list()).length, 1)
  t.equal(more.status, 302)

  const off = await startPool(t)
  await t.rejects(off.sdk.send(new ListUserSessionsCommand({ AccessToken: await off.tokenOf() })), {
    name: 'OperationNotEnabledException',
  })
})

t.test('devices are not remembered, and the calls say so', async t => {
  const { sdk, tokenOf, pool } = await startPool(t)
  const AccessToken = await tokenOf()
  t.same((await sdk.send(new ListDevicesCommand({ AccessToken }))).Devices, [])
  const admin = { UserPoolId: pool.userPoolId, Username: 'alice' }
  t.same((await sdk.send(new AdminListDevicesCommand(admin))).Devices, [])
  await t.rejects(sdk.send(new ConfirmDeviceCommand({ AccessToken, DeviceKey: 'x' })), {
    name: 'ResourceNotFoundException',
    message: 'Device does not exist. ConfirmDevice: the local Cognito remembers no devices.',
  })
  await t.rejects(sdk.send(new AdminUpdateDeviceStatusCommand({ ...admin, DeviceKey: 'x' })), {
    message: /AdminUpdateDeviceStatus/,
  })
})
