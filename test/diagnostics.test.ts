import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import {
  allowAnonymous,
  behindLoadBalancer,
  type CheckDetails,
  createGuard,
  createVerifier,
  type DecisionEvent,
  type Guard,
  identityPool,
  isUser,
  type KeyFetch,
  type KeySetEvent,
  loadBalancer,
  oidcProvider,
  type RequestView,
  tenants,
  userPool,
  type Verifier,
  verifiedAccess,
} from 'cognito-guard'
import { dynamoRevocations, type RevocationPoll } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import { createTestIssuer, createTestLoadBalancer } from 'cognito-guard/testing'
import t from 'tap'
import { messagesOf, traceOf } from './channel-messages.js'
import { claimsOf, foreign, headerOf, issuer, own, pool, token, verifierOf } from './mint.js'
import { dynamoTable } from './revocation/dynamo-table.js'
import { redisDouble } from './revocation/redis-double.js'
import { until } from './revocation/redis-server.js'

const bearing = (value: string): RequestView => ({
  header: name => (name === 'authorization' ? `Bearer ${value}` : undefined),
})
const bare: RequestView = { header: () => undefined }

const isTime = (value: unknown) => typeof value === 'number' && value >= 0 && value < 60

t.test('cognito-guard:decision gets what onDecision gets, of every guard', async t => {
  const messages = messagesOf<DecisionEvent>(t, 'cognito-guard:decision')
  const heard: DecisionEvent[] = []
  const guard = createGuard({
    verifier: verifierOf([pool({ name: 'customers' })]),
    onDecision: event => heard.push(event),
  })
  const unnamed = createGuard({ verifier: verifierOf() })
  const cases: [string, Guard, RequestView, Partial<DecisionEvent>][] = [
    ['a new token', guard, bearing(token()), { status: 200, cached: false, issuer: 'customers' }],
    ['the same', guard, bearing(token()), { status: 200, cached: true, issuer: 'customers' }],
    ['an issuer without a name', unnamed, bearing(token()), { cached: false, issuer: 'userPool' }],
    ['no token', guard, bare, { status: 401, cached: undefined, issuer: undefined }],
    ['no token needed', allowAnonymous(guard) as Guard, bare, { kind: 'anonymous', cached: undefined }],
    [
      'no token at all',
      guard,
      bearing('x'),
      { code: 'ERR_TOKEN_MALFORMED', cached: false, issuer: undefined },
    ],
    [
      'of nobody',
      guard,
      bearing(token(claimsOf({ iss: 'https://x.example' }))),
      { code: 'ERR_TOKEN_ISSUER', issuer: undefined },
    ],
    [
      'of another client',
      guard,
      bearing(token(claimsOf({ client_id: 'another' }))),
      { code: 'ERR_TOKEN_CLIENT', issuer: 'customers', cached: false },
    ],
    [
      'forged',
      guard,
      bearing(token(claimsOf(), headerOf(), foreign)),
      { code: 'ERR_TOKEN_SIGNATURE', issuer: 'customers' },
    ],
  ]
  for (const [name, which, request, expected] of cases) {
    messages.length = 0
    await which(request)
    t.equal(messages.length, 1, name)
    t.match(messages[0], expected, name)
    const isTimed = messages[0]?.cached === false
    t.equal(
      isTimed ? isTime(messages[0]?.duration) : messages[0]?.duration,
      isTimed || undefined,
      `${name}: time`,
    )
    if (which === guard) t.equal(messages[0], heard.at(-1), 'one object for both')
  }
})

t.test('nothing is asked of a verifier while nobody listens', async t => {
  const asked: unknown[] = []
  const verifier = verifierOf()
  const spy: Verifier = {
    ...verifier,
    check(value, details) {
      asked.push(details)
      return verifier.check(value, details)
    },
  }
  const guard = createGuard({ verifier: spy })
  await guard(bearing(token()))
  const listener = () => {}
  channel('cognito-guard:decision').subscribe(listener)
  await guard(bearing(token()))
  channel('cognito-guard:decision').unsubscribe(listener)
  await guard(bearing(token()))
  t.match(asked, [undefined, { cached: true }, undefined])
})

t.test('verifiers of the application', async t => {
  const messages = messagesOf<DecisionEvent>(t, 'cognito-guard:decision')
  const verifier = verifierOf()
  const good = verifier.verifySync(token())
  const unknown = { cached: undefined, issuer: undefined }
  const cases: [string, Verifier['check'], boolean][] = [
    ['at once', () => good, false],
    ['later', async () => good, true],
    ['a refusal, thrown', () => verifier.verifySync('x'), false],
    ['a refusal, rejected', () => verifier.verify('x'), true],
  ]
  for (const [name, check, isTimed] of cases) {
    messages.length = 0
    const own: Verifier = { ...verifier, check: value => check(value) }
    await createGuard({ verifier: own })(bearing('y'))
    t.match(messages, [unknown], name)
    t.equal(isTime(messages[0]?.duration), isTimed, `${name}: only a wait is timed`)
  }
})

t.test('a token that waits for a key, and one whose policy waits', async t => {
  const messages = messagesOf<DecisionEvent>(t, 'cognito-guard:decision')
  const source = createTestIssuer()
  const verifier = createVerifier({
    issuers: [userPool({ ...source.options, name: 'a' })],
    clock: source.clock,
  })
  const guard = createGuard({ verifier })
  const later = async () => true
  await guard(bearing(source.accessToken()), later)
  await guard(bearing('x'), later)
  source.takeDown()
  const down = createVerifier({ issuers: [userPool({ ...source.options, name: 'b', fetchTimeout: 0.05 })] })
  await createGuard({ verifier: down })(bearing(source.accessToken()))
  t.match(messages, [
    { authorized: true, issuer: 'a', cached: false, duration: Number },
    { authorized: false, code: 'ERR_TOKEN_MALFORMED' },
    { status: 503, code: 'ERR_KEYS_UNAVAILABLE', issuer: 'b', cached: false, duration: Number },
  ])
  verifier.close()
  down.close()
})

t.test('what a check says about the token', async t => {
  const detailsOf = async (verifier: Verifier, value: string) => {
    const details: CheckDetails = {}
    await verifier.check(value, details)
    return details
  }
  const custom = { ...pool(), name: undefined } as never
  const [one, two] = [pool({ name: 'one' }), pool({ name: 'two', clientId: 'another' })]
  t.match(await detailsOf(verifierOf([one, two]), token()), { issuer: 'one' })
  t.match(
    await detailsOf(verifierOf([one, two]), token(claimsOf({ client_id: 'another' }))),
    { issuer: 'two' },
    'the one that accepts it',
  )
  t.match(
    await detailsOf(verifierOf([one, two]), token(claimsOf({ client_id: 'third' }))),
    { issuer: undefined, cached: false },
    'none of several is the one that refuses it',
  )
  t.match(await detailsOf(verifierOf([custom]), token()), { issuer: 'custom' })
  const replaced = verifierOf([pool({ name: 'x' })])
  t.match(await detailsOf(replaced, token()), { cached: false })
  t.match(await detailsOf(replaced, token()), { cached: true, startedAt: undefined })
  const uncached = verifierOf([pool()], { cache: false })
  await detailsOf(uncached, token())
  t.match(await detailsOf(uncached, token()), { cached: false })
})

t.test('a cached token whose key was replaced is verified afresh', async t => {
  let key = own
  const trusted = {
    ...pool({ name: 'x' }),
    keys: (...args: Parameters<ReturnType<typeof pool>['keys']>) =>
      pool({ jwks: { keys: [key.jwk] } }).keys(...args),
  }
  const verifier = verifierOf([trusted])
  const details: CheckDetails = {}
  await verifier.check(token(), details)
  key = { ...own }
  await verifier.check(token(), details)
  t.match(details, { cached: false, issuer: 'x', startedAt: Number })
})

t.test('names: of every kind of issuer, and in health', async t => {
  const balancer = createTestLoadBalancer(createTestIssuer())
  const arn = balancer.options.loadBalancerArn
  const jwks = { keys: [own.jwk] }
  const offline = { jwks, offline: true }
  const access = {
    instanceArn: 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0',
    issuer,
  }
  const makers = {
    userPool: (name: object) => pool(name),
    identityPool: (name: object) =>
      identityPool({ identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555', ...name }),
    oidcProvider: (name: object) =>
      oidcProvider({ issuer: 'https://x.example', audience: 'x', ...offline, ...name }),
    loadBalancer: (name: object) => loadBalancer({ loadBalancerArn: arn, issuer, clientId: 'x', ...name }),
    verifiedAccess: (name: object) => verifiedAccess({ ...access, ...name }),
    tenants: (name: object) => tenants(() => undefined, name),
  }
  for (const [kind, make] of Object.entries(makers)) {
    t.equal(make({}).name, kind, kind)
    t.equal(make({ name: 'shop, EU' }).name, 'shop, EU', `${kind}: named`)
    for (const name of ['', 'é', 'a\nb', 'x'.repeat(65), 1, null])
      t.throws(() => make({ name }), { message: `${kind}: name must be 1 to 64 printable ASCII characters` })
  }
  const named = verifierOf([pool({ name: 'a' }), makers.loadBalancer({}), makers.tenants({})])
  t.match(
    named.health().map(({ name }) => name),
    ['a', 'loadBalancer'],
  )
})

t.test('all tenants have one name in decisions', async t => {
  const messages = messagesOf<DecisionEvent>(t, 'cognito-guard:decision')
  const guard = createGuard({ verifier: verifierOf([tenants(() => pool({ name: 'tenant 4711' }))]) })
  await guard(bearing(token()))
  await guard(bearing(token()))
  t.match(messages, [
    { issuer: 'tenants', cached: false },
    { issuer: 'tenants', cached: true },
  ])
})

t.test('behind a load balancer, a pair is cached when both tokens are', async t => {
  const source = createTestIssuer()
  const balancer = createTestLoadBalancer(source)
  const { verifier } = behindLoadBalancer({
    ...balancer.options,
    name: 'alb',
    accessToken: userPool({ ...source.options, name: 'pool' }),
    clock: source.clock,
  })
  const access = source.accessToken({ username: 'ada' })
  const detailsOf = async (data: string) => {
    const details: CheckDetails = {}
    await verifier.check(`${data} ${access}`, details)
    return details
  }
  const data = balancer.dataToken({ username: 'ada' })
  t.match(await detailsOf('x'), { cached: false, issuer: undefined })
  t.match(await detailsOf(data), { cached: false, issuer: 'pool' })
  t.match(await detailsOf(data), { cached: true, issuer: 'pool' })
  t.match(await detailsOf(balancer.dataToken({ username: 'ada', claims: { email: 'b@example.com' } })), {
    cached: false,
  })
  await verifier.check(`${data} ${access}`)
  verifier.close()
})

t.test('cognito-guard:keys.fetch traces each fetch, and cognito-guard:keys gets the events', async t => {
  const trace = traceOf<KeyFetch>(t, 'cognito-guard:keys.fetch')
  const published = messagesOf<KeySetEvent>(t, 'cognito-guard:keys')
  const events: KeySetEvent[] = []
  const source = createTestIssuer()
  const make = (name: string) =>
    createVerifier({
      issuers: [
        userPool({
          ...source.options,
          issuer: source.issuer,
          name,
          fetchTimeout: 0.05,
          onEvent: event => events.push(event),
        }),
      ],
      clock: source.clock,
    })
  const [one, two] = [make('one'), make('two')]
  await one.ready()
  source.takeDown()
  await t.rejects(two.ready())
  one.close()
  t.strictSame(
    trace.map(([channel]) => channel),
    ['start', 'end', 'asyncStart', 'asyncEnd', 'start', 'end', 'error', 'asyncStart', 'asyncEnd'],
  )
  const [first, second] = [trace[0]?.[1], trace[4]?.[1]]
  t.ok(
    trace.every(([, context], i) => context === (i < 4 ? first : second)),
    'one object from start to end',
  )
  t.strictSame(Object.keys(first as object), ['issuer', 'event'], 'and no key in it')
  t.match(first, { issuer: 'one', event: { type: 'fetched', duration: Number, issuer: 'one' } })
  t.match(second, {
    issuer: 'two',
    event: { type: 'fetch_failed', duration: Number, issuer: 'two' },
    error: { name: 'KeySetError' },
  })
  t.strictSame(published, events)
  t.ok(events.includes(first?.event as KeySetEvent), 'the same objects')
})

t.test('a fetch that was given up ends without an event', async t => {
  const trace = traceOf<KeyFetch>(t, 'cognito-guard:keys.fetch')
  const source = createTestIssuer()
  const verifier = createVerifier({
    issuers: [userPool({ ...source.options, fetch: () => new Promise(() => {}) })],
    clock: source.clock,
  })
  const ready = verifier.ready()
  verifier.close()
  await t.rejects(ready)
  t.match(trace.at(-1), ['asyncEnd', { issuer: 'userPool', event: undefined, error: { reason: 'closed' } }])
})

t.test('a tool can bind its storage to the start of a fetch', async t => {
  const storage = new AsyncLocalStorage()
  const start = channel('tracing:cognito-guard:keys.fetch:start')
  start.bindStore(storage)
  t.teardown(() => {
    start.unbindStore(storage)
  })
  const source = createTestIssuer()
  const seen: unknown[] = []
  const verifier = createVerifier({
    issuers: [
      userPool({
        ...source.options,
        name: 'bound',
        fetch(...args) {
          seen.push(storage.getStore())
          return source.options.fetch(...args)
        },
      }),
    ],
    clock: source.clock,
  })
  await verifier.ready()
  verifier.close()
  t.match(seen, [{ issuer: 'bound' }])
})

t.test('cognito-guard:revocations.poll traces each read of a table', async t => {
  const trace = traceOf<RevocationPoll>(t, 'cognito-guard:revocations.poll')
  const table = dynamoTable()
  const list = dynamoRevocations({
    client: table.client,
    table: 'revocations',
    staleAfter: 60,
    whenStale: 'refuse',
    pollEvery: 0.1,
  })
  await list.ready()
  t.match(trace.at(-1), ['asyncEnd', { store: 'dynamodb', event: { type: 'polled', duration: Number } }])
  table.state.isAway = true
  await until('it fails', () => trace.some(([channel]) => channel === 'error'))
  list.close()
  const failed = trace.find(([channel]) => channel === 'error')?.[1]
  t.match(failed, {
    store: 'dynamodb',
    event: { type: 'poll_failed', duration: Number },
    error: { code: 'ERR_REVOCATION_UNAVAILABLE', cause: undefined },
  })
  t.notMatch(JSON.stringify(failed), 'away', 'and nothing that the store said')
})

t.test('of a stream: connecting and each read; the end of it is no failure', async t => {
  const trace = traceOf<RevocationPoll>(t, 'cognito-guard:revocations.poll')
  const redis = redisDouble(Date.now)
  const list = redisRevocations({ client: redis.client, staleAfter: 60, whenStale: 'refuse' })
  const ends = () => trace.filter(([channel]) => channel === 'asyncEnd').map(([, poll]) => poll)
  await until('it reads', redis.isAsked)
  redis.deliver(10)
  await until('it reads on', redis.isAsked)
  t.match(ends(), [
    { event: { type: 'polled' } },
    { store: 'redis', event: { type: 'polled', duration: Number } },
  ])
  redis.disconnect()
  await until('it reads again', redis.isAsked)
  t.match(ends()[2], { event: { type: 'poll_failed' }, error: { code: 'ERR_REVOCATION_UNAVAILABLE' } })
  const before = ends().length
  list.close()
  await until('it has ended', () => ends().length > before)
  t.match(ends().at(-1), { store: 'redis', event: undefined, error: undefined })
})

t.test('a runtime without channels', async t => {
  const { getBuiltinModule } = process
  t.teardown(() => {
    process.getBuiltinModule = getBuiltinModule
  })
  const source = createTestIssuer()
  for (const without of [
    () => undefined,
    (name: string) => (name === 'node:diagnostics_channel' ? { channel } : getBuiltinModule(name)),
  ]) {
    process.getBuiltinModule = without as typeof getBuiltinModule
    const heard: DecisionEvent[] = []
    const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
    const guard = createGuard({ verifier, onDecision: event => heard.push(event) })
    t.match(await guard(bearing(source.accessToken()), isUser), { authorized: true })
    t.match(heard, [{ cached: false, issuer: 'userPool' }], 'hooks are called all the same')
    verifier.close()
  }
})

t.test('a tracing channel that cannot tell whether anybody listens', async t => {
  const { getBuiltinModule } = process
  t.teardown(() => {
    process.getBuiltinModule = getBuiltinModule
  })
  const real = getBuiltinModule('node:diagnostics_channel')
  const trace = traceOf<KeyFetch>(t, 'cognito-guard:keys.fetch')
  const tracingChannel = (name: string) => {
    const { start, end, asyncStart, asyncEnd, error } = real.tracingChannel(name)
    return { start, end, asyncStart, asyncEnd, error }
  }
  process.getBuiltinModule = ((name: string) =>
    name === 'node:diagnostics_channel'
      ? { ...real, tracingChannel }
      : getBuiltinModule(name)) as typeof getBuiltinModule
  const source = createTestIssuer()
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  await verifier.ready()
  verifier.close()
  t.equal(trace.length, 4, 'is published to')
})
