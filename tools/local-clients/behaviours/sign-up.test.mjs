// Sign-up: 14 behaviours.
import assert from 'node:assert/strict'
import {
  ConfirmSignUpCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { attributesOf, newName, password, secretHash } from '../dev.mjs'
import { checks } from '../excused.mjs'
import { ClientId, confidential, dev, fails, passwordSignIn, send } from './pool.mjs'

const { check, end } = checks({})
const signUp = (Username, attributes = { email: `${Username}@example.com` }, more = {}) =>
  new SignUpCommand({
    ClientId,
    Username,
    Password: password,
    UserAttributes: attributesOf(attributes),
    ...more,
  })
const confirm = (Username, ConfirmationCode) =>
  new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode })

check('SignUp answers the sub and where the code went', async () => {
  const { UserConfirmed, UserSub, CodeDeliveryDetails } = await send(signUp('zoe'))
  assert.equal(UserConfirmed, false)
  assert.match(UserSub, /^[\da-f-]{36}$/)
  const { AttributeName, DeliveryMedium, Destination } = CodeDeliveryDetails
  assert.deepEqual([AttributeName, DeliveryMedium, Destination], ['email', 'EMAIL', 'z***@e***'])
})
check('SignUp: UsernameExistsException', () =>
  fails(signUp('alice'), 'UsernameExistsException', /^User already exists$/),
)
check('SignUp: ResourceNotFoundException for a client that does not exist', () =>
  fails(
    signUp(newName(), undefined, { ClientId: 'nowhere' }),
    'ResourceNotFoundException',
    /^User pool client nowhere does not exist\.$/,
  ),
)
check('SignUp with a client that has a secret', async () => {
  const name = newName()
  const more = { ClientId: confidential.clientId }
  await fails(signUp(name, undefined, more), 'NotAuthorizedException')
  const SecretHash = secretHash(name, confidential.clientId, confidential.secret)
  await send(signUp(name, undefined, { ...more, SecretHash }))
})
check('ConfirmSignUp with the code', async () => {
  const username = newName()
  await send(signUp(username))
  await send(confirm(username, await dev.codeOf(username)))
  assert.ok((await dev.signIn(username)).AccessToken)
})
check('ConfirmSignUp: CodeMismatchException', async () => {
  const username = newName()
  await send(signUp(username))
  const wrong = String((Number(await dev.codeOf(username)) + 1) % 1_000_000).padStart(6, '0')
  await fails(confirm(username, wrong), 'CodeMismatchException', /^Invalid verification code provided/)
})
check('sign-in before it: UserNotConfirmedException', async () => {
  const username = newName()
  await send(signUp(username))
  await fails(passwordSignIn(username, password), 'UserNotConfirmedException', /^User is not confirmed\.$/)
})
check('SignUp: InvalidPasswordException', async () => {
  for (const Password of ['aaaaaaaa', 'Short-1', 'NOLOWER-1', 'noupper-1', 'NoSymbols1', 'No-Numbers'])
    await fails(
      signUp(newName(), undefined, { Password }),
      'InvalidPasswordException',
      /^Password did not conform with policy: /,
    )
})
check('SignUp: InvalidParameterException for an address that is none', () =>
  fails(
    signUp(newName(), { email: 'notanemail' }),
    'InvalidParameterException',
    /^Invalid email address format\.$/,
  ),
)
check('SignUp: InvalidParameterException for an attribute that is not declared', () =>
  fails(signUp(newName(), { 'custom:undeclared': 'x' }), 'InvalidParameterException', /schema/),
)
check('SignUp without an address sends no code', async () => {
  const { CodeDeliveryDetails } = await send(signUp(newName(), {}))
  assert.equal(CodeDeliveryDetails, undefined)
})
check('SignUp with a phone number sends the code there', async () => {
  const { CodeDeliveryDetails } = await send(signUp(newName(), { phone_number: '+15555550123' }))
  const { AttributeName, DeliveryMedium, Destination } = CodeDeliveryDetails
  assert.deepEqual([AttributeName, DeliveryMedium], ['phone_number', 'SMS'])
  assert.match(Destination, /^\+\*+0123$/)
})
check('ResendConfirmationCode', async () => {
  const username = newName()
  await send(signUp(username))
  const { CodeDeliveryDetails } = await send(
    new ResendConfirmationCodeCommand({ ClientId, Username: username }),
  )
  assert.equal(CodeDeliveryDetails.DeliveryMedium, 'EMAIL')
  await send(confirm(username, await dev.codeOf(username)))
})
// cognito-local takes a fixed code; here a test reads the one that was sent
check('a test knows the code', async () => {
  const username = newName()
  await send(signUp(username))
  assert.match(await dev.codeOf(username), /^\d{6}$/)
})
end()
