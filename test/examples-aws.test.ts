import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { CognitoIdentity } from '@aws-sdk/client-cognito-identity'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { awsWorkload, createGuard, createVerifier, identityPool, userPool } from 'cognito-guard'
import { createCredentials } from 'cognito-guard/credentials'
import {
  createTestIdentityPool,
  createTestIssuer,
  createTestLoadBalancer,
  serveTestIdentityPool,
  serveTestIssuer,
} from 'cognito-guard/testing'
import express, { type Express } from 'express'
import t, { type Test } from 'tap'
import { createApp as guestApp } from '../examples/guests/app.js'
import { createApp as notesApp } from '../examples/identity-pool/app.js'
import { createApp as balancedApp } from '../examples/load-balancer/app.js'
import { createBilling as billingApp } from '../examples/service-to-service/billing.js'
import { dynamoDouble } from './dynamo-double.js'
import { signer } from './issuers/signing.js'
import { start } from './program.js'

const Roles = {
  authenticated: 'arn:aws:iam::111122223333:role/User',
  unauthenticated: 'arn:aws:iam::111122223333:role/Guest',
}
const region = 'us-east-1'
const bearing = (token: unknown) => ({ authorization: `Bearer ${String(token)}` })

t.test('examples/identity-pool: sign in, guard, exchange, and call AWS as oneself', async t => {
  const issuer = createTestIssuer({ clock: Date })
  const users = [
    { username: 'ada', password: 'secret' },
    { username: 'eve', password: 'secret' },
  ]
  const [cognito, dynamo] = [await serveTestIssuer(issuer, { users }), await database(t)]
  const pool = createTestIdentityPool(issuer, { roles: { Roles } })
  const identities = await serveTestIdentityPool(pool)
  const client = new CognitoIdentity({ region, endpoint: identities.url })
  t.teardown(async () => {
    client.destroy()
    await Promise.all([cognito.close(), identities.close()])
  })

  const verifier = createVerifier({ issuers: [userPool({ ...cognito.options, tokenUse: 'id' })] })
  const { identityPoolId } = pool.options
  const credentials = createCredentials({ client, identityPoolId, verifier })
  const url = await served(t, notesApp(createGuard({ verifier }), credentials, { region, endpoint: dynamo }))

  const signIn = async (USERNAME: string) => {
    const response = await fetch(cognito.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' },
      body: JSON.stringify({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: issuer.options.clientId,
        AuthParameters: { USERNAME, PASSWORD: 'secret' },
      }),
    })
    const answer = (await response.json()) as {
      AuthenticationResult: { IdToken: string; AccessToken: string }
    }
    return answer.AuthenticationResult
  }
  const [ada, eve] = [await signIn('ada'), await signIn('eve')]
  const headers = { ...bearing(ada.IdToken), 'content-type': 'text/plain' }
  const put = await fetch(`${url}/notes/first`, { method: 'PUT', headers, body: 'hello' })
  t.equal(put.status, 204)
  const notesOf = async (token: string) => (await fetch(`${url}/notes`, { headers: bearing(token) })).json()
  t.same(await notesOf(ada.IdToken), { of: 'ada', notes: [{ name: 'first', text: 'hello' }] })
  t.same(await notesOf(eve.IdToken), { of: 'eve', notes: [] }, 'each user has their own')
  t.same(pool.calls, { GetId: 2, GetCredentialsForIdentity: 2 }, 'credentials are cached')
  t.equal((await fetch(`${url}/notes`, { headers: bearing(ada.AccessToken) })).status, 401)
  t.equal((await fetch(`${url}/notes`)).status, 401)
})

t.test('examples/guests: readable by all, writable by signed-in users', async t => {
  const issuer = createTestIssuer({ clock: Date })
  const pool = createTestIdentityPool(issuer, { roles: { Roles } })
  const verifier = createVerifier({ issuers: [userPool(issuer.options), identityPool(pool.options)] })
  const url = await served(t, guestApp(createGuard({ verifier })))
  const identities = await serveTestIdentityPool(pool)
  const client = new CognitoIdentity({ region, endpoint: identities.url })
  t.teardown(async () => {
    client.destroy()
    await identities.close()
  })

  const { IdentityId } = await client.getId({ IdentityPoolId: pool.options.identityPoolId })
  const { Token: guest } = await client.getOpenIdToken({ IdentityId: String(IdentityId) })
  const user = issuer.accessToken()
  const cases = [
    ['PUT', '/articles/a', user, 204],
    ['GET', '/articles', user, 200],
    ['GET', '/articles', guest, 200],
    ['PUT', '/articles/b', guest, 403],
    ['GET', '/me', guest, 403],
    ['GET', '/me', user, 200],
    ['GET', '/articles', undefined, 401],
  ] as const
  for (const [method, path, token, status] of cases) {
    const headers = token ? bearing(token) : {}
    t.equal((await fetch(url + path, { method, headers })).status, status, `${method} ${path} ${status}`)
  }
})

t.test('examples/load-balancer: an application behind one', async t => {
  const issuer = createTestIssuer({ clock: Date })
  const balancer = createTestLoadBalancer(issuer)
  const url = await served(t, balancedApp({ ...balancer.options, accessToken: userPool(issuer.options) }))
  const ada = balancer.headers({ username: 'ada', groups: ['admin'] })
  const bob = balancer.headers({ username: 'bob' })
  const cases = [
    ['/health', {}, 200, /ok/],
    ['/', {}, 401, /unauthorized/],
    ['/', { 'x-amzn-oidc-identity': ada['x-amzn-oidc-identity'] }, 401, /unauthorized/],
    ['/', ada, 200, /"hello":"ada"/],
    ['/admin', ada, 200, /ada@example\.com/],
    ['/admin', bob, 403, /insufficient_scope/],
    ['/admin', { ...bob, 'x-amzn-oidc-accesstoken': ada['x-amzn-oidc-accesstoken'] }, 401, /invalid_token/],
  ] as const
  for (const [path, headers, status, body] of cases) {
    const response = await fetch(url + path, { headers })
    t.equal(response.status, status, `${path} ${status}`)
    t.match(await response.text(), body)
  }
})

t.test('examples/service-to-service: one service calls another, without a secret', async t => {
  const account = 'https://a103a2cc-b461-473d-84fe-6c4f6d45af88.tokens.sts.global.api.aws'
  const cluster = 'https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E'
  const audience = 'https://billing.example.com'
  const [ofAccount, ofCluster] = [signer('ES384', 'EC384_0'), signer('RS256', '2284')]
  const jwks = express()
  jwks.get('/.well-known/jwks.json', (_req, res) => res.json({ keys: [ofAccount.jwk] }))
  jwks.get('/keys', (_req, res) => res.json({ keys: [ofCluster.jwk] }))
  const published = await served(t, jwks)
  const common = { audience, insecureLoopbackHttp: true }
  const verifier = createVerifier({
    issuers: [
      awsWorkload({ issuer: account, jwksUri: `${published}/.well-known/jwks.json`, ...common }),
      awsWorkload({ issuer: cluster, jwksUri: `${published}/keys`, ...common }),
    ],
  })
  const billing = await served(t, billingApp(createGuard({ verifier })))
  const iat = Math.floor(Date.now() / 1000)
  const time = { aud: [audience], iat, exp: iat + 300 }
  const ofRole = (sub: string) => ofAccount.token({}, { ...time, iss: account, sub })
  const ofPod = (sub: string) => ofCluster.token({}, { ...time, iss: cluster, sub })
  const role = 'arn:aws:iam::111122223333:role/orders'
  const pod = 'system:serviceaccount:shop:orders'

  const tokenFile = join(t.testdir({ token: '' }), 'token')
  const orders = start('examples/service-to-service/orders-server.js', [], {
    BILLING_URL: billing,
    TOKEN_FILE: tokenFile,
    PORT: '0',
  })
  const [url = ''] = (await orders.until('/orders/1')).match(/http:\S+/) ?? []
  const cases = [
    [ofRole(role), 201],
    [ofRole('arn:aws:sts::111122223333:assumed-role/orders/i-0123456789abcdef0'), 201],
    [ofPod(pod), 201],
    [ofRole('arn:aws:iam::111122223333:role/shipping'), 403],
    [ofPod('system:serviceaccount:test:orders'), 403],
    [ofRole(pod), 401],
    [ofCluster.token({}, { ...time, iss: cluster, sub: pod, aud: 'sts.amazonaws.com' }), 401],
    [signer('ES384', 'EC384_0').token({}, { ...time, iss: account, sub: role }), 401],
    ['', 400],
  ] as const
  for (const [token, status] of cases) {
    await writeFile(tokenFile, token)
    const response = await fetch(url, { method: 'POST' })
    t.same(await response.json(), { order: '1', billing: status })
  }
  const read = await fetch(`${billing}/invoices`, { headers: bearing(ofPod('system:serviceaccount:a:b')) })
  t.match(await read.json(), [{ by: role }, { by: /assumed-role/ }, { of: '1', by: pod }])
  orders.kill('SIGTERM')
  t.equal((await orders.closed).code, 0)

  const env = { ACCOUNT_ISSUER: account, CLUSTER_ISSUER: cluster, AUDIENCE: audience, PORT: '0' }
  const server = start('examples/service-to-service/billing-server.js', [], env)
  const [invoices = ''] = (await server.until('/invoices')).match(/http:\S+/) ?? []
  t.equal((await fetch(invoices)).status, 401)
  server.kill('SIGTERM')
  t.equal((await server.closed).code, 0)
})

t.test('each starts from its environment, guards and ends', async t => {
  const env = {
    PORT: '0',
    USER_POOL_ID: 'eu-west-1_AbCdEf123',
    CLIENT_ID: '1example23456789',
    IDENTITY_POOL_ID: 'eu-west-1:11111111-2222-3333-4444-555555555555',
    LOAD_BALANCER_ARN:
      'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/0123456789abcdef',
  }
  const examples = ['identity-pool', 'guests', 'load-balancer'].map(async name => {
    const server = start(`examples/${name}/server.js`, [], env)
    const url = /http:\S+/.exec(await server.until('http:'))?.[0]
    t.equal((await fetch(String(url))).status, 401, name)
    server.kill('SIGTERM')
    t.equal((await server.closed).code, 0, name)
  })
  await Promise.all(examples)
})

/** Serves an app until the test ends. */
async function served(t: Test, app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close() && server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A DynamoDB on loopback, with a table of notes. */
async function database(t: Test): Promise<string> {
  const endpoint = `http://127.0.0.1:${await dynamoDouble(t)}`
  const admin = new DynamoDBClient({
    region,
    endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  await admin.send(
    new CreateTableCommand({
      TableName: 'notes',
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' },
        { AttributeName: 'name', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'owner', AttributeType: 'S' },
        { AttributeName: 'name', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  admin.destroy()
  return endpoint
}
