// Own account: 6 behaviours.
import assert from 'node:assert/strict'
import {
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  ForgotPasswordCommand,
  GetUserAttributeVerificationCodeCommand,
  GetUserCommand,
  UpdateUserAttributesCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { password, valuesOf } from '../dev.mjs'
import { checks } from '../excused.mjs'
import { another, ClientId, dev, fails, passwordSignIn, send } from './pool.mjs'

const { check, end } = checks({})

check('ForgotPassword and ConfirmForgotPassword', async () => {
  const Username = await dev.newUser()
  const { CodeDeliveryDetails } = await send(new ForgotPasswordCommand({ ClientId, Username }))
  assert.deepEqual(
    [CodeDeliveryDetails.AttributeName, CodeDeliveryDetails.DeliveryMedium],
    ['email', 'EMAIL'],
  )
  const ConfirmationCode = await dev.codeOf(Username)
  const reset = more =>
    new ConfirmForgotPasswordCommand({ ClientId, Username, ConfirmationCode, Password: another, ...more })
  const wrong = String((Number(ConfirmationCode) + 1) % 1_000_000).padStart(6, '0')
  await fails(reset({ ConfirmationCode: wrong }), 'CodeMismatchException')
  await fails(reset({ Password: 'short' }), 'InvalidPasswordException')
  await send(reset())
  assert.ok((await dev.signIn(Username, another)).AccessToken)
  await fails(reset(), /^(ExpiredCode|CodeMismatch)Exception$/)
})
check('ChangePassword', async () => {
  const username = await dev.newUser()
  const { AccessToken } = await dev.signIn(username)
  const change = more =>
    new ChangePasswordCommand({
      AccessToken,
      PreviousPassword: password,
      ProposedPassword: another,
      ...more,
    })
  await fails(change({ PreviousPassword: 'Nothing-Here-1' }), 'NotAuthorizedException')
  await fails(change({ ProposedPassword: 'short' }), 'InvalidPasswordException')
  await send(change())
  await fails(passwordSignIn(username, password), 'NotAuthorizedException')
  assert.ok((await dev.signIn(username, another)).AccessToken)
})
check('UpdateUserAttributes', async () => {
  const { AccessToken } = await signedIn()
  const update = Attributes =>
    new UpdateUserAttributesCommand({
      AccessToken,
      UserAttributes: Object.entries(Attributes).map(([Name, Value]) => ({ Name, Value })),
    })
  await send(update({ name: 'Ann' }))
  assert.equal((await attributes(AccessToken)).name, 'Ann')
  await fails(update({ 'custom:undeclared': 'x' }), /^(InvalidParameter|NotAuthorized)Exception$/)
  await fails(update({ sub: '1' }), /^(InvalidParameter|NotAuthorized)Exception$/)
  const { CodeDeliveryDetailsList } = await send(update({ email: 'ann@another.example' }))
  assert.equal(CodeDeliveryDetailsList[0].AttributeName, 'email')
})
check('DeleteUserAttributes', async () => {
  const { AccessToken } = await signedIn({ name: 'Ann' })
  await send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['name'] }))
  assert.equal((await attributes(AccessToken)).name, undefined)
})
check('GetUserAttributeVerificationCode and VerifyUserAttribute', async () => {
  const { AccessToken, username } = await signedIn()
  const { CodeDeliveryDetails } = await send(
    new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email' }),
  )
  assert.equal(CodeDeliveryDetails.AttributeName, 'email')
  const Code = await dev.codeOf(username)
  const verify = code => new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code: code })
  await fails(verify(String((Number(Code) + 1) % 1_000_000).padStart(6, '0')), 'CodeMismatchException')
  await send(verify(Code))
  assert.equal((await attributes(AccessToken)).email_verified, 'true')
})
check('DeleteUser', async () => {
  const { AccessToken, username } = await signedIn()
  await send(new DeleteUserCommand({ AccessToken }))
  await fails(passwordSignIn(username, password), /^(NotAuthorized|UserNotFound)Exception$/)
  await fails(new GetUserCommand({ AccessToken }), /^(NotAuthorized|UserNotFound)Exception$/)
})
end()

async function signedIn(attributes) {
  const username = await dev.newUser({ attributes })
  return { username, ...(await dev.signIn(username)) }
}

const attributes = async AccessToken => {
  const { UserAttributes } = await send(new GetUserCommand({ AccessToken }))
  return valuesOf(UserAttributes)
}
