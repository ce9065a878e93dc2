import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import type { Principal } from 'cognito-guard'
import t from 'tap'
import {
  appSyncEvent,
  appSyncEventsEvent,
  connectEvent,
  httpAuthorizerEvent,
  proxyEvent,
  proxyEventV2,
  stage,
  tokenEvent,
  viewerRequest,
} from './adapters/events.js'
import { base64url, claimsOf, clientId, headerOf, json, own, seal, userPoolId } from './mint.js'
import { start } from './program.js'

// The key set is passed, so that the examples run as in production, without a network.
const env = { USER_POOL_ID: userPoolId, CLIENT_ID: clientId, JWKS: JSON.stringify({ keys: [own.jwk] }) }
const iat = Math.floor(Date.now() / 1000) - 10
const time = { iat, auth_time: iat, exp: iat + 3600 }
const tokenOf = (claims: object) =>
  seal([headerOf(), claimsOf({ ...time, ...claims })].map(part => base64url(json(part))).join('.'))
const alice = tokenOf({ username: 'alice', 'cognito:groups': ['admin'] })
const bob = tokenOf({ username: 'bob', 'cognito:groups': [], scope: 'openid' })
const subject = claimsOf().sub as string
const origin = 'https://app.example.com'

for (const name of ['koa', 'hono', 'fastify', 'fetch']) {
  t.test(`examples/${name} starts, guards and ends`, async t => {
    const server = start(`examples/${name}/server.js`, [], { ...env, PORT: '0' })
    const [, url = ''] = (await server.until('/me')).match(/(http:\S+)\/me/) ?? []
    const cases: [string, string | undefined, number][] = [
      ['/me', undefined, 401],
      ['/me', alice, 200],
      ['/orders', alice, 200],
      ['/orders', bob, 403],
      ['/admin', alice, 200],
      ['/admin', bob, 403],
    ]
    for (const [path, token, status] of cases) {
      const headers = { Origin: origin, ...(token ? { Authorization: `Bearer ${token}` } : {}) }
      const response = await fetch(url + path, { headers })
      t.equal(response.status, status, `${path} ${status}`)
      t.equal(response.headers.get('access-control-allow-origin'), origin)
      t.match(await response.text(), status === 200 ? /alice|\[\]/ : /error_description/)
    }
    const preflight = {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
    }
    t.equal((await fetch(`${url}/me`, preflight)).status, 204, 'preflight')
    server.kill('SIGTERM')
    const { code, output } = await server.closed
    t.equal(code, 0)
    t.match(output, '403 ERR_PERMISSION_DENIED')
  })
}

t.test('examples/lambda', async t => {
  Object.assign(process.env, env)
  const log = t.capture(console, 'log')
  const authorizer = await import('../examples/lambda/rest-authorizer.js')
  const http = await import('../examples/lambda/http-authorizer.js')
  const behind = await import('../examples/lambda/behind-authorizer.js')
  const functionUrl = await import('../examples/lambda/function-url.js')
  const webSocket = await import('../examples/lambda/web-socket.js')
  const appSync = await import('../examples/lambda/app-sync.js')
  const events = await import('../examples/lambda/app-sync-events.js')
  const edge = await import('../examples/lambda/edge.js')
  const bearing = (token: string) => [['Authorization', `Bearer ${token}`] as const]
  const principalIn = ({ body }: { body: string }): Principal => JSON.parse(body)

  const policy: APIGatewayAuthorizerResult = await authorizer.handler(tokenEvent(`Bearer ${alice}`))
  t.match(policy.policyDocument.Statement[0], { Effect: 'Allow', Resource: [/\/GET\/admin\/\*$/, /.*/] })
  await t.rejects(authorizer.handler(tokenEvent('rubbish')), { message: /^Unauthorized$/ })
  t.match(principalIn(await behind.handler(proxyEvent([], policy.context))), { subject, groups: ['admin'] })
  const simple = await http.handler(httpAuthorizerEvent(bearing(alice)))
  t.match(simple, { isAuthorized: true })
  t.match(principalIn(await behind.handler(proxyEventV2([], { lambda: simple.context }))), {
    username: 'alice',
  })
  t.match(await http.handler(httpAuthorizerEvent(bearing(bob))), { isAuthorized: false })
  await t.rejects(behind.handler(proxyEvent([])), TypeError)

  t.match(await functionUrl.handler(proxyEventV2(bearing(alice), null)), { statusCode: 200, body: /alice/ })
  t.match(await functionUrl.handler(proxyEventV2(bearing(bob), null)), { statusCode: 403 })
  t.match(await functionUrl.handler(proxyEventV2([], null)), { statusCode: 401 })

  const offer = [['Sec-WebSocket-Protocol', `bearer, ${alice}`] as const]
  const connected = await webSocket.authorizer(connectEvent(offer))
  t.match(connected.policyDocument.Statement, [{ Resource: [`${stage}/$connect`] }])
  const context = connected.context as Record<string, string>
  const requestContext = { connectionId: 'c-1', authorizer: context }
  t.match(await webSocket.connect({ requestContext }), { headers: { 'Sec-WebSocket-Protocol': 'bearer' } })
  const { subprotocol: _, ...rest } = context
  t.same((await webSocket.connect({ requestContext: { ...requestContext, authorizer: rest } })).headers, {})

  const asked = await appSync.authorizer(appSyncEvent(bob))
  t.match(asked, { isAuthorized: true, deniedFields: ['Mutation.deleteOrder'] })
  t.match(await appSync.me({ identity: { resolverContext: asked.resolverContext } }), { username: 'bob' })
  for (const [whose, isAuthorized] of [
    [subject, true],
    ['somebody-else', false],
  ] as const)
    t.match(await events.handler(appSyncEventsEvent(alice, 'EVENT_PUBLISH', `/sync/${whose}/notes`)), {
      isAuthorized,
    })

  t.match(await edge.handler(viewerRequest(bearing(alice))), { uri: '/orders' })
  t.match(await edge.handler(viewerRequest([])), { status: '401' })
  t.notOk(
    JSON.stringify(log().map(({ args }) => args)).includes(alice.split('.')[2] as string),
    'no token in the log',
  )
})
