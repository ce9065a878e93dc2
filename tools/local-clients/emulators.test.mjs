// Other emulators beside the library: docs/emulators.md. cognito-local runs as npm brings it, moto where Python has brought it. What runs in
// containers is tried by the shape of its tokens, as its source and its documentation have them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createVerifier, userPool } from '../../dist/src/index.js'
import { freePort, startProgram } from '../../scripts/programs.mjs'
import { claimsOf, credentials, password } from './dev.mjs'

const emulators = [
  {
    name: 'cognito-local',
    command: process.execPath,
    args: [join(import.meta.dirname, 'node_modules/cognito-local/lib/bin/start.js')],
    issuerOf: (url, userPoolId) => `${url}/${userPoolId}`,
  },
  {
    name: 'moto',
    command: process.env.MOTO_SERVER ?? 'moto_server',
    args: ['-p', '$PORT'],
    // AWS's own, which follows from the pool ID
    issuerOf: () => undefined,
  },
]
for (const emulator of emulators)
  describe(emulator.name, () => {
    const isThere = spawnSync(emulator.command, ['--version']).error === undefined
    const options = { skip: isThere ? false : `${emulator.command} is not installed` }
    const scratch = mkdtempSync(join(tmpdir(), 'cognito-guard-local-'))
    let child
    let pool
    let tokens

    before(async () => {
      if (!isThere) return
      // neither says which port it took for 0
      const PORT = await freePort()
      const args = emulator.args.map(arg => arg.replace('$PORT', PORT))
      child = startProgram(emulator.command, args, { cwd: scratch, env: { PORT, HOST: '127.0.0.1' } })
      const [url] = await child.found(/unning on (http:\/\/127\.0\.0\.1:\d+)/)
      const signedIn = await signInAt(url)
      tokens = signedIn.tokens
      const { userPoolId, clientId } = signedIn
      const issuer = emulator.issuerOf(url, userPoolId)
      pool = {
        userPoolId,
        clientId,
        ...(issuer && { issuer }),
        jwksUri: `${url}/${userPoolId}/.well-known/jwks.json`,
        insecureLoopbackHttp: true,
      }
    })
    after(async () => {
      child?.kill()
      await child?.closed
      rmSync(scratch, { recursive: true })
    })

    test(`${emulator.name}, its access token`, options, async () => {
      const { principal } = await verifierOf(pool).verify(tokens.AccessToken)
      const { sub, username, iss } = claimsOf(tokens.AccessToken)
      assert.deepEqual(
        [principal.kind, principal.subject, principal.username, principal.clientId, principal.issuer],
        ['user', sub, username, pool.clientId, iss],
      )
      assert.deepEqual([principal.groups, principal.scopes], [['admin'], ['aws.cognito.signin.user.admin']])
    })
    test(`${emulator.name}, its ID token`, options, async () => {
      const { principal, claims } = await verifierOf({ ...pool, tokenUse: 'id' }).verify(tokens.IdToken)
      assert.deepEqual([principal.kind, principal.groups], ['user', ['admin']])
      assert.equal(claims.email, 'alice@example.com')
    })
    test(`${emulator.name}, refused by what is configured for another pool or client`, options, async () => {
      const { issuer: _, ...others } = pool
      const refusals = [
        ['ERR_TOKEN_ISSUER', { ...others, userPoolId: 'us-east-1_AbCdEf123' }, tokens.AccessToken],
        ['ERR_TOKEN_CLIENT', { ...pool, clientId: 'another' }, tokens.AccessToken],
        ['ERR_TOKEN_USE', pool, tokens.IdToken],
        [/^ERR_TOKEN_(USE|MALFORMED)$/, pool, tokens.RefreshToken],
      ]
      for (const [code, options, token] of refusals)
        await assert.rejects(verifierOf(options).verify(token), { code })
    })
  })

/** Signs alice, an admin, in to a new pool whose users have an email address for a name. */
async function signInAt(url) {
  const client = new CognitoIdentityProviderClient({ region: 'us-east-1', endpoint: url, credentials })
  const send = command => client.send(command)
  const { UserPool } = await send(
    new CreateUserPoolCommand({ PoolName: 'app', UsernameAttributes: ['email'] }),
  )
  const UserPoolId = UserPool.Id
  const { UserPoolClient } = await send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const email = 'alice@example.com'
  const UserAttributes = [{ Name: 'email', Value: email }]
  const { User } = await send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username: email,
      UserAttributes,
      MessageAction: 'SUPPRESS',
    }),
  )
  const named = { UserPoolId, Username: User.Username }
  await send(new AdminSetUserPasswordCommand({ ...named, Password: password, Permanent: true }))
  await send(new CreateGroupCommand({ UserPoolId, GroupName: 'admin' }))
  await send(new AdminAddUserToGroupCommand({ ...named, GroupName: 'admin' }))
  const { AuthenticationResult: tokens } = await send(
    new InitiateAuthCommand({
      ClientId: UserPoolClient.ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  )
  return { userPoolId: UserPoolId, clientId: UserPoolClient.ClientId, tokens }
}

describe('by the shape of their tokens', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const userPoolId = 'us-east-1_9f6dd9d1e7b84a6d8f0e'
  const clientId = 'a1b2c3d4e5f6g7h8i9j0k1l2m3'
  const now = Math.floor(Date.now() / 1000)
  const common = {
    sub: '5c1f2ed5-63a5-4b0a-9b5c-7a3c2b1d0e9f',
    iat: now,
    auth_time: now,
    exp: now + 3600,
    jti: '0b6f5b1e-0a35-4e6e-b2b4-96a2c3a44f4e',
    'cognito:groups': ['admin'],
  }
  const origin = { origin_jti: '9d2a4c0e-52d4-4b15-8f0f-4ad8ce1a3b7c' }
  const own = { scope: 'aws.cognito.signin.user.admin' }
  const names = { username: 'alice', 'cognito:username': 'alice', email: 'alice@example.com' }
  let server
  let keysAt

  before(async () => {
    const key = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }
    server = createServer((request, response) => {
      const kid = new URL(request.url, 'http://localhost').searchParams.get('kid')
      response.end(JSON.stringify({ keys: [{ ...key, kid }] }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    keysAt = `http://localhost:${server.address().port}/${userPoolId}/.well-known/jwks.json`
  })
  after(() => server.close())

  const shapes = [
    {
      name: 'moto',
      kid: 'dummy',
      typ: 'JWT',
      iss: `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`,
      access: { ...common, ...origin, ...own, username: 'alice' },
      id: { ...common, ...origin, 'cognito:username': 'alice' },
    },
    {
      name: 'LocalStack',
      kid: 'test-key',
      iss: `http://localhost.localstack.cloud:4566/${userPoolId}`,
      access: { ...common, ...own, username: 'alice' },
      id: { ...common, 'cognito:username': 'alice' },
    },
    {
      name: 'floci',
      kid: '1d0a3e0c',
      typ: 'JWT',
      iss: `http://localhost:4566/${userPoolId}`,
      access: { ...common, ...origin, ...names },
      id: { ...common, ...origin, ...names },
    },
  ]
  for (const { name, kid, typ, iss, access, id } of shapes)
    test(`tokens like those of ${name}`, async () => {
      const pool = {
        userPoolId,
        clientId,
        tokenUse: ['access', 'id'],
        jwksUri: `${keysAt}?kid=${kid}`,
        insecureLoopbackHttp: true,
        ...(iss.startsWith('https:') ? {} : { issuer: iss }),
      }
      const verifier = verifierOf(pool)
      const made = [
        { ...access, token_use: 'access', client_id: clientId },
        { ...id, token_use: 'id', aud: clientId },
      ]
      for (const claims of made) {
        const token = signed({ kid, alg: 'RS256', ...(typ && { typ }) }, { iss, ...claims })
        const { principal } = await verifier.verify(token)
        assert.deepEqual(
          [principal.kind, principal.subject, principal.username, principal.groups],
          ['user', common.sub, 'alice', ['admin']],
        )
      }
    })

  function signed(header, claims) {
    const input = [header, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${input}.${sign('RSA-SHA256', Buffer.from(input), privateKey).toString('base64url')}`
  }
})

const verifierOf = options => createVerifier({ issuers: [userPool(options)] })
