// Neither is in Debian: these are the requests that they send, as their sources and documentation have them, against the service.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  allowAnonymous,
  createGuard,
  createVerifier,
  hasScope,
  inGroup,
  isRead,
  userPool,
} from 'cognito-guard'
import { createForwardAuth, type ForwardAuthOptions } from 'cognito-guard/forward-auth'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { exchange, type RawRequest } from './exchange.js'
import { guardServer } from './guard-server.js'
import { recipes } from './proxies.js'

const issuer = createTestIssuer()
const alice = `Bearer ${issuer.accessToken({ username: 'alice', groups: ['admin'], scopes: ['orders/read'] })}`
const bob = `Bearer ${issuer.accessToken({ username: 'bob', scopes: ['openid'] })}`

const guardsOf = (pool = issuer) => {
  const verifier = createVerifier({ issuers: [userPool(pool.options)], clock: pool.clock })
  const app = createGuard({ verifier })
  return {
    app,
    orders: createGuard({ verifier, policy: hasScope('orders/read') }),
    admin: createGuard({ verifier, policy: inGroup('admin') }),
    public: allowAnonymous(app),
    read: createGuard({ verifier, policy: isRead }),
  }
}

/** An original request, and the name of the guard that its route has. */
interface Original {
  readonly guard: string
  readonly method: string
  readonly uri: string
  readonly token?: string
}

/** ForwardAuth of v3: always GET, hop-by-hop headers removed, X-Forwarded-* its own (trustForwardHeader: false), the client's others passed on. */
const traefik = ({ guard, method, uri, token }: Original): RawRequest => ({
  path: `/forward-auth/${guard}`,
  headers: [
    ['User-Agent', 'curl/8.5.0'],
    ['Accept', '*/*'],
    ...(token ? [['Authorization', token] as const] : []),
    ['X-Forwarded-For', '203.0.113.7'],
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'app.example.com'],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Server', 'traefik-1'],
    ['X-Forwarded-Uri', uri],
    ['X-Real-Ip', '203.0.113.7'],
    ['X-Auth-Request-User', 'forged'],
    ['Accept-Encoding', 'gzip'],
  ],
})

/** ext_authz with http_service: the original method and path behind path_prefix, no body, and few headers. */
const envoy = ({ guard, method, uri, token }: Original): RawRequest => ({
  method,
  path: `/ext-authz/${guard}${uri}`,
  headers: [
    ['Content-Length', '0'],
    ...(token ? [['authorization', token] as const] : []),
    ['x-envoy-internal', 'true'],
    ['x-forwarded-for', '10.0.0.3'],
    ['x-envoy-expected-rq-timeout-ms', '5000'],
  ],
})

const cases: readonly (readonly [name: string, original: Original, status: number])[] = [
  ['good token', { guard: 'app', method: 'GET', uri: '/a?b=1', token: alice }, 200],
  ['no token', { guard: 'app', method: 'GET', uri: '/' }, 401],
  ['bad token', { guard: 'app', method: 'GET', uri: '/', token: 'Bearer rubbish' }, 401],
  ['scope', { guard: 'orders', method: 'POST', uri: '/orders', token: alice }, 200],
  ['wrong scope', { guard: 'orders', method: 'POST', uri: '/orders', token: bob }, 403],
  ['wrong group', { guard: 'admin', method: 'GET', uri: '/admin/', token: bob }, 403],
  ['anonymous', { guard: 'public', method: 'GET', uri: '/public' }, 200],
  ['a read', { guard: 'read', method: 'HEAD', uri: '/', token: bob }, 200],
  ['no read', { guard: 'read', method: 'DELETE', uri: '/', token: bob }, 403],
]

for (const [proxy, requestOf] of Object.entries({ traefik, envoy })) {
  t.test(`the requests of ${proxy}`, async t => {
    const auth = createForwardAuth(guardsOf(), { removeAuthorization: true })
    const server = await guardServer(t, auth.handler)
    for (const [name, original, status] of cases) {
      const answer = await exchange(server.port, requestOf(original))
      t.equal(answer.status, status, name)
      const headers = new Headers(answer.headers.map(([name, value]): [string, string] => [name, value]))
      t.equal(headers.get('cache-control'), 'no-store', `${name}: not cached`)
      if (status !== 200) {
        t.match(headers.get('www-authenticate'), /^Bearer /, `${name}: the challenge passes through`)
        continue
      }
      for (const identity of auth.identityHeaders) t.ok(headers.has(identity), `${name}: ${identity}`)
      t.not(headers.get('x-auth-request-user'), 'forged', name)
      const removed = headers.get('x-envoy-auth-headers-to-remove')
      t.equal(removed, proxy === 'envoy' ? 'authorization' : null, `${name}: removal`)
    }
    const cold = createTestIssuer()
    cold.takeDown()
    server.answerWith(createForwardAuth(guardsOf(cold)).handler)
    const token = `Bearer ${cold.accessToken()}`
    const outage = await exchange(server.port, requestOf({ guard: 'app', method: 'GET', uri: '/', token }))
    t.equal(outage.status, 503, 'an outage')
    t.ok(
      outage.headers.some(([name]) => name === 'retry-after'),
      'which says when to try again',
    )
  })
}

t.test('the routes of envoy.yaml', async t => {
  const [, routes = ''] = /"routes": (\{.*\})/.exec(readFileSync(join(recipes, 'envoy.yaml'), 'utf8')) ?? []
  const options: ForwardAuthOptions = { routes: JSON.parse(routes) }
  const server = await guardServer(t, createForwardAuth(guardsOf(), options).handler)
  for (const [uri, token, status] of [
    ['/x', bob, 200],
    ['/admin', bob, 403],
    ['/admin/x?y', alice, 200],
    ['/orders/1', bob, 403],
    ['/public/x', undefined, 200],
    ['/public/..;/admin', bob, 400],
    ['/x/%2e%2e/admin', bob, 400],
    ['//admin', bob, 400],
  ] as const) {
    const original = { guard: 'default', method: 'GET', uri, ...(token && { token }) }
    t.equal((await exchange(server.port, envoy(original))).status, status, uri)
  }
})

t.test('every recipe passes on, and removes, every identity header', async t => {
  const { identityHeaders } = createForwardAuth(guardsOf())
  const { identityHeaders: remote } = createForwardAuth(guardsOf(), { headers: 'remote' })
  t.equal(identityHeaders.length, remote.length)
  const patterns: Readonly<Record<string, RegExp | undefined>> = {
    'traefik-app.yml': /^ +authResponseHeadersRegex: \(\?i\)\^X-Auth-Request-$/m,
    'envoy.yaml': /allowed_upstream_headers: .*prefix: x-auth-request-/,
  }
  for (const file of ['nginx.conf', 'Caddyfile', 'haproxy.lua', 'apache.lua', ...Object.keys(patterns)]) {
    const text = readFileSync(join(recipes, file), 'utf8')
    const pattern = patterns[file]
    if (pattern) t.match(text, pattern, file)
    else
      for (const name of identityHeaders) {
        const last = file === 'apache.lua' ? `"${name.replace('X-Auth-Request-', '')}"` : name
        t.ok(text.toLowerCase().includes(last.toLowerCase()), `${file}: ${name}`)
      }
  }
  for (const file of ['nginx.conf', ...Object.keys(patterns)])
    for (const name of remote)
      t.match(readFileSync(join(recipes, file), 'utf8').toLowerCase(), name.toLowerCase(), `${file}: ${name}`)
})
