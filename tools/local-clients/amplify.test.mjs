// aws-amplify 6 in Node.js: what apps do with its Auth category.
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { GetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { Amplify } from 'aws-amplify'
import {
  autoSignIn,
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  confirmUserAttribute,
  deleteUser,
  deleteUserAttributes,
  fetchAuthSession,
  fetchDevices,
  fetchMFAPreference,
  fetchUserAttributes,
  forgetDevice,
  getCurrentUser,
  listWebAuthnCredentials,
  rememberDevice,
  resendSignUpCode,
  resetPassword,
  sendUserAttributeVerificationCode,
  setUpTOTP,
  signIn,
  signOut,
  signUp,
  updateMFAPreference,
  updatePassword,
  updateUserAttribute,
  updateUserAttributes,
  verifyTOTPSetup,
} from 'aws-amplify/auth'
import {
  challengeTriggers,
  claimsOf,
  clientId,
  identityPoolId,
  newName,
  password,
  startDev,
  totp,
  userPoolId,
} from './dev.mjs'
import { checks } from './excused.mjs'

const { check, end } = checks({
  // Amplify asks only for a device that the sign-in has named
  rememberDevice: ['DeviceMetadataNotFoundException', 'devices are not remembered'],
  forgetDevice: ['ForgetDevice', 'devices are not remembered'],
})
const another = 'Looking-Glass-2'
const { setTimeout } = globalThis
let dev

// Amplify waits three minutes for a sign-in that nobody asks for any more
globalThis.setTimeout = (call, delay, ...args) => {
  const timer = setTimeout(call, delay, ...args)
  return delay > 60_000 ? timer.unref() : timer
}

before(async () => {
  dev = await startDev(undefined, challengeTriggers)
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId,
        userPoolClientId: clientId,
        identityPoolId,
        allowGuestAccess: true,
        userPoolEndpoint: dev.url,
        identityPoolEndpoint: dev.url,
      },
    },
  })
})
after(() => dev.close())
beforeEach(() => signOut())

// guests
check('guest credentials', async () => {
  const { credentials, identityId, tokens } = await fetchAuthSession()
  assert.match(credentials.accessKeyId, /^ASIA/)
  assert.match(identityId, /^us-east-1:/)
  assert.equal(tokens, undefined)
})

// sign-up
check('signUp', async () => {
  const { isSignUpComplete, userId, nextStep } = await register(newName())
  assert.equal(isSignUpComplete, false)
  assert.match(userId, /^[\da-f-]{36}$/)
  assert.equal(nextStep.signUpStep, 'CONFIRM_SIGN_UP')
  assert.equal(nextStep.codeDeliveryDetails.deliveryMedium, 'EMAIL')
})
check('signUp of a name that exists', () => refuses('UsernameExistsException', () => register('alice')))
check('confirmSignUp', async () => {
  const username = newName()
  await register(username)
  const { isSignUpComplete, nextStep } = await confirmSignUp({
    username,
    confirmationCode: await dev.codeOf(username),
  })
  assert.deepEqual([isSignUpComplete, nextStep.signUpStep], [true, 'DONE'])
})
check('confirmSignUp with a wrong code', async () => {
  const username = newName()
  await register(username)
  await refuses('CodeMismatchException', () => confirmSignUp({ username, confirmationCode: '000000' }))
})
check('autoSignIn', async () => {
  const username = newName()
  await register(username, { autoSignIn: true })
  const { nextStep } = await confirmSignUp({ username, confirmationCode: await dev.codeOf(username) })
  assert.equal(nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN')
  assert.equal((await autoSignIn()).isSignedIn, true)
  assert.equal((await getCurrentUser()).username, username)
})
check('resendSignUpCode', async () => {
  const username = newName()
  await register(username)
  const { deliveryMedium } = await resendSignUpCode({ username })
  assert.equal(deliveryMedium, 'EMAIL')
  await confirmSignUp({ username, confirmationCode: await dev.codeOf(username) })
})
check('signUp without a password', async () => {
  const username = newName()
  await signUp({
    username,
    options: {
      userAttributes: { email: `${username}@example.com` },
      autoSignIn: { authFlowType: 'USER_AUTH' },
    },
  })
  const { nextStep } = await confirmSignUp({ username, confirmationCode: await dev.codeOf(username) })
  assert.equal(nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN')
  assert.equal((await autoSignIn()).isSignedIn, true)
})

// sign-in
check('signIn by SRP', async () => {
  await signedIn({ options: { authFlowType: 'USER_SRP_AUTH' } })
})
check('signIn by USER_PASSWORD_AUTH', async () => {
  await signedIn({ options: { authFlowType: 'USER_PASSWORD_AUTH' } })
})
check('signIn by email', async () => {
  const username = await dev.newUser()
  const { isSignedIn } = await signIn({ username: `${username}@example.com`, password })
  assert.equal(isSignedIn, true)
  assert.equal((await getCurrentUser()).username, username)
})
check('signIn with a wrong password', async () => {
  const username = await dev.newUser()
  await refuses('NotAuthorizedException', () => signIn({ username, password: 'Nothing-Here-1' }))
})
check('signIn of nobody', () =>
  refuses(/^(NotAuthorized|UserNotFound)Exception$/, () => signIn({ username: newName(), password })),
)
check('signIn before confirmSignUp', async () => {
  const username = newName()
  await register(username)
  const { isSignedIn, nextStep } = await signIn({ username, password })
  assert.deepEqual([isSignedIn, nextStep.signInStep], [false, 'CONFIRM_SIGN_UP'])
})
check('signIn by CUSTOM_WITHOUT_SRP', async () => {
  const username = await dev.newUser()
  const { nextStep } = await signIn({ username, options: { authFlowType: 'CUSTOM_WITHOUT_SRP' } })
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
  assert.equal(nextStep.additionalInfo.question, 'six times seven')
  assert.equal((await confirmSignIn({ challengeResponse: '42' })).isSignedIn, true)
})
check('signIn by CUSTOM_WITH_SRP', async () => {
  const username = await dev.newUser()
  const { nextStep } = await signIn({ username, password, options: { authFlowType: 'CUSTOM_WITH_SRP' } })
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
  assert.equal((await confirmSignIn({ challengeResponse: '42' })).isSignedIn, true)
})
check('signIn by USER_AUTH, preferred PASSWORD_SRP', async () => {
  const { isSignedIn } = await signIn({
    username: await dev.newUser(),
    password,
    options: { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' },
  })
  assert.equal(isSignedIn, true)
})
check('signIn by USER_AUTH, preferred EMAIL_OTP', async () => {
  const username = await dev.newUser()
  const { nextStep } = await signIn({
    username,
    options: { authFlowType: 'USER_AUTH', preferredChallenge: 'EMAIL_OTP' },
  })
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  const { isSignedIn } = await confirmSignIn({ challengeResponse: await dev.codeOf(username) })
  assert.equal(isSignedIn, true)
})
check('signIn by USER_AUTH, which asks for the first factor', async () => {
  const username = await dev.newUser()
  const { nextStep } = await signIn({ username, options: { authFlowType: 'USER_AUTH' } })
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
  assert.ok(nextStep.availableChallenges.includes('EMAIL_OTP'))
  assert.ok(nextStep.availableChallenges.includes('PASSWORD'))
  const chosen = await confirmSignIn({ challengeResponse: 'EMAIL_OTP' })
  assert.equal(chosen.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  const { isSignedIn } = await confirmSignIn({ challengeResponse: await dev.codeOf(username) })
  assert.equal(isSignedIn, true)
})

// session
check('getCurrentUser', async () => {
  const username = await signedIn()
  const { userId, ...current } = await getCurrentUser()
  assert.equal(current.username, username)
  assert.equal(userId, (await fetchUserAttributes()).sub)
})
check('fetchAuthSession', async () => {
  const username = await signedIn()
  const { tokens, userSub } = await fetchAuthSession()
  assert.equal(tokens.accessToken.payload.username, username)
  assert.equal(tokens.idToken.payload['cognito:username'], username)
  assert.equal(userSub, tokens.accessToken.payload.sub)
})
check('credentials of a signed-in user', async () => {
  const guest = (await fetchAuthSession()).credentials.accessKeyId
  await signedIn()
  const { credentials } = await fetchAuthSession()
  assert.match(credentials.accessKeyId, /^ASIA/)
  assert.notEqual(credentials.accessKeyId, guest)
})
check('fetchAuthSession with forceRefresh', async () => {
  await signedIn()
  const [before, now] = await refreshed()
  assert.notEqual(now.jti, before.jti)
  assert.equal(now.origin_jti, before.origin_jti)
})
check('forceRefresh keeps auth_time', async () => {
  await signedIn()
  const { offset = 0 } = await dev.control('clock', { offset: 60 })
  const [before, now] = await refreshed()
  await dev.control('clock', { offset })
  assert.ok(now.iat > before.iat)
  assert.equal(now.auth_time, before.auth_time)
})
check('signOut', async () => {
  await signedIn()
  await signOut()
  await refuses('UserUnAuthenticatedException', getCurrentUser)
})
check('signOut everywhere', async () => {
  await signedIn()
  const AccessToken = (await fetchAuthSession()).tokens.accessToken.toString()
  await signOut({ global: true })
  await refuses('NotAuthorizedException', () => dev.send(new GetUserCommand({ AccessToken })))
})

// own account
check('resetPassword', async () => {
  const username = await dev.newUser()
  const { nextStep } = await resetPassword({ username })
  assert.equal(nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE')
  assert.equal(nextStep.codeDeliveryDetails.deliveryMedium, 'EMAIL')
})
check('confirmResetPassword', async () => {
  const username = await dev.newUser()
  await resetPassword({ username })
  const confirmationCode = await dev.codeOf(username)
  await confirmResetPassword({ username, confirmationCode, newPassword: another })
  await refuses('NotAuthorizedException', () => signIn({ username, password }))
  assert.equal((await signIn({ username, password: another })).isSignedIn, true)
})
check('updatePassword', async () => {
  const username = await signedIn()
  await updatePassword({ oldPassword: password, newPassword: another })
  await signOut()
  assert.equal((await signIn({ username, password: another })).isSignedIn, true)
})
check('fetchUserAttributes', async () => {
  const username = await signedIn()
  const { email, sub } = await fetchUserAttributes()
  assert.equal(email, `${username}@example.com`)
  assert.match(sub, /^[\da-f-]{36}$/)
})
check('updateUserAttributes', async () => {
  await signedIn()
  const answer = await updateUserAttributes({ userAttributes: { name: 'Ann', family_name: 'Lee' } })
  assert.equal(answer.name.nextStep.updateAttributeStep, 'DONE')
  const { name, family_name } = await fetchUserAttributes()
  assert.deepEqual([name, family_name], ['Ann', 'Lee'])
})
check('updateUserAttribute', async () => {
  await signedIn()
  await updateUserAttribute({ userAttribute: { attributeKey: 'name', value: 'Bea' } })
  assert.equal((await fetchUserAttributes()).name, 'Bea')
})
check('deleteUserAttributes', async () => {
  await signedIn()
  await updateUserAttribute({ userAttribute: { attributeKey: 'name', value: 'Cleo' } })
  await deleteUserAttributes({ userAttributeKeys: ['name'] })
  assert.equal((await fetchUserAttributes()).name, undefined)
})
check('sendUserAttributeVerificationCode', async () => {
  await signedIn()
  const { deliveryMedium, attributeName } = await sendUserAttributeVerificationCode({
    userAttributeKey: 'email',
  })
  assert.deepEqual([deliveryMedium, attributeName], ['EMAIL', 'email'])
})
check('confirmUserAttribute', async () => {
  const username = await signedIn()
  const email = `${newName()}@example.com`
  const { email: step } = await updateUserAttributes({ userAttributes: { email } })
  assert.equal(step.nextStep.updateAttributeStep, 'CONFIRM_ATTRIBUTE_WITH_CODE')
  await confirmUserAttribute({ userAttributeKey: 'email', confirmationCode: await dev.codeOf(username) })
  const attributes = await fetchUserAttributes()
  assert.deepEqual([attributes.email, attributes.email_verified], [email, 'true'])
})
check('deleteUser', async () => {
  const username = await signedIn()
  await deleteUser()
  await refuses(/^(NotAuthorized|UserNotFound)Exception$/, () => signIn({ username, password }))
})

// factors and devices
check('setUpTOTP', async () => {
  await signedIn()
  const { sharedSecret } = await setUpTOTP()
  assert.match(sharedSecret, /^[A-Z2-7]{32,}$/)
})
check('verifyTOTPSetup', async () => {
  await signedIn()
  const { sharedSecret } = await setUpTOTP()
  await verifyTOTPSetup({ code: totp(sharedSecret) })
})
check('updateMFAPreference', async () => {
  const username = await signedIn()
  const { sharedSecret } = await setUpTOTP()
  await verifyTOTPSetup({ code: totp(sharedSecret) })
  await updateMFAPreference({ totp: 'PREFERRED' })
  assert.deepEqual(await fetchMFAPreference(), { enabled: ['TOTP'], preferred: 'TOTP' })
  await signOut()
  const { nextStep } = await signIn({ username, password })
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  // a code is good once: the next one, which a clock ahead by half a minute shows
  const challengeResponse = totp(sharedSecret, Date.now() + 30_000)
  assert.equal((await confirmSignIn({ challengeResponse })).isSignedIn, true)
})
check('fetchMFAPreference', async () => {
  await signedIn()
  assert.deepEqual(await fetchMFAPreference(), { enabled: undefined, preferred: undefined })
})
check('fetchDevices', async () => {
  await signedIn()
  assert.deepEqual(await fetchDevices(), [])
})
check('rememberDevice', async () => {
  await signedIn()
  await rememberDevice()
})
check('forgetDevice', async () => {
  await signedIn()
  await forgetDevice({ device: { id: 'us-east-1_00000000-0000-4000-a000-000000000000' } })
})
check('listWebAuthnCredentials', async () => {
  await signedIn()
  assert.deepEqual((await listWebAuthnCredentials()).credentials, [])
})
end()

function register(username, options = {}) {
  const userAttributes = { email: `${username}@example.com` }
  return signUp({ username, password, options: { userAttributes, ...options } })
}

/** Signs a new user in; returns its name. */
async function signedIn(options = {}) {
  const username = await dev.newUser()
  assert.equal((await signIn({ username, password, ...options })).isSignedIn, true)
  return username
}

/** The claims of the access token before and after a refresh. */
async function refreshed() {
  const before = (await fetchAuthSession()).tokens.accessToken.toString()
  const now = (await fetchAuthSession({ forceRefresh: true })).tokens.accessToken.toString()
  return [claimsOf(before), claimsOf(now)]
}

const refuses = (name, call) => assert.rejects(async () => call(), { name })
