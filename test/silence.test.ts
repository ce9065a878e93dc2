import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  createGuard,
  createVerifier,
  type DecisionEvent,
  type Guard,
  inGroup,
  isAuthError,
  type RequestView,
  userPool,
} from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { instrument } from 'cognito-guard/opentelemetry'
import { pino } from 'pino'
import t from 'tap'
import { messagesOf, traceOf } from './channel-messages.js'
import { forgeries } from './forgeries.js'
import {
  base64url,
  claimsOf,
  clientId,
  clock,
  foreign,
  headerOf,
  json,
  now,
  pool,
  token,
  userPoolId,
  verifierOf,
} from './mint.js'
import { dynamoTable } from './revocation/dynamo-table.js'

// No input of a client is repeated: not in errors, events or answers, and not when these are logged.

const canary = (name: string) => `canary-${name}-0123456789abcdef`

/** Claims and header members that are recognizable anywhere. */
const canaries = {
  sub: canary('sub'),
  jti: canary('jti'),
  username: canary('username'),
  'cognito:groups': [canary('group')],
  scope: `${canary('scope')} openid`,
  email: canary('email'),
  nested: { [canary('name')]: [canary('value')] },
  injected: `${canary('line')}\r\nSet-Cookie: admin=1\u001b[31m`,
}
const marked = (claims: object, header: object = {}, key?: typeof foreign) =>
  token(claimsOf({ ...canaries, ...claims }), headerOf({ x: canary('header'), ...header }), key)

const vectors: readonly string[] = [
  ...forgeries.map(forgery => forgery.token),
  marked({}),
  marked({}, {}, foreign),
  marked({}, { kid: canary('kid') }),
  marked({}, { kid: `${canary('kid')}\r\nX: y` }),
  marked({}, { alg: canary('alg') }),
  marked({}, { typ: canary('typ') }),
  marked({}, { crit: [canary('crit')] }),
  marked({ iss: `https://${canary('iss')}.example` }),
  marked({ token_use: canary('use') }),
  marked({ client_id: canary('client') }),
  marked({ aud: canary('aud') }),
  marked({ exp: 1_234_567_890 }),
  marked({ nbf: now + 87_654_321 }),
  marked({ exp: canary('exp') }),
  ...['{', '}', 'x'].map(rest => token(json(claimsOf(canaries)) + rest)),
  `${base64url(canary('not json'))}.${base64url(canary('not json'))}.${base64url(canary('no signature'))}`,
  canary('no token at all'),
  ...others(),
]

/** Third-party tokens, where they are installed. */
function others(): string[] {
  const file = resolve(process.cwd(), '../shared/corpora/rebased/wycheproof_rebased_jwt.json')
  if (!existsSync(file)) return []
  const { cases }: { cases: { token: string }[] } = JSON.parse(readFileSync(file, 'utf8'))
  return cases.map(each => each.token)
}

/** Texts and long numbers in the readable parts of a token. */
function valuesOf(vector: string): string[] {
  const values: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value === 'string' || typeof value === 'number') values.push(...String(value).split(/\s+/))
    else if (typeof value === 'object' && value !== null)
      for (const each of Object.entries(value)) each.forEach(collect)
  }
  for (const part of vector.split('.').slice(0, 2)) {
    try {
      collect(JSON.parse(Buffer.from(part, 'base64url').toString()))
    } catch {}
  }
  return values.filter(value => value.length >= 9)
}

/** A piece of a vector that an output repeats; not text that every output has. */
function repeated(said: string, vector: string): string | undefined {
  for (let at = 0; at + 16 <= said.length; at++) {
    const piece = said.slice(at, at + 16)
    if (vector.includes(piece)) return piece
  }
  return valuesOf(vector).find(value => said.includes(value) && !fixed.includes(value))
}

/** Measured times have as many digits as a number in a claim. */
const untimed = (said: string) => said.replace(/"?\b(?:time|startedAt|duration)"?: ?[\d.e-]+/g, '')

/** Names of claims stand in the hints, a media type in the answers: the same for everybody. */
const fixed = ['client_id', 'token_use', 'cognito:groups', 'https://', 'application/', 'application/json']

const requestOf = (value: string): RequestView => ({
  header: name => (name === 'authorization' ? `Bearer ${value}` : undefined),
  method: 'GET',
  url: `/${canary('path')}`,
})

t.test(`errors, decision events and answers, over ${vectors.length} vectors`, async t => {
  const events: DecisionEvent[] = []
  const onDecision = (event: DecisionEvent) => events.push(event)
  const verifier = verifierOf()
  const guards: Guard[] = [false, true].map(explain =>
    createGuard({ verifier, onDecision, explain, policy: inGroup('nobody is in this one') }),
  )
  for (const vector of vectors) {
    const error: unknown = await verifier.verify(vector).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error !== undefined) {
      if (!isAuthError(error)) t.fail('something else was thrown')
      check(t, vector, error)
    }
    for (const guard of guards) {
      events.length = 0
      const decision = await guard(requestOf(vector))
      if (decision.authorized) throw new Error('let through')
      const answer = JSON.stringify([decision.status, decision.headers, decision.body])
      const line = untimed(`${JSON.stringify(events)} ${inspect(events, { depth: 9 })}`)
      const found = repeated(`${answer} ${line}`, vector)
      if (found) t.fail(`repeated: ${found}`)
      if (/canary|[\r\n]|\\r|\\n/.test(answer)) t.fail(answer)
      check(t, vector, decision.error)
    }
  }
  t.ok(vectors.length > 700)
})

function check(t: Tap, vector: string, error: unknown): void {
  const { message, hint, stack = '' } = error as Error & { hint: string }
  const all = [
    message,
    hint,
    stack,
    JSON.stringify(error),
    String(error),
    inspect(error, { depth: 9, showHidden: true }),
  ]
  const found = repeated(all.join(' '), vector)
  if (found) t.fail(`repeated: ${found}`)
  if (/canary/.test(all.join())) t.fail('a canary')
  if (/[\r\n]/.test(`${message}${hint}${JSON.stringify(error)}`)) t.fail('a line ends')
}

interface Tap {
  fail(message: string): unknown
}

t.test('outages: what the network said stays in a closed set of words', async t => {
  const secret = canary('network')
  const events: unknown[] = []
  const faults = [
    () =>
      Promise.reject(
        Object.assign(new Error(`connect ECONNREFUSED ${secret}`), {
          code: 'ECONNREFUSED',
          hostname: secret,
        }),
      ),
    () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error(secret), { code: 'ENOTFOUND' }) }),
      ),
    () => {
      throw new Error(secret)
    },
    async () => new Response(secret, { status: 500, headers: { 'x-secret': secret } }),
    async () => new Response(secret),
    async () => new Response(JSON.stringify({ keys: [{ kid: secret, kty: secret }] })),
    async () => new Response(null, { status: 302, headers: { location: `https://${secret}.example` } }),
  ]
  for (const fetch of faults) {
    const trusted = userPool({
      userPoolId,
      clientId,
      fetch,
      fetchTimeout: 0.05,
      onEvent: event => events.push(event),
    })
    const verifier = createVerifier({ issuers: [trusted], clock })
    const decisions: unknown[] = []
    const guard = createGuard({ verifier, onDecision: event => decisions.push(event), explain: true })
    const decision = await guard(requestOf(token()))
    if (decision.authorized) throw new Error('let through')
    t.equal(decision.status, 503)
    const { error } = decision
    const said = [
      decision.headers,
      decision.body,
      decisions,
      events,
      error,
      error.stack,
      verifier.health().map(health => ({ ...health, issuers: [] })),
      String(error),
    ]
    t.notMatch(
      `${inspect(said, { depth: 9, showHidden: true })} ${JSON.stringify(said)}`,
      /canary|amazonaws|\.example/,
    )
    verifier.close()
  }
  t.ok(events.length >= faults.length)
})

/** The real SDK, with what it would send away: spans as they are, metrics as Prometheus reads them. */
function telemetry(t: { teardown(end: () => unknown): unknown }) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const spans = new InMemorySpanExporter()
  const traces = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meters = new MeterProvider({ readers: [exporter] })
  const tracer = traces.getTracer('test')
  t.teardown(() => {
    context.disable()
    return meters.shutdown()
  })
  return {
    tracer,
    meter: meters.getMeter('test'),
    async inSpan<T>(call: () => T): Promise<Awaited<T>> {
      const span = tracer.startSpan('server')
      const answer = await context.with(trace.setSpan(context.active(), span), call)
      span.end()
      return answer
    },
    spans: () =>
      spans
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    scraped: () =>
      new Promise<string>(resolve => {
        const response = { statusCode: 0, setHeader: () => {}, end: resolve }
        exporter.getMetricsRequestHandler(undefined as never, response as never)
      }),
  }
}

t.test(`channels, metrics, spans and logs, over ${vectors.length} vectors`, async t => {
  const { tracer, meter, inSpan, spans, scraped } = telemetry(t)
  const verifier = verifierOf([pool({ name: 'customers' })])
  const messages = messagesOf<DecisionEvent>(t, 'cognito-guard:decision')
  t.teardown(instrument({ tracer, meter, verifiers: [verifier] }))
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => void lines.push(line) })
  const guard = createGuard({ verifier, policy: inGroup('nobody is in this one') })
  for (const vector of vectors) {
    await inSpan(() => guard(requestOf(vector)))
    const [event] = messages.splice(0)
    logger.info(event)
    const line = `${lines.splice(0).join()} ${JSON.stringify(event)} ${inspect(event, { depth: 9, showHidden: true })}`
    const found = repeated(untimed(line), vector)
    if (found) t.fail(`repeated: ${found}`)
    if (/canary/.test(line)) t.fail('a canary')
  }
  const series = (await scraped()).split('\n').filter(line => line.startsWith('cognito_guard_decisions'))
  const said = `${JSON.stringify(spans())} ${(await scraped()).replace(/[\d.e-]+$/gm, '')}`
  t.notMatch(said, /canary|amazonaws|\.example/)
  t.equal(spans().length, vectors.length, 'a span of ours for none')
  t.ok(spans().every(({ events }) => events.length === 1))
  t.ok(series.length > 5 && series.length < 20, 'as many series as there are codes, not as there are tokens')
})

t.test('channels, metrics and spans of outages', async t => {
  const secret = canary('network')
  const { tracer, meter, spans, scraped } = telemetry(t)
  const trails = [
    traceOf(t, 'cognito-guard:keys.fetch'),
    traceOf(t, 'cognito-guard:revocations.poll'),
    messagesOf(t, 'cognito-guard:keys'),
    messagesOf(t, 'cognito-guard:decision'),
  ]
  const failure = () => Object.assign(new Error(`connect ECONNREFUSED ${secret}`), { code: 'ECONNREFUSED' })
  const verifier = createVerifier({
    issuers: [
      userPool({ userPoolId, clientId, fetchTimeout: 0.05, fetch: () => Promise.reject(failure()) }),
      pool({ name: 'healthy' }),
    ],
    clock,
  })
  t.teardown(instrument({ tracer, meter, verifiers: [verifier] }))
  const { client } = dynamoTable()
  const list = dynamoRevocations({
    client: { ...client, query: () => Promise.reject(failure()) },
    table: secret,
    staleAfter: 60,
    whenStale: 'refuse',
  })
  await list.ready().catch(() => {})
  list.close()
  await createGuard({ verifier })(requestOf(token()))
  verifier.close()
  t.ok(trails.every(trail => trail.length > 0))
  t.ok(spans().length >= 2)
  const said = `${inspect(trails, { depth: 9, showHidden: true })} ${JSON.stringify([trails, spans()])} ${await scraped()}`
  t.notMatch(said, /canary|amazonaws|\.example/)
})

t.test('a verifier, a guard and an issuer show nothing of a token when they are logged', async t => {
  const verifier = verifierOf([pool()])
  const good = marked({})
  verifier.verifySync(good)
  const said = inspect([verifier, createGuard({ verifier })], { depth: 9, showHidden: true })
  t.notMatch(said, /canary/)
  t.equal(repeated(said, good), undefined)
})
