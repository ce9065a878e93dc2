// amazon-cognito-identity-js, as React Native apps and older ones use it.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import identity from 'amazon-cognito-identity-js'
import { claimsOf, clientId, newName, password, startDev, userPoolId } from './dev.mjs'
import { checks } from './excused.mjs'

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } = identity
const { check, end } = checks({})
const another = 'Looking-Glass-2'
let dev
let pool

before(async () => {
  dev = await startDev()
  pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint: dev.url })
})
after(() => dev.close())

check('signUp', async () => {
  const { userSub, userConfirmed } = await register(newName())
  assert.match(userSub, /^[\da-f-]{36}$/)
  assert.equal(userConfirmed, false)
})
check('confirmRegistration', async () => {
  const username = newName()
  await register(username)
  const code = await dev.codeOf(username)
  assert.equal(await called(done => userOf(username).confirmRegistration(code, false, done)), 'SUCCESS')
})
check('resendConfirmationCode', async () => {
  const username = newName()
  await register(username)
  const { CodeDeliveryDetails } = await called(done => userOf(username).resendConfirmationCode(done))
  assert.equal(CodeDeliveryDetails.DeliveryMedium, 'EMAIL')
})
check('authenticateUser, by SRP', async () => {
  const user = await signedIn()
  assert.equal(user.getSignInUserSession().getAccessToken().payload.username, user.getUsername())
  await assert.rejects(signIn(user.getUsername(), 'Nothing-Here-1'), { code: 'NotAuthorizedException' })
})
check('getSession', async () => {
  const user = await signedIn()
  const session = await called(done => pool.getCurrentUser().getSession(done))
  assert.equal(session.isValid(), true)
  assert.equal(session.getIdToken().payload['cognito:username'], user.getUsername())
})
check('refreshSession', async () => {
  const user = await signedIn()
  const before = user.getSignInUserSession()
  const session = await called(done => user.refreshSession(before.getRefreshToken(), done))
  const [old, fresh] = [before, session].map(each => claimsOf(each.getAccessToken().getJwtToken()))
  assert.notEqual(fresh.jti, old.jti)
  assert.equal(fresh.auth_time, old.auth_time)
})
check('getUserAttributes', async () => {
  const user = await signedIn()
  assert.equal((await attributesOf(user)).email, `${user.getUsername()}@example.com`)
})
check('getUserData', async () => {
  const user = await signedIn()
  const { Username, UserAttributes } = await called(done => user.getUserData(done, { bypassCache: true }))
  assert.equal(Username, user.getUsername())
  assert.ok(UserAttributes.some(({ Name }) => Name === 'sub'))
})
check('updateAttributes', async () => {
  const user = await signedIn()
  const name = new CognitoUserAttribute({ Name: 'name', Value: 'Ann' })
  assert.equal(await called(done => user.updateAttributes([name], done)), 'SUCCESS')
  assert.equal((await attributesOf(user)).name, 'Ann')
})
check('changePassword', async () => {
  const user = await signedIn()
  assert.equal(await called(done => user.changePassword(password, another, done)), 'SUCCESS')
  await signIn(user.getUsername(), another)
})
check('forgotPassword', async () => {
  const username = await dev.newUser()
  const user = userOf(username)
  const sent = await answered(more => user.forgotPassword(more), 'inputVerificationCode')
  assert.equal(sent.CodeDeliveryDetails.DeliveryMedium, 'EMAIL')
  const code = await dev.codeOf(username)
  await answered(more => user.confirmPassword(code, another, more))
  await signIn(username, another)
})
check('associateSoftwareToken', async () => {
  const user = await signedIn()
  const secret = await answered(more => user.associateSoftwareToken(more), 'associateSecretCode')
  assert.match(secret, /^[A-Z2-7]{32,}$/)
})
check('listDevices', async () => {
  const user = await signedIn()
  const { Devices } = await answered(more => user.listDevices(10, null, more))
  assert.deepEqual(Devices, [])
})
check('globalSignOut', async () => {
  const user = await signedIn()
  const refreshToken = user.getSignInUserSession().getRefreshToken()
  await answered(more => user.globalSignOut(more))
  await assert.rejects(
    called(done => user.refreshSession(refreshToken, done)),
    { code: 'NotAuthorizedException' },
  )
})
check('deleteUser', async () => {
  const user = await signedIn()
  assert.equal(await called(done => user.deleteUser(done)), 'SUCCESS')
  await assert.rejects(signIn(user.getUsername(), password))
})
end()

const userOf = username => new CognitoUser({ Username: username, Pool: pool })

const called = call =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))

/** For calls with an object of callbacks. */
const answered = (call, success = 'onSuccess') =>
  new Promise((resolve, reject) => call({ onSuccess: resolve, onFailure: reject, [success]: resolve }))

const register = username =>
  called(done =>
    pool.signUp(
      username,
      password,
      [new CognitoUserAttribute({ Name: 'email', Value: `${username}@example.com` })],
      null,
      done,
    ),
  )

async function signIn(username, secret = password) {
  const user = userOf(username)
  const details = new AuthenticationDetails({ Username: username, Password: secret })
  await answered(more => user.authenticateUser(details, more))
  return user
}

const signedIn = async () => signIn(await dev.newUser())

async function attributesOf(user) {
  const list = await called(done => user.getUserAttributes(done))
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]))
}
