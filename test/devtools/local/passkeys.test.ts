// Passkeys with the virtual authenticator of Chromium, through the AWS SDK.
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  CompleteWebAuthnRegistrationCommand,
  DeleteWebAuthnCredentialCommand,
  GetUserAuthFactorsCommand,
  ListWebAuthnCredentialsCommand,
  StartWebAuthnRegistrationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import t from 'tap'
import { readCbor } from '../../../src/devtools/local/user-pool/cbor.js'
import { launchChromium } from '../../chromium.js'
import { startPool } from './pool.js'
import { claimsOf } from './world.js'

type Json = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly response: Record<string, unknown>
}

t.test('CBOR', async t => {
  const read = (hex: string) => readCbor(Buffer.from(hex, 'hex')).value
  for (const [hex, value] of [
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['20', -1],
    ['3903e7', -1000],
    ['6449455446', 'IETF'],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['83010203', [1, 2, 3]],
  ] as const)
    t.same(read(hex), value, hex)
  t.same(read('4401020304'), Buffer.from([1, 2, 3, 4]))
  t.same(
    read('a201020304'),
    new Map([
      [1, 2],
      [3, 4],
    ]),
  )
  for (const hex of [
    '',
    '18',
    '6449',
    '9f01ff',
    'f97e00',
    'c074',
    '9affffffff',
    'baffffffff01',
    '1b0000000000000001',
  ])
    t.throws(() => read(hex), RangeError, hex || 'nothing')
  t.equal(readCbor(Buffer.from('0001', 'hex'), 1).value, 1)
})

const browser = await launchChromium(t)
if (browser) {
  t.test('a passkey is registered, signs in, and is deleted', async t => {
    const { sdk, begin, respond, tokenOf, url, local } = await startPool(t, { acr: { enabled: true } })
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.goto(url.replace('127.0.0.1', 'localhost'))
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    const create = (options: unknown) =>
      page.evaluate<Json>(
        `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) }).then(made => made.toJSON())`,
      )
    const use = (options: string | undefined) =>
      page.evaluate<Json>(
        `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${options}) }).then(found => found.toJSON())`,
      )

    const AccessToken = await tokenOf()
    const start = async () =>
      (await sdk.send(new StartWebAuthnRegistrationCommand({ AccessToken })))
        .CredentialCreationOptions as Json
    const complete = (Credential: unknown) =>
      sdk.send(new CompleteWebAuthnRegistrationCommand({ AccessToken, Credential: Credential as never }))
    const credentials = async () =>
      (await sdk.send(new ListWebAuthnCredentialsCommand({ AccessToken }))).Credentials ?? []
    t.same(await credentials(), [])
    t.same((await begin('USER_AUTH', { USERNAME: 'alice' })).AvailableChallenges, [
      'PASSWORD_SRP',
      'PASSWORD',
      'EMAIL_OTP',
    ])

    const stale = await create(await start())
    await start()
    await t.rejects(complete(stale), { name: 'WebAuthnChallengeNotFoundException' }, 'of another challenge')
    await t.rejects(complete(stale), { name: 'WebAuthnChallengeNotFoundException' }, 'none waits any more')
    const credential = await create(await start())
    const client = (changes: object) => ({
      ...credential,
      response: {
        ...credential.response,
        clientDataJSON: Buffer.from(
          JSON.stringify({
            ...(JSON.parse(
              Buffer.from(String(credential.response.clientDataJSON), 'base64url').toString(),
            ) as object),
            challenge: local.registrations.get(local.users.find('alice')?.sub),
            ...changes,
          }),
        ).toString('base64url'),
      },
    })
    for (const [name, made] of [
      ['WebAuthnChallengeNotFoundException', () => client({ type: 'webauthn.get' })],
      ['WebAuthnChallengeNotFoundException', () => ({})],
      ['WebAuthnOriginNotAllowedException', () => client({ origin: 'http://127.0.0.1' })],
      ['WebAuthnOriginNotAllowedException', () => client({ origin: 'nonsense' })],
      ['WebAuthnOriginNotAllowedException', () => client({ origin: 'https://evillocalhost' })],
      ['WebAuthnCredentialNotSupportedException', () => changed(client({}), { attestationObject: 'AA' })],
    ] as const) {
      await start()
      await t.rejects(complete(made()), { name })
    }
    await start()
    await complete(client({ origin: 'https://app.localhost' }))
    const [known] = await credentials()
    t.match(known, {
      CredentialId: credential.id,
      RelyingPartyId: 'localhost',
      FriendlyCredentialName: 'Passkey of this device',
      AuthenticatorAttachment: 'platform',
      AuthenticatorTransports: ['internal'],
    })
    t.match((await start()).excludeCredentials, [{ id: credential.id }])
    t.same((await sdk.send(new GetUserAuthFactorsCommand({ AccessToken }))).ConfiguredUserAuthFactors, [
      'PASSWORD',
      'EMAIL_OTP',
      'WEB_AUTHN',
    ])

    const ask = () => begin('USER_AUTH', { USERNAME: 'alice', PREFERRED_CHALLENGE: 'WEB_AUTHN' })
    const answer = (asked: Awaited<ReturnType<typeof ask>>, found: unknown) =>
      respond('WEB_AUTHN', asked.Session, { USERNAME: 'alice', CREDENTIAL: JSON.stringify(found) })
    const asked = await ask()
    t.equal(asked.ChallengeName, 'WEB_AUTHN')
    const found = await use(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS)
    const { AuthenticationResult } = await answer(asked, found)
    t.match(claimsOf(AuthenticationResult?.AccessToken), {
      username: 'alice',
      acr: 'urn:cognito:loa:3',
      amr: ['swk'],
    })

    const data = (change: (bytes: Buffer) => unknown) => {
      const bytes = Buffer.from(String(found.response.authenticatorData), 'base64url')
      change(bytes)
      return changed(found, { authenticatorData: bytes.toString('base64url') })
    }
    const other = await ask()
    await t.rejects(
      answer(other, found),
      { name: 'WebAuthnChallengeNotFoundException' },
      'an answer to another question',
    )
    for (const [name, why, make] of [
      [
        'NotAuthorizedException',
        'another signature',
        (valid: Json) => changed(valid, { signature: found.response.signature }),
      ],
      ['NotAuthorizedException', 'an unknown passkey', (valid: Json) => ({ ...valid, id: 'AAAA' })],
      ['NotAuthorizedException', 'no JSON', () => 'nonsense'],
      [
        'WebAuthnRelyingPartyMismatchException',
        'short data',
        (valid: Json) => changed(valid, { authenticatorData: 'AA' }),
      ],
      [
        'WebAuthnRelyingPartyMismatchException',
        'another party',
        (valid: Json) =>
          changed(valid, {
            authenticatorData: data(bytes => bytes.fill(0, 0, 32)).response.authenticatorData,
          }),
      ],
      [
        'WebAuthnCredentialNotSupportedException',
        'nobody was there',
        (valid: Json) =>
          changed(valid, {
            authenticatorData: data(bytes => bytes.fill(0, 32, 33)).response.authenticatorData,
          }),
      ],
    ] as const) {
      const question = await ask()
      const valid = await use(question.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS)
      await t.rejects(answer(question, make(valid)), { name }, why)
    }
    const cloned = local.users.find('alice')?.passkeys?.[0] as { counter: number }
    cloned.counter = 1_000_000
    const copied = await ask()
    const valid = await use(copied.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS)
    await t.rejects(answer(copied, valid), { name: 'NotAuthorizedException' }, 'a counter that goes back')

    await t.rejects(sdk.send(new DeleteWebAuthnCredentialCommand({ AccessToken, CredentialId: 'AAAA' })), {
      name: 'ResourceNotFoundException',
    })
    await sdk.send(new DeleteWebAuthnCredentialCommand({ AccessToken, CredentialId: credential.id }))
    t.same(await credentials(), [])
  })

  t.test('user verification is required where the pool says so, and passkeys can be off', async t => {
    const { sdk, tokenOf } = await startPool(t, {
      passkeys: { relyingPartyId: 'app.example', userVerification: 'required' },
    })
    const AccessToken = await tokenOf()
    const { CredentialCreationOptions } = await sdk.send(
      new StartWebAuthnRegistrationCommand({ AccessToken }),
    )
    const options = CredentialCreationOptions as Json
    t.match(options, { rp: { id: 'app.example' }, authenticatorSelection: { userVerification: 'required' } })
    const clientData = {
      type: 'webauthn.create',
      challenge: options.challenge,
      origin: 'https://app.example',
    }
    const authData = Buffer.concat([
      createHash('sha256').update('app.example').digest(),
      Buffer.from([1]),
      Buffer.alloc(4),
    ])
    const attestationObject = Buffer.concat([
      Buffer.from('a1686175746844617461', 'hex'),
      Buffer.from([0x58, authData.length]),
      authData,
    ])
    const response = {
      clientDataJSON: Buffer.from(JSON.stringify(clientData)).toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
    }
    await t.rejects(
      sdk.send(new CompleteWebAuthnRegistrationCommand({ AccessToken, Credential: { id: 'x', response } })),
      { name: 'WebAuthnCredentialNotSupportedException', message: 'The user was not verified.' },
    )
    await t.rejects(sdk.send(new DeleteWebAuthnCredentialCommand({ AccessToken, CredentialId: 'AAAA' })), {
      name: 'ResourceNotFoundException',
    })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
    const bytes = (text: string | undefined) => Buffer.from(String(text), 'base64url')
    const cose = Buffer.concat([
      Buffer.from('a401030339010020590100', 'hex'),
      bytes(rsa.n),
      Buffer.from('2143', 'hex'),
      bytes(rsa.e),
    ])
    const again = (await sdk.send(new StartWebAuthnRegistrationCommand({ AccessToken })))
      .CredentialCreationOptions
    const verified = Buffer.concat([
      authData.subarray(0, 32),
      Buffer.from([0x45, 0, 0, 0, 0]),
      Buffer.alloc(16),
      Buffer.from([0, 1, 7]),
      cose,
    ])
    const signed = { ...clientData, challenge: (again as Json).challenge }
    await sdk.send(
      new CompleteWebAuthnRegistrationCommand({
        AccessToken,
        Credential: {
          id: 'Bw',
          response: {
            clientDataJSON: Buffer.from(JSON.stringify(signed)).toString('base64url'),
            attestationObject: Buffer.concat([
              Buffer.from('a1686175746844617461', 'hex'),
              Buffer.from([0x59, verified.length >> 8, verified.length & 255]),
              verified,
            ]).toString('base64url'),
          },
        },
      }),
    )
    t.match(
      (await sdk.send(new ListWebAuthnCredentialsCommand({ AccessToken }))).Credentials,
      [{ CredentialId: 'Bw', FriendlyCredentialName: 'Passkey', AuthenticatorTransports: [] }],
      'a key of RSA',
    )
    const off = await startPool(t, { allowedFirstAuthFactors: ['PASSWORD'] })
    await t.rejects(
      off.sdk.send(new StartWebAuthnRegistrationCommand({ AccessToken: await off.tokenOf() })),
      {
        name: 'WebAuthnNotEnabledException',
      },
    )
    await t.rejects(sdk.send(new DeleteWebAuthnCredentialCommand({ AccessToken, CredentialId: 'AAAA' })), {
      name: 'ResourceNotFoundException',
    })
  })
}

const changed = (credential: Json, response: object): Json => ({
  ...credential,
  response: { ...credential.response, ...response },
})
