import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as aws from 'aws-lambda'
import {
  AuthError,
  bearer,
  createGuard,
  createVerifier,
  firstOf,
  userPool,
  webSocketProtocol,
} from 'cognito-guard'
import { protect } from 'cognito-guard/express'
import * as lambda from 'cognito-guard/lambda'
import { type Attack, attacks, createTestIssuer, events, refusesAll } from 'cognito-guard/testing'
import express from 'express'
import t from 'tap'

/** Of many unknown keys at once nobody can tell yet that they are none of the issuer's. */
const codeOrOutage = (code: Attack['code']) =>
  code === 'ERR_TOKEN_KEY' ? /^ERR_(?:TOKEN_KEY|KEYS_UNAVAILABLE)$/ : code

t.test('every attack is refused by the verifier, for its own reason', async t => {
  const issuer = createTestIssuer()
  const verifier = createVerifier({ issuers: [userPool(issuer.options)] })
  const table = attacks(issuer)
  t.ok(table.length > 100, `${table.length} attacks`)
  t.equal(new Set(table.map(({ name }) => name)).size, table.length, 'each has a name of its own')
  t.equal(new Set(table.map(({ token }) => token)).size, table.length, 'each is another token')
  for (const { name, token, code } of table) {
    t.match(token, /^[\x21-\x2b\x2d-\x7e]+$/, `${name} can be sent in a header`)
    await t.rejects(verifier.verify(token), { code: codeOrOutage(code) }, name)
  }
})

t.test('attacks know the keys of their issuer, however it has rotated them', async t => {
  const issuer = createTestIssuer()
  // More keys than are stored: all that come round are published.
  for (let i = 0; i < 4; i++) issuer.rotateKeys()
  const verifier = createVerifier({ issuers: [userPool(issuer.options)] })
  for (const { name, token, code } of attacks(issuer))
    await t.rejects(verifier.verify(token), { code: codeOrOutage(code) }, name)
})

const areRefused = (outcomes: readonly { status: number }[], table: readonly Attack[]) =>
  outcomes.every(({ status }, i) =>
    table[i]?.code === 'ERR_TOKEN_KEY' ? [401, 503].includes(status) : [401, 431].includes(status),
  )

t.test('an API that is guarded refuses all of them', async t => {
  const issuer = createTestIssuer()
  const guard = createGuard({ verifier: createVerifier({ issuers: [userPool(issuer.options)] }) })
  const app = express().get('/orders', protect(guard), (_req, res) => res.json([]))
  const server = createServer(app).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
  const send = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })

  const table = attacks(issuer)
  const outcomes = await refusesAll(send, table, { genuine: issuer.accessToken() })
  t.same(
    outcomes.map(({ name }) => name),
    table.map(({ name }) => name),
    'and says so of each',
  )
  t.ok(areRefused(outcomes, table))
})

t.test('every adapter of AWS refuses all of them, by the events of that adapter', async t => {
  const issuer = createTestIssuer()
  const guard = createGuard({
    verifier: createVerifier({ issuers: [userPool(issuer.options)] }),
    token: firstOf(bearer(), webSocketProtocol()),
  })
  const hello = lambda.protect(guard, async (_event: lambda.HttpEvent) => ({ statusCode: 200 }))
  /** API Gateway's answer for an authorizer: 401 of `Unauthorized`, 403 of a Deny. What it makes 500 of is thrown here. */
  const gateway = async (answer: Promise<object>) => {
    try {
      return JSON.stringify(await answer).includes('"Effect":"Allow"') ? 200 : 403
    } catch (error) {
      if ((error as Error).message === 'Unauthorized') return 401
      throw error
    }
  }
  const authorized = async (answer: Promise<{ isAuthorized: boolean }>) =>
    (await answer).isAuthorized ? 200 : 401
  const adapters: Record<
    keyof typeof events,
    (token: string) => Promise<Response | { statusCode: number } | number>
  > = {
    restApiTokenAuthorizer: token =>
      gateway(lambda.restAuthorizer(guard)(events.restApiTokenAuthorizer({ token }))),
    restApiRequestAuthorizer: token =>
      gateway(lambda.restAuthorizer(guard)(events.restApiRequestAuthorizer({ token }))),
    restApi: token => hello(events.restApi({ token })),
    httpApiAuthorizer: async token => {
      const answer = lambda.httpAuthorizer(guard)(events.httpApiAuthorizer({ token }))
      return gateway(
        answer.then(result => ('isAuthorized' in result && result.isAuthorized ? { Effect: 'Allow' } : {})),
      )
    },
    httpApiAuthorizerV1: token =>
      gateway(lambda.httpAuthorizer(guard)(events.httpApiAuthorizerV1({ token }))),
    httpApi: token => hello(events.httpApi({ token })),
    webSocketAuthorizer: token =>
      gateway(lambda.webSocketAuthorizer(guard)(events.webSocketAuthorizer({ token }))),
    appSyncAuthorizer: token =>
      authorized(lambda.appSyncAuthorizer(guard)(events.appSyncAuthorizer({ token }))),
    appSyncEventsAuthorizer: token =>
      authorized(lambda.appSyncEventsAuthorizer(guard)(events.appSyncEventsAuthorizer({ token }))),
    loadBalancer: token => hello(events.loadBalancer({ token })),
    functionUrl: token => hello(events.functionUrl({ token })),
    lattice: token => hello(events.lattice({ token })),
    latticeV1: token => hello(events.latticeV1({ token })),
    edge: async token => {
      const answer = await lambda.edge(guard)(events.edge({ token }))
      return 'status' in answer ? Number(answer.status) : 200
    },
  }
  for (const [name, adapter] of Object.entries(adapters)) {
    const table = attacks(issuer)
    const outcomes = await refusesAll(adapter, table, { genuine: issuer.accessToken() })
    t.ok(areRefused(outcomes, table), name)
  }
})

t.test('that it cannot tell is a refusal of an unknown key, and of nothing else', async t => {
  const issuer = createTestIssuer()
  const [unknown, ...others] = ['ERR_TOKEN_KEY', 'ERR_TOKEN_USE', 'ERR_TOKEN_SIGNATURE'].map(code =>
    attacks(issuer)
      .filter(attack => attack.code === code)
      .slice(0, 1),
  )
  t.match(await refusesAll(() => 503, unknown ?? []), [{ status: 503 }])
  for (const attack of others)
    await t.rejects(
      refusesAll(() => 503, attack),
      { name: 'AssertionError' },
    )
  const fault = () => Promise.reject(new Error('a fault'))
  await t.rejects(refusesAll(fault, unknown ?? []), new Error('a fault'))
  await t.rejects(
    refusesAll(() => Promise.reject(new AuthError('ERR_TOKEN_KEY')), unknown ?? []),
    { code: 'ERR_TOKEN_KEY' },
    'a guard answers, and throws no refusal',
  )
})

t.test('accepted attacks are named', async t => {
  const issuer = createTestIssuer()
  const table = attacks(issuer)
  const readsOnly = (token: string) => {
    try {
      const claims = JSON.parse(atob(token.split('.')[1] as string)) as { username?: string; exp: number }
      return claims.username && claims.exp > issuer.clock.now() / 1000 ? { statusCode: 200 } : { status: 401 }
    } catch {
      return 500
    }
  }
  const error = await refusesAll(readsOnly, table).then(
    () => undefined,
    (error: Error) => error,
  )
  t.match(error, { name: 'AssertionError', code: 'ERR_ASSERTION', operator: 'refusesAll' })
  t.match(error?.message, '\n  alg none, no signature (200)\n')
  t.match(error?.message, '\n  not a token (500)', 'and what the API breaks down at')
  t.notMatch(error?.message, 'expired an hour ago', 'and nothing else')

  await t.rejects(
    refusesAll(() => 401, table, { genuine: issuer.accessToken() }),
    { message: 'not refused:\n  the genuine token is refused (401)' },
    'an API that refuses everybody does not pass',
  )
  await t.rejects(
    refusesAll(() => 302, table.slice(0, 1)),
    { message: /\(302\)/ },
    'nor one that redirects',
  )
  await t.rejects(
    refusesAll(() => 401, []),
    TypeError,
    'nor an empty table',
  )
})

t.test('events have the shapes that AWS documents', async t => {
  const token = 'h.c.s'
  const query = { page: '2' }
  // The compiler compares with @types/aws-lambda; below is what types leave open, and where the token is.
  const typed: [
    aws.APIGatewayTokenAuthorizerEvent,
    aws.APIGatewayRequestAuthorizerEvent,
    aws.APIGatewayProxyEvent,
    aws.APIGatewayRequestAuthorizerEventV2,
    aws.APIGatewayProxyEventV2,
    aws.AppSyncAuthorizerEvent,
    aws.ALBEvent,
    aws.LambdaFunctionURLEvent,
    aws.CloudFrontRequestEvent,
  ] = [
    events.restApiTokenAuthorizer({ token }),
    events.restApiRequestAuthorizer({ token, query }),
    events.restApi({ token, query }),
    events.httpApiAuthorizer({ token, query }),
    events.httpApi({ token, query }),
    events.appSyncAuthorizer({ token }),
    events.loadBalancer({ token, query }),
    events.functionUrl({ token }),
    events.edge({ token, query }),
  ]
  const bearer = `Bearer ${token}`
  t.match(typed, [
    {
      type: 'TOKEN',
      authorizationToken: bearer,
      methodArn: 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/test/GET/orders',
    },
    { type: 'REQUEST', headers: { Authorization: bearer }, multiValueHeaders: { Authorization: [bearer] } },
    { headers: { Authorization: bearer }, multiValueQueryStringParameters: { page: ['2'] }, body: null },
    {
      version: '2.0',
      headers: { authorization: bearer },
      identitySource: [bearer],
      routeArn: 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/$default/GET/orders',
    },
    { version: '2.0', headers: { authorization: bearer }, rawQueryString: 'page=2' },
    { authorizationToken: token, requestHeaders: { authorization: token } },
    { headers: { authorization: bearer }, queryStringParameters: query },
    {
      requestContext: { domainName: 'a1b2c3d4e5.lambda-url.eu-west-1.on.aws' },
      headers: { authorization: bearer },
    },
    {
      Records: [
        {
          cf: {
            config: { eventType: 'viewer-request' },
            request: {
              querystring: 'page=2',
              headers: { authorization: [{ key: 'Authorization', value: bearer }] },
            },
          },
        },
      ],
    },
  ])
  t.match(events.httpApiAuthorizerV1({ token }), {
    version: '1.0',
    type: 'REQUEST',
    identitySource: bearer,
    authorizationToken: bearer,
    headers: { Authorization: bearer },
  })
  t.match(events.lattice({ token, query }), {
    version: '2.0',
    headers: { authorization: [bearer] },
    queryStringParameters: { page: ['2'] },
  })
  t.match(events.latticeV1({ token, query }), {
    raw_path: '/orders',
    headers: { authorization: bearer },
    query_string_parameters: query,
    is_base64_encoded: false,
  })
  t.match(events.webSocketAuthorizer({ token, query }), {
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/test/$connect',
    headers: { 'Sec-WebSocket-Protocol': `bearer, ${token}` },
    queryStringParameters: { page: '2' },
    requestContext: { routeKey: '$connect', eventType: 'CONNECT', messageDirection: 'IN' },
  })
  t.match(events.appSyncEventsAuthorizer({ token }), {
    authorizationToken: token,
    requestContext: { operation: 'EVENT_CONNECT', channel: null, channelNamespaceName: null },
  })
  t.match(
    events.appSyncEventsAuthorizer({ operation: 'EVENT_SUBSCRIBE', channel: '/orders/*' }).requestContext,
    {
      channel: '/orders/*',
      channelNamespaceName: 'orders',
    },
  )
  t.match(
    events.appSyncEventsAuthorizer({ operation: 'EVENT_PUBLISH' }).requestContext.channel,
    '/orders/new',
  )
})

t.test('an event needs no token, and has what it is made from', async t => {
  for (const [name, make] of Object.entries(events)) t.notMatch(JSON.stringify(make()), 'undefined', name)
  t.notMatch(
    JSON.stringify(events.restApi()),
    /authorization"/i,
    'a request without a token has no header for it',
  )
  t.match(events.restApiTokenAuthorizer(), { authorizationToken: '' })
  t.match(events.httpApiAuthorizer(), { identitySource: null })
  t.match(events.restApi({ method: 'POST', path: '/a/b' }), { httpMethod: 'POST', path: '/a/b' })
  t.match(events.httpApi({ headers: { Cookie: 'a=b', Host: 'api.example.com' } }).headers, {
    cookie: 'a=b',
    host: 'api.example.com',
  })
})
