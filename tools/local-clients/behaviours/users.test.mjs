// Users by an administrator: 20 behaviours.
import assert from 'node:assert/strict'
import {
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminDeleteUserAttributesCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  ConfirmForgotPasswordCommand,
  GetUserCommand,
  ListUsersCommand,
  RespondToAuthChallengeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { newName, password, valuesOf } from '../dev.mjs'
import { checks } from '../excused.mjs'
import {
  another,
  ClientId,
  created,
  dev,
  fails,
  passwordSignIn,
  send,
  temporary,
  UserPoolId,
  unsigned,
} from './pool.mjs'

const { check, end } = checks({})
const get = Username => send(new AdminGetUserCommand({ UserPoolId, Username }))

check('AdminCreateUser answers the user, who must change the password', async () => {
  const user = await created()
  assert.equal(user.UserStatus, 'FORCE_CHANGE_PASSWORD')
  assert.equal(user.Enabled, true)
  assert.ok(user.UserCreateDate instanceof Date && user.UserLastModifiedDate instanceof Date)
  const { sub, email } = valuesOf(user.Attributes)
  assert.match(sub, /^[\da-f-]{36}$/)
  assert.equal(email, `${user.Username}@example.com`)
})
check('AdminCreateUser: UsernameExistsException', () =>
  fails(
    new AdminCreateUserCommand({ UserPoolId, Username: 'alice' }),
    'UsernameExistsException',
    /^User account already exists/,
  ),
)
check('AdminCreateUser: the first sign-in asks for a new password', async () => {
  const { Username } = await created()
  const { ChallengeName, ChallengeParameters, Session } = await send(passwordSignIn(Username, temporary))
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  assert.equal(ChallengeParameters.USER_ID_FOR_SRP, Username)
  assert.equal(JSON.parse(ChallengeParameters.userAttributes).email, `${Username}@example.com`)
  const { AuthenticationResult } = await send(
    new RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName,
      Session,
      ChallengeResponses: { USERNAME: Username, NEW_PASSWORD: another },
    }),
  )
  assert.ok(AuthenticationResult.AccessToken)
  assert.equal((await get(Username)).UserStatus, 'CONFIRMED')
})
check('AdminCreateUser: RESEND invites again, UserNotFoundException for nobody', async () => {
  const { Username } = await created()
  const { User } = await send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'RESEND' }))
  assert.equal(User.Username, Username)
  await fails(
    new AdminCreateUserCommand({ UserPoolId, Username: newName(), MessageAction: 'RESEND' }),
    'UserNotFoundException',
  )
})
check('AdminCreateUser: InvalidPasswordException', () =>
  fails(
    new AdminCreateUserCommand({ UserPoolId, Username: newName(), TemporaryPassword: 'short' }),
    'InvalidPasswordException',
    /^Password did not conform with policy/,
  ),
)
check('AdminGetUser answers status, dates and attributes', async () => {
  const user = await get('alice')
  assert.equal(user.UserStatus, 'CONFIRMED')
  assert.equal(user.Enabled, true)
  assert.ok(user.UserCreateDate instanceof Date)
  assert.equal(valuesOf(user.UserAttributes)['custom:tenant'], 'blue')
})
check('AdminGetUser: UserNotFoundException', () =>
  fails(
    new AdminGetUserCommand({ UserPoolId, Username: newName() }),
    'UserNotFoundException',
    /^User does not exist\.$/,
  ),
)
check('AdminSetUserPassword, permanent: the user is confirmed and signs in', async () => {
  const { Username } = await created()
  await send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: another, Permanent: true }))
  assert.equal((await get(Username)).UserStatus, 'CONFIRMED')
  assert.ok((await dev.signIn(Username, another)).AccessToken)
})
check('AdminSetUserPassword, temporary: the sign-in asks for another one', async () => {
  const Username = await dev.newUser()
  await send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: another }))
  assert.equal((await get(Username)).UserStatus, 'FORCE_CHANGE_PASSWORD')
  assert.equal((await send(passwordSignIn(Username, another))).ChallengeName, 'NEW_PASSWORD_REQUIRED')
})
check('AdminConfirmSignUp confirms without a code, and not twice', async () => {
  const Username = newName()
  await send(new SignUpCommand({ ClientId, Username, Password: password }))
  await send(new AdminConfirmSignUpCommand({ UserPoolId, Username }))
  assert.ok((await dev.signIn(Username)).AccessToken)
  await fails(
    new AdminConfirmSignUpCommand({ UserPoolId, Username }),
    'NotAuthorizedException',
    /^User cannot be confirmed\. Current status is CONFIRMED/,
  )
})
check('AdminUpdateUserAttributes', async () => {
  const Username = await dev.newUser()
  const UserAttributes = [
    { Name: 'email', Value: `${Username}@another.example` },
    { Name: 'email_verified', Value: 'true' },
  ]
  await send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes }))
  const { email, email_verified } = valuesOf((await get(Username)).UserAttributes)
  assert.deepEqual([email, email_verified], [`${Username}@another.example`, 'true'])
})
check('AdminDeleteUserAttributes', async () => {
  const Username = await dev.newUser({ attributes: { name: 'Ann' } })
  await send(new AdminDeleteUserAttributesCommand({ UserPoolId, Username, UserAttributeNames: ['name'] }))
  assert.equal(valuesOf((await get(Username)).UserAttributes).name, undefined)
})
check('AdminDisableUser and AdminEnableUser', async () => {
  const Username = await dev.newUser()
  await send(new AdminDisableUserCommand({ UserPoolId, Username }))
  assert.equal((await get(Username)).Enabled, false)
  await fails(passwordSignIn(Username, password), 'NotAuthorizedException', /^User is disabled\.?$/)
  await send(new AdminEnableUserCommand({ UserPoolId, Username }))
  assert.ok((await dev.signIn(Username)).AccessToken)
})
check('AdminDeleteUser', async () => {
  const Username = await dev.newUser()
  await send(new AdminDeleteUserCommand({ UserPoolId, Username }))
  await fails(new AdminGetUserCommand({ UserPoolId, Username }), 'UserNotFoundException')
  await fails(new AdminDeleteUserCommand({ UserPoolId, Username }), 'UserNotFoundException')
})
check('AdminResetUserPassword: the sign-in is refused until the code has set a new one', async () => {
  const Username = await dev.newUser()
  await send(new AdminResetUserPasswordCommand({ UserPoolId, Username }))
  assert.equal((await get(Username)).UserStatus, 'RESET_REQUIRED')
  await fails(passwordSignIn(Username, password), 'PasswordResetRequiredException')
  const ConfirmationCode = await dev.codeOf(Username)
  await send(new ConfirmForgotPasswordCommand({ ClientId, Username, ConfirmationCode, Password: another }))
  assert.ok((await dev.signIn(Username, another)).AccessToken)
})
check('ListUsers, a page at a time', async () => {
  await dev.newUser()
  const all = (await send(new ListUsersCommand({ UserPoolId }))).Users.map(({ Username }) => Username)
  const found = []
  let PaginationToken
  do {
    const page = await send(new ListUsersCommand({ UserPoolId, Limit: 2, PaginationToken }))
    assert.ok(page.Users.length <= 2)
    found.push(...page.Users.map(({ Username }) => Username))
    PaginationToken = page.PaginationToken
  } while (PaginationToken)
  assert.deepEqual(found.toSorted(), all.toSorted())
  assert.ok(found.includes('alice'))
})
check('ListUsers with Filter and AttributesToGet', async () => {
  const username = await dev.newUser()
  const list = async (Filter, more = {}) =>
    (await send(new ListUsersCommand({ UserPoolId, Filter, ...more }))).Users
  const names = async filter => (await list(filter)).map(({ Username }) => Username)
  assert.deepEqual(await names(`username = "${username}"`), [username])
  assert.deepEqual(await names(`email = "${username}@example.com"`), [username])
  assert.deepEqual(await names(`email ^= "${username}@"`), [username])
  assert.deepEqual(await names('username = "nobody"'), [])
  assert.ok((await names('cognito:user_status = "CONFIRMED"')).includes(username))
  assert.ok((await names('status = "Enabled"')).includes(username))
  const [user] = await list(`username ^= "${username}"`, { AttributesToGet: ['email'] })
  assert.deepEqual(valuesOf(user.Attributes), { email: `${username}@example.com` })
  await fails(new ListUsersCommand({ UserPoolId, Filter: 'username is alice' }), 'InvalidParameterException')
})
check('AdminLinkProviderForUser links a provider’s user to one of the pool', () =>
  send(
    new AdminLinkProviderForUserCommand({
      UserPoolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'alice' },
      SourceUser: {
        ProviderName: 'Google',
        ProviderAttributeName: 'Cognito_Subject',
        ProviderAttributeValue: '118090000000000000001',
      },
    }),
  ),
)
check('AdminUserGlobalSignOut revokes what the user holds', async () => {
  const Username = await dev.newUser()
  const { AccessToken } = await dev.signIn(Username)
  await send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }))
  await fails(
    new GetUserCommand({ AccessToken }),
    'NotAuthorizedException',
    /^Access Token has been revoked$/,
  )
})
check('an administrator has credentials, and names a pool that exists', async () => {
  const command = more => new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'alice', ...more })
  await assert.rejects(unsigned().send(command()), { name: 'MissingAuthenticationTokenException' })
  await fails(
    command({ UserPoolId: 'us-east-1_Nowhere' }),
    'ResourceNotFoundException',
    /^User pool us-east-1_Nowhere does not exist\.$/,
  )
})
end()
