// Each handler as it is deployed: bundled, with keys that it fetches, and with the events of its place.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { events } from 'cognito-guard/testing'
import {
  accessToken,
  clientId,
  coldStart,
  dataToken,
  keysPort,
  loadBalancerArn,
  started,
  synthesized,
  userPoolId,
} from './aws.ts'

const app = synthesized('handlers', { userPoolId, clientId })
const outage = { withKeys: false }
const reader = await accessToken()
const writer = await accessToken({ scope: 'orders/read orders/write' })
const admin = await accessToken({ scope: 'openid', 'cognito:groups': ['admin'] })
const idToken = await accessToken({ token_use: 'id', aud: clientId, client_id: undefined })
const expired = await accessToken({ exp: 1_700_000_000 })
const ofAnother = await accessToken({ client_id: 'another' })
const refused = {
  'no token': undefined,
  'an ID token': idToken,
  'one that has expired': expired,
  "another client's": ofAnother,
}

describe('HTTP API', () => {
  const file = app.bundle('HttpApi', 'AuthorizerFunction')
  const event = (token?: string) => events.httpApiAuthorizer({ token: token as string })

  test('allow, deny', async () => {
    const { handler } = await coldStart(file)
    assert.equal((await handler!(event(reader))).isAuthorized, true)
    assert.equal((await handler!(event(admin))).isAuthorized, false)
  })
  for (const [name, token] of Object.entries(refused))
    test(`401: ${name}`, async () => {
      const { handler } = await coldStart(file)
      await assert.rejects(handler!(event(token)), { message: 'Unauthorized' })
    })
  test('keys that cannot be had are no refusal', async () => {
    const { handler } = await coldStart(file, outage)
    await assert.rejects(handler!(event(reader)), { code: 'ERR_KEYS_UNAVAILABLE' })
  })
  test('the function behind it knows who calls, and that nobody does', async () => {
    const { handler: authorize } = await coldStart(file)
    const { context } = await authorize!(event(reader))
    const { handler } = await coldStart(app.bundle('HttpApi', 'OrdersFunction'))
    const request = events.httpApi({})
    const authorized = {
      ...request,
      requestContext: { ...request.requestContext, authorizer: { lambda: context } },
    }
    assert.deepEqual(JSON.parse((await handler!(authorized)).body), {
      kind: 'user',
      subject: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      groups: [],
    })
    await assert.rejects(handler!(request), TypeError)
  })
})

for (const [stack, events2] of Object.entries({
  HttpApiRoutes: (options: object) => {
    const { routeArn, ...event } = events.httpApiAuthorizer(options)
    // payload 1.0
    return {
      ...event,
      version: '1.0',
      methodArn: routeArn,
      identitySource: event.identitySource?.join(',') ?? null,
    }
  },
  RestApi: events.restApiTokenAuthorizer,
}))
  describe(`${stack}, a policy for each route`, () => {
    const file = app.bundle(stack, 'AuthorizerFunction')
    const allowed = async (token: string, method: string, path: string) => {
      const { handler } = await coldStart(file)
      // whichever route is called first: the answer is cached for all
      const { policyDocument } = await handler!(events2({ token, method, path }))
      return policyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')
        .flatMap(({ Resource }: { Resource: string[] }) => Resource)
        .map((arn: string) => arn.split('/').slice(2).join('/'))
        .toSorted()
    }
    test('allow, deny: the same answer whatever is asked', async () => {
      for (const [method, path] of [
        ['GET', '/orders'],
        ['POST', '/orders'],
        ['GET', '/admin/users'],
      ] as const) {
        assert.deepEqual(await allowed(reader, method, path), ['GET/orders'])
        assert.deepEqual(await allowed(writer, method, path), ['GET/orders', 'POST/orders'])
        assert.ok((await allowed(admin, method, path)).every((route: string) => route.endsWith('/admin/*')))
      }
    })
    for (const [name, token] of Object.entries(refused))
      test(`401: ${name}`, async () => {
        const { handler } = await coldStart(file)
        await assert.rejects(handler!(events2({ token })), { message: 'Unauthorized' })
      })
    test('keys that cannot be had are no refusal', async () => {
      const { handler } = await coldStart(file, outage)
      await assert.rejects(handler!(events2({ token: reader })), { code: 'ERR_KEYS_UNAVAILABLE' })
    })
  })

test("REST API: the function behind API Gateway's own JWT authorizer reads typed claims", async () => {
  const { handler } = await coldStart(app.bundle('RestJwt', 'OrdersFunction'))
  const request = events.restApi({})
  const claims = {
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    iss: `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
    client_id: clientId,
    token_use: 'access',
    scope: 'orders/read',
    'cognito:groups': ['admin', 'a,b'],
    exp: 4_000_000_000,
    iat: 1_700_000_000,
    auth_time: 1_700_000_000,
    jti: 'x',
    username: 'ada',
  }
  const event = { ...request, requestContext: { ...request.requestContext, authorizer: { claims } } }
  assert.deepEqual(JSON.parse((await handler!(event)).body).groups, ['admin', 'a,b'])
})

describe('WebSocket API', () => {
  const file = app.bundle('WebSocket', 'authorizerFunction')
  const event = (token: string) =>
    events.webSocketAuthorizer({ headers: { 'Sec-WebSocket-Protocol': `bearer, ${token}` } })

  test('allow, and the subprotocol is answered', async () => {
    const { authorizer, connect } = await coldStart(file)
    const { policyDocument, context } = await authorizer!(event(reader))
    assert.equal(policyDocument.Statement[0].Effect, 'Allow')
    const { requestContext } = event(reader)
    const answer = await connect!({ requestContext: { ...requestContext, authorizer: context } })
    assert.deepEqual(answer, { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'bearer' } })
  })
  test('401, and no refusal in an outage', async () => {
    const { authorizer } = await coldStart(file)
    await assert.rejects(authorizer!(event(expired)), { message: 'Unauthorized' })
    const { authorizer: alone } = await coldStart(file, outage)
    await assert.rejects(alone!(event(reader)), { code: 'ERR_KEYS_UNAVAILABLE' })
  })
})

test('AppSync Events: own channels, no others, nobody, outage', async () => {
  const file = app.bundle('EventsApi', 'AuthorizerFunction')
  const { handler } = await coldStart(file)
  const own = '/private/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/news'
  const ask = (token: string, channel: string) =>
    handler!(events.appSyncEventsAuthorizer({ token, operation: 'EVENT_SUBSCRIBE', channel }))
  const { isAuthorized, ttlOverride } = await ask(reader, own)
  assert.equal(isAuthorized, true)
  assert.ok(ttlOverride > 0 && ttlOverride <= 300)
  assert.equal((await ask(reader, '/private/somebody-else/news')).isAuthorized, false)
  assert.equal((await ask(expired, own)).isAuthorized, false)
  const { handler: alone } = await coldStart(file, outage)
  await assert.rejects(alone!(events.appSyncEventsAuthorizer({ token: reader })), {
    code: 'ERR_KEYS_UNAVAILABLE',
  })
})

describe('function URL behind CloudFront', () => {
  const file = app.bundle('FunctionUrl', 'Function')
  const event = (token?: string) =>
    // what CloudFront signs with
    events.functionUrl({
      headers: { authorization: 'AWS4-HMAC-SHA256 ...', ...(token && { 'x-access-token': token }) },
    })

  test('200, 403, 401, 503', async () => {
    const { handler } = await coldStart(file)
    assert.equal((await handler!(event(reader))).statusCode, 200)
    assert.equal((await handler!(event(admin))).statusCode, 403)
    for (const token of Object.values(refused)) {
      const { statusCode, headers } = await handler!(event(token))
      assert.equal(statusCode, 401)
      assert.match(headers['WWW-Authenticate'], /^Bearer /)
    }
    const { handler: alone } = await coldStart(file, outage)
    const { statusCode, headers } = await alone!(event(reader))
    assert.equal(statusCode, 503)
    assert.match(headers['Retry-After'], /^\d+$/)
  })
})

test('edge: lets through, 401, 503', async () => {
  const file = app.bundle('Edge', 'Guard')
  const nothing = { environment: { USER_POOL_ID: '', CLIENT_ID: '' } }
  const { handler } = await coldStart(file, nothing)
  const passed = await handler!(events.edge({ token: reader }))
  assert.equal(passed.uri, '/orders')
  for (const token of Object.values(refused))
    assert.equal((await handler!(events.edge({ token: token as string }))).status, '401')
  const { handler: alone } = await coldStart(file, { ...nothing, ...outage })
  assert.equal((await alone!(events.edge({ token: reader }))).status, '503')
})

const ask = async (url: string, path: string, headers: Record<string, string> = {}) => {
  const { status } = await fetch(url + path, { headers, redirect: 'manual' })
  return status
}
const bearer = (token?: string): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {})

describe('Web Function', () => {
  const file = app.bundle('WebFunction', 'Server')
  const environment = {
    USER_POOL_ID: userPoolId,
    CLIENT_ID: clientId,
    AWS_LAMBDA_HTTP_ENDPOINT: '127.0.0.1:0',
  }
  let url: string
  let stop: () => Promise<void>
  before(async () => {
    const server = await started(file, { ...environment, KEYS_PORT: keysPort })
    url = server.url
    stop = server.stop
  })
  after(() => stop())

  test('200, 403, 401', async () => {
    assert.equal(await ask(url, '/health'), 200)
    assert.equal(await ask(url, '/orders', bearer(reader)), 200)
    assert.equal(await ask(url, '/orders', bearer(admin)), 403)
    assert.equal(await ask(url, '/admin/users', bearer(admin)), 200)
    assert.equal(await ask(url, '/admin/users', bearer(writer)), 403)
    for (const token of Object.values(refused)) assert.equal(await ask(url, '/orders', bearer(token)), 401)
  })
  test('headers that Lambda passes unverified decide nothing', async () => {
    const forwarded = {
      'x-forwarded-host': 'admin.example.com',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-uri': '/orders',
      'x-original-url': '/health',
    }
    assert.equal(await ask(url, '/orders', forwarded), 401)
    assert.equal(await ask(url, '/admin/users', { ...forwarded, ...bearer(reader) }), 403)
    assert.equal(await ask(url, '/orders', { ...forwarded, ...bearer(reader) }), 200)
  })
  test('Lambda takes Authorization away with IAM_AUTH: nobody is let in', async () => {
    assert.equal(await ask(url, '/orders', { 'lambda-web-request-id': 'x' }), 401)
  })
  test('503 in an outage', async () => {
    const server = await started(file, { ...environment, KEYS_PORT: '1' })
    assert.equal(await ask(server.url, '/orders', bearer(reader)), 503)
    await server.stop()
  })
})

test('containers behind a load balancer: 200, 403, 401, 503', async () => {
  const file = app.bundle('LoadBalancer', 'Task')
  const environment = {
    USER_POOL_ID: userPoolId,
    CLIENT_ID: clientId,
    LOAD_BALANCER_ARN: loadBalancerArn,
    LISTEN: '127.0.0.1:0',
  }
  const data = dataToken()
  const signedIn = (token: string) => ({ 'x-amzn-oidc-data': data, 'x-amzn-oidc-accesstoken': token })
  const server = await started(file, { ...environment, KEYS_PORT: keysPort })
  assert.equal(await ask(server.url, '/health'), 200)
  assert.equal(await ask(server.url, '/', signedIn(reader)), 200)
  assert.equal(await ask(server.url, '/admin', signedIn(admin)), 200)
  assert.equal(await ask(server.url, '/admin', signedIn(reader)), 403)
  assert.equal(await ask(server.url, '/', { 'x-amzn-oidc-identity': 'ada' }), 401)
  assert.equal(
    await ask(server.url, '/', { ...signedIn(reader), 'x-amzn-oidc-data': `${data.slice(0, -8)}AAAAAAA=` }),
    401,
  )
  await server.stop()
  const alone = await started(file, { ...environment, KEYS_PORT: '1' })
  assert.equal(await ask(alone.url, '/', signedIn(reader)), 503)
  await alone.stop()
})

describe('revocations', () => {
  let close: () => void
  let environment: Record<string, string>
  before(async () => {
    const dynalite = createRequire(new URL('../../../package.json', import.meta.url))('dynalite')
    const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.on('listening', resolve))
    close = () => {
      server.closeAllConnections()
      server.close()
    }
    environment = {
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${server.address().port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      REVOCATIONS_TABLE: 'revocations',
    }
    Object.assign(process.env, environment)
    const { DynamoDB } = await import('@aws-sdk/client-dynamodb')
    const client = new DynamoDB()
    await client.createTable({
      TableName: 'revocations',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'list', AttributeType: 'S' },
        { AttributeName: 'serial', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'list', KeyType: 'HASH' },
        { AttributeName: 'serial', KeyType: 'RANGE' },
      ],
    })
    client.destroy()
  })
  after(() => close())

  test("a sign-out that Cognito recorded refuses the user's tokens; an outage of the table is no refusal", async () => {
    const file = app.bundle('Revocations', 'AuthorizerFunction')
    const { handler: authorize } = await coldStart(file, { environment })
    const event = events.httpApiAuthorizer({ token: reader })
    assert.equal((await authorize!(event)).isAuthorized, true)
    const { handler: feed } = await coldStart(app.bundle('Revocations', 'FeedFunction'), { environment })
    const detail = {
      eventSource: 'cognito-idp.amazonaws.com',
      eventName: 'AdminUserGlobalSignOut',
      eventTime: new Date().toISOString(),
      requestParameters: { userPoolId },
      additionalEventData: { sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' },
    }
    assert.equal(
      await feed!({ detail: { ...detail, requestParameters: { userPoolId: 'eu-west-1_another00' } } }),
      'ignored',
    )
    assert.equal(await feed!({ detail: { ...detail, errorCode: 'AccessDenied' } }), 'ignored')
    await assert.rejects(feed!({ detail: { ...detail, additionalEventData: null } }), /names no user/)
    assert.equal(await feed!({ detail }), 'revoked')
    const { handler: later } = await coldStart(file, { environment })
    await assert.rejects(later!(event), { message: 'Unauthorized' })
    const { handler: alone } = await coldStart(file, {
      environment: { ...environment, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1', AWS_MAX_ATTEMPTS: '1' },
    })
    await assert.rejects(alone!(event), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  })
})

describe('sizes, as they are deployed', () => {
  for (const [name, file, most] of [
    ['HTTP API authorizer', app.bundle('HttpApi', 'AuthorizerFunction'), 67],
    ['HTTP API authorizer with routes', app.bundle('HttpApiRoutes', 'AuthorizerFunction'), 67],
    ['REST API authorizer', app.bundle('RestApi', 'AuthorizerFunction'), 67],
    ['behind an authorizer', app.bundle('HttpApi', 'OrdersFunction'), 64],
    ['WebSocket API', app.bundle('WebSocket', 'authorizerFunction'), 67],
    ['AppSync Events authorizer', app.bundle('EventsApi', 'AuthorizerFunction'), 60],
    ['function URL', app.bundle('FunctionUrl', 'Function'), 60],
    ['edge', app.bundle('Edge', 'Guard'), 60],
    ['authorizer with revocations', app.bundle('Revocations', 'AuthorizerFunction'), 80],
    ['feed of sign-outs', app.bundle('Revocations', 'FeedFunction'), 30],
    ['Web Function, with Hono', app.bundle('WebFunction', 'Server'), 150],
    ['containers, with Hono', app.bundle('LoadBalancer', 'Task'), 150],
  ] as const)
    test(`${name}: at most ${most} kB`, t => {
      const kilobytes = statSync(file).size / 1_000
      t.diagnostic(
        `${name}: ${kilobytes.toFixed(1)} kB, ${(gzipSync(readFileSync(file)).length / 1_000).toFixed(1)} kB gzip`,
      )
      assert.ok(kilobytes <= most)
    })
})
