import {
  AdminAddUserToGroupCommand,
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminDeleteUserAttributesCommand,
  AdminDeleteUserCommand,
  AdminDisableProviderForUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  GetGroupCommand,
  GetUserCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  SignUpCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import t from 'tap'
import { parseConfig } from '../../../src/devtools/local/config.js'
import { createUsers, type SavedUsers } from '../../../src/devtools/local/user-pool/users.js'
import { attributes, outcome, startWithSdk, valuesOf } from './sdk.js'
import { claimsOf } from './world.js'

t.test('AdminCreateUser', async t => {
  const { sdk, local, UserPoolId, signIn, control, get } = await startWithSdk(t, {
    aliasAttributes: ['email', 'preferred_username'],
    passwordPolicy: { temporaryPasswordValidityDays: 0 },
  })
  const create = (Username: string, more: Partial<AdminCreateUserCommandInput> = {}) =>
    sdk.send(new AdminCreateUserCommand({ UserPoolId, Username, ...more }))

  t.test('answers the user, who has to change the password', async t => {
    const { User } = await create('carol', {
      TemporaryPassword: 'Temporary-1',
      UserAttributes: attributes({ email: 'c@d.example', email_verified: 'true', 'custom:tenant': 'red' }),
      DesiredDeliveryMediums: ['EMAIL'],
      ClientMetadata: { ignored: 'yes' },
    })
    t.match(User, {
      Username: 'carol',
      UserStatus: 'FORCE_CHANGE_PASSWORD',
      Enabled: true,
      UserCreateDate: Date,
      UserLastModifiedDate: Date,
    })
    t.match(valuesOf(User?.Attributes), {
      sub: /^[\da-f-]{36}$/,
      email: 'c@d.example',
      email_verified: 'true',
      'custom:tenant': 'red',
    })
    t.equal(local.users.find('carol')?.codes.invitation?.value, 'Temporary-1')
    t.match(await (await get('/')).text(), 'Temporary password, mailed code: <code>Temporary-1</code>')
  })

  t.test('makes a password that the policy allows', async t => {
    await create('dora')
    const first = local.users.find('dora')?.password ?? ''
    t.match(first, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w]).{12,}$/)
    await create('dora', { MessageAction: 'RESEND' })
    t.not(local.users.find('dora')?.password, first, 'the invitation that is sent again has another')
    await create('eve', { MessageAction: 'SUPPRESS' })
    t.equal(local.users.find('eve')?.codes.invitation, undefined)
  })

  t.test('a temporary password expires', async t => {
    await create('fred', { TemporaryPassword: 'Temporary-1' })
    await control('clock', { offset: 8 * 86_400 })
    t.equal(
      await outcome(signIn('fred', 'Temporary-1')),
      'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
    )
    await create('fred', { TemporaryPassword: 'Temporary-2', MessageAction: 'RESEND' })
    t.notMatch(await outcome(signIn('fred', 'Temporary-2')), 'expired')
    await control('clock', { offset: 0 })
  })

  t.test('refusals', async t => {
    const email = (value: string, more = {}) => ({
      UserAttributes: attributes({ email: value, email_verified: 'true', ...more }),
    })
    const cases: [string, string, Partial<AdminCreateUserCommandInput>][] = [
      ['UsernameExistsException: User account already exists', 'ALICE', {}],
      [
        'UsernameExistsException: An account with the given email already exists.',
        'gil',
        email('alice@example.com'),
      ],
      [
        'InvalidPasswordException: Password did not conform with policy: Password not long enough',
        'gil',
        { TemporaryPassword: 'Aa1!' },
      ],
      ['UserNotFoundException: User does not exist.', 'gil', { MessageAction: 'RESEND' }],
      [
        'UnsupportedUserStateException: Resend not possible. alice status is not FORCE_CHANGE_PASSWORD',
        'alice',
        { MessageAction: 'RESEND' },
      ],
      [
        "InvalidParameterException: 1 validation error detected: Value at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]",
        'gil',
        { MessageAction: 'AGAIN' as 'RESEND' },
      ],
      [
        "InvalidParameterException: 1 validation error detected: Value at 'desiredDeliveryMediums' failed to satisfy constraint: Member must satisfy enum value set: [SMS, EMAIL]",
        'gil',
        { DesiredDeliveryMediums: ['PIGEON' as 'SMS'] },
      ],
      [
        'ResourceNotFoundException: User pool us-east-1_Other does not exist.',
        'gil',
        { UserPoolId: 'us-east-1_Other' },
      ],
      [
        'InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.',
        'gil@x.example',
        {},
      ],
      ['InvalidParameterException: Invalid email address format.', 'gil', email('gil')],
    ]
    for (const [says, name, input] of cases) t.equal(await outcome(create(name, input)), says)
    t.equal(local.users.find('gil'), undefined)
    await create('gil', { ...email('alice@example.com'), ForceAliasCreation: true })
    t.equal(local.users.find('alice@example.com')?.username, 'gil', 'the alias moved')
    t.equal(local.users.find('alice')?.attributes.email_verified, 'false')
    const named = { UserAttributes: attributes({ preferred_username: 'the-one' }), ForceAliasCreation: true }
    for (const name of ['one', 'two']) await create(name, named)
    t.equal(local.users.find('the-one')?.username, 'two')
    t.equal(local.users.find('one')?.attributes.preferred_username, undefined)
  })
})

t.test('an administrator changes users', async t => {
  const { sdk, local, UserPoolId, signIn } = await startWithSdk(t)
  const of = (Username: string) => ({ UserPoolId, Username })
  const get = (name: string) => sdk.send(new AdminGetUserCommand(of(name)))

  t.test('passwords', async t => {
    const set = (Password: string, Permanent?: boolean) =>
      sdk.send(
        new AdminSetUserPasswordCommand({
          ...of('bob'),
          Password,
          ...(Permanent === undefined ? {} : { Permanent }),
        }),
      )
    t.equal(
      await outcome(set('builder-2')),
      'InvalidPasswordException: Password did not conform with policy: Password must have uppercase characters',
    )
    await set('Builder-2')
    t.equal((await get('bob')).UserStatus, 'FORCE_CHANGE_PASSWORD')
    await set('Builder-3', true)
    t.equal((await get('bob')).UserStatus, 'CONFIRMED')
    t.ok((await signIn('bob', 'Builder-3')).AccessToken)
    await sdk.send(new AdminResetUserPasswordCommand(of('bob')))
    t.equal((await get('bob')).UserStatus, 'RESET_REQUIRED')
    t.equal(
      await outcome(signIn('bob', 'Builder-3')),
      'PasswordResetRequiredException: Password reset required for the user',
    )
    t.match(local.users.find('bob')?.codes.forgotPassword?.value, /^\d{6}$/)
    await set('Builder-3', true)
  })

  t.test('disables, which ends the sign-ins, and enables', async t => {
    const { AccessToken, RefreshToken } = await signIn('bob', 'Builder-3')
    t.ok(RefreshToken)
    await sdk.send(new AdminDisableUserCommand(of('bob')))
    t.equal((await get('bob')).Enabled, false)
    t.equal(await outcome(signIn('bob', 'Builder-3')), 'NotAuthorizedException: User is disabled.')
    t.match(await outcome(sdk.send(new GetUserCommand({ AccessToken }))), 'revoked')
    await sdk.send(new AdminEnableUserCommand(of('bob')))
    t.ok((await signIn('bob', 'Builder-3')).AccessToken)
  })

  t.test('attributes', async t => {
    const update = (values: Record<string, string>) =>
      sdk.send(new AdminUpdateUserAttributesCommand({ ...of('bob'), UserAttributes: attributes(values) }))
    const current = async () => valuesOf((await get('bob')).UserAttributes)
    await update({ email: 'new@b.example', phone_number: '+12025550123', 'custom:tenant': 'green' })
    t.match(await current(), {
      email: 'new@b.example',
      email_verified: 'false',
      phone_number_verified: 'false',
    })
    t.ok(
      local.users.find('bob')?.codes.email && local.users.find('bob')?.codes.phone_number,
      'codes are sent',
    )
    await update({ email: 'newer@b.example', email_verified: 'true' })
    t.match(await current(), { email: 'newer@b.example', email_verified: 'true' })
    t.equal(local.users.find('NEWER@b.example')?.username, 'bob')
    await update({ email_verified: 'false' })
    t.equal(local.users.find('newer@b.example'), undefined, 'an alias must be verified')
    await update({ 'custom:tenant': '' })
    t.notOk('custom:tenant' in (await current()), 'an empty value deletes')
    const remove = (...UserAttributeNames: string[]) =>
      sdk.send(new AdminDeleteUserAttributesCommand({ ...of('bob'), UserAttributeNames }))
    await remove('phone_number', 'nickname')
    t.notOk('phone_number_verified' in (await current()))
    for (const [says, call] of [
      [
        'InvalidParameterException: Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.\n',
        update({ 'custom:x': '1' }),
      ],
      [
        'InvalidParameterException: Attributes did not conform to the schema: sub: Attribute does not exist in the schema.\n',
        update({ sub: '1' }),
      ],
      ['InvalidParameterException: user.sub: Attribute cannot be updated.\n', remove('sub')],
      ['InvalidParameterException: Invalid phone number format.', update({ phone_number: '0123' })],
      [
        'InvalidParameterException: Attributes did not conform to the schema: birthdate: The value is not a date in the format YYYY-MM-DD\n',
        update({ birthdate: '1.2.2003' }),
      ],
      [
        'InvalidParameterException: Attributes did not conform to the schema: email_verified: The value is not a boolean\n',
        update({ email_verified: 'yes' }),
      ],
      [
        'InvalidParameterException: Attributes did not conform to the schema: name: The value is longer than 2048 characters\n',
        update({ name: 'x'.repeat(2049) }),
      ],
      [
        'AliasExistsException: An account with the given email already exists.',
        update({ email: 'alice@example.com', email_verified: 'true' }),
      ],
    ] as const)
      t.equal(await outcome(call), says)
  })

  t.test('confirms and deletes', async t => {
    await sdk.send(new SignUpCommand({ ClientId: 'localweb', Username: 'Zoe', Password: 'Long-enough-1' }))
    await sdk.send(new AdminConfirmSignUpCommand(of('zoe')))
    t.equal(
      await outcome(sdk.send(new AdminConfirmSignUpCommand(of('zoe')))),
      'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED',
    )
    const { AccessToken } = await signIn('ZOE', 'Long-enough-1')
    const { sub } = claimsOf(AccessToken)
    await sdk.send(new AdminDeleteUserCommand(of('zoe')))
    t.equal(await outcome(get('zoe')), 'UserNotFoundException: User does not exist.')
    t.match(await outcome(sdk.send(new GetUserCommand({ AccessToken }))), 'revoked')
    await sdk.send(new AdminCreateUserCommand(of('Zoe')))
    t.not(local.users.find('zoe')?.sub, sub, 'somebody new')
    t.equal(
      await outcome(sdk.send(new AdminResetUserPasswordCommand(of('zoe')))),
      'NotAuthorizedException: User password cannot be reset in the current state.',
    )
    await sdk.send(
      new AdminSetUserPasswordCommand({ ...of('zoe'), Password: 'Long-enough-2', Permanent: true }),
    )
    t.equal(
      await outcome(sdk.send(new AdminResetUserPasswordCommand(of('zoe')))),
      'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number',
    )
  })
})

t.test('ListUsers', async t => {
  const { sdk, local, UserPoolId } = await startWithSdk(t, {
    users: [
      { username: 'ann', password: 'p', attributes: { name: 'Ann "A"', phone_number: '+4912345' } },
      { username: 'anton', password: 'p', status: 'UNCONFIRMED', attributes: { family_name: 'Berg' } },
      {
        username: 'bea',
        password: 'p',
        enabled: false,
        attributes: { given_name: 'Bea', preferred_username: 'b' },
      },
    ],
  })
  const list = async (Filter?: string, more = {}) =>
    (
      await sdk.send(
        new ListUsersCommand({ UserPoolId, ...(Filter === undefined ? {} : { Filter }), ...more }),
      )
    ).Users?.map(({ Username }) => Username)
  const sub = local.users.find('bea')?.sub ?? ''
  for (const [filter, names] of [
    [undefined, ['ann', 'anton', 'bea']],
    ['', ['ann', 'anton', 'bea']],
    ['username ^= "an"', ['ann', 'anton']],
    ['username = "ANN"', []],
    ['email="bea@example.com"', ['bea']],
    ['name = "Ann \\"A\\""', ['ann']],
    ['given_name ^= "B"', ['bea']],
    ['family_name = "Berg"', ['anton']],
    ['preferred_username = "b"', ['bea']],
    ['phone_number ^= "+49"', ['ann']],
    ['cognito:user_status = "unconfirmed"', ['anton']],
    ['status = "Enabled"', ['ann', 'anton']],
    ['status = "disabled"', []],
    [`sub = "${sub}"`, ['bea']],
    [`sub ^= "${sub.slice(0, 8)}"`, ['bea']],
  ] as const)
    t.same(await list(filter), names, filter ?? 'none')
  for (const [filter, says] of [
    ['name = Ann', 'InvalidParameterException: Error while parsing filter.'],
    ['name != "Ann"', 'InvalidParameterException: Error while parsing filter.'],
    ['name = "a" or name = "b"', 'InvalidParameterException: Error while parsing filter.'],
    ['custom:tenant = "blue"', 'InvalidParameterException: Invalid search attribute.'],
    ['constructor = "x"', 'InvalidParameterException: Invalid search attribute.'],
  ] as const)
    t.equal(await outcome(list(filter)), says, filter)

  const first = await sdk.send(new ListUsersCommand({ UserPoolId, Limit: 2, AttributesToGet: ['email'] }))
  t.same(
    first.Users?.map(({ Attributes }) => valuesOf(Attributes)),
    [{ email: 'ann@example.com' }, { email: 'anton@example.com' }],
  )
  t.same(await list(undefined, { PaginationToken: first.PaginationToken }), ['bea'])
  t.equal(
    await outcome(list(undefined, { PaginationToken: 'x' })),
    'InvalidParameterException: Invalid pagination token provided.',
  )
  t.equal(
    await outcome(list(undefined, { AttributesToGet: ['nothing'] })),
    'InvalidParameterException: One or more requested attributes do not exist.',
  )
  t.match(
    await outcome(list(undefined, { Limit: 61 })),
    "Value at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60",
  )
  t.match(await outcome(list(undefined, { Limit: -1 })), 'greater than or equal to 0')
})

t.test('groups', async t => {
  const { sdk, UserPoolId, signIn } = await startWithSdk(t)
  const of = (GroupName: string) => ({ UserPoolId, GroupName })
  const { Group } = await sdk.send(
    new CreateGroupCommand({
      ...of('staff'),
      Description: 'All',
      Precedence: 0,
      RoleArn: 'arn:aws:iam::000000000000:role/staff',
    }),
  )
  t.match(Group, { GroupName: 'staff', UserPoolId, Description: 'All', Precedence: 0, CreationDate: Date })
  t.equal(
    await outcome(sdk.send(new CreateGroupCommand(of('staff')))),
    'GroupExistsException: A group with the name already exists.',
  )
  t.match(
    await outcome(sdk.send(new CreateGroupCommand({ ...of('x'), Precedence: -1 }))),
    'InvalidParameterException',
  )
  await sdk.send(new UpdateGroupCommand({ ...of('staff'), Description: 'Some' }))
  t.match((await sdk.send(new GetGroupCommand(of('staff')))).Group, { Description: 'Some', Precedence: 0 })
  for (const Username of ['alice', 'bob'])
    await sdk.send(new AdminAddUserToGroupCommand({ ...of('staff'), Username }))
  t.equal(
    claimsOf((await signIn('bob', 'Builder-1')).IdToken)['cognito:preferred_role'],
    'arn:aws:iam::000000000000:role/staff',
  )
  const page = await sdk.send(new ListUsersInGroupCommand({ ...of('staff'), Limit: 1 }))
  t.same(
    page.Users?.map(({ Username }) => Username),
    ['alice'],
  )
  const rest = await sdk.send(new ListUsersInGroupCommand({ ...of('staff'), NextToken: page.NextToken }))
  t.same(
    rest.Users?.map(({ Username }) => Username),
    ['bob'],
  )
  t.equal(rest.NextToken, undefined)
  const ofBob = async () =>
    (await sdk.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: 'bob' }))).Groups?.map(
      group => group.GroupName,
    )
  t.same(await ofBob(), ['readers', 'staff'])
  await sdk.send(new AdminRemoveUserFromGroupCommand({ ...of('readers'), Username: 'bob' }))
  await sdk.send(new DeleteGroupCommand(of('staff')))
  t.same(await ofBob(), [], 'nobody is in a group that is gone')
  t.equal(
    await outcome(sdk.send(new GetGroupCommand(of('staff')))),
    'ResourceNotFoundException: Group not found.',
  )
  const names = (await sdk.send(new ListGroupsCommand({ UserPoolId, Limit: 2 }))).Groups?.map(
    group => group.GroupName,
  )
  t.same(names, ['admin', 'readers'])
})

t.test('links a provider’s user to one of the pool', async t => {
  const { sdk, local, UserPoolId } = await startWithSdk(t)
  const link = (name: string, ProviderName: string, id: string) =>
    sdk.send(
      new AdminLinkProviderForUserCommand({
        UserPoolId,
        DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: name },
        SourceUser: { ProviderName, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: id },
      }),
    )
  const google = local.config.identityProviders.find(({ name }) => name === 'Google')
  if (!google) throw new Error('there is no Google')
  local.users.federate(google, { userId: 'known' })
  await link('alice', 'Google', 'g1')
  t.equal(local.users.federate(google, { userId: 'g1', attributes: { name: 'A' } }).username, 'alice')
  for (const [says, call] of [
    [
      'InvalidParameterException: SourceUser is already linked to DestinationUser',
      link('alice', 'Google', 'g1'),
    ],
    [
      'InvalidParameterException: Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
      link('bob', 'Google', 'known'),
    ],
    ['UserNotFoundException: User does not exist.', link('nobody', 'Google', 'g2')],
    [
      'InvalidParameterException: Invalid SourceUser: the provider does not exist.',
      link('bob', 'Nothing', 'g2'),
    ],
    [
      'InvalidParameterException: A federated user has no password.',
      sdk.send(
        new AdminSetUserPasswordCommand({ UserPoolId, Username: 'Google_known', Password: 'Builder-1' }),
      ),
    ],
  ] as const)
    t.equal(await outcome(call), says)
  const unlink = (ProviderAttributeValue: string) =>
    sdk.send(
      new AdminDisableProviderForUserCommand({
        UserPoolId,
        User: { ProviderName: 'Google', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue },
      }),
    )
  await link('alice', 'Google', 'g3')
  await unlink('g1')
  t.equal(local.users.federate(google, { userId: 'g3' }).username, 'alice')
  await unlink('g3')
  t.equal(local.users.find('alice')?.identities, undefined)
  t.equal(local.users.federate(google, { userId: 'g1' }).username, 'Google_g1', 'somebody of their own again')
  t.equal(await outcome(unlink('nobody')), 'UserNotFoundException: User does not exist.')
})

t.test('a user of the file replaces the saved one of the same name only', async t => {
  const start = (users: object[], saved?: SavedUsers) =>
    createUsers(parseConfig({ users }, 'test.json'), Date, saved)
  const before = start([{ username: 'Ann', password: 'p', sub: 'kept' }])
  const after = start(
    [
      { username: 'ann', password: 'q', attributes: { email: 'b@x.example' } },
      { username: 'b@x.example', password: 'p' },
    ],
    before.saved(),
  )
  t.match(after.all(), [{ username: 'ann', sub: 'kept', password: 'q' }, { username: 'b@x.example' }])
  t.equal(after.all().length, 2)
})

t.test('users are plain data', async t => {
  const users = createUsers(parseConfig({}, 'test.json'), Date)
  for (const user of users.all()) t.same(JSON.parse(JSON.stringify(user)), user)
})
