import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  allowAnonymous,
  cookie,
  hasScope,
  inGroup,
  isRead,
  type Policy,
  queryToken,
  type RequestView,
} from 'cognito-guard'
import { createForwardAuth, type ForwardAuthEvent, type ForwardAuthOptions } from 'cognito-guard/forward-auth'
import t, { type Test } from 'tap'
import { ask, authorization, good, guardWith, type Header, issuer, listening, token } from './fixture.js'

/** A check of each dialect, and the headers that say what the original request was. */
const dialects = [
  { path: '/auth-request', named: '/auth-request/', prefix: 'X-Original-' },
  { path: '/forward-auth', named: '/forward-auth/', prefix: 'X-Forwarded-' },
  { path: '/haproxy', named: '/haproxy/', prefix: 'X-Forwarded-' },
] as const

const quiet: ForwardAuthOptions = { onWarning: () => {} }

t.test('each dialect passes on what the guard decides', async t => {
  const auth = createForwardAuth({
    default: guardWith({ realm: 'shop' }),
    admin: guardWith({ policy: inGroup('admin') }),
    'a-scope-1': guardWith({ policy: hasScope('orders/write') }),
    open: allowAnonymous(guardWith()),
  })
  const port = await listening(t, auth.handler)
  const bases = [...dialects.map(({ path, named }) => [path, named] as const), ['/ext-authz/default/', '']]
  for (const [path = '', named = ''] of bases) {
    const at = (name: string) => (named ? `${named}${name}` : `/ext-authz/${name}/orders?x=1`)
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
      const none = await ask(port, path, [], method)
      t.equal(none.status, 401, `${method} ${path} without a token`)
      t.equal(none.headers.get('www-authenticate'), 'Bearer realm="shop"')
      t.equal(none.headers.get('cache-control'), 'no-store')
      const let_in = await ask(port, path, [good], method)
      t.match(let_in, { status: 200, body: '' }, `${method} ${path} with one`)
      t.equal(let_in.headers.get('cache-control'), 'no-store')
      t.equal(let_in.headers.get('content-type'), null)
    }
    t.equal((await ask(port, path, [authorization(`${token}x`)])).status, 401, 'a bad token')
    t.equal((await ask(port, at('admin'), [good])).status, 403, 'not in the group')
    const missing = await ask(port, at('a-scope-1'), [good])
    t.equal(missing.status, 403)
    t.match(missing.headers.get('www-authenticate'), 'scope="orders/write"')
    t.match(JSON.parse(missing.body), { error: 'insufficient_scope' })
    t.equal((await ask(port, at('open'))).status, 200, 'anonymous')
    t.equal((await ask(port, at('open'), [authorization('bad')])).status, 401, 'a bad token is not none')
  }
  t.equal((await ask(port, '/forward-auth?a=b&c=/d', [good])).status, 200, 'Caddy adds the query')
})

t.test('what is no check is none', async t => {
  const events: ForwardAuthEvent[] = []
  const warnings: string[] = []
  const auth = createForwardAuth(
    { admin: guardWith() },
    { onAnswer: event => events.push(event), onWarning: message => warnings.push(message) },
  )
  const port = await listening(t, auth.handler)
  const cases: readonly [target: string, status: number, error: string][] = [
    ['/', 404, 'not_found'],
    ['/auth-requests', 404, 'not_found'],
    ['/Auth-Request/admin', 404, 'not_found'],
    ['/auth-request/', 404, 'not_found'],
    ['/auth-request/admin/', 404, 'not_found'],
    ['/auth-request/admin/x', 404, 'not_found'],
    ['/auth-request/Admin', 404, 'not_found'],
    ['/auth-request/%61dmin', 404, 'not_found'],
    ['/auth-request/a_b', 404, 'not_found'],
    ['//auth-request/admin', 404, 'not_found'],
    ['http://guard/auth-request/admin', 404, 'not_found'],
    ['/ext-authz', 404, 'not_found'],
    ['/ext-authz/admin', 404, 'not_found'],
    ['/ext-authz/admin?x', 404, 'not_found'],
    ['/ext-authz//orders', 404, 'not_found'],
    ['*', 404, 'not_found'],
    ['/auth-request', 500, 'unknown_guard'],
    ['/auth-request/user', 500, 'unknown_guard'],
    ['/auth-request/constructor', 500, 'unknown_guard'],
    ['/ext-authz/user/orders', 500, 'unknown_guard'],
    ['/.well-known/jwks.json', 404, 'not_found'],
  ]
  for (const [target, status, error] of cases) {
    const answered = await ask(port, target, [good], target === '*' ? 'OPTIONS' : 'GET')
    t.equal(answered.status, status, target)
    t.match(JSON.parse(answered.body), { error })
    t.match(events.at(-1), { outcome: 'misconfigured', status, guard: undefined }, target)
  }
  t.equal(new Set(warnings).size, 2, 'said once each')
  t.equal(warnings.length, 2)
})

t.test('guards see the original request', async t => {
  const seen: RequestView[] = []
  const policy: Policy = (_auth, request) => {
    seen.push(request)
    return true
  }
  const auth = createForwardAuth(guardWith({ policy }))
  const port = await listening(t, auth.handler)
  for (const { path, prefix } of dialects) {
    const other = prefix === 'X-Original-' ? 'X-Forwarded-' : 'X-Original-'
    await ask(port, path, [
      good,
      [`${prefix}Method`, 'DELETE'],
      [`${prefix}Uri`, '/orders/1?x=a,b'],
      [`${prefix}Host`, 'api.example.com:8443'],
      [`${prefix}Proto`, 'https'],
      [`${prefix}For`, '192.0.2.1, 192.0.2.2'],
      [`${other}Method`, 'PUT'],
      [`${other}Uri`, '/other'],
      ['X-Own', 'yes'],
    ])
    const view = seen.at(-1)
    t.match(view, { method: 'DELETE', url: '/orders/1?x=a,b' }, path)
    t.equal(view?.header('host'), 'api.example.com:8443')
    t.equal(view?.header('x-own'), 'yes')
    for (const name of ['method', 'uri', 'host', 'proto', 'for', 'anything'])
      t.equal(view?.header(`${prefix.toLowerCase()}${name}`), undefined, 'those of the dialect are its own')
    t.equal(view?.header(`${other.toLowerCase()}uri`), '/other', 'others are the client’s')
    await ask(port, path, [good], 'PATCH')
    t.notOk(seen.at(-1)?.method, 'nothing is guessed: no method')
    t.notOk(seen.at(-1)?.url, 'no path')
    t.equal(seen.at(-1)?.header('host'), undefined, 'no host')
  }
  await ask(port, '/ext-authz/default/orders/2?a=/../b', [good, ['Host', 'shop.example.com']], 'PUT')
  t.match(seen.at(-1), { method: 'PUT', url: '/orders/2?a=/../b' })
  t.equal(seen.at(-1)?.header('host'), 'shop.example.com')
})

t.test('a method that nobody named is not GET', async t => {
  const port = await listening(t, createForwardAuth(guardWith({ policy: isRead })).handler)
  for (const { path, prefix } of dialects) {
    t.equal((await ask(port, path, [good])).status, 403, path)
    t.equal((await ask(port, path, [good, [`${prefix}Method`, '']])).status, 403)
    for (const [method, status] of [
      ['GET', 200],
      ['HEAD', 200],
      ['OPTIONS', 200],
      ['POST', 403],
      ['VERSION-CONTROL', 403],
      ['get', 400],
      ['GET, POST', 400],
      ['GET,POST', 400],
      ['GET POST', 400],
    ] as const)
      t.equal((await ask(port, path, [good, [`${prefix}Method`, method]])).status, status, method)
  }
  t.equal((await ask(port, '/ext-authz/default/x', [good], 'POST')).status, 403)
  t.equal((await ask(port, '/ext-authz/default/x', [good], 'HEAD')).status, 200)
})

t.test('what came twice is refused', async t => {
  const auth = createForwardAuth(
    { default: guardWith(), web: guardWith({ token: cookie('session') }) },
    quiet,
  )
  const port = await listening(t, auth.handler)
  const refused = async (t: Test, path: string, headers: readonly Header[], name: string) => {
    const answered = await ask(port, path, headers)
    t.equal(answered.status, 400, name)
    t.match(JSON.parse(answered.body), { error: 'invalid_request' })
  }
  for (const { path, named, prefix } of dialects) {
    for (const [name, value] of [
      ['Method', 'GET'],
      ['Uri', '/orders'],
      ['Host', 'api.example.com'],
      ['Proto', 'https'],
      ['For', '192.0.2.1'],
    ]) {
      const header: Header = [`${prefix}${name}`, value as string]
      await refused(t, path, [good, header, header], `${path} ${name} twice`)
      await refused(
        t,
        path,
        [good, [header[0].toLowerCase(), '/public'], header],
        `${path} ${name} in two cases`,
      )
      if (name !== 'For')
        await refused(t, path, [good, [header[0], `${value}, ${value}`]], `${path} ${name} joined`)
    }
    await refused(t, path, [good, [`${prefix}Uri`, '/public,/admin']], 'joined without a space')
    await refused(t, path, [good, [`${prefix}Uri`, '/public?x,/admin']], 'joined after a query')
    await refused(t, path, [good, [`${prefix}Host`, 'a.example/b']], 'a host that is none')
    await refused(t, path, [good, good], 'two tokens')
    await refused(t, path, [good, ['authorization', 'Basic eA==']], 'a token and something else')
    await refused(t, `${named}web`, [['Cookie', `session=${token}`], good, good], 'for any source')
  }
  await refused(t, '/ext-authz/default/x', [good, good], 'two tokens')
  await refused(t, '/ext-authz/default/x', [good, ['Host', 'a.example/b']], 'a host that is none')
})

t.test('token sources find the token where the client put it', async t => {
  const auth = createForwardAuth({
    query: guardWith({ token: queryToken() }),
    web: guardWith({ token: cookie('session') }),
  })
  const port = await listening(t, auth.handler)
  for (const { named, prefix } of dialects) {
    const uri: Header = [`${prefix}Uri`, `/socket?access_token=${token}`]
    t.equal((await ask(port, `${named}query`, [uri])).status, 200)
    t.equal(
      (await ask(port, `${named}query?access_token=${token}`)).status,
      401,
      'not in the URL of the check',
    )
    const session: Header = ['Cookie', `session=${token}`]
    const origin: Header = ['Origin', 'https://api.example.com']
    const post: Header = [`${prefix}Method`, 'POST']
    const host: Header = [`${prefix}Host`, 'api.example.com']
    t.equal((await ask(port, `${named}web`, [session, post])).status, 400, 'a POST of who knows whom')
    t.equal((await ask(port, `${named}web`, [session])).status, 400, 'an unknown method may change something')
    t.equal((await ask(port, `${named}web`, [session, post, host, origin])).status, 200, 'the own origin')
    const forged: Header = ['Host', 'api.example.com']
    t.equal((await ask(port, `${named}web`, [session, post, forged, origin])).status, 400, 'not by Host')
  }
})

t.test('only listed peers may ask', async t => {
  const events: ForwardAuthEvent[] = []
  const warnings: string[] = []
  const options = {
    onAnswer: (event: ForwardAuthEvent) => events.push(event),
    onWarning: (message: string) => warnings.push(message),
  }
  const cases: readonly [peers: ForwardAuthOptions['peers'], address: string | undefined, may: boolean][] = [
    [undefined, '127.0.0.1', true],
    [undefined, '127.3.4.5', true],
    [undefined, '::1', true],
    [undefined, '::ffff:127.0.0.1', true],
    [undefined, 'unix', true],
    [undefined, '10.0.0.1', false],
    [undefined, '::ffff:10.0.0.1', false],
    [undefined, 'fe80::1', false],
    [undefined, '', false],
    [undefined, undefined, false],
    [undefined, 'localhost', false],
    ['10.1.0.0/16', '10.1.255.1', true],
    ['10.1.0.0/16', '::ffff:10.1.0.9', true],
    ['10.1.0.0/16', '10.2.0.1', false],
    ['10.1.0.0/16', '127.0.0.1', false],
    ['10.1.0.0/16', 'unix', false],
    [['192.0.2.7', '2001:db8::/32'], '192.0.2.7', true],
    [['192.0.2.7', '2001:db8::/32'], '192.0.2.8', false],
    [['192.0.2.7', '2001:db8::/32'], '2001:db8:1::1', true],
    [['192.0.2.7', '2001:db8::/32'], '2001:db9::1', false],
    ['fe80::/64', 'fe80::1%eth0', true],
    ['unix', 'unix', true],
    ['unix', '127.0.0.1', false],
  ]
  for (const [peers, remoteAddress, may] of cases) {
    const auth = createForwardAuth(guardWith(), { ...options, ...(peers !== undefined && { peers }) })
    const request = new Request('http://guard/auth-request', {
      headers: [good, ['X-Forwarded-For', '127.0.0.1'], ['X-Real-IP', '127.0.0.1']].map(
        ([...pair]) => pair as [string, string],
      ),
    })
    const { status } = await auth.fetch(request, { remoteAddress })
    t.equal(status, may ? 200 : 403, `${remoteAddress} of ${String(peers)}`)
    if (!may) t.match(events.at(-1), { outcome: 'misconfigured', status: 403 })
  }
  t.match(warnings[0], /not listed in peers/)
})

t.test('a Unix socket is a peer, and nothing that lacks an address', async t => {
  const auth = createForwardAuth(guardWith(), quiet)
  const folder = mkdtempSync(join(tmpdir(), 'guard-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const socket = join(folder, 'guard.sock')
  const at = await listening(t, auth.handler, socket)
  t.equal((await ask(at, '/auth-request', [good])).status, 200)
  const only = createForwardAuth(guardWith(), { ...quiet, peers: '127.0.0.1' })
  const other = await listening(t, only.handler, join(folder, 'only.sock'))
  t.equal((await ask(other, '/auth-request', [good])).status, 403)

  const status = await new Promise(resolve => {
    const response = { setHeader() {}, end: () => resolve(response.statusCode), statusCode: 0 }
    const mocked = { socket: {}, rawHeaders: [...good], headers: {}, method: 'GET', url: '/auth-request' }
    auth.handler(mocked as unknown as IncomingMessage, response as never)
  })
  t.equal(status, 403, 'a mock has no address')
})

t.test('a Unix socket stays a peer while its server closes', async t => {
  const auth = createForwardAuth(guardWith(), quiet)
  const folder = mkdtempSync(join(tmpdir(), 'guard-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const socketPath = join(folder, 'guard.sock')
  let closing = false
  const server = createServer((request, response) => {
    if (closing) server.close()
    auth.handler(request, response)
  })
  await new Promise<void>(resolve => server.listen(socketPath, resolve))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const asked = () =>
    new Promise(resolve =>
      get({ socketPath, agent, path: '/auth-request', headers: { authorization: good[1] } }, response => {
        response.resume().once('end', () => resolve(response.statusCode))
      }),
    )
  t.equal(await asked(), 200)
  closing = true
  t.equal(await asked(), 200)
  agent.destroy()
})

t.test('a Request is answered alike', async t => {
  const auth = createForwardAuth({ default: guardWith(), open: allowAnonymous(guardWith()) }, quiet)
  const asked = (path: string, headers: readonly Header[] = [], method = 'GET') =>
    auth.fetch(new Request(`http://guard${path}`, { method, headers: headers.map(([...pair]) => pair) }), {
      remoteAddress: '127.0.0.1',
    })
  for (const { path, prefix } of dialects) {
    t.equal((await asked(path)).status, 401)
    const let_in = await asked(path, [good])
    t.equal(let_in.status, 200)
    t.equal(let_in.headers.get('x-auth-request-groups'), 'readers')
    const uri = [`${prefix}Uri`, '/a'] as const
    t.equal((await asked(path, [good, uri, uri])).status, 400, 'a Request joins what came twice')
    t.equal((await asked(path, [good, good])).status, 400)
  }
  // normalised, the path of a client would name the guard
  for (const path of [
    '/ext-authz/default/x',
    '/ext-authz/default/../open/x',
    '/ext-authz/default/%2e%2e/open/x',
  ])
    t.equal((await asked(path, [good])).status, 500, path)
  t.equal((await asked('/healthz')).status, 200)
  t.match(await (await asked('/auth-request', [authorization('bad')])).json(), { error: 'invalid_token' })
})

t.test('Envoy removes the token where it is told to', async t => {
  const header = 'x-envoy-auth-headers-to-remove'
  const auth = createForwardAuth(guardWith(), { removeAuthorization: true })
  const port = await listening(t, auth.handler)
  t.equal((await ask(port, '/ext-authz/default/x', [good])).headers.get(header), 'authorization')
  t.equal((await ask(port, '/auth-request', [good])).headers.get(header), null, 'others do not know it')
  t.equal((await ask(port, '/ext-authz/default/x')).headers.get(header), null)
  const kept = await listening(t, createForwardAuth(guardWith()).handler)
  t.equal((await ask(kept, '/ext-authz/default/x', [good])).headers.get(header), null)
})

t.test('an outage is 503, as the guard says it', async t => {
  issuer.takeDown()
  t.teardown(() => issuer.bringUp())
  const { createVerifier, createGuard, userPool } = await import('cognito-guard')
  const fresh = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
  const events: ForwardAuthEvent[] = []
  const auth = createForwardAuth(createGuard({ verifier: fresh }), { onAnswer: event => events.push(event) })
  const port = await listening(t, auth.handler)
  for (const path of ['/auth-request', '/forward-auth', '/haproxy', '/ext-authz/default/x']) {
    const answered = await ask(port, path, [good])
    t.equal(answered.status, 503, path)
    t.match(answered.headers.get('retry-after'), /^\d+$/)
    t.match(events.at(-1), { outcome: 'unavailable', code: 'ERR_KEYS_UNAVAILABLE', status: 503 })
  }
})
