// Second factors, through the AWS SDK, amazon-cognito-identity-js and the pages.
import {
  AdminDeleteSoftwareTokenCommand,
  AdminGetUserAuthFactorsCommand,
  AdminSetUserMFAPreferenceCommand,
  AssociateSoftwareTokenCommand,
  GetUserAuthFactorsCommand,
  GetUserCommand,
  GetUserPoolMfaConfigCommand,
  SetUserMFAPreferenceCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as identity from 'amazon-cognito-identity-js'
import t from 'tap'
import { codeAt, newSecret, stepOf } from '../../../src/devtools/local/user-pool/totp.js'
import { startPool } from './pool.js'

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity
const alice = { username: 'alice', password: 'Wonderland-1' }
const phone = { phone_number: '+15550100', phone_number_verified: 'true' }

t.test('codes of an authenticator app: the vectors of RFC 6238 appendix B, six digits of eight', async t => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const)
    t.equal(codeAt(secret, Math.floor(seconds / 30)), code)
  const now = 1_111_111_109_000
  const step = Math.floor(now / 30_000)
  for (const offset of [-1, 0, 1]) t.equal(stepOf(secret, codeAt(secret, step + offset), now), step + offset)
  for (const offset of [-2, 2]) t.equal(stepOf(secret, codeAt(secret, step + offset), now), undefined)
  t.match(newSecret(), /^[A-Z2-7]{52}$/)
  t.not(newSecret(), newSecret())
})

t.test('an authenticator app', async t => {
  const { sdk, password, respond, tokenOf, addApp, appCode, url, pool, local } = await startPool(t)
  const AccessToken = await tokenOf()
  const preferApp = { AccessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }
  await t.rejects(sdk.send(new SetUserMFAPreferenceCommand(preferApp)), {
    name: 'InvalidParameterException',
    message: 'User has not set up software token mfa',
  })
  await t.rejects(sdk.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: '123456' })), {
    name: 'EnableSoftwareTokenMFAException',
    message: 'Code mismatch',
  })
  const { SecretCode } = await sdk.send(new AssociateSoftwareTokenCommand({ AccessToken }))
  t.match(SecretCode, /^[A-Z2-7]{52}$/)
  await t.rejects(sdk.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: 'wrong!' })), {
    name: 'EnableSoftwareTokenMFAException',
  })
  t.ok((await password()).AuthenticationResult, 'not verified, not asked for')
  const secret = await addApp(AccessToken)
  t.match(await sdk.send(new GetUserCommand({ AccessToken })), {
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
  })
  t.match(await sdk.send(new GetUserAuthFactorsCommand({ AccessToken })), {
    Username: 'alice',
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    ConfiguredUserAuthFactors: ['PASSWORD'],
  })

  const asked = await password()
  t.match(asked, {
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    ChallengeParameters: { FRIENDLY_DEVICE_NAME: 'phone' },
  })
  const answer = (SOFTWARE_TOKEN_MFA_CODE: string) =>
    respond('SOFTWARE_TOKEN_MFA', asked.Session, { USERNAME: 'alice', SOFTWARE_TOKEN_MFA_CODE })
  await t.rejects(answer('000000'), {
    name: 'CodeMismatchException',
    message: 'Invalid code received for user',
  })
  const code = appCode(secret)
  t.ok((await answer(code)).AuthenticationResult)
  const again = await password()
  await t.rejects(
    respond('SOFTWARE_TOKEN_MFA', again.Session, { USERNAME: 'alice', SOFTWARE_TOKEN_MFA_CODE: code }),
    { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' },
  )

  local.clock.advance(30)
  const user = new CognitoUser({
    Username: 'alice',
    Pool: new CognitoUserPool({ UserPoolId: pool.userPoolId, ClientId: 'localweb', endpoint: url }),
  })
  const details = new AuthenticationDetails({ Username: 'alice', Password: alice.password })
  const session = await new Promise<identity.CognitoUserSession>((onSuccess, onFailure) =>
    user.authenticateUser(details, {
      onSuccess,
      onFailure,
      totpRequired: name => user.sendMFACode(appCode(secret), { onSuccess, onFailure }, name),
    }),
  )
  t.ok(session.isValid(), 'by SRP')

  const admin = { UserPoolId: pool.userPoolId, Username: 'alice' }
  const late = await password()
  await sdk.send(new AdminDeleteSoftwareTokenCommand(admin))
  const code2 = { USERNAME: 'alice', SOFTWARE_TOKEN_MFA_CODE: appCode(secret) }
  await t.rejects(respond('SOFTWARE_TOKEN_MFA', late.Session, code2), { name: 'CodeMismatchException' })
  t.ok((await password()).AuthenticationResult, 'taken away')
  await t.rejects(sdk.send(new AdminDeleteSoftwareTokenCommand(admin)), { name: 'ResourceNotFoundException' })
  t.same((await sdk.send(new AdminGetUserAuthFactorsCommand(admin))).ConfiguredUserAuthFactors, [
    'PASSWORD',
    'EMAIL_OTP',
  ])
})

t.test('preferences', async t => {
  const { sdk, pool, local, password, respond, codeOf, tokenOf, addApp } = await startPool(t, {
    users: [
      { ...alice, attributes: phone },
      { ...alice, username: 'plain', attributes: { email_verified: 'false' } },
    ],
  })
  const prefer = (Username: string, settings: object) =>
    sdk.send(new AdminSetUserMFAPreferenceCommand({ UserPoolId: pool.userPoolId, Username, ...settings }))
  const on = { Enabled: true }
  await t.rejects(prefer('plain', { SMSMfaSettings: on }), {
    message: 'User does not have delivery config set to turn on SMS_MFA',
  })
  await prefer('plain', { EmailMfaSettings: on })
  t.ok((await password('plain')).AuthenticationResult, 'an address that is not verified gets no codes')

  await t.rejects(prefer('alice', { SMSMfaSettings: { PreferredMfa: true } }), {
    name: 'InvalidParameterException',
  })
  const both = { ...on, PreferredMfa: true }
  await t.rejects(prefer('alice', { SMSMfaSettings: both, EmailMfaSettings: both }), {
    name: 'InvalidParameterException',
  })
  t.ok((await password()).AuthenticationResult, 'a refused preference changes nothing')
  await addApp(await tokenOf())
  await prefer('alice', { SMSMfaSettings: on, SoftwareTokenMfaSettings: { PreferredMfa: false } })
  const choice = await password()
  t.equal(choice.ChallengeName, 'SELECT_MFA_TYPE')
  t.same(JSON.parse(choice.ChallengeParameters?.MFAS_CAN_CHOOSE ?? ''), ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'])
  const choose = (ANSWER: string) => respond('SELECT_MFA_TYPE', choice.Session, { USERNAME: 'alice', ANSWER })
  await t.rejects(choose('EMAIL_OTP'), { name: 'InvalidParameterException' })
  const sent = await choose('SMS_MFA')
  t.match(sent, { ChallengeName: 'SMS_MFA', ChallengeParameters: { CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS' } })
  const texted = { USERNAME: 'alice', SMS_MFA_CODE: codeOf('alice') }
  t.ok((await respond('SMS_MFA', sent.Session, texted)).AuthenticationResult)

  await prefer('alice', { EmailMfaSettings: both })
  const mailed = await password()
  t.equal(mailed.ChallengeName, 'EMAIL_OTP')
  const code = { USERNAME: 'alice', EMAIL_OTP_CODE: codeOf('alice') }
  t.ok((await respond('EMAIL_OTP', mailed.Session, code)).AuthenticationResult)
  const off = { Enabled: false }
  await prefer('alice', { EmailMfaSettings: off, SMSMfaSettings: off, SoftwareTokenMfaSettings: off })
  t.match(local.users.find('alice')?.mfa, { enabled: [], preferred: undefined })
  t.ok((await password()).AuthenticationResult)
})

t.test('a pool without second factors', async t => {
  const { sdk, tokenOf, pool, password, addApp } = await startPool(t, { mfa: { mode: 'OFF' } })
  const AccessToken = await tokenOf()
  await t.rejects(sdk.send(new AssociateSoftwareTokenCommand({ AccessToken })), {
    name: 'SoftwareTokenMFANotFoundException',
  })
  await t.rejects(
    sdk.send(new SetUserMFAPreferenceCommand({ AccessToken, EmailMfaSettings: { Enabled: true } })),
    {
      message: 'EMAIL_OTP is not enabled for the user pool.',
    },
  )
  const UserPoolId = pool.userPoolId
  const config = () => sdk.send(new GetUserPoolMfaConfigCommand({ UserPoolId }))
  t.match(await config(), { MfaConfiguration: 'OFF', WebAuthnConfiguration: { RelyingPartyId: 'localhost' } })
  const set = (more: object) => sdk.send(new SetUserPoolMfaConfigCommand({ UserPoolId, ...more }))
  await t.rejects(set({ MfaConfiguration: 'ON' }), { name: 'InvalidParameterException' })
  await set({ MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } })
  const asIs = await config()
  t.match(asIs, { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } })
  t.notOk('SmsMfaConfiguration' in asIs || 'EmailMfaConfiguration' in asIs)
  await addApp(AccessToken)
  t.equal((await password()).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await sdk.send(new UpdateUserPoolCommand({ UserPoolId, MfaConfiguration: 'ON' }))
  t.match(await config(), { MfaConfiguration: 'ON' })
  await set({ SmsMfaConfiguration: {}, EmailMfaConfiguration: {} })
  t.match(await config(), { MfaConfiguration: 'OFF', SmsMfaConfiguration: {}, EmailMfaConfiguration: {} })
  t.ok((await password()).AuthenticationResult, 'off again')
  t.notOk('UserMFASettingList' in (await sdk.send(new GetUserCommand({ AccessToken }))))
})

t.test('a pool that insists', async t => {
  const { sdk, password, respond, begin, appCode, codeOf } = await startPool(t, {
    users: [
      { ...alice, attributes: { email_verified: 'false' } },
      { ...alice, username: 'mail' },
      { ...alice, username: 'both', attributes: phone },
    ],
    mfa: { mode: 'ON' },
  })
  const asked = await password()
  t.equal(asked.ChallengeName, 'MFA_SETUP')
  t.same(JSON.parse(asked.ChallengeParameters?.MFAS_CAN_SETUP ?? ''), [
    'SMS_MFA',
    'SOFTWARE_TOKEN_MFA',
    'EMAIL_OTP',
  ])
  await t.rejects(sdk.send(new AssociateSoftwareTokenCommand({ Session: 'nonsense' })), {
    name: 'NotAuthorizedException',
  })
  await t.rejects(
    sdk.send(new VerifySoftwareTokenCommand({ Session: asked.Session, UserCode: '123456' })),
    { name: 'EnableSoftwareTokenMFAException' },
    'nothing to verify yet',
  )
  const associated = await sdk.send(new AssociateSoftwareTokenCommand({ Session: asked.Session }))
  await t.rejects(sdk.send(new AssociateSoftwareTokenCommand({ Session: asked.Session })), {
    message: /once/,
  })
  const unfinished = await password()
  await t.rejects(respond('MFA_SETUP', unfinished.Session, { USERNAME: 'alice' }), {
    message: 'Software token has not been verified in this session.',
  })
  const UserCode = appCode(associated.SecretCode)
  const verified = await sdk.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }))
  t.equal(verified.Status, 'SUCCESS')
  const { AuthenticationResult } = await respond('MFA_SETUP', verified.Session, { USERNAME: 'alice' })
  t.ok(AuthenticationResult)
  t.equal((await password()).ChallengeName, 'SOFTWARE_TOKEN_MFA', 'from now on')
  t.same((await begin('USER_AUTH', { USERNAME: 'alice' })).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])

  t.equal((await password('mail')).ChallengeName, 'EMAIL_OTP', 'what there is serves')
  const choice = await password('both')
  t.equal(choice.ChallengeName, 'SELECT_MFA_TYPE')
  const sent = await respond('SELECT_MFA_TYPE', choice.Session, { USERNAME: 'both', ANSWER: 'EMAIL_OTP' })
  const code = { USERNAME: 'both', EMAIL_OTP_CODE: codeOf('both') }
  t.ok((await respond('EMAIL_OTP', sent.Session, code)).AuthenticationResult)
})

t.test('the pages ask for what is missing', async t => {
  const callback = 'http://localhost:5173/callback'
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'localweb',
    redirect_uri: callback,
    scope: 'openid',
  }).toString()
  const { post, get, local, tokenOf, addApp, appCode } = await startPool(t, {
    users: [
      { username: 'newcomer', password: 'Temporary-1', status: 'FORCE_CHANGE_PASSWORD' },
      { ...alice, attributes: phone },
      { ...alice, username: 'mail' },
    ],
    attributes: [{ name: 'name', required: true }],
    clients: [{ clientId: 'localweb' }, { clientId: 'other' }],
  })
  const page = async (response: Response) => {
    const html = await response.text()
    const read = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
    return {
      html,
      status: response.status,
      fields: { session: read('session'), challenge: read('challenge') },
    }
  }
  const signIn = async (username: string, password = alice.password) =>
    page(await post(`/login?${query}`, { username, password }))
  const isDone = (response: Response, message: string) =>
    t.match(response.headers.get('location'), /^http:\/\/localhost:5173\/callback\?code=/, message)

  const fresh = await signIn('newcomer', 'Temporary-1')
  t.match(fresh.html, /data-testid="userAttributes.name"/)
  const weak = await page(await post(`/challenge?${query}`, { ...fresh.fields, new_password: 'short' }))
  t.equal(weak.status, 400)
  t.match(weak.html, /data-testid="error"/)
  const chosen = { new_password: 'Chosen-By-Me-1', 'userAttributes.name': 'New' }
  isDone(await post(`/challenge?${query}`, { ...weak.fields, ...chosen }), 'a new password')
  t.equal(local.users.find('newcomer')?.attributes.name, 'New')

  const secret = await addApp(await tokenOf('mail'))
  const app = await signIn('mail')
  t.match(app.html, 'authenticator app shows')
  isDone(await post(`/challenge?${query}`, { ...app.fields, code: appCode(secret) }), 'an app')
  const used = await page(await post(`/challenge?${query}`, { ...app.fields, code: appCode(secret) }))
  t.match([used.status, used.html], [400, /once/])
  const elsewhere = await signIn('mail')
  const other = await post(`/challenge?${query.replace('localweb', 'other')}`, {
    ...elsewhere.fields,
    code: '1',
  })
  t.match(await other.text(), 'Invalid session for the user.')
  const disabled = await signIn('mail')
  Object.assign(local.users.find('mail') as object, { enabled: false })
  local.clock.advance(30)
  const refused = await page(await post(`/challenge?${query}`, { ...disabled.fields, code: appCode(secret) }))
  t.match([refused.status, refused.html], [400, /User is disabled/])
  const unknown = await post(`/challenge?${query}`, {})
  t.equal(unknown.status, 400)
  t.equal((await get('/challenge')).status, 404)

  Object.assign(local.users.find('alice') as object, { mfa: { enabled: ['SMS_MFA', 'EMAIL_OTP'] } })
  const choice = await signIn('alice')
  t.match(choice.html, /type="radio" name="answer" value="SMS_MFA" checked/)
  const sent = await page(await post(`/challenge?${query}`, { ...choice.fields, answer: 'EMAIL_OTP' }))
  const code = /data-testid="mailed-code">(\d{6})</.exec(sent.html)?.[1] as string
  isDone(await post(`/challenge?${query}`, { ...sent.fields, code }), 'a code')

  local.mfa.mode = 'ON'
  local.mfa.factors = ['SOFTWARE_TOKEN_MFA']
  const setUp = await signIn('alice')
  const shown = /data-testid="secret">([A-Z2-7]+)</.exec(setUp.html)?.[1]
  const wrong = await page(await post(`/challenge?${query}`, { ...setUp.fields, code: 'wrong!' }))
  t.match(wrong.html, `data-testid="secret">${shown}<`)
  isDone(await post(`/challenge?${query}`, { ...wrong.fields, code: appCode(shown) }), 'a new app')
})
