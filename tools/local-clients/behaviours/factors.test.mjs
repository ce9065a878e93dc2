// Further factors: 6 behaviours.
import assert from 'node:assert/strict'
import {
  AdminGetUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AssociateSoftwareTokenCommand,
  GetUserCommand,
  GetUserPoolMfaConfigCommand,
  ListWebAuthnCredentialsCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  StartWebAuthnRegistrationCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { password, totp } from '../dev.mjs'
import { checks } from '../excused.mjs'
import { ClientId, dev, fails, passwordSignIn, send, UserPoolId } from './pool.mjs'

const { check, end } = checks({})
const preferred = { Enabled: true, PreferredMfa: true }

check('AssociateSoftwareToken and VerifySoftwareToken', async () => {
  const { AccessToken } = await dev.signIn(await dev.newUser())
  const { SecretCode } = await send(new AssociateSoftwareTokenCommand({ AccessToken }))
  assert.match(SecretCode, /^[A-Z2-7]{32,}$/)
  const verify = UserCode => new VerifySoftwareTokenCommand({ AccessToken, UserCode })
  const wrong = String((Number(totp(SecretCode)) + 1) % 1_000_000).padStart(6, '0')
  await fails(verify(wrong), /^(EnableSoftwareTokenMFA|CodeMismatch)Exception$/)
  assert.equal((await send(verify(totp(SecretCode)))).Status, 'SUCCESS')
})
check('SetUserMFAPreference', async () => {
  const { AccessToken } = await withTotp()
  await send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: preferred }))
  const { PreferredMfaSetting, UserMFASettingList } = await send(new GetUserCommand({ AccessToken }))
  assert.equal(PreferredMfaSetting, 'SOFTWARE_TOKEN_MFA')
  assert.deepEqual(UserMFASettingList, ['SOFTWARE_TOKEN_MFA'])
  const other = await dev.signIn(await dev.newUser())
  await fails(
    new SetUserMFAPreferenceCommand({
      AccessToken: other.AccessToken,
      SoftwareTokenMfaSettings: preferred,
    }),
    'InvalidParameterException',
    /software token mfa/,
  )
})
check('SOFTWARE_TOKEN_MFA at the sign-in', async () => {
  const { AccessToken, username, secret } = await withTotp()
  await send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: preferred }))
  const { ChallengeName, Session } = await send(passwordSignIn(username, password))
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  // a code is good once: the next one, which a clock ahead by half a minute shows
  const SOFTWARE_TOKEN_MFA_CODE = totp(secret, Date.now() + 30_000)
  const { AuthenticationResult } = await send(
    new RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName,
      Session,
      ChallengeResponses: { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE },
    }),
  )
  assert.ok(AuthenticationResult.AccessToken)
})
check('AdminSetUserMFAPreference', async () => {
  const { username } = await withTotp()
  await send(
    new AdminSetUserMFAPreferenceCommand({
      UserPoolId,
      Username: username,
      SoftwareTokenMfaSettings: preferred,
    }),
  )
  const user = await send(new AdminGetUserCommand({ UserPoolId, Username: username }))
  assert.equal(user.PreferredMfaSetting, 'SOFTWARE_TOKEN_MFA')
})
check('GetUserPoolMfaConfig', async () => {
  const { MfaConfiguration } = await send(new GetUserPoolMfaConfigCommand({ UserPoolId }))
  assert.match(MfaConfiguration, /^(OFF|OPTIONAL)$/)
})
check('StartWebAuthnRegistration and ListWebAuthnCredentials', async () => {
  const { AccessToken } = await dev.signIn('alice')
  const { CredentialCreationOptions } = await send(new StartWebAuthnRegistrationCommand({ AccessToken }))
  assert.ok(CredentialCreationOptions.challenge)
  const { Credentials } = await send(new ListWebAuthnCredentialsCommand({ AccessToken }))
  assert.deepEqual(Credentials, [])
})
end()

/** A new user, signed in, with an authenticator app that is verified. */
async function withTotp() {
  const username = await dev.newUser()
  const { AccessToken } = await dev.signIn(username)
  const { SecretCode: secret } = await send(new AssociateSoftwareTokenCommand({ AccessToken }))
  await send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: totp(secret) }))
  return { username, AccessToken, secret }
}
