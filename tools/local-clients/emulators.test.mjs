// Other emulators beside the library: docs/emulators.md. cognito-local runs as npm brings it; what runs in containers or in Python only is
// tried by the shape of its tokens, as its source and its documentation have them.
import assert from 'node:assert/strict'
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
import { startProgram } from '../../scripts/programs.mjs'
import { claimsOf, credentials, password } from './dev.mjs'

describe('cognito-local', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'cognito-guard-local-'))
  let child
  let url
  let pool
  let tokens

  before(async () => {
    // it takes no port 0, since its issuer has the port in it
    const PORT = String(await freePort())
    const start = join(import.meta.dirname, 'node_modules/cognito-local/lib/bin/start.js')
    child = startProgram(process.execPath, [start], {
      cwd: scratch,
      env: { PORT, HOST: '127.0.0.1' },
    })
    ;[url] = await child.found(/running on (http:\/\/127\.0\.0\.1:\d+)/)
    const client = new CognitoIdentityProviderClient({ region: 'local', endpoint: url, credentials })
    const send = command => client.send(command)
    const { UserPool } = await send(new CreateUserPoolCommand({ PoolName: 'app' }))
    const UserPoolId = UserPool.Id
    const { UserPoolClient } = await send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'web' }))
    const Username = 'alice@example.com'
    const created = await send(
      new AdminCreateUserCommand({
        UserPoolId,
        Username,
        UserAttributes: [{ Name: 'email', Value: Username }],
        MessageAction: 'SUPPRESS',
      }),
    )
    await send(
      new AdminSetUserPasswordCommand({
        UserPoolId,
        Username: created.User.Username,
        Password: password,
        Permanent: true,
      }),
    )
    await send(new CreateGroupCommand({ UserPoolId, GroupName: 'admin' }))
    await send(
      new AdminAddUserToGroupCommand({
        UserPoolId,
        Username: created.User.Username,
        GroupName: 'admin',
      }),
    )
    const { AuthenticationResult } = await send(
      new InitiateAuthCommand({
        ClientId: UserPoolClient.ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: Username, PASSWORD: password },
      }),
    )
    tokens = AuthenticationResult
    pool = { userPoolId: UserPoolId, clientId: UserPoolClient.ClientId, ...at(`${url}/${UserPoolId}`) }
  })
  after(async () => {
    child.kill()
    await child.closed
    rmSync(scratch, { recursive: true })
  })

  test('cognito-local, its access token', async () => {
    const { principal } = await verifierOf(pool).verify(tokens.AccessToken)
    const { sub, username } = claimsOf(tokens.AccessToken)
    assert.deepEqual(
      [principal.kind, principal.subject, principal.username, principal.clientId, principal.issuer],
      ['user', sub, username, pool.clientId, pool.issuer],
    )
    assert.deepEqual([principal.groups, principal.scopes], [['admin'], ['aws.cognito.signin.user.admin']])
  })
  test('cognito-local, its ID token', async () => {
    const { principal, claims } = await verifierOf({ ...pool, tokenUse: 'id' }).verify(tokens.IdToken)
    assert.deepEqual([principal.kind, principal.groups], ['user', ['admin']])
    assert.equal(claims.email, 'alice@example.com')
  })
  test('cognito-local, is refused by a configuration for AWS, and by another client’s', async () => {
    const { issuer, ...others } = pool
    assert.throws(() => userPool(others), { message: /userPoolId/ })
    await assert.rejects(
      verifierOf({ ...others, userPoolId: 'us-east-1_AbCdEf123' }).verify(tokens.AccessToken),
      { code: 'ERR_TOKEN_ISSUER' },
    )
    await assert.rejects(verifierOf({ ...pool, clientId: 'another' }).verify(tokens.AccessToken), {
      code: 'ERR_TOKEN_CLIENT',
    })
    await assert.rejects(verifierOf(pool).verify(tokens.RefreshToken), { code: /^ERR_TOKEN_/ })
  })
})

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

/** What an emulator on this machine takes: `iss` is its own URL. */
const at = issuer => ({
  issuer,
  jwksUri: `${issuer}/.well-known/jwks.json`,
  insecureLoopbackHttp: true,
})

const verifierOf = options => createVerifier({ issuers: [userPool(options)] })

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}
