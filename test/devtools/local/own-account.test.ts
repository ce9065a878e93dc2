import {
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserAttributeVerificationCodeCommand,
  GetUserCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import t from 'tap'
import { lifetimesOf } from '../../../src/devtools/local/user-pool/clients.js'
import type { CodePurpose } from '../../../src/devtools/local/user-pool/users.js'
import { attributes, outcome, secretHash, startWithSdk, valuesOf } from './sdk.js'
import { claimsOf } from './world.js'

const hiding = { clientId: 'localweb' }
const legacy = { clientId: 'legacy', preventUserExistenceErrors: false }
const confidential = { clientId: 'confidential', secret: 's3cret' }
const clients = [hiding, legacy, confidential]

t.test('sign-up', async t => {
  const { sdk, local } = await startWithSdk(t, {
    clients,
    aliasAttributes: ['email', 'phone_number', 'preferred_username'],
    attributes: [
      { name: 'given_name', required: true },
      { name: 'custom:plan', mutable: false },
      { name: 'custom:seats', type: 'Number' },
      { name: 'custom:beta', type: 'Boolean' },
    ],
  })
  const signUp = (Username: string, more: Record<string, string> = {}, Password = 'Long-enough-1') =>
    sdk.send(
      new SignUpCommand({
        ClientId: 'localweb',
        Username,
        Password,
        UserAttributes: attributes({ given_name: 'X', ...more }),
      }),
    )
  const invalid = 'InvalidParameterException: '
  const schema = `${invalid}Attributes did not conform to the schema: `
  const weak = 'InvalidPasswordException: Password did not conform with policy: '
  for (const [says, name, more, password] of [
    [`${weak}Password not long enough`, 'x', {}, 'Aa1!'],
    [`${weak}Password must have lowercase characters`, 'x', {}, 'AAAAAA1!'],
    [`${weak}Password must have uppercase characters`, 'x', {}, 'aaaaaaaa'],
    [`${weak}Password must have numeric characters`, 'x', {}, 'aaaaaAA!'],
    [`${weak}Password must have symbol characters`, 'x', {}, 'aaaaaAA1'],
    [
      `${invalid}1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+.*[\\S]+`,
      'x',
      {},
      ' Aa1!Aa1!',
    ],
    [`${invalid}Invalid email address format.`, 'x', { email: 'notanemail' }],
    [`${invalid}Invalid phone number format.`, 'x', { phone_number: '+49 30 1' }],
    [
      `${schema}custom:undeclared: Attribute does not exist in the schema.\nnothing: Attribute does not exist in the schema.\n`,
      'x',
      { 'custom:undeclared': '1', nothing: '2' },
    ],
    [`${schema}given_name: The attribute is required\n`, 'x', { given_name: '' }],
    [`${schema}custom:seats: The value is not a number\n`, 'x', { 'custom:seats': 'many' }],
    [`${schema}custom:beta: The value is not a boolean\n`, 'x', { 'custom:beta': 'perhaps' }],
    [
      'NotAuthorizedException: A client attempted to write unauthorized attribute',
      'x',
      { phone_number_verified: 'true' },
    ],
    [
      `${invalid}Username cannot be of email format, since user pool is configured for email alias.`,
      'a@b.example',
      {},
    ],
    [
      `${invalid}Username cannot be of phone number format, since user pool is configured for phone number alias.`,
      '+4912345',
      {},
    ],
    ['UsernameExistsException: User already exists', 'Alice', {}],
    [
      'ok',
      'nora',
      {
        email: 'n@o.example',
        preferred_username: 'n1',
        'custom:seats': '-2.5',
        'custom:beta': 'TRUE',
        'custom:plan': 'free',
      },
    ],
    [
      'UsernameExistsException: An account with the given preferred_username already exists.',
      'x',
      { preferred_username: 'N1' },
    ],
  ] as const)
    t.equal(await outcome(signUp(name, more, password)), says)

  t.same((await signUp('paul', { phone_number: '+12025550123' })).CodeDeliveryDetails, {
    AttributeName: 'phone_number',
    DeliveryMedium: 'SMS',
    Destination: '+*******0123',
  })
  t.same(
    (await signUp('both', { email: 'both@x.example', phone_number: '+12025550124' })).CodeDeliveryDetails,
    {
      AttributeName: 'email',
      DeliveryMedium: 'EMAIL',
      Destination: 'b***@x***',
    },
  )
  const confirm = (Username: string, ForceAliasCreation?: boolean, ConfirmationCode?: string) =>
    sdk.send(
      new ConfirmSignUpCommand({
        ClientId: 'localweb',
        Username,
        ConfirmationCode: ConfirmationCode ?? local.users.find(Username)?.codes.signUp?.value ?? '',
        ...(ForceAliasCreation === undefined ? {} : { ForceAliasCreation }),
      }),
    )
  await confirm('paul')
  t.equal(local.users.find('paul')?.attributes.phone_number_verified, 'true')
  await confirm('both')
  t.match(local.users.find('both')?.attributes, { email_verified: 'true', phone_number_verified: 'false' })
  await signUp('both2', { email: 'BOTH@x.example' })
  t.equal(
    await outcome(confirm('both2')),
    'AliasExistsException: An account with the given email already exists.',
    'not before: the address proves nothing',
  )
  await confirm('both2', true)
  t.equal(local.users.find('both@x.example')?.username, 'both2')
})

t.test('codes again', async t => {
  const { sdk, local, control } = await startWithSdk(t, { clients })
  const resend = (Username: string, ClientId = 'localweb') =>
    sdk.send(new ResendConfirmationCodeCommand({ ClientId, Username }))
  await sdk.send(
    new SignUpCommand({
      ClientId: 'localweb',
      Username: 'uma',
      Password: 'Long-enough-1',
      UserAttributes: attributes({ email: 'u@m.example' }),
    }),
  )
  const uma = local.users.find('uma')
  const first = uma?.codes.signUp?.value
  t.match(await resend('uma'), { CodeDeliveryDetails: { Destination: 'u***@m***' } })
  while (uma?.codes.signUp?.value === first) await resend('uma')
  await sdk.send(new SignUpCommand({ ClientId: 'localweb', Username: 'plain', Password: 'Long-enough-1' }))
  t.match(await resend('plain'), { CodeDeliveryDetails: { Destination: '***@***' } }, 'shown on the page')
  t.match(await resend('nobody'), { CodeDeliveryDetails: { Destination: 'n***@e***' } }, 'hidden')
  t.match(await resend('no@body.example'), { CodeDeliveryDetails: { Destination: 'n***@b***' } })
  t.match(await resend('+4930123456'), {
    CodeDeliveryDetails: { Destination: '+******3456', DeliveryMedium: 'SMS' },
  })
  t.equal(
    await outcome(resend('nobody', 'legacy')),
    'UserNotFoundException: Username/client id combination not found.',
  )
  t.equal(await outcome(resend('alice')), 'InvalidParameterException: User is already confirmed.')
  const confirm = (ConfirmationCode: string, Username = 'uma', ClientId = 'localweb') =>
    outcome(sdk.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode })))
  const mismatch = 'CodeMismatchException: Invalid verification code provided, please try again.'
  const expired = 'ExpiredCodeException: Invalid code provided, please request a code again.'
  t.equal(await confirm(first ?? ''), mismatch, 'the last one counts')
  t.equal(await confirm('1', 'nobody'), expired)
  t.equal(
    await confirm('1', 'nobody', 'legacy'),
    'UserNotFoundException: Username/client id combination not found.',
  )
  for (let i = 1; i < 5; i++) t.equal(await confirm('x'), mismatch)
  const right = () => uma?.codes.signUp?.value ?? ''
  t.equal(
    await confirm(right()),
    'LimitExceededException: Attempt limit exceeded, please try after some time.',
    'not even the right one',
  )
  await resend('uma')
  await control('clock', { offset: 86_401 })
  t.equal(await confirm(right()), expired)
  await control('clock', { offset: 0 })
  t.equal(await confirm(right()), 'ok')
})

t.test('a forgotten password', async t => {
  const { sdk, local, signIn } = await startWithSdk(t, {
    clients,
    users: [
      { username: 'alice', password: 'Wonderland-1' },
      {
        username: 'rita',
        password: 'p',
        attributes: { email_verified: 'false', phone_number: '+12025550123', phone_number_verified: 'true' },
      },
      { username: 'nina', password: 'p', attributes: { email_verified: 'false' } },
      { username: 'dora', password: 'p', enabled: false },
      { username: 'tom', password: 'p', status: 'FORCE_CHANGE_PASSWORD' },
    ],
  })
  const forgot = (Username: string, { clientId }: { clientId: string } = hiding, SecretHash?: string) =>
    sdk.send(
      new ForgotPasswordCommand({
        ClientId: clientId,
        Username,
        ...(SecretHash === undefined ? {} : { SecretHash }),
      }),
    )
  for (const [name, Destination] of [
    ['alice', 'a***@e***'],
    ['alice@example.com', 'a***@e***'],
    ['rita', '+*******0123'],
    ['nina', 'n***@e***'],
    ['dora', 'd***@e***'],
    ['nobody', 'n***@e***'],
  ] as const)
    t.equal((await forgot(name)).CodeDeliveryDetails?.Destination, Destination, name)
  for (const name of ['nina', 'dora']) t.equal(local.users.find(name)?.codes.forgotPassword, undefined)
  const stuck = 'NotAuthorizedException: User password cannot be reset in the current state.'
  for (const [says, call] of [
    [stuck, forgot('tom')],
    [stuck, forgot('tom', legacy)],
    [
      'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number',
      forgot('nina', legacy),
    ],
    ['NotAuthorizedException: User is disabled.', forgot('dora', legacy)],
    ['UserNotFoundException: Username/client id combination not found.', forgot('nobody', legacy)],
    [
      'NotAuthorizedException: Client confidential is configured with secret but SECRET_HASH was not received',
      forgot('alice', confidential),
    ],
    [
      'NotAuthorizedException: SecretHash does not match for the client: confidential',
      forgot('alice', confidential, 'x'),
    ],
    ['ok', forgot('alice', confidential, secretHash(confidential, 'alice'))],
  ] as const)
    t.equal(await outcome(call), says)

  const reset = (
    Username: string,
    ConfirmationCode: string,
    { clientId }: { clientId: string } = hiding,
    Password = 'Wonderland-2',
  ) =>
    outcome(
      sdk.send(
        new ConfirmForgotPasswordCommand({ ClientId: clientId, Username, ConfirmationCode, Password }),
      ),
    )
  const mismatch = 'CodeMismatchException: Invalid verification code provided, please try again.'
  t.equal(await reset('nobody', '1'), mismatch)
  t.equal(
    await reset('nobody', '1', legacy),
    'UserNotFoundException: Username/client id combination not found.',
  )
  t.equal(await reset('dora', '1'), mismatch)
  t.equal(await reset('dora', '1', legacy), 'NotAuthorizedException: User is disabled.')
  t.equal(
    await reset('nina', '1'),
    'ExpiredCodeException: Invalid code provided, please request a code again.',
    'none was sent',
  )
  t.equal(await outcome(signIn('tom', 'p')), 'ok', 'the temporary password is good for seven days')
  t.equal(await outcome(signIn('nobody', 'x!', 'legacy')), 'UserNotFoundException: User does not exist.')
  const code = local.users.find('alice')?.codes.forgotPassword?.value ?? ''
  t.match(await reset('alice', code, hiding, 'short'), 'InvalidPasswordException')
  t.equal(await reset('alice', 'x'), mismatch)
  t.equal(await reset('alice', code), 'ok')
  t.match(await outcome(signIn('alice', 'Wonderland-1')), 'Incorrect username or password')
  t.ok((await signIn('alice', 'Wonderland-2')).AccessToken)
  t.match(await reset('alice', code), 'ExpiredCodeException', 'once')
})

t.test('with an access token', async t => {
  const { sdk, local, signIn, control } = await startWithSdk(t, {
    clients,
    aliasAttributes: ['email', 'preferred_username'],
    attributes: [
      { name: 'custom:plan', mutable: false },
      { name: 'name', required: true },
    ],
    users: [
      {
        username: 'alice',
        password: 'Wonderland-1',
        attributes: { name: 'Alice', 'custom:plan': 'free', nickname: 'Al' },
      },
      { username: 'bob', password: 'Builder-1', attributes: { name: 'Bob', preferred_username: 'bobby' } },
    ],
  })
  const { AccessToken } = await signIn('alice', 'Wonderland-1')
  const current = async () => valuesOf((await sdk.send(new GetUserCommand({ AccessToken }))).UserAttributes)
  const codeFor = (purpose: CodePurpose) => local.users.find('alice')?.codes[purpose]?.value ?? ''
  const update = (values: Record<string, string>) =>
    sdk.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: attributes(values) }))
  const verify = (AttributeName: string, Code: string) =>
    outcome(sdk.send(new VerifyUserAttributeCommand({ AccessToken, AttributeName, Code })))

  t.test('changes the password', async t => {
    const change = (PreviousPassword: string, ProposedPassword: string) =>
      outcome(sdk.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword })))
    t.equal(
      await change('Wrong-1!', 'Wonderland-2'),
      'NotAuthorizedException: Incorrect username or password.',
    )
    t.match(await change('Wonderland-1', 'Wonderland'), 'Password must have numeric characters')
    t.equal(await change('Wonderland-1', 'Wonderland-2'), 'ok')
    t.ok((await signIn('alice', 'Wonderland-2')).AccessToken)
  })

  t.test('changes attributes, and verifies addresses', async t => {
    const answer = await update({ email: 'al@new.example', phone_number: '+12025550123', nickname: 'A' })
    t.same(answer.CodeDeliveryDetailsList, [
      { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@n***' },
      { AttributeName: 'phone_number', DeliveryMedium: 'SMS', Destination: '+*******0123' },
    ])
    t.match(await current(), { email: 'al@new.example', email_verified: 'false', nickname: 'A' })
    t.same((await update({ email: 'al@new.example' })).CodeDeliveryDetailsList, [], 'it is the same')
    t.equal(await verify('phone_number', codeFor('phone_number')), 'ok')
    t.match(await verify('phone_number', '1'), 'ExpiredCodeException')
    t.match(await verify('email', 'x'), 'CodeMismatchException')
    const sent = await sdk.send(
      new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email' }),
    )
    t.equal(sent.CodeDeliveryDetails?.Destination, 'a***@n***')
    t.equal(await verify('email', codeFor('email')), 'ok')
    t.match(await current(), { email_verified: 'true', phone_number_verified: 'true' })
    const remove = (...UserAttributeNames: string[]) =>
      outcome(sdk.send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames })))
    t.equal(await remove('phone_number'), 'ok')
    t.notOk('phone_number_verified' in (await current()))
    const required =
      'InvalidParameterException: Attributes did not conform to the schema: name: The attribute is required\n'
    for (const [says, call] of [
      [required, remove('name')],
      [required, outcome(update({ name: '' }))],
      [
        'InvalidParameterException: user.custom:plan: Attribute cannot be updated.\n',
        outcome(update({ 'custom:plan': 'gold' })),
      ],
      ['ok', outcome(update({ 'custom:plan': 'free' }))],
      [
        'NotAuthorizedException: A client attempted to write unauthorized attribute',
        outcome(update({ email_verified: 'true' })),
      ],
      [
        'AliasExistsException: An account with the given preferred_username already exists.',
        outcome(update({ preferred_username: 'Bobby' })),
      ],
      ['InvalidParameterException: Only email and phone_number can be verified.', verify('name', '1')],
      [
        'InvalidParameterException: The user has no phone_number.',
        outcome(
          sdk.send(
            new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'phone_number' }),
          ),
        ),
      ],
      [
        'NotAuthorizedException: Invalid Access Token',
        outcome(sdk.send(new DeleteUserCommand({ AccessToken: 'x' }))),
      ],
    ] as const)
      t.equal(await call, says)
    await update({ email: 'bob@example.com' })
    t.equal(
      await verify('email', codeFor('email')),
      'AliasExistsException: An account with the given email already exists.',
    )
    await update({ phone_number: '+12025550125' })
    const code = codeFor('phone_number')
    await remove('phone_number')
    t.equal(await verify('phone_number', code), 'ok')
    t.notOk('phone_number_verified' in (await current()), 'of an address that is gone')
  })

  t.test('gives a user without a password one', async t => {
    const UserAttributes = attributes({ name: 'Uma', email: 'u@m.example' })
    await sdk.send(new SignUpCommand({ ClientId: 'localweb', Username: 'uma', UserAttributes }))
    const uma = local.users.find('uma')
    if (uma) Object.assign(uma, { status: 'CONFIRMED' })
    t.match(await outcome(signIn('uma', 'x!')), 'Incorrect username or password')
    const { accessToken } = (await control('tokens', {
      username: 'uma',
      scopes: ['aws.cognito.signin.user.admin'],
    })) as { accessToken: string }
    const ProposedPassword = 'Long-enough-1'
    await sdk.send(new ChangePasswordCommand({ AccessToken: accessToken, ProposedPassword }))
    t.ok((await signIn('uma', ProposedPassword)).AccessToken)
  })

  t.test('deletes the account', async t => {
    await sdk.send(new DeleteUserCommand({ AccessToken }))
    t.equal(local.users.find('alice'), undefined)
    t.match(await outcome(sdk.send(new GetUserCommand({ AccessToken }))), 'revoked')
    t.match(await outcome(signIn('alice', 'Wonderland-2')), 'Incorrect username or password')
  })
})

t.test('an old address stays until the new one is verified, where the pool says so', async t => {
  const { sdk, local, signIn } = await startWithSdk(t, { verifiedBeforeUpdate: ['email'] })
  const { AccessToken } = await signIn('alice', 'Wonderland-1')
  const update = (values: Record<string, string>) =>
    sdk.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: attributes(values) }))
  const current = async () => valuesOf((await sdk.send(new GetUserCommand({ AccessToken }))).UserAttributes)
  const { CodeDeliveryDetailsList } = await update({ email: 'new@x.example' })
  t.equal(CodeDeliveryDetailsList?.[0]?.Destination, 'n***@x***')
  t.match(await current(), { email: 'alice@example.com', email_verified: 'true' })
  const again = new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email' })
  t.equal((await sdk.send(again)).CodeDeliveryDetails?.Destination, 'n***@x***')
  const Code = local.users.find('alice')?.codes.email?.value ?? ''
  await sdk.send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code }))
  t.match(await current(), { email: 'new@x.example', email_verified: 'true' })
  t.equal((await sdk.send(again)).CodeDeliveryDetails?.Destination, 'n***@x***')
})

t.test('a pool that signs in by address', async t => {
  for (const [usernameAttributes, wrong] of [
    [['email'], 'an email'],
    [['phone_number'], 'a phone number'],
    [['email', 'phone_number'], 'either an email or a phone number'],
  ] as const) {
    const { sdk, local, signIn } = await startWithSdk(t, {
      usernameAttributes,
      users: [{ username: 'file@x.example', password: 'p' }],
    })
    t.equal(
      local.users.find('file@x.example')?.attributes.email,
      usernameAttributes[0] === 'email' ? 'file@x.example' : undefined,
    )
    const signUp = (Username: string) =>
      sdk.send(new SignUpCommand({ ClientId: 'localweb', Username, Password: 'Long-enough-1' }))
    t.equal(await outcome(signUp('zoe')), `InvalidParameterException: Username should be ${wrong}.`)
    const name = usernameAttributes[0] === 'email' ? 'Zoe@Example.com' : '+12025550123'
    const { UserSub = '', CodeDeliveryDetails } = await signUp(name)
    t.match(CodeDeliveryDetails, { AttributeName: usernameAttributes[0] })
    t.equal(
      await outcome(signUp(name.toLowerCase())),
      `UsernameExistsException: An account with the given ${usernameAttributes[0]} already exists.`,
    )
    const ConfirmationCode = local.users.find(name)?.codes.signUp?.value
    await sdk.send(new ConfirmSignUpCommand({ ClientId: 'localweb', Username: name, ConfirmationCode }))
    for (const signInName of [name, name.toLowerCase(), UserSub]) {
      const { AccessToken } = await signIn(signInName, 'Long-enough-1')
      t.match(claimsOf(AccessToken), { sub: UserSub, username: UserSub })
    }
  }
})

t.test('refresh tokens of a client that rotates them', async t => {
  const { sdk, local, signIn, control } = await startWithSdk(t, {
    clients: [
      {
        clientId: 'graceful',
        refreshTokenRotation: true,
        refreshTokenGracePeriod: 10,
        lifetimes: { refresh: 7200 },
      },
    ],
  })
  const refresh = (RefreshToken: string) =>
    outcome(sdk.send(new GetTokensFromRefreshTokenCommand({ ClientId: 'graceful', RefreshToken })))
  const { RefreshToken: first } = await signIn('alice', 'Wonderland-1', 'graceful')
  t.equal(await refresh(first), 'ok')
  t.equal(await refresh(first), 'ok', 'a second tab')
  await control('clock', { offset: 11 })
  t.equal(
    await refresh(first),
    'RefreshTokenReuseException: Refresh token has been invalidated by refresh token rotation.',
  )
  t.same(lifetimesOf(local, 'graceful'), { access: 3600, id: 3600, refresh: 7200 })
  const { RefreshToken: old } = await signIn('alice', 'Wonderland-1', 'graceful')
  await control('clock', { offset: 40 * 86_400 })
  t.equal(await refresh(old), 'NotAuthorizedException: Refresh Token has expired')
  await control('clock', { offset: 0 })
  const { RefreshToken: last } = await signIn('alice', 'Wonderland-1', 'graceful')
  const alice = local.users.find('alice')
  if (alice) alice.enabled = false
  t.equal(await refresh(last), 'NotAuthorizedException: User is disabled.')
  t.equal(await refresh('x.y'), 'NotAuthorizedException: Invalid Refresh Token')
})
