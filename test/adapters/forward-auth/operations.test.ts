import { connect } from 'node:net'
import {
  AuthError,
  allowAnonymous,
  createGuard,
  createVerifier,
  inGroup,
  type RevocationList,
  userPool,
} from 'cognito-guard'
import { createForwardAuth, type ForwardAuthEvent, type ForwardAuthOptions } from 'cognito-guard/forward-auth'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { ask, authorization, good, guardWith, listening, verifier } from './fixture.js'

t.test('ready when keys and revocations are there, and as long as keys can be used', async t => {
  const issuer = createTestIssuer()
  let isListed = false
  const revocations: RevocationList = {
    isRevoked: () => false,
    async ready() {
      if (!isListed) throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
    },
  }
  let monotonic = 0
  const pool = userPool({ ...issuer.options, monotonic: { now: () => monotonic } })
  const own = createVerifier({ issuers: [pool], clock: issuer.clock, revocations })
  let isReady = true
  const auth = createForwardAuth(
    { default: createGuard({ verifier: own }), open: allowAnonymous(createGuard({ verifier: own })) },
    { isReady: () => isReady },
  )
  const port = await listening(t, auth.handler)
  const status = async () => (await ask(port, '/readyz')).status
  issuer.takeDown()
  t.equal((await ask(port, '/healthz')).status, 200, 'alive')
  const first = await ask(port, '/readyz')
  t.equal(first.status, 503, 'no keys')
  t.equal(first.headers.get('retry-after'), '5')
  await t.rejects(auth.ready(), { code: 'ERR_KEYS_UNAVAILABLE' })
  issuer.bringUp()
  monotonic += 60_000
  issuer.clock.advance(60)
  await t.rejects(auth.ready(), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  t.equal(await status(), 503, 'no revocations')
  isListed = true
  await auth.ready()
  t.equal(await status(), 200)
  isReady = false
  t.equal(await status(), 503, 'the application says no')
  isReady = 'yes' as never
  t.equal(await status(), 503, 'no answer is no')
  isReady = true
  issuer.takeDown()
  monotonic += 86_500_000
  issuer.clock.advance(86_500)
  t.equal(await status(), 503, 'the keys are too old to be used')
  t.equal((await ask(port, '/healthz')).status, 200, 'still alive')
  issuer.bringUp()
  monotonic += 60_000
  issuer.clock.advance(60)
  let again = 0
  for (let turn = 0; turn < 50 && again !== 200; turn++) again = await status()
  t.equal(again, 200, 'and it fetches them again, though nobody sends it a check')
})

t.test('/readyz loads by itself', async t => {
  const auth = createForwardAuth(createGuard({ verifier }))
  const port = await listening(t, auth.handler)
  let status = 0
  for (let turn = 0; turn < 50 && status !== 200; turn++) status = (await ask(port, '/readyz?x')).status
  t.equal(status, 200)
})

t.test('the public paths are for everybody', async t => {
  const auth = createForwardAuth(guardWith(), { assertion: { issuer: 'x' } })
  for (const path of ['/healthz', '/.well-known/jwks.json']) {
    const answer = await auth.fetch(new Request(`http://guard${path}`), { remoteAddress: '192.0.2.1' })
    t.equal(answer.status, 200, path)
  }
})

t.test('every answer to a check is reported once, with nothing of the request', async t => {
  const events: ForwardAuthEvent[] = []
  const fault = new Error('a bug in a policy')
  const auth = createForwardAuth(
    {
      default: guardWith(),
      admin: guardWith({ policy: inGroup('admin') }),
      open: allowAnonymous(guardWith()),
      fault: guardWith({
        policy: () => {
          throw fault
        },
      }),
      later: guardWith({ policy: () => Promise.reject(fault) }),
    },
    { onAnswer: event => events.push(event), onWarning: () => {} },
  )
  const port = await listening(t, auth.handler)
  const cases: readonly [
    path: string,
    headers: Parameters<typeof ask>[2],
    expected: Partial<ForwardAuthEvent>,
  ][] = [
    [
      '/auth-request',
      [good],
      { dialect: 'auth-request', guard: 'default', outcome: 'authorized', status: 200 },
    ],
    ['/haproxy/open', [], { dialect: 'haproxy', guard: 'open', outcome: 'anonymous', status: 200 }],
    [
      '/forward-auth',
      [],
      {
        dialect: 'forward-auth',
        guard: 'default',
        outcome: 'refused',
        status: 401,
        code: 'ERR_TOKEN_MISSING',
      },
    ],
    [
      '/ext-authz/admin/x',
      [good],
      {
        dialect: 'ext-authz',
        guard: 'admin',
        outcome: 'refused',
        status: 403,
        code: 'ERR_PERMISSION_DENIED',
      },
    ],
    ['/auth-request', [good, good], { outcome: 'refused', status: 400, code: 'ERR_REQUEST_INVALID' }],
    [
      '/auth-request/nobody',
      [good],
      { dialect: 'auth-request', guard: undefined, outcome: 'misconfigured', status: 500 },
    ],
    ['/nothing', [], { dialect: undefined, guard: undefined, outcome: 'misconfigured', status: 404 }],
    ['/auth-request/fault', [good], { outcome: 'fault', status: 500, error: fault }],
    ['/auth-request/later', [good], { outcome: 'fault', status: 500, error: fault }],
  ]
  for (const [path, headers, expected] of cases) {
    events.length = 0
    const answered = await ask(port, path, headers)
    t.equal(answered.status, expected.status, path)
    t.equal(events.length, 1)
    t.match(events[0], expected)
    t.ok((events[0]?.duration ?? -1) >= 0)
    t.notMatch(JSON.stringify(events), 'eyJ')
    if (expected.outcome === 'fault') t.notMatch(answered.body, 'bug')
  }
})

t.test('callbacks do not affect answers', async t => {
  const callbacks: readonly ForwardAuthOptions[] = [
    {
      onAnswer: () => {
        throw new Error('a bug in a callback')
      },
    },
    { onAnswer: () => Promise.reject(new Error('a bug in a callback')) },
    {
      onWarning: () => {
        throw new Error('a bug in a callback')
      },
      isReady: () => {
        throw new Error('a bug in a callback')
      },
    },
    {},
  ]
  for (const options of callbacks) {
    const auth = createForwardAuth(guardWith(), options)
    const port = await listening(t, auth.handler)
    t.equal((await ask(port, '/auth-request', [good])).status, 200)
    t.equal((await ask(port, '/auth-request/nobody', [good])).status, 500)
    await auth.ready()
    t.equal((await ask(port, '/readyz')).status, options.isReady ? 503 : 200)
  }
})

t.test('without onWarning, a process warning', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const port = await listening(t, createForwardAuth(guardWith()).handler)
  await ask(port, '/auth-request/nobody')
  await ask(port, '/auth-request/nobody')
  t.match(
    warnings.filter(({ name }) => name === 'CognitoGuardWarning').map(({ message }) => message),
    [/names a guard that there is not/],
  )
})

t.test('no body is waited for', async t => {
  const port = await listening(t, createForwardAuth(guardWith()).handler)
  const socket = connect(port as number, '127.0.0.1')
  socket.write(
    `GET /auth-request HTTP/1.1\r\nHost: x\r\n${good.join(': ')}\r\nContent-Length: 1000000\r\n\r\nstart`,
  )
  const [answer] = await new Promise<string[]>(resolve =>
    socket.setEncoding('latin1').once('data', (...data: string[]) => resolve(data)),
  )
  t.match(answer, /^HTTP\/1\.1 200 /)
  socket.destroy()
})

t.test('an upgrade is a request like others', async t => {
  const port = await listening(t, createForwardAuth(guardWith()).handler)
  const upgrade = [
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Key', 'x'],
  ] as const
  t.equal((await ask(port, '/auth-request', [good, ...upgrade])).status, 200)
  t.equal((await ask(port, '/auth-request', [authorization('bad'), ...upgrade])).status, 401)
})

t.test('wrong arguments', async t => {
  const guard = guardWith()
  type Args = Parameters<typeof createForwardAuth>
  const cases: readonly [guards: unknown, options: unknown, problem: string][] = [
    [undefined, {}, 'guards must be a guard, or guards by their names'],
    [[guard], {}, 'guards must be a guard, or guards by their names'],
    [{}, {}, 'guards: there is none'],
    [{ default: undefined }, {}, 'guards: default is not a guard'],
    [{ Admin: guard }, {}, 'guards: a name must be of a-z, 0-9 and -, unlike Admin'],
    [{ a_b: guard }, {}, 'guards: a name must be'],
    [{ '': guard }, {}, 'guards: a name must be'],
    [guard, null, 'options must be an object'],
    [guard, { dialect: 'nginx' }, 'dialect is not an option'],
    [guard, { headers: 'x-forwarded' }, 'headers must be one of x-auth-request, remote'],
    [guard, { peers: [] }, 'peers must not be an empty list'],
    [guard, { peers: 'localhost' }, "peers must be an address, a network such as 10.0.0.0/16, or 'unix'"],
    [guard, { peers: ['127.0.0.1', 5] }, 'peers has an entry that must be an address'],
    [guard, { peers: '10.0.0.0/33' }, 'peers must be an address'],
    [guard, { peers: '10.0.0.0/8/8' }, 'peers must be an address'],
    [guard, { peers: '10.0.0.0/' }, 'peers must be an address'],
    [guard, { peers: '::/129' }, 'peers must be an address'],
    [guard, { peers: 'fe80::1%eth0' }, 'peers must be an address'],
    [guard, { peers: '0.0.0.0/0' }, 'peers must not be everybody'],
    [guard, { peers: '::/0' }, 'peers must not be everybody'],
    [guard, { routes: [] }, 'routes must be an object'],
    [
      guard,
      { routes: { __proto__: { '/*': 'default' } } },
      'routes must be a plain object, without a prototype of its own',
    ],
    [{ __proto__: { default: guard } }, {}, 'guards must be a guard, or guards by their names'],
    [guard, { routes: {} }, 'routes: there is none'],
    [guard, { routes: { orders: 'default' } }, 'routes: orders must be a path'],
    [guard, { routes: { '/a/../b': 'default' } }, 'routes: /a/../b must be a path'],
    [guard, { routes: { '/a*': 'default' } }, 'routes: /a* must be a path'],
    [guard, { routes: { '/*/a': 'default' } }, 'routes: /*/a must be a path'],
    [guard, { routes: { '/a?b': 'default' } }, 'routes: /a?b must be a path'],
    [guard, { routes: { '/a': 'nobody' } }, 'routes: /a names no guard'],
    [{ a: guard, b: guard }, { routes: { '/a': 'a', '/A': 'b' } }, 'routes: /A differs from another in case'],
    [{ a: guard, b: guard }, { routes: { '/a': 'a', '/a/': 'b' } }, 'routes: /a/ differs from another'],
    [guard, { assertion: 'yes' }, 'assertion must be an object'],
    [guard, { removeAuthorization: 1 }, 'removeAuthorization must be true or false'],
    [guard, { isReady: true }, 'isReady must be a function'],
    [guard, { onAnswer: 'x' }, 'onAnswer must be a function'],
    [guard, { onWarning: 'x' }, 'onWarning must be a function'],
  ]
  for (const [guards, options, problem] of cases) {
    try {
      createForwardAuth(guards as Args[0], options as Args[1])
      t.fail(problem)
    } catch (error) {
      t.match(error, { name: 'TypeError' })
      t.ok((error as Error).message.startsWith(`createForwardAuth: ${problem}`), (error as Error).message)
    }
  }
  t.ok(createForwardAuth({ a: guard }, { routes: { '/a': 'a', '/a/': 'a', '/A/*': 'a' } }), 'the same guard')
})
