import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyEventV2,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
  APIGatewayTokenAuthorizerEvent,
  AppSyncAuthorizerEvent,
  AppSyncAuthorizerResult,
  CloudFrontRequestEvent,
  CloudFrontRequestResult,
  Context,
} from 'aws-lambda'
import {
  AuthError,
  allowAnonymous,
  bearer,
  cookie,
  createGuard,
  createVerifier,
  firstOf,
  hasScope,
  inGroup,
  isGuest,
  isUser,
  not,
  type Policy,
  queryToken,
  signedInWithin,
  userPool,
  webSocketProtocol,
} from 'cognito-guard'
import {
  appSyncAuthorizer,
  appSyncEventsAuthorizer,
  edge,
  type HttpEvent,
  httpAuthorizer,
  inChannel,
  principalFromEvent,
  protect,
  restAuthorizer,
  webSocketAuthorizer,
} from 'cognito-guard/lambda'
import { createTestIssuer, events } from 'cognito-guard/testing'
import fc from 'fast-check'
import t from 'tap'
import {
  albEvent,
  albEventOfLists,
  appSyncEvent,
  appSyncEventsEvent,
  connectEvent,
  consoleEvent,
  httpAuthorizerEvent,
  httpAuthorizerEventV1,
  latticeEvent,
  latticeEventV1,
  latticeEventV1OfLists,
  type Pairs,
  proxyEvent,
  proxyEventV2,
  requestEvent,
  stage,
  tokenEvent,
  viewerRequest,
} from './events.js'

const issuer = createTestIssuer()
issuer.clock.set(1_790_000_000_000)
const pool = userPool(issuer.options)
const verifier = createVerifier({ issuers: [pool], clock: issuer.clock })
const guard = createGuard({ verifier })
const keys = async () => {
  throw new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 7 })
}
const darkGuard = createGuard({
  verifier: createVerifier({ issuers: [{ ...pool, keys }], clock: issuer.clock }),
})

const alice = issuer.accessToken({
  username: 'alice',
  groups: ['admin', 'a,b'],
  scopes: ['orders/read', 'openid'],
})
const bob = issuer.accessToken({ username: 'bob', signedInAgo: 3_000 })
const expired = issuer.accessToken({ expiresIn: -60 })
const aliceAuth = await verifier.verify(alice)
const { principal } = aliceAuth
const { subject } = principal
const bearing = (token: string, name = 'Authorization', scheme = 'Bearer') => [
  [name, `${scheme} ${token}`] as const,
]
const unauthorized = { name: 'Error', message: /^Unauthorized$/ }
const outage = { code: 'ERR_KEYS_UNAVAILABLE' }

/** API Gateway's evaluation of a policy. */
function allows({ policyDocument }: APIGatewayAuthorizerResult, arn: string): boolean {
  const effects = policyDocument.Statement.filter(statement => {
    const resources = 'Resource' in statement ? [statement.Resource ?? []].flat() : []
    return resources.some(resource => glob(resource).test(arn))
  }).map(({ Effect }) => Effect)
  return effects.includes('Allow') && !effects.includes('Deny')
}

const globs = new Map<string, RegExp>()
function glob(resource: string): RegExp {
  const known = globs.get(resource)
  if (known) return known
  const source = resource
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const made = new RegExp(`^${source}$`, 's')
  globs.set(resource, made)
  return made
}

/** The most specific route, found in another way than the library does. */
function ownerOf<R extends { method: string; path: string[] }>(
  routes: R[],
  method: string,
  segments: string[],
) {
  const specificity = ({ path, method: own }: R) =>
    path.map(part => (part.endsWith('+}') ? 0 : part.startsWith('{') ? 1 : 2)).join('') +
    (own === 'ANY' ? '0' : '1')
  const fits = routes.filter(
    ({ method: own, path }) =>
      (own === 'ANY' || own === method) &&
      (path.at(-1)?.endsWith('+}') ? segments.length >= path.length : segments.length === path.length) &&
      path.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index])),
  )
  return fits.toSorted((a, b) => (specificity(a) < specificity(b) ? 1 : -1))[0]
}

const offering = (protocols: string): Pairs => [['Sec-WebSocket-Protocol', protocols]]

const ofShop: Policy = (_auth, { header }) => header('host') === 'shop.example.com'

const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource'

t.test('protect: every shape of event', async t => {
  const sources = firstOf(bearer(), cookie('session'))
  const open = createGuard({ verifier, token: sources })
  const urls: unknown[] = []
  const seen: Policy = ({ principal: { username } }, { url, method }) =>
    urls.push([method, url]) > 0 && username === 'alice'
  const handler = protect(
    open,
    seen,
    async (_event: HttpEvent, { principal: { username } }, context: Context) => ({
      statusCode: 200,
      body: `${username} ${context.awsRequestId}`,
    }),
  )
  const context = { awsRequestId: 'r1' } as Context
  const at = { httpMethod: 'GET', path: '/x' }
  const lists = { tag: ['a', 'b c'] }
  const shapes: [string, (headers: Pairs) => HttpEvent, string][] = [
    ['REST API', proxyEvent, '/orders?tag=a&tag=b+c'],
    ['HTTP API, payload 2.0', headers => proxyEventV2(headers), '/orders?tag=a&tag=b%20c'],
    ['function URL', headers => proxyEventV2(headers, null), '/orders?tag=a&tag=b%20c'],
    ['load balancer', albEvent, '/orders?tag=b%20c'],
    ['load balancer, lists', albEventOfLists, '/orders?tag=a&tag=b%20c'],
    ['VPC Lattice', latticeEvent, `/orders?tag=${lists.tag.join('&tag=').replace(' ', '+')}`],
    ['VPC Lattice, V1', latticeEventV1, '/orders?tag=b+c'],
    ['VPC Lattice, V1, lists', latticeEventV1OfLists, '/orders?tag=a&tag=b+c'],
    [
      'VPC Lattice, V1, as Envoy writes it',
      headers => ({ ...latticeEventV1(headers), raw_path: '/orders?tag=a&tag=b%20c' }),
      '/orders?tag=a&tag=b%20c',
    ],
  ]
  for (const [name, event, url] of shapes) {
    t.same(await handler(event(bearing(alice)), context), { statusCode: 200, body: 'alice r1' }, name)
    t.same(urls.pop(), ['GET', url], `${name}: method and URL`)
    t.match(
      await handler(event(bearing(alice, 'aUTHORIZATION', 'bearer')), context),
      { statusCode: 200 },
      name,
    )
    t.match(await handler(event([]), context), { statusCode: 401, isBase64Encoded: false }, name)
    t.match(await handler(event(bearing(bob)), context), { statusCode: 403 }, name)
    t.match(
      await handler(event([...bearing(alice), ...bearing(bob)]), context),
      { statusCode: 400 },
      `${name}: twice`,
    )
    const cases = [...bearing(alice), ...bearing(bob, 'authorization')]
    t.match(await handler(event(cases), context), { statusCode: 400 }, `${name}: twice, in two cases`)
    t.match(
      await handler(event([['cookie', `session=${alice}`]]), context),
      { statusCode: 200 },
      `${name}: cookie`,
    )
  }
  t.match(await handler(proxyEventV2([], null, ['a=b', `session=${alice}`]), context), { statusCode: 200 })
  t.match(
    await handler({ method: 'GET', rawPath: '/', rawQueryString: '' }, context),
    { statusCode: 401 },
    'hardly anything',
  )
  t.match(await handler(consoleEvent(), context), { statusCode: 401 }, 'no maps at all')
  t.match(
    await handler(
      { ...at, headers: { authorization: undefined, Authorization: `Bearer ${alice}` } },
      context,
    ),
    { statusCode: 200 },
  )
  t.same(urls.pop(), ['GET', '/x'], 'no request context')
  await handler({ ...albEvent(bearing(alice)), queryStringParameters: { a: undefined, b: '' } }, context)
  t.same(urls.pop(), ['GET', '/orders?b='])
  await handler({ ...at, requestContext: {}, headers: { authorization: `Bearer ${alice}` } }, context)
  t.same(urls.pop(), ['GET', '/x'], 'no query')

  const refusal = await protect(guard, () => 'never')(albEvent(bearing(expired)))
  t.same(refusal, {
    statusCode: 401,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'WWW-Authenticate':
        'Bearer realm="api", error="invalid_token", error_description="The token has expired"',
    },
    body: '{"error":"invalid_token","error_description":"The token has expired"}',
    isBase64Encoded: false,
  })
  t.match(await protect(guard, () => 'never')(albEventOfLists([])), {
    multiValueHeaders: { 'WWW-Authenticate': ['Bearer realm="api"'] },
  })
  const known = createGuard({ verifier, resourceMetadata, policy: hasScope('tools/call') })
  t.match(await protect(known, () => 'never')(proxyEvent([])), {
    headers: {
      'WWW-Authenticate': `Bearer realm="api", resource_metadata="${resourceMetadata}", scope="tools/call"`,
    },
  })
  t.match(await edge(known)(viewerRequest([])), {
    headers: { 'www-authenticate': [{ value: new RegExp(`resource_metadata="${resourceMetadata}"`) }] },
  })
  t.match(await protect(darkGuard, () => 'never')(proxyEvent(bearing(alice))), {
    statusCode: 503,
    headers: { 'Retry-After': '7' },
  })
  const faulty = protect(
    guard,
    () => Promise.reject(new Error('a bug')),
    () => 'never',
  )
  await t.rejects(faulty(proxyEvent(bearing(alice))), { message: 'a bug' })
})

t.test('protect: no event opens what a policy says is closed', async t => {
  const closed: Policy = not((_auth, { url }) => (url ?? '').startsWith('/admin'))
  const seen: unknown[] = []
  const open = createGuard({
    verifier,
    token: firstOf(bearer(), queryToken()),
    onDecision: (_event, { method, url }) => seen.push(`${method} ${url}`),
  })
  const handler = protect(open, closed, async () => ({ statusCode: 200 }))
  const passed = { awsRequestId: 'r1' } as Context
  t.match(await handler(proxyEvent([]), passed), { statusCode: 401 }, 'a context that the handler ignores')
  t.match(await protect(open, async (_event, _auth) => 'x')(proxyEvent([]), passed), { statusCode: 401 })
  const token = alice
  const query = { access_token: alice }
  const shapes = (path: string): [string, HttpEvent, HttpEvent][] => [
    ['REST API', events.restApi({ token, path }), events.restApi({ path, query })],
    ['HTTP API', events.httpApi({ token, path }), events.httpApi({ path, query })],
    ['function URL', events.functionUrl({ token, path }), events.functionUrl({ path, query })],
    ['load balancer', events.loadBalancer({ token, path }), events.loadBalancer({ path, query })],
    ['VPC Lattice, V1', events.latticeV1({ token, path }), events.latticeV1({ path, query })],
    ['VPC Lattice, V2', events.lattice({ token, path }), events.lattice({ path, query })],
    [
      'Envoy',
      { ...events.latticeV1({ token }), raw_path: `${path}?a=b` },
      { ...events.latticeV1(), raw_path: `${path}?access_token=${alice}`, query_string_parameters: query },
    ],
  ]
  for (const [path, statusCode] of [
    ['/admin/x', 403],
    ['/orders', 200],
  ] as const) {
    for (const [name, byHeader, byQuery] of shapes(path)) {
      t.match(await handler(byHeader), { statusCode }, `${name}, ${path}`)
      t.match(seen.pop(), `GET ${path}`, `${name}: what is logged`)
      t.match(await handler(byQuery), { statusCode }, `${name}, ${path}: queryToken`)
    }
  }
  const headers = { authorization: `Bearer ${alice}` }
  const unknown: [string, HttpEvent | null | undefined][] = [
    ['none of a known shape', { headers }],
    ['a path and no method', { path: '/admin/x', headers }],
    ['a method and no path', { httpMethod: 'GET', headers }],
    ['an empty path', { httpMethod: 'GET', path: '', headers }],
    ['a whole URL', { method: 'GET', raw_path: 'https://api.example.com/admin/x', headers }],
    ['what is no path', { httpMethod: 'OPTIONS', path: '*', headers }],
    ['another name for the path', { method: 'GET', headers, rawpath: '/admin/x' } as HttpEvent],
    ['one to keep warm', { source: 'serverless-plugin-warmup' } as HttpEvent],
    ['null', null],
    ['nothing', undefined],
  ]
  for (const [name, event] of unknown)
    await t.rejects(handler(event as HttpEvent), { name: 'TypeError', message: /no path or no method/ }, name)
  t.match(await handler({ ...connectEvent(bearing(alice)) }), { statusCode: 200 }, 'WebSocket API, $connect')
  t.equal(seen.pop(), 'undefined /', 'at the root')
})

t.test('protect: streams, and what it refuses to be built with', async t => {
  const chunks: unknown[] = []
  const responseStream = { write: (chunk: string) => chunks.push(chunk), end: () => chunks.push('end') }
  const HttpResponseStream = {
    from: (stream: unknown, metadata: object) => {
      chunks.push(stream === responseStream, metadata)
      return responseStream
    },
  }
  Object.assign(globalThis, { awslambda: { HttpResponseStream } })
  t.teardown(() => Reflect.deleteProperty(globalThis, 'awslambda'))
  const handler = protect(
    guard,
    async (_event: APIGatewayProxyEventV2, auth, stream: typeof responseStream, _context: Context) => {
      stream.write(auth.principal.username ?? '')
    },
  )
  await handler(proxyEventV2(bearing(alice)), responseStream, {} as Context)
  t.same(chunks.splice(0), ['alice'])
  await handler(proxyEventV2([]), responseStream, {} as Context)
  t.match(chunks, [true, { statusCode: 401 }, /"unauthorized"/, 'end'])

  const build = protect as (...args: unknown[]) => unknown
  t.throws(() => build(verifier, () => 1), { name: 'TypeError', message: /guard/ })
  t.throws(() => build(guard, undefined, () => 1), { name: 'TypeError', message: /policy is undefined/ })
  t.throws(() => build(guard, isUser, undefined), { name: 'TypeError', message: /handler is undefined/ })
  t.throws(() => build(guard), { name: 'TypeError', message: /handler is undefined/ })
})

t.test('edge: viewer requests', async t => {
  const handler = edge(
    createGuard({ verifier, token: firstOf(bearer(), queryToken()) }),
    ({ principal: p }, { url, method }) =>
      p.username === 'alice' && method === 'GET' && (url ?? '').startsWith('/orders'),
  )
  const event = viewerRequest(bearing(alice))
  t.equal(await handler(event), event.Records[0]?.cf.request)
  t.match(await handler(viewerRequest([], `access_token=${alice}`)), { uri: '/orders' })
  t.match(await handler(viewerRequest(bearing(bob))), { status: '403' })
  t.match(await handler(viewerRequest([...bearing(alice), ...bearing(bob)])), { status: '400' })
  t.same(await handler(viewerRequest([])), {
    status: '401',
    headers: {
      'content-type': [{ key: 'Content-Type', value: 'application/json' }],
      'cache-control': [{ key: 'Cache-Control', value: 'no-store' }],
      'www-authenticate': [{ key: 'WWW-Authenticate', value: 'Bearer realm="api"' }],
    },
    body: '{"error":"unauthorized","error_description":"The request has no token"}',
  })
  t.match(await edge(darkGuard)(event), { status: '503', headers: { 'retry-after': [{ value: '7' }] } })
  const [record] = event.Records
  const cf = record?.cf
  for (const records of [[], [{}], [{ cf: {} }], [{ cf: { request: { ...cf?.request, uri: '' } } }]])
    await t.rejects(handler({ Records: records as never }), { name: 'TypeError', message: /no request/ })
  t.throws(() => edge(guard, undefined), TypeError)
})

t.test('restAuthorizer: the contract of failures', async t => {
  const authorize = restAuthorizer(guard, { policy: not(({ principal: p }) => p.username === 'bob') })
  const events = [tokenEvent, (token: string) => requestEvent([['authorization', token]])]
  for (const event of events) {
    t.match(await authorize(event(`Bearer ${alice}`)), {
      principalId: subject,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [`${stage}/*`] }],
      },
    })
    for (const bad of [expired, 'rubbish', `${alice}, Bearer ${bob}`])
      await t.rejects(authorize(event(`Bearer ${bad}`)), unauthorized)
    t.same(await authorize(event(`Bearer ${bob}`)), {
      principalId: 'refused',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${stage}/*`] }],
      },
    })
    await t.rejects(restAuthorizer(darkGuard)(event(`Bearer ${alice}`)), outage)
  }
  t.equal((await authorize(tokenEvent(alice))).principalId, subject, 'a token without a scheme')
  await t.rejects(authorize(tokenEvent('')), unauthorized)
  await t.rejects(authorize(consoleEvent()), unauthorized)
  await t.rejects(authorize(requestEvent([...bearing(alice), ...bearing(bob)])), unauthorized)
  const recent = restAuthorizer(createGuard({ verifier, policy: signedInWithin(60) }))
  t.notOk(allows(await recent(tokenEvent(bob)), `${stage}/GET/orders`), 'a step-up is a Deny')
  for (const arn of ['', 'arn:aws:s3:::bucket/key', 'arn:aws:execute-api:eu-west-1:1:api', `${stage}*/GET/x`])
    await t.rejects(authorize(tokenEvent(alice, arn)), { name: 'TypeError', message: /ARN/ })
  const bug = restAuthorizer(guard, { routes: { 'GET /x': (_auth, { url }) => url === '/x' } })
  await t.rejects(
    bug(tokenEvent(alice)),
    { name: 'TypeError', message: /token alone/ },
    'policies see the token alone',
  )
  for (const peek of [({ method }) => method === 'GET', ({ header }) => header('host') === 'x'] as ((
    view: Parameters<Policy>[1],
  ) => boolean)[])
    await t.rejects(
      restAuthorizer(guard, { policy: (_auth, view) => peek(view) })(tokenEvent(alice)),
      TypeError,
    )
})

t.test('authorizers answer a request without a token, however little its event has', async t => {
  const methodArn = `${stage}/GET/orders`
  const open = createGuard({ verifier, token: firstOf(bearer(), queryToken(), cookie('session')) })
  const rest = restAuthorizer(open) as (event: object) => Promise<object>
  const http = httpAuthorizer(open) as (event: object) => Promise<object>
  const webSocket = webSocketAuthorizer(open) as (event: object) => Promise<object>
  const throwing: [string, (event: object) => Promise<object>, object][] = [
    ['TOKEN, absent', rest, { type: 'TOKEN', methodArn }],
    ['TOKEN, null', rest, { type: 'TOKEN', methodArn, authorizationToken: null }],
    ['TOKEN, a number', rest, { type: 'TOKEN', methodArn, authorizationToken: 5 }],
    ['TOKEN, empty', rest, { type: 'TOKEN', methodArn, authorizationToken: '' }],
    ['REQUEST, no headers', rest, { type: 'REQUEST', methodArn }],
    ['REQUEST, headers of null', rest, { type: 'REQUEST', methodArn, headers: null, path: null }],
    ['REQUEST, empty', rest, { type: 'REQUEST', methodArn, headers: { Authorization: '' } }],
    ['HTTP API', http, { version: '2.0', routeArn: methodArn }],
    ['HTTP API, null', http, { version: '2.0', routeArn: methodArn, headers: null, identitySource: null }],
    ['HTTP API, payload 1.0', http, { version: '1.0', methodArn, identitySource: '' }],
    ['WebSocket API', webSocket, { methodArn: `${stage}/$connect` }],
    ['WebSocket API, null', webSocket, { methodArn: `${stage}/$connect`, headers: null }],
  ]
  for (const [name, authorize, event] of throwing) await t.rejects(authorize(event), unauthorized, name)

  const graphQl = appSyncAuthorizer(open) as (event: object) => Promise<object>
  const channels = appSyncEventsAuthorizer(open) as (event: object) => Promise<object>
  const requestContext = { operation: 'EVENT_CONNECT', channel: null }
  for (const authorize of [graphQl, channels])
    for (const event of [
      { requestContext, requestHeaders: {} },
      { requestContext, requestHeaders: null, authorizationToken: null },
      { requestContext, authorizationToken: '' },
      { authorizationToken: null },
      { authorizationToken: {} },
    ])
      t.same(await authorize(event), { isAuthorized: false, ttlOverride: 0 }, JSON.stringify(event))

  const noAsk = { name: 'TypeError', message: /no method ARN.*keep a function warm/ }
  const warm: unknown[] = [{ source: 'serverless-plugin-warmup' }, { warmer: true }, {}, null, undefined]
  for (const authorize of [rest, http, webSocket])
    for (const event of warm) await t.rejects(authorize(event as object), noAsk, JSON.stringify(event))
  const sample = 'arn:aws:execute-api:us-west-2:123456789012:ymy8tbxw7b'
  for (const path of ['*/GET/', '*/*/', '*', 'test/*', 'test/*/orders'])
    await t.rejects(
      rest(tokenEvent(alice, `${sample}/${path}`)),
      { name: 'TypeError', message: /has \* for its stage or its method.*\/test\/GET\/orders/ },
      `an event as in older documentation: ${path}`,
    )
})

t.test('authorizers: events that keep a function warm are answered before', async t => {
  const authorize = restAuthorizer(guard)
  const handler = async (event: Parameters<typeof authorize>[0] | { source: 'serverless-plugin-warmup' }) =>
    'source' in event ? undefined : authorize(event)
  t.equal(await handler({ source: 'serverless-plugin-warmup' }), undefined)
  t.match(await handler(tokenEvent(alice)), { principalId: subject })
})

t.test('authorizers: what a policy sees of a request whose event says little', async t => {
  const seen: unknown[] = []
  const policy: Policy = (_auth, { method, url }) => seen.push([method, url]) > 0
  const curious = createGuard({ verifier, policy })
  const headers = { authorization: `Bearer ${alice}` }
  const methodArn = `${stage}/POST/admin/x`
  await restAuthorizer(curious)({ type: 'REQUEST', methodArn, headers } as never)
  await httpAuthorizer(curious)({ version: '2.0', routeArn: methodArn, headers } as never)
  await webSocketAuthorizer(curious)({ methodArn: `${stage}/$connect`, headers })
  await webSocketAuthorizer(curious)(connectEvent(bearing(alice)))
  await appSyncEventsAuthorizer(curious)({ ...appSyncEventsEvent(alice, 'EVENT_PUBLISH', '') })
  t.same(seen, [
    ['POST', '/admin/x'],
    ['POST', '/admin/x'],
    [undefined, '/'],
    [undefined, '/'],
    ['EVENT_PUBLISH', undefined],
  ])
})

t.test('restAuthorizer: guests are let through only where they are named', async t => {
  const guests = { ...pool, principal: () => ({ ...principal, kind: 'guest' as const }) }
  const options = { verifier: createVerifier({ issuers: [guests], clock: issuer.clock }) }
  const asked = async (authorize: ReturnType<typeof restAuthorizer>) =>
    ['GET/open', 'GET/closed'].map(async path =>
      allows(await authorize(tokenEvent(alice)), `${stage}/${path}`),
    )
  const cases: [string, ReturnType<typeof restAuthorizer>, [boolean, boolean]][] = [
    ['nowhere', restAuthorizer(createGuard(options)), [false, false]],
    ['by the guard', restAuthorizer(createGuard({ ...options, policy: isGuest })), [true, true]],
    ['by a policy', restAuthorizer(createGuard(options), { policy: isGuest }), [true, true]],
    [
      'by a route',
      restAuthorizer(createGuard(options), { routes: { 'GET /open': isGuest, 'GET /closed': () => true } }),
      [true, false],
    ],
  ]
  for (const [name, authorize, expected] of cases)
    t.same(await Promise.all(await asked(authorize)), expected, name)
})

t.test('restAuthorizer: one policy for all routes, in the partition of the event', async t => {
  const authorize = restAuthorizer(guard, {
    routes: {
      'GET /orders': hasScope('orders/read'),
      'ANY /admin/{proxy+}': inGroup('admin'),
      'GET /admin/health': isUser,
      'GET /users/{id}': isUser,
      'DELETE /users/me': not(isUser),
    },
  })
  for (const partition of ['aws', 'aws-us-gov', 'aws-cn']) {
    const api = `arn:${partition}:execute-api:us-gov-west-1:123456789012:abcdef1234/$default`
    for (const from of ['GET/orders', 'POST/nowhere', 'GET/users/7', 'GET/'])
      for (const [token, expected] of [
        [alice, [true, true, true, true, false, false, false, false]],
        [bob, [false, true, false, true, false, false, false, false]],
      ] as const) {
        const result = await authorize(tokenEvent(token, `${api}/${from}`))
        const asked = [
          'GET/orders',
          'GET/admin/health',
          'PUT/admin/a/b',
          'GET/users/7',
          'GET/users/7/keys',
          'DELETE/users/me',
          'GET/x/admin/y',
          'GET/users/',
        ]
        t.same(
          asked.map(path => allows(result, `${api}/${path}`)),
          expected,
          `${partition}, asked for ${from}`,
        )
      }
  }
  const offline = 'arn:aws:execute-api:us-east-1:offlineContext_accountId:offlineContext_apiId/dev/GET/orders'
  t.ok(allows(await authorize(tokenEvent(alice, offline)), offline), 'the ARN of an emulator')
  const none = restAuthorizer(guard, { routes: { 'GET /': not(isUser) } })
  t.notOk(allows(await none(tokenEvent(alice, `${stage}/GET/`)), `${stage}/GET/`))
  const root = restAuthorizer(guard, { routes: { 'GET /': isUser } })
  t.ok(allows(await root(tokenEvent(alice, `${stage}/GET`)), `${stage}/GET/`))
})

t.test(
  'restAuthorizer: what no shared policy can say is allowed by its exact ARN, with one warning',
  async t => {
    const warnings: string[] = []
    const onWarning = (message: string) => warnings.push(message)
    const routes = { 'GET /users/{id}/orders': isUser, 'GET /users/{id}': isUser, 'GET /x': isUser }
    const authorize = restAuthorizer(guard, { routes, onWarning })
    t.match(warnings, [/restAuthorizer: GET \/users\/\{id\}\/orders cannot be part/])
    const orders = `${stage}/GET/users/1/orders`
    for (let i = 0; i < 2; i++) {
      const result = await authorize(tokenEvent(alice, orders))
      t.ok(allows(result, orders))
      t.ok(allows(result, `${stage}/GET/x`))
      for (const path of ['users/2/orders', 'users/1/secret', 'users/1/x/orders', 'users/1'])
        t.notOk(allows(result, `${stage}/GET/${path}`), path)
    }
    t.match(warnings.slice(1), [/GET \/users\/\{id\} cannot be part/], 'the other when it is first needed')
    t.ok(allows(await authorize(tokenEvent(alice, `${stage}/GET/users/1`)), `${stage}/GET/users/1`))
    for (const path of [
      'users/*/orders',
      'users/?/orders',
      'users/${aws:x}/orders',
      `users/${'1'.repeat(500)}/orders`,
    ])
      t.notOk(
        allows(await authorize(tokenEvent(alice, `${stage}/GET/${path}`)), `${stage}/GET/${path}`),
        'a path is no pattern',
      )
    warnings.length = 0
    const covered = { 'GET /users/{id}': isUser, 'GET /users/me': isUser, 'GET /users/{proxy+}': isUser }
    const broad = await restAuthorizer(guard, { routes: covered, onWarning })(tokenEvent(alice))
    t.match(broad.policyDocument.Statement, [
      { Resource: [`${stage}/GET/users/*`] },
      { Effect: 'Deny', Resource: [`${stage}/GET/users/`] },
    ])
    t.same(warnings, [], 'what a broader route covers needs nothing of its own')
    const only = restAuthorizer(guard, { routes: { 'GET /a/{b}/c': isUser }, onWarning })
    t.match(await only(tokenEvent(alice)), { principalId: 'refused' })

    const emitted = new Promise<Error>(resolve => {
      const listen = (warning: Error) => {
        // Node.js has warnings of its own.
        if (warning.name === 'CognitoGuardWarning') resolve(warning)
      }
      process.on('warning', listen)
      t.teardown(() => process.off('warning', listen))
    })
    restAuthorizer(guard, { routes: { 'GET /a/{b}/c': isUser } })
    t.match(await emitted, { message: /GET \/a\/\{b\}\/c cannot be part/ })
    const long = restAuthorizer(guard, { routes: { [`GET /${'a'.repeat(500)}`]: isUser } })
    await t.rejects(long(tokenEvent(alice)), RangeError)
  },
)

t.test('restAuthorizer: slashes at the end, in a row and in disguise', async t => {
  const admin = inGroup('nobody')
  const allowed = async (routes: Record<string, Policy>, path: string) => {
    const authorize = restAuthorizer(guard, { routes, onWarning: () => {} })
    return allows(await authorize(tokenEvent(alice, `${stage}/GET${path}`)), `${stage}/GET${path}`)
  }
  const beside = { 'ANY /{proxy+}': admin, 'GET /{tenant}/{id}': isUser }
  const under = { 'GET /{proxy+}': isUser, 'GET /{tenant}/{id}': admin }
  const root = { 'GET /': admin, 'GET /{proxy+}': isUser }
  const prefix = { 'GET /a': admin, 'GET /a/{proxy+}': isUser }
  const narrow = { 'GET /a': isUser, 'GET /a/{id}': isUser, 'ANY /{proxy+}': admin }
  const deep = { 'GET /a': isUser, 'GET /a/{proxy+}': isUser, 'ANY /{proxy+}': admin }
  const middle = { 'GET /users/{id}/orders': isUser }
  const cases: [string, Record<string, Policy>, string, boolean][] = [
    ['a route with two wildcards', beside, '/a/b', true],
    ['what API Gateway routes to the refused one', beside, '/a/b/', false],
    ['a permitted {proxy+}', under, '/a/b/c', true],
    ['with a slash, of which a backend makes the refused one', under, '/a/b/', false],
    ['with a slash, and permitted without it too', under, '/a/b/c/', true],
    ['with two', under, '/a/b/c//', false],
    ['below a refused root', root, '/a', true],
    ['the root', root, '/', false],
    ['the root without a slash', root, '', false],
    ['the root with another slash', root, '//', false],
    ['and with a third', root, '///', false],
    ['two slashes before a path', root, '//a', false],
    ['below a refused prefix', prefix, '/a/b', true],
    ['the prefix', prefix, '/a', false],
    ['the prefix with a slash', prefix, '/a/', false],
    ['and with two', prefix, '/a//', false],
    ['below a permitted prefix', narrow, '/a/b', true],
    ['the permitted prefix', narrow, '/a', true],
    ['with a slash it is another path, and refused', narrow, '/a/', false],
    ['one more, of a broader route', deep, '/a/', false],
    ['which its own paths are not', deep, '/a/b/', true],
    ['a wildcard in the middle', middle, '/users/1/orders', true],
    ['with a slash', middle, '/users/1/orders/', false],
    ...['%2F', '%2f', '%5C', '\\'].map((slash): [string, Record<string, Policy>, string, boolean] => [
      'a slash in disguise',
      middle,
      `/users/1${slash}secret/orders`,
      false,
    ]),
    ...['.', '..', '%2e%2E', '.%2e'].map((dots): [string, Record<string, Policy>, string, boolean] => [
      'a dot segment',
      middle,
      `/users/${dots}/orders`,
      false,
    ]),
    ['a name with dots', middle, '/users/a..b/orders', true],
  ]
  for (const [name, routes, path, expected] of cases)
    t.equal(await allowed(routes, path), expected, `${name}: ${path}`)
})

t.test(
  'restAuthorizer: no table of routes is ever granted more than it says, nor less without need',
  async () => {
    const segment = fc.constantFrom('a', 'b', '{p}')
    const path = fc
      .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom([], ['{rest+}']))
      .map(([some, tail]) => [...some, ...tail])
    const table = fc.uniqueArray(
      fc.record({ method: fc.constantFrom('GET', 'POST', 'ANY'), path, isPermitted: fc.boolean() }),
      { selector: route => `${route.method} ${route.path.join('/')}`, minLength: 1, maxLength: 7 },
    )
    const words = ['a', 'b', 'c']
    const deeper = (paths: string[][]) => paths.flatMap(some => words.map(word => [...some, word]))
    const one = deeper([[]])
    const all = [[], ...one, ...deeper(one), ...deeper(deeper(one)), ['a', 'b', 'c', 'a']]
    const requests = ['GET', 'POST'].flatMap(method => all.map(segments => ({ method, segments })))
    // a slash at the end, and two in a row, which some backends take for one
    const slashed = [
      'a/',
      'b/',
      'c/',
      'a/b/',
      'c/c/',
      'a/b/c/',
      '/',
      '//',
      'a//',
      'a/b//',
      '/a',
      '/a/b',
      '/a/',
      'a//b/c',
    ].map(path => ({ method: 'GET', segments: path.split('/') }))
    const spelled = [...requests, ...slashed]
    const asked = fc.oneof(fc.constantFrom(...requests), fc.constantFrom(...slashed))
    await fc.assert(
      fc.asyncProperty(table, asked, async (routes, current) => {
        const options = Object.fromEntries(
          routes.map(({ method, path, isPermitted }) => [`${method} /${path.join('/')}`, () => isPermitted]),
        )
        const unsayable = new Set<string>()
        const onWarning = (message: string) => unsayable.add(message.split(' ').slice(1, 3).join(' '))
        const authorize = restAuthorizer(guard, { routes: options, onWarning })
        const result = await authorize(
          tokenEvent(alice, `${stage}/${current.method}/${current.segments.join('/')}`),
        )
        for (const { method, segments } of spelled) {
          const asked = `${method} /${segments.join('/')}`
          const owner = ownerOf(routes, method, segments.filter(Boolean))
          const isAllowed = allows(result, `${stage}/${method}/${segments.join('/')}`)
          if (isAllowed && !owner?.isPermitted) throw new Error(`${asked} is granted`)
          // to API Gateway a slash at the end makes another path, which {proxy+} alone takes
          const strict = ownerOf(routes, method, segments)
          if (isAllowed && strict && !strict.isPermitted) throw new Error(`${asked} is granted as it is`)
          const isCurrent = method === current.method && segments.join('/') === current.segments.join('/')
          const isShared = owner && !unsayable.has(`${owner.method} /${owner.path.join('/')}`)
          const isPlain = !segments.includes('')
          if (!isAllowed && owner?.isPermitted && isPlain && (isCurrent || isShared))
            throw new Error(`${asked} is not granted`)
        }
      }),
      { numRuns: 800 },
    )
  },
)

t.test('authorizers refuse wrong options when they are built', async t => {
  const wrong: [string, () => unknown, RegExp][] = [
    ['no guard', () => restAuthorizer(verifier as never), /guard/],
    ['an unknown option', () => restAuthorizer(guard, { route: {} } as never), /route is not an option/],
    [
      'routes of a prototype',
      () => restAuthorizer(guard, { routes: { __proto__: { 'GET /x': isUser } } as never }),
      /restAuthorizer: routes must be a plain object/,
    ],
    [
      'fields of a prototype',
      () => appSyncAuthorizer(guard, { fields: { __proto__: { 'Query.a': isUser } } as never }),
      /appSyncAuthorizer: fields must be a plain object/,
    ],
    ['no routes', () => restAuthorizer(guard, { routes: {} }), /there is none/],
    [
      'a misspelt policy',
      () => restAuthorizer(guard, { routes: { 'GET /x': undefined as never } }),
      /GET \/x is undefined/,
    ],
    [
      'the same route',
      () => httpAuthorizer(guard, { routes: { 'GET /{a}': isUser, 'GET /{b}': isUser } }),
      /are the same/,
    ],
    [
      'the same, beside ANY',
      () => httpAuthorizer(guard, { routes: { 'ANY /{a}': isUser, 'GET /{b}': isUser, 'GET /{c}': isUser } }),
      /are the same/,
    ],
    [
      'the same twice',
      () => httpAuthorizer(guard, { routes: { 'ANY /{a}': isUser, 'ANY /{b}': isUser } }),
      /are the same/,
    ],
    ...[
      'GET',
      'GET x',
      'get /x',
      '/x',
      'GET /a/*',
      'GET /a?',
      'GET /{a+}/b',
      'GET /a//b',
      'GET /a/',
      '$default',
      'TRACE /x',
    ].map((name): [string, () => unknown, RegExp] => [
      name,
      () => restAuthorizer(guard, { routes: { [name]: isUser } }),
      /must be like/,
    ]),
    ['subprotocols', () => webSocketAuthorizer(guard, { subprotocols: 'bearer' as never }), /list of names/],
    ['a web socket without a guard', () => webSocketAuthorizer({} as never), /guard/],
    ['too long', () => appSyncAuthorizer(guard, { ttl: 3601 }), /ttl/],
    ['no field', () => appSyncAuthorizer(guard, { fields: { deleteOrder: isUser } }), /Type.field/],
    [
      'no policy of a field',
      () => appSyncAuthorizer(guard, { fields: { 'Query.a': undefined as never } }),
      /Type.field/,
    ],
    [
      'fields of channels',
      () => appSyncEventsAuthorizer(guard, { fields: {} } as never),
      /fields is not an option/,
    ],
    ...['sync', '', '/', '/*', '/a b', '/a/*/b', '/{user}/*', undefined].map(
      (pattern): [string, () => unknown, RegExp] => [
        `channel ${pattern}`,
        () => inChannel(pattern as string),
        /expected a channel/,
      ],
    ),
  ]
  for (const [name, build, message] of wrong) t.throws(build, { name: 'TypeError', message }, name)
})

t.test('what is no guard is named, with who was called', async t => {
  const factories = {
    restAuthorizer,
    httpAuthorizer,
    webSocketAuthorizer,
    appSyncAuthorizer,
    appSyncEventsAuthorizer,
  }
  for (const [name, factory] of Object.entries({ ...factories, edge, protect, allowAnonymous })) {
    const make = factory as (...args: unknown[]) => unknown
    for (const none of [undefined, null, {}, verifier, 'guard', []])
      t.throws(
        () => make(none, isUser, () => {}),
        new TypeError(`${name}: guard must be a guard, such as createGuard({ ... })`),
      )
  }
  for (const [name, factory] of Object.entries(factories))
    for (const options of [null, [], isUser, 'policy'])
      t.throws(() => factory(guard, options as never), new TypeError(`${name}: options must be an object`))
  const two = 'expected one policy; every(...) and some(...) make one of several'
  t.throws(() => edge(guard, ...([isUser, isUser] as unknown as [])), new TypeError(`edge: ${two}`))
  t.throws(() => edge(guard, undefined), new TypeError('edge: policy is undefined, not a policy'))
})

t.test('httpAuthorizer', async t => {
  const authorize = httpAuthorizer(guard, {
    policy: inGroup('admin'),
    context: () => ({ plan: 'gold', seats: 3, trial: false }),
  })
  t.match(await authorize(httpAuthorizerEvent(bearing(alice))), {
    isAuthorized: true,
    context: {
      kind: 'user',
      subject,
      groups: '["admin","a,b"]',
      scopes: '["orders/read","openid"]',
      plan: 'gold',
      seats: '3',
      trial: 'false',
    },
  })
  t.same(await authorize(httpAuthorizerEvent(bearing(bob))), { isAuthorized: false, context: {} })
  await t.rejects(authorize(httpAuthorizerEvent(bearing(expired))), unauthorized)
  await t.rejects(authorize(httpAuthorizerEvent([...bearing(alice), ...bearing(alice)])), unauthorized)
  await t.rejects(httpAuthorizer(darkGuard)(httpAuthorizerEvent(bearing(alice))), outage)
  t.match(await authorize(httpAuthorizerEventV1(bearing(alice))), {
    policyDocument: { Statement: [{ Effect: 'Allow', Resource: [`${stage}/*`] }] },
  })
  const web = httpAuthorizer(createGuard({ verifier, token: cookie('session') }))
  t.match(await web(httpAuthorizerEvent([], ['a=b', `session=${alice}`])), { isAuthorized: true })
  const routed = httpAuthorizer(guard, { routes: { 'GET /orders': hasScope('orders/read') } })
  t.ok(
    allows(
      (await routed(httpAuthorizerEvent(bearing(alice)))) as APIGatewayAuthorizerResult,
      `${stage}/GET/orders`,
    ),
  )
})

t.test('webSocketAuthorizer', async t => {
  const browsers = createGuard({
    verifier,
    token: firstOf(bearer(), webSocketProtocol(), queryToken('ticket')),
  })
  const authorize = webSocketAuthorizer(browsers, {
    policy: (_auth, { url }) => url !== '/?room=1',
    subprotocols: ['chat', 'bearer'],
  })
  const allowed = {
    principalId: subject,
    policyDocument: { Statement: [{ Effect: 'Allow', Resource: [`${stage}/$connect`] }] },
  }
  const byHeader = await authorize(connectEvent(bearing(alice)))
  t.match(byHeader, allowed)
  t.notOk('subprotocol' in (byHeader.context ?? {}))
  t.match(await authorize(connectEvent(offering(`bearer, ${alice}`))), {
    ...allowed,
    context: { subprotocol: 'bearer' },
  })
  t.match(await authorize(connectEvent(offering(`x,chat , bearer, ${alice}`))), {
    ...allowed,
    context: { subprotocol: 'chat' },
  })
  t.match(await authorize(connectEvent([], { ticket: alice })), allowed)
  t.match(await authorize(connectEvent(bearing(alice), { room: '1' })), { principalId: 'refused' })
  await t.rejects(authorize(connectEvent(offering('bearer'))), unauthorized)
  await t.rejects(authorize(connectEvent(bearing(alice), { ticket: bob })), unauthorized)
  await t.rejects(webSocketAuthorizer(darkGuard)(connectEvent(bearing(alice))), outage)
  const wide = webSocketAuthorizer(guard, { context: () => ({ a: 'x'.repeat(7_700) }) })
  await t.rejects(wide(connectEvent(bearing(alice))), { name: 'RangeError', message: /result/ })
})

t.test('context: flat, bounded, without a token, and read back', async t => {
  const provider = { name: 'Corp', type: 'SAML', userId: 'u-1' }
  const idVerifier = createVerifier({
    issuers: [userPool({ ...issuer.options, tokenUse: 'id' })],
    clock: issuer.clock,
  })
  const idGuard = createGuard({ verifier: idVerifier })
  const federated = issuer.idToken({ provider })
  const tokens = [
    [guard, alice, principal],
    [guard, bob, (await verifier.verify(bob)).principal],
    [idGuard as unknown as typeof guard, federated, (await idVerifier.verify(federated)).principal],
  ] as const
  for (const [of, token, expected] of tokens) {
    const rest = await restAuthorizer(of, { context: () => ({ plan: 'gold' }) })(tokenEvent(token))
    const context = rest.context ?? {}
    t.ok(
      Object.values(context).every(value => typeof value === 'string'),
      'flat',
    )
    t.notOk(JSON.stringify(context).includes(token.split('.')[2] as string), 'no token')
    const delivered = { ...context, principalId: rest.principalId, integrationLatency: 42 }
    t.same(principalFromEvent(proxyEvent([], delivered)), expected, 'REST API')
    t.same(
      principalFromEvent({ requestContext: { routeKey: 'send', authorizer: delivered } }),
      expected,
      'WebSocket API',
    )
    const http = await httpAuthorizer(of)(httpAuthorizerEvent(bearing(token)))
    t.same(principalFromEvent(proxyEventV2([], { lambda: http.context })), expected, 'HTTP API')
    const { resolverContext } = await appSyncAuthorizer(of)(appSyncEvent(token))
    t.same(principalFromEvent({ arguments: {}, identity: { resolverContext } }), expected, 'AppSync')
    const { handlerContext } = await appSyncEventsAuthorizer(of)(
      appSyncEventsEvent(token, 'EVENT_CONNECT', null),
    )
    t.same(principalFromEvent({ identity: { handlerContext } }), expected, 'AppSync Events')
  }
  const add = (context: object) =>
    restAuthorizer(guard, { context: () => context as never })(tokenEvent(alice))
  for (const wrong of [
    { a: [1] },
    { a: {} },
    { a: null },
    { a: Number.NaN },
    { groups: '[]' },
    { principalId: 'x' },
  ])
    await t.rejects(add(wrong), TypeError, JSON.stringify(wrong))
  await t.rejects(add({ a: 'x'.repeat(8_200) }), RangeError)
})

t.test('appSyncAuthorizer', async t => {
  const fields = { 'Mutation.deleteOrder': inGroup('admin'), 'Query.orders': hasScope('orders/read') }
  const authorize = appSyncAuthorizer(guard, { fields, ttl: 300, policy: isUser })
  t.match(await authorize(appSyncEvent(alice)), {
    isAuthorized: true,
    deniedFields: [],
    ttlOverride: 300,
    resolverContext: { subject },
  })
  t.match(await authorize(appSyncEvent(`Bearer ${bob}`)), {
    deniedFields: ['Mutation.deleteOrder', 'Query.orders'],
  })
  t.same(await authorize(appSyncEvent(expired)), { isAuthorized: false, ttlOverride: 0 })
  t.same(await authorize(appSyncEvent('')), { isAuthorized: false, ttlOverride: 0 })
  t.same(await authorize(appSyncEvent(issuer.machineToken({ scopes: ['orders/read'] }))), {
    isAuthorized: false,
    ttlOverride: 0,
  })
  await t.rejects(appSyncAuthorizer(darkGuard)(appSyncEvent(alice)), outage)
  const short = issuer.accessToken({ expiresIn: 300 })
  issuer.clock.advance(60.5)
  t.match(await authorize(appSyncEvent(short)), { ttlOverride: 239 }, 'never past the expiry')
  issuer.clock.advance(242)
  t.match(
    await authorize(appSyncEvent(short)),
    { isAuthorized: true, ttlOverride: 0 },
    'within the tolerance',
  )
  issuer.clock.advance(-302.5)
  t.match(
    await appSyncAuthorizer(guard)(appSyncEvent(alice)),
    { isAuthorized: true, ttlOverride: 0 },
    'not cached by default',
  )

  const prefixed = appSyncAuthorizer(guard, { prefix: 'Guard-' })
  t.match(await prefixed(appSyncEvent(`Guard-${alice}`)), { isAuthorized: true })
  t.match(await prefixed(appSyncEvent(alice)), { isAuthorized: false })
  const byHeader = createGuard({ verifier, token: request => [request.header('x-token')].flat()[0] })
  t.match(await appSyncAuthorizer(byHeader)(appSyncEvent('x', { 'X-Token': alice })), { isAuthorized: true })
  t.match(
    await appSyncAuthorizer(guard, { policy: ofShop })(appSyncEvent(alice, { host: 'shop.example.com' })),
    { isAuthorized: true },
  )
  await t.rejects(appSyncAuthorizer(guard, { policy: ofShop, ttl: 1 })(appSyncEvent(alice)), TypeError)
})

t.test('appSyncEventsAuthorizer: each user has channels of their own', async t => {
  const authorize = appSyncEventsAuthorizer(guard, {
    policy: inChannel('/sync/{sub}/*'),
    ttl: 60,
    context: () => ({ plan: 'gold' }),
  })
  const cases: [Parameters<typeof appSyncEventsEvent>[1], string | null, boolean][] = [
    ['EVENT_CONNECT', null, true],
    ['EVENT_SUBSCRIBE', `/sync/${subject}/notes`, true],
    ['EVENT_SUBSCRIBE', `/sync/${subject}/notes/1`, true],
    ['EVENT_SUBSCRIBE', `/sync/${subject}/*`, true],
    ['EVENT_PUBLISH', `/sync/${subject}/notes`, true],
    ['EVENT_SUBSCRIBE', `/sync/${subject}`, false],
    ['EVENT_SUBSCRIBE', `/sync/${subject}x/notes`, false],
    ['EVENT_SUBSCRIBE', '/sync/*', false],
    ['EVENT_SUBSCRIBE', '/*', false],
    ['EVENT_SUBSCRIBE', `x/sync/${subject}/notes`, false],
    ['EVENT_PUBLISH', '/sync/somebody-else/notes', false],
    ['EVENT_PUBLISH', null, false],
  ]
  for (const [operation, channel, isAuthorized] of cases)
    t.match(
      await authorize(appSyncEventsEvent(alice, operation, channel)),
      { isAuthorized },
      `${operation} ${channel}`,
    )
  t.match(await authorize(appSyncEventsEvent(alice, 'EVENT_CONNECT', null)), {
    handlerContext: { subject, plan: 'gold' },
    ttlOverride: 60,
  })
  t.same(await authorize(appSyncEventsEvent(expired, 'EVENT_CONNECT', null)), {
    isAuthorized: false,
    ttlOverride: 0,
  })
  await t.rejects(
    appSyncEventsAuthorizer(darkGuard)(appSyncEventsEvent(alice, 'EVENT_CONNECT', null)),
    outage,
  )
  const news = appSyncEventsAuthorizer(guard, { policy: inChannel('/news/today') })
  t.match(await news(appSyncEventsEvent(alice, 'EVENT_SUBSCRIBE', '/news/today')), { isAuthorized: true })
  t.match(await news(appSyncEventsEvent(alice, 'EVENT_SUBSCRIBE', '/news/today/x')), { isAuthorized: false })
})

t.test('principalFromEvent: claims that a gateway made into text', async t => {
  const claims = {
    sub: subject,
    iss: issuer.issuer,
    client_id: issuer.options.clientId,
    token_use: 'access',
    scope: 'orders/read openid',
    username: 'alice',
    auth_time: '1782992389',
    jti: 'x',
  }
  const exp = Date.UTC(2026, 6, 2, 12, 39, 49) / 1000
  const expected = { ...principal, groups: ['admin'], expiresAt: exp }
  const rest = (more: object) =>
    proxyEvent([], { claims: { ...claims, exp: 'Thu Jul 02 12:39:49 UTC 2026', ...more } })
  const http = (more: object) =>
    proxyEventV2([], { jwt: { claims: { ...claims, exp: String(exp), ...more }, scopes: null } })
  const httpV1 = (more: object) => ({
    ...proxyEvent([], { claims: { ...claims, exp: String(exp), ...more }, scopes: null }),
    version: '1.0',
  })
  const appSync = (more: object) => ({
    identity: {
      sub: subject,
      issuer: issuer.issuer,
      username: 'alice',
      groups: ['admin'],
      claims: { ...claims, exp, ...more },
    },
  })

  t.same(principalFromEvent(rest({ 'cognito:groups': 'admin' })), expected, 'REST API')
  t.same(principalFromEvent(http({ 'cognito:groups': '[admin]' })), expected, 'HTTP API, payload 2.0')
  t.same(principalFromEvent(httpV1({ 'cognito:groups': '[admin]' })), expected, 'HTTP API, payload 1.0')
  t.same(principalFromEvent(appSync({ 'cognito:groups': ['admin'] })), expected, 'AppSync')
  t.ok(Object.isFrozen(principalFromEvent(rest({}))))

  const groups: [string, object, readonly string[] | undefined][] = [
    ['REST, none', rest({}), []],
    ['REST, empty', rest({ 'cognito:groups': '' }), []],
    ['REST, two or one', rest({ 'cognito:groups': 'a,b' }), undefined],
    ['REST, brackets', rest({ 'cognito:groups': '[a]' }), undefined],
    ['REST, a list', rest({ 'cognito:groups': ['a,b', '[c]'] }), ['a,b', '[c]']],
    ['REST, an empty list', rest({ 'cognito:groups': [] }), []],
    ['HTTP, a list', http({ 'cognito:groups': ['a', 'b'] }), ['a', 'b']],
    ['HTTP, payload 1.0, a list', httpV1({ 'cognito:groups': ['a', 'b'] }), ['a', 'b']],
    ['REST, JSON of a list', rest({ 'cognito:groups': '["a","b"]' }), undefined],
    ['HTTP, two', http({ 'cognito:groups': '[admin power,user]' }), ['admin', 'power,user']],
    ['HTTP, none', http({ 'cognito:groups': '[]' }), []],
    ['HTTP, a name in brackets', http({ 'cognito:groups': '[[a]]' }), ['[a]']],
    ['HTTP, no brackets', http({ 'cognito:groups': 'admin' }), undefined],
    ['HTTP, payload 1.0, two', httpV1({ 'cognito:groups': '[a b]' }), ['a', 'b']],
    ['AppSync, none', appSync({ 'cognito:groups': null }), []],
    ['AppSync, commas', appSync({ 'cognito:groups': ['a,b'] }), ['a,b']],
    ['AppSync, a text', appSync({ 'cognito:groups': 'a' }), undefined],
  ]
  for (const [name, event, wanted] of groups) {
    if (wanted) t.same(principalFromEvent(event).groups, wanted, name)
    else t.throws(() => principalFromEvent(event), { name: 'TypeError', message: /two ways/ }, name)
  }

  const idClaims = {
    token_use: 'id',
    aud: issuer.options.clientId,
    'cognito:username': 'alice',
    username: undefined,
  }
  const identities = JSON.stringify({
    userId: 'u-1',
    providerName: 'Corp',
    providerType: 'SAML',
    primary: 'true',
  })
  const provider = { name: 'Corp', type: 'SAML', userId: 'u-1' }
  t.match(principalFromEvent(rest({ ...idClaims, identities })), {
    tokenUse: 'id',
    username: 'alice',
    provider,
  })
  t.match(principalFromEvent(http({ ...idClaims, identities: `[${identities}]` })), { provider })
  t.notOk('provider' in principalFromEvent(http({ ...idClaims, identities: '[map[userId:u-1]]' })))

  const typed = { exp, auth_time: 1_782_992_389, address: { locality: 'Bern' }, amr: ['pwd'] }
  for (const listed of [['admin'], undefined])
    t.same(
      principalFromEvent(rest({ ...typed, 'cognito:groups': listed })),
      { ...expected, groups: listed ?? [] },
      `REST API, JWT authorizer: claims of their own types, ${listed ? 'groups' : 'no groups'}`,
    )
  t.match(
    principalFromEvent(rest({ ...typed, ...idClaims, identities: [JSON.parse(identities)] })),
    { tokenUse: 'id', username: 'alice', provider },
    'REST API, JWT authorizer: an ID token',
  )

  const wrongClaims: [string, object][] = [
    ['sub', { sub: undefined }],
    ['iss', { iss: '' }],
    ['token_use', { token_use: 'refresh' }],
    ['token_use', { token_use: undefined, iss: 'https://example.auth0.com/', aud: ['api'] }],
    ['client_id', { client_id: undefined }],
    ['aud', { ...idClaims, aud: ['a', 'b'] }],
    ['username', { username: 7 }],
    ['cognito:username', { ...idClaims, 'cognito:username': {} }],
    ['exp', { exp: null }],
    ['cognito:groups', { 'cognito:groups': [1] }],
    ['cognito:groups', { 'cognito:groups': { a: 1 } }],
  ]
  for (const [name, wrong] of wrongClaims)
    for (const event of [rest(wrong), http(wrong), appSync(wrong)])
      t.throws(
        () => principalFromEvent(event),
        { name: 'TypeError', message: new RegExp(`claim ${name} .*user pool's tokens: .*oidcProvider`) },
        JSON.stringify(wrong),
      )
  for (const [name, authorizer] of Object.entries({
    'no claims': { jwt: {} },
    'claims of null': { jwt: { claims: null } },
    'claims of text': { claims: 'x' },
  }))
    t.throws(
      () => principalFromEvent(proxyEventV2([], authorizer)),
      { name: 'TypeError', message: /has no claims/ },
      name,
    )
  for (const wrong of [
    '',
    'soon',
    'Thu Foo 02 12:39:49 UTC 2026',
    'Thu Jul 02 12:39:49 CEST 2026',
    '1e9',
    undefined,
  ])
    t.throws(() => principalFromEvent(rest({ exp: wrong })), TypeError, `exp ${wrong}`)
})

t.test('principalFromEvent: reverify', async t => {
  const claims = { ...aliceAuth.claims, exp: String(aliceAuth.claims.exp), 'cognito:groups': 'admin,a,b' }
  const event = (headers: Pairs) => proxyEvent(headers, { claims })
  const options = { reverify: verifier }
  t.same(await principalFromEvent(event(bearing(alice)), options), principal)
  t.same(await principalFromEvent(event([['authorization', alice]]), options), principal, 'without a scheme')
  const clear = proxyEvent([], { claims: { ...claims, 'cognito:groups': 'admin' } })
  t.match(await principalFromEvent(clear, options), { groups: ['admin'] }, 'only where it must')
  const other = { code: 'ERR_REQUEST_INVALID' }
  await t.rejects(principalFromEvent(event([]), options), other, 'no header')
  await t.rejects(principalFromEvent(event(bearing(bob)), options), other, 'another user’s token')
  await t.rejects(principalFromEvent(event([...bearing(alice), ...bearing(bob)]), options), other, 'two')
  await t.rejects(principalFromEvent(event(bearing(expired)), options), { code: 'ERR_TOKEN_EXPIRED' })
  await t.rejects(principalFromEvent({}, options), TypeError)
  await t.rejects(principalFromEvent(event(bearing(alice)), { reverify: guard as never }), {
    message: /must be a verifier/,
  })
  await t.rejects(principalFromEvent(event(bearing(alice)), undefined as never), TypeError)
})

t.test('principalFromEvent: credentials of an identity pool', async t => {
  const identityId = 'eu-west-1:4a6b2c1d-0000-4000-8000-000000000001'
  const poolId = 'eu-west-1:11111111-2222-4333-8444-555555555555'
  const userPoolName = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123'
  const signIn = `${userPoolName}:CognitoSignIn:${subject}`
  const iam = (identity: object) =>
    proxyEvent([], undefined, { cognitoIdentityId: identityId, cognitoIdentityPoolId: poolId, ...identity })
  const user = {
    kind: 'user',
    subject: identityId,
    issuer: 'https://cognito-identity.amazonaws.com',
    groups: [],
    scopes: [],
    provider: { name: userPoolName, type: 'CognitoSignIn', userId: subject },
    expiresAt: 1_790_000_000,
  } as const
  const { provider: _, ...rest } = user
  const guest = { ...rest, kind: 'guest' } as const
  const authenticated = {
    cognitoAuthenticationType: 'authenticated',
    cognitoAuthenticationProvider: `${userPoolName},${signIn}`,
  }
  t.same(principalFromEvent(iam(authenticated)), user, 'REST API')
  t.same(
    principalFromEvent(iam({ cognitoAuthenticationType: 'unauthenticated' })),
    guest,
    'REST API, a guest',
  )
  const http = (amr: string[]) =>
    proxyEventV2([], { iam: { cognitoIdentity: { amr, identityId, identityPoolId: poolId } } })
  t.same(principalFromEvent(http(['authenticated', userPoolName, signIn])), user, 'HTTP API')
  t.same(principalFromEvent(http(['unauthenticated'])), guest, 'HTTP API, a guest')
  const appSync = {
    cognitoIdentityId: identityId,
    cognitoIdentityPoolId: poolId,
    cognitoIdentityAuthType: 'authenticated',
    cognitoIdentityAuthProvider: `"${userPoolName}","${signIn}"`,
  }
  const before = Math.floor(Date.now() / 1000)
  const { expiresAt, ...caller } = principalFromEvent({ identity: appSync })
  t.same({ ...caller, expiresAt: user.expiresAt }, user, 'AppSync')
  t.ok(expiresAt >= before)
  const { cognitoIdentityPoolId: _poolId, ...noPool } = appSync
  const partial: [string, object, RegExp][] = [
    ['no amr', http([]), /neither/],
    ['an identity of nothing', proxyEventV2([], { iam: { cognitoIdentity: {} } }), /neither/],
    ['no pool ID', { identity: noPool }, /has no pool ID/],
    ['a pool ID of null', iam({ ...authenticated, cognitoIdentityPoolId: null }), /has no pool ID/],
    [
      'no identity ID',
      proxyEventV2([], {
        iam: { cognitoIdentity: { amr: ['authenticated'], identityPoolId: poolId } },
      }),
      /has no ID/,
    ],
  ]
  for (const [name, event, message] of partial)
    t.throws(() => principalFromEvent(event), { name: 'TypeError', message }, name)
  for (const cognitoAuthenticationProvider of [null, undefined, [userPoolName, signIn]])
    t.notOk(
      'provider' in principalFromEvent(iam({ ...authenticated, cognitoAuthenticationProvider })),
      'providers in no form that is documented',
    )
  const posing = `login.my.app:${poolId}:eve,${userPoolName},${signIn}`
  const others = [
    iam({ ...authenticated, cognitoAuthenticationProvider: `login.my.app,${posing}` }),
    iam({ ...authenticated, cognitoAuthenticationProvider: `${userPoolName},${userPoolName}:x` }),
    iam({ ...authenticated, cognitoAuthenticationProvider: `login.my.app,login.my.app:${signIn}` }),
    http(['authenticated', 'login.my.app', `login.my.app:${signIn}`]),
    {
      identity: {
        ...appSync,
        cognitoIdentityAuthProvider: `"login.my.app","${posing.replaceAll(',', '","')}"`,
      },
    },
  ]
  for (const event of others)
    t.match(principalFromEvent(event), { kind: 'user', provider: undefined }, 'with the name of another')
  const own = {
    name: 'login.my.app',
    type: 'Developer',
    userId: posing.slice(`login.my.app:${poolId}:`.length),
  }
  t.same(principalFromEvent(http(['authenticated', 'login.my.app', posing])).provider, own, 'whole in a list')
})

t.test('principalFromEvent: no authorizer names the caller', async t => {
  const context = (await restAuthorizer(guard)(tokenEvent(alice))).context ?? {}
  const events: [string, object][] = [
    ['nothing', {}],
    ['null', null as never],
    ['no request context', { requestContext: null }],
    ['a JWT of null', proxyEventV2([], { jwt: null })],
    ['REST API without an authorizer', proxyEvent(bearing(alice))],
    ['HTTP API without an authorizer', proxyEventV2(bearing(alice))],
    ['function URL without IAM', proxyEventV2(bearing(alice), null)],
    [
      'function URL, signed by a role',
      proxyEventV2([], { iam: { userArn: 'arn:aws:iam::1:role/x', cognitoIdentity: null } }),
    ],
    ['load balancer', albEvent(bearing(alice))],
    ['AppSync by API key', { identity: null }],
    ['another authorizer', proxyEvent([], { principalId: 'alice', integrationLatency: 1 })],
    ['an HTTP authorizer without a context', proxyEventV2([], { lambda: null })],
    ...Object.entries({
      kind: 'admin',
      subject: undefined,
      issuer: undefined,
      groups: 'admin',
      scopes: '[1]',
      expiresAt: 'soon',
    }).map(([name, value]): [string, object] => [
      `a context whose ${name} is not ours`,
      proxyEvent([], { ...context, [name]: value }),
    ]),
  ]
  for (const [name, event] of events)
    t.throws(() => principalFromEvent(event), { name: 'TypeError', message: /no authorizer/ }, name)
})

t.test('principalFromEvent: our own context, whatever an emulator puts beside it', async t => {
  const context = (await restAuthorizer(guard)(tokenEvent(alice))).context ?? {}
  const claims = { ...(await verifier.verify(bob)).claims, 'cognito:groups': ['forged'] }
  const madeUp = {
    cognitoIdentityId: 'offlineContext_cognitoIdentityId',
    cognitoAuthenticationType: 'authenticated',
  }
  const delivered = { ...context, principalId: subject, integrationLatency: 42 }
  const events: [string, object][] = [
    ['REST API', proxyEvent([], { ...delivered, claims }, madeUp)],
    ['HTTP API, payload 1.0', { ...proxyEvent([], { ...delivered, claims }, madeUp), version: '1.0' }],
    ['HTTP API', proxyEventV2([], { lambda: context, jwt: { claims, scopes: [] } })],
    ['HTTP API, context in the other place', proxyEventV2([], { ...context, jwt: { claims } })],
    ['HTTP API, nothing in the JWT', proxyEventV2([], { lambda: context, jwt: {} })],
    ['AppSync', { identity: { resolverContext: context, claims } }],
  ]
  for (const [name, event] of events) {
    t.same(principalFromEvent(event), principal, name)
    t.same(await principalFromEvent(event, { reverify: verifier }), principal, `${name}, reverify`)
  }
  for (const scopes of [undefined, ['orders/read']])
    t.same(
      principalFromEvent(proxyEvent([], { ...delivered, claims, scopes }, madeUp)),
      { ...principal, scopes: scopes ?? [] },
      'scopes that an emulator has put in the place of ours',
    )
  t.match(
    principalFromEvent(proxyEventV2([], { lambda: { ...context, kind: 'admin' }, jwt: { claims } })),
    { username: 'bob' },
    'a context that is not ours says nothing',
  )
})

t.test('types: what a handler of AWS is typed as, these are', async t => {
  const handlers: [
    (event: APIGatewayTokenAuthorizerEvent) => Promise<APIGatewayAuthorizerResult>,
    (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult>,
    (
      event: APIGatewayRequestAuthorizerEventV2,
    ) => Promise<
      APIGatewaySimpleAuthorizerWithContextResult<Record<string, string>> | APIGatewayAuthorizerResult
    >,
    (event: AppSyncAuthorizerEvent) => Promise<AppSyncAuthorizerResult<Record<string, string>>>,
    (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>,
  ] = [
    restAuthorizer(guard),
    restAuthorizer(guard),
    httpAuthorizer(guard),
    appSyncAuthorizer(guard),
    edge(guard),
  ]
  t.equal(handlers.length, 5)
})
