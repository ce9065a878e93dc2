// Over 150 lines: the table of what every proxy must do, once.
import type { RequestListener } from 'node:http'
import {
  allowAnonymous,
  bearer,
  cookie,
  createGuard,
  createVerifier,
  firstOf,
  hasScope,
  inGroup,
  userPool,
  webSocketProtocol,
} from 'cognito-guard'
import { createForwardAuth } from 'cognito-guard/forward-auth'
import { createTestIssuer, type TestIssuer } from 'cognito-guard/testing'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { exchange, type RawAnswer, type RawRequest, webSocket } from './exchange.js'
import { guardServer } from './guard-server.js'
import { needs, type Proxy, proxies, python, startBackend, startProxy } from './proxies.js'

type Header = readonly [name: string, value: string]

const issuer = createTestIssuer()
const withToken = (token: string): Header => ['Authorization', `Bearer ${token}`]
const alice = withToken(
  issuer.accessToken({ username: 'alice', groups: ['admin', 'a,b'], scopes: ['openid', 'orders/read'] }),
)
const withCookie: Header = ['Cookie', `theme=dark; token=${alice[1].slice('Bearer '.length)}`]
const bob = withToken(issuer.accessToken({ username: 'bob', scopes: ['openid'] }))
const expired = withToken(issuer.accessToken({ expiresIn: -60 }))
const manyGroups = Array.from({ length: 100 }, (_, index) => `${index}-${'department'.repeat(7)}`)
const many = withToken(issuer.accessToken({ username: 'many', groups: manyGroups }))

const named = (name: string, groups = '', scopes = 'openid') => ({
  'preferred-username': name,
  ...(groups && { groups }),
  scopes,
})
const identityOf: Readonly<Record<string, object>> = {
  alice: named('alice', 'admin,a%2Cb', 'openid orders/read'),
  bob: named('bob'),
  many: named('many', manyGroups.join(','), 'aws.cognito.signin.user.admin'),
  nobody: {},
}

/** One of `status`; a request that gets through arrives as that of `as`. */
interface Case extends RawRequest {
  readonly name: string
  readonly status: number | readonly number[]
  readonly as?: keyof typeof identityOf
  readonly challenge?: string
}

const long = 'x'.repeat(100_000)
const chunked = '5\r\nhello\r\n0\r\n\r\n'

const cases: readonly Case[] = [
  { name: 'good token', path: '/a/b?c=%2F..%2f&d', headers: [alice], status: 200, as: 'alice' },
  { name: 'no token', path: '/', status: 401, challenge: 'Bearer realm="api"' },
  { name: 'bad token', path: '/', headers: [withToken('rubbish')], status: 401, challenge: 'invalid_token' },
  { name: 'expired token', path: '/', headers: [expired], status: 401, challenge: 'has expired' },
  { name: 'scope', path: '/orders/7', headers: [alice], status: 200, as: 'alice' },
  { name: 'wrong scope', path: '/orders/7', headers: [bob], status: 403, challenge: 'scope="orders/read"' },
  { name: 'group', path: '/admin/', headers: [alice], status: 200, as: 'alice' },
  { name: 'wrong group', path: '/admin/', headers: [bob], status: 403, challenge: 'insufficient_scope' },
  { name: 'anonymous guard', path: '/public/x', status: 200, as: 'nobody' },
  { name: 'anonymous guard, token', path: '/public/x', headers: [bob], status: 200, as: 'bob' },
  { name: 'anonymous guard, bad token', path: '/public/x', headers: [expired], status: 401 },
  { name: 'no token in it', path: '/', headers: [['Authorization', 'Bearer a b']], status: 400 },
  { name: 'like a public path', path: '/publications', status: 401 },
  { name: 'like a public path, too', path: '/public', status: [301, 401] },
  { name: 'a public path in capitals', path: '/PUBLIC/x', status: 401 },
  { name: 'two tokens', path: '/', headers: [alice, bob], status: 400 },
  { name: 'two tokens, anonymous guard', path: '/public/', headers: [alice, alice], status: 400 },
  { name: 'cookie', path: '/', headers: [withCookie], status: 200, as: 'alice' },
  {
    name: 'cookie, from elsewhere',
    method: 'POST',
    path: '/',
    headers: [withCookie, ['Sec-Fetch-Site', 'cross-site']],
    status: [400, 401, 403],
  },
  {
    name: 'cookie, from here',
    method: 'POST',
    path: '/',
    headers: [withCookie, ['Sec-Fetch-Site', 'same-origin']],
    status: 200,
    as: 'alice',
  },
  { name: 'encoded text', path: '/caf%C3%A9/100%25/a%20b%40c', headers: [bob], status: 200, as: 'bob' },
  { name: 'HEAD', method: 'HEAD', path: '/', headers: [alice], status: 200 },
  { name: 'HEAD, no token', method: 'HEAD', path: '/', status: 401, challenge: 'Bearer' },
  { name: 'HEAD, wrong group', method: 'HEAD', path: '/admin', headers: [bob], status: 403 },
  { name: 'OPTIONS', method: 'OPTIONS', path: '/admin', status: 204 },
  { name: 'POST', method: 'POST', path: '/', headers: [alice], body: long, status: 200, as: 'alice' },
  { name: 'POST, no token', method: 'POST', path: '/', body: 'x'.repeat(1_000), status: 401 },
  {
    name: 'POST in chunks, no token',
    method: 'POST',
    path: '/',
    headers: [['Transfer-Encoding', 'chunked']],
    body: chunked,
    status: 401,
  },
  { name: 'a hundred groups', path: '/', headers: [many], status: 200, as: 'many' },
  { name: 'the check from outside', path: '/guard/public', status: [401, 404] },
]

/** Paths that some backends route to /admin. */
const doubtful = [
  '//admin',
  '/x//admin',
  '/./admin',
  '/x/../admin',
  '/x/../admin?y',
  '/public/../admin',
  '/x/%2e%2e/admin',
  '/x/%2E./admin',
  '/public/..%2fadmin',
  '/%2fadmin',
  '/.;/admin',
  '/admin;x',
  '/x;/../admin',
  '/;/admin',
  '/\\admin',
  '/x\\..\\admin',
  '/%5cadmin',
  '/%61dmin',
  '/%2561dmin',
  '/x/%252e%252e/admin',
  '/x/%c0%ae%c0%ae/admin',
  '/admin%00',
  '/admin%3fx',
  '/x%u002fadmin',
  '/x/..',
  '/.',
  '/admin#x',
  'http://app.test//admin',
  '/ADMIN',
  '/Admin/x',
  '/administration',
  'http://app.test/admin',
]

const identityNames = ['User', 'Email', 'Preferred-Username', 'Groups', 'Scopes', 'Assertion', 'Access-Token']
const familyNames = [
  ...identityNames.map(name => `X-Auth-Request-${name}`),
  ...['User', 'Name', 'Email', 'Groups', 'Scopes', 'Assertion'].map(name => `Remote-${name}`),
  ...['User', 'Email', 'Preferred-Username', 'Groups'].map(name => `X-Forwarded-${name}`),
]
const spellings: Readonly<Record<string, (name: string) => string>> = {
  'as it is': name => name,
  'in lower case': name => name.toLowerCase(),
  'with one underscore': name => name.replace('-', '_').toLowerCase(),
  'with one dot at its end': name => name.replace(/-(?=\w+$)/, '.'),
  // whatever a name may hold beside letters, digits and "-" (RFC 9110 section 5.6.2)
  ...Object.fromEntries(
    Array.from("_.!#$%&'*+^`|~", other => [`with ${other}`, (name: string) => name.replaceAll('-', other)]),
  ),
}

const originals: readonly Header[] = ['Original', 'Forwarded'].flatMap(kind => [
  [`X-${kind}-URI`, '/forged'],
  [`X-${kind}-Method`, 'FORGED'],
  [`X-${kind}-Host`, 'forged.test'],
  [`X-${kind}-Proto`, 'forged'],
  [`X-${kind}-For`, '6.6.6.6'],
  [`X-${kind}-Prefix`, '/forged'],
  [`X-${kind}-Port`, 'forged'],
])

// each is a process, and waits for most of its time
t.jobs = 4
for (const proxy of proxies) {
  const title = `${proxy.name}${proxy.version ? ` ${proxy.version}` : ''}, with its recipe`
  t.test(title, needs(`${proxy.needs} or python3`, !!proxy.version && !!python), t => suite(t, proxy))
}

/** What every recipe must do. */
async function suite(t: Test, proxy: Proxy): Promise<void> {
  const app = await startBackend(t)
  const guard = await guardServer(t, serviceOf(issuer))
  const port = await startProxy(t, proxy, { guard: guard.port, app })
  const send = (request: RawRequest) => exchange(port, request)

  await t.test('cases', async t => {
    for (const { name, status, as, challenge, ...request } of cases) {
      const answer = await send(request)
      t.ok([status].flat().includes(answer.status), `${name}: ${answer.status}`)
      t.equal(valueOf(answer, 'access-control-allow-origin'), 'https://app.example.com', `${name}: CORS`)
      if (challenge) t.match(valueOf(answer, 'www-authenticate'), challenge, `${name}: challenge`)
      if (answer.status === 401 || answer.status === 403)
        t.match(valueOf(answer, 'www-authenticate'), /^Bearer /, `${name}: one challenge`)
      if (as === undefined) continue
      const { method = 'GET', path, body = '' } = request
      const arrived = arrivedIn(answer)
      t.match(arrived, { method, path, body }, `${name}: arrives as it was sent`)
      t.same(arrived.identity, identityOf[as], `${name}: as ${as}`)
      t.equal(arrived.user !== undefined, as !== 'nobody', `${name}: as ${as}, or nobody`)
    }
  })

  await t.test(
    'a path that reaches /admin by another spelling is refused, or is checked as /admin is',
    async t => {
      for (const path of doubtful) {
        const answer = await send({ path, headers: [bob] })
        t.ok([400, 403, 404].includes(answer.status), `${path}: ${answer.status}`)
      }
      for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get'])
        for (const [path, headers] of [
          ['/admin', [bob]],
          ['/', []],
        ] as const) {
          const answer = await send({ method, path, headers })
          t.ok(answer.status >= 400 && answer.status !== 500, `${method} ${path}: ${answer.status}`)
        }
      t.match(arrivedIn(await send({ path: '/orders', headers: [alice] })), { page: 'app' })
      t.match(
        arrivedIn(await send({ path: '/ADMIN', headers: [alice] })),
        { page: 'admin' },
        'the backend is lenient',
      )
    },
  )

  await t.test('identity headers of the client never arrive', async t => {
    for (const [spelling, spelled] of Object.entries(spellings)) {
      const forged = familyNames.flatMap(name => [
        [spelled(name), 'FORGED'] as const,
        [spelled(name), 'FORGED'] as const,
      ])
      for (const [path, token, as] of [
        ['/public/', [], 'nobody'],
        ['/', [bob], 'bob'],
      ] as const) {
        const answer = await send({ path, headers: [...forged, ...token] })
        t.equal(answer.status, 200, `${spelling}: ${path}`)
        t.notMatch(answer.body, 'FORGED', `${spelling}: ${path}`)
        t.same(arrivedIn(answer).identity, identityOf[as], `${spelling}: as ${as}`)
      }
    }
    const hop = ['Connection', familyNames.join(', ')] as const
    const { identity } = arrivedIn(await send({ path: '/', headers: [hop, alice] }))
    t.same(identity, identityOf.alice, 'those of the guard are not removed by Connection')
  })

  await t.test('the guard is told of the request as it is, whatever the client claims', async t => {
    for (const times of [1, 2]) {
      const forged = Array.from({ length: times }, () => originals).flat()
      const answer = await send({
        path: '/orders?x=%2F',
        headers: [...forged, ['Forwarded', 'for=6.6.6.6'], alice],
      })
      t.equal(answer.status, 200)
      t.notMatch(answer.body, /forged|6\.6\.6\.6/i, 'nor is the backend')
      t.same(arrivedIn(answer).forwarded, [
        'x-forwarded-for: 127.0.0.1',
        'x-forwarded-host: app.test',
        'x-forwarded-proto: http',
      ])
      const { url, headers } = guard.lastCheck()
      t.match(url, /^\/(auth-request|forward-auth|haproxy)\/orders(\?x=%2F)?$/)
      const prefix = url.startsWith('/auth-request') ? 'x-original-' : 'x-forwarded-'
      t.same(headers[`${prefix}method`], ['GET'])
      t.same(headers[`${prefix}uri`], ['/orders?x=%2F'])
      t.same(headers[`${prefix}host`], ['app.test'])
    }
  })

  await t.test('the signed assertion arrives, for a backend that trusts no header', async t => {
    const keys = await exchange(guard.port, { path: '/.well-known/jwks.json' })
    const { assertion = '', user } = arrivedIn(await send({ path: '/orders', headers: [alice] }))
    const expected = { issuer: 'https://guard.test', audience: 'orders' }
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(JSON.parse(keys.body)), expected)
    t.match(payload, { sub: user, groups: ['admin', 'a,b'] })
    t.equal(arrivedIn(await send({ path: '/public/' })).assertion, undefined, 'of nobody there is none')
  })

  await t.test('upgrades', async t => {
    t.same(await webSocket(port, '/', [alice]), { status: 101, echo: 'hello' })
    t.notOk('upgrade' in guard.lastCheck().headers, 'the check is none')
    t.same(await webSocket(port, '/', []), { status: 401 })
    const [, credentials] = alice
    const protocols = `bearer, ${credentials.replace('Bearer ', '')}`
    t.match(await webSocket(port, '/', [['Sec-WebSocket-Protocol', protocols]]), { status: 101 }, 'a browser')
    t.match(await webSocket(port, '/', [['Sec-WebSocket-Protocol', 'bearer, rubbish']]), { status: 401 })
    t.same(await webSocket(port, '/admin', [bob]), { status: 403 })
    const h2c: readonly Header[] = [
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
      ['Connection', 'Upgrade, HTTP2-Settings'],
    ]
    t.same(arrivedIn(await send({ path: '/', headers: [...h2c, bob] })).upgrade, [], 'to WebSocket only')
  })

  await t.test('connections to the guard are kept', async t => {
    const before = guard.connections()
    for (let sent = 0; sent < 200; sent++) await send({ path: '/', headers: [alice] })
    t.ok(guard.connections() - before <= proxy.newConnections, `${guard.connections() - before} of 200`)
  })

  const unavailable = async (t: Test, name: string, answers: readonly Promise<RawAnswer>[]) => {
    for (const answer of await Promise.all(answers)) {
      t.equal(answer.status, 503, name)
      t.match(valueOf(answer, 'retry-after'), /^\d+$/, `${name}: Retry-After`)
      t.equal(valueOf(answer, 'access-control-allow-origin'), 'https://app.example.com', `${name}: CORS`)
    }
  }
  const ask = (token: Header) => ['/', '/admin', '/public/'].map(path => send({ path, headers: [token] }))

  await t.test('nobody gets in while the guard cannot decide', async t => {
    const cold = createTestIssuer()
    cold.takeDown()
    guard.answerWith(serviceOf(cold))
    await unavailable(t, 'no keys', ask(withToken(cold.accessToken({ groups: ['admin'] }))))
    guard.answerWith(() => {})
    await unavailable(t, 'no answer', ask(alice))
    guard.answerWith((_request, response) => response.destroy())
    await unavailable(t, 'no whole answer', ask(alice))
    for (const status of [302, 404, 500]) {
      // some proxies pass them on
      guard.answerWith((_request, response) =>
        response.writeHead(status, { 'X-Auth-Request-User': 'x' }).end(),
      )
      for (const answer of await Promise.all(ask(alice)))
        t.notMatch(answer.body, '"page"', `${status}: nobody`)
    }
    await guard.close()
    await unavailable(t, 'no guard', ask(alice))
    await guard.listen()
    guard.answerWith(serviceOf(issuer))
    t.equal((await send({ path: '/', headers: [alice] })).status, 200, 'and then it can')
  })
}

/** The guards of the recipes, for a user pool. */
function serviceOf(pool: TestIssuer): RequestListener {
  const verifier = createVerifier({ issuers: [userPool(pool.options)], clock: pool.clock })
  const app = createGuard({ verifier, token: firstOf(bearer(), cookie('token'), webSocketProtocol()) })
  return createForwardAuth(
    {
      app,
      orders: createGuard({ verifier, policy: hasScope('orders/read') }),
      admin: createGuard({ verifier, policy: inGroup('admin') }),
      public: allowAnonymous(app),
    },
    { assertion: { issuer: 'https://guard.test' } },
  ).handler
}

/** What the backend says of a request that it got. */
function arrivedIn({ body }: RawAnswer) {
  const { headers, ...rest } = JSON.parse(body) as {
    readonly page: string
    readonly method: string
    readonly path: string
    readonly body: string
    readonly headers: readonly Header[]
  }
  const prefix = 'x-auth-request-'
  const identity = headers.filter(([name, value]) => name.startsWith(prefix) && value !== '')
  const { user, assertion, ...others } = Object.fromEntries(
    identity.map(([name, value]) => [name.slice(prefix.length), value]),
  )
  return {
    ...rest,
    /** The subject of the caller. */
    user,
    assertion,
    identity: others,
    forwarded: headers
      .filter(([name]) => /^x-forwarded-(for|host|proto)$/.test(name))
      .map(([name, value]) => `${name}: ${value}`)
      .toSorted(),
    upgrade: headers.filter(([name]) => name === 'upgrade'),
  }
}

/** The only value of a header. */
function valueOf({ headers }: RawAnswer, name: string): string | undefined {
  const values = headers.filter(([each]) => each === name).map(([, value]) => value)
  return values.length > 1 ? `${values.length} values: ${values.join(' | ')}` : values[0]
}
