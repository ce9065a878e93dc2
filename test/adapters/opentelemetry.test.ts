import { context, metrics, type Tracer, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  allowAnonymous,
  createGuard,
  createVerifier,
  type Guard,
  inGroup,
  type RequestView,
  userPool,
} from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { instrument } from 'cognito-guard/opentelemetry'
import { createTestIssuer } from 'cognito-guard/testing'
import t, { type Test } from 'tap'
import { host } from '../jwks/issuer-double.js'
import { dynamoTable } from '../revocation/dynamo-table.js'
import { until } from '../revocation/redis-server.js'

const bearing = (value: string): RequestView => ({
  header: name => (name === 'authorization' ? `Bearer ${value}` : undefined),
})
const bare: RequestView = { header: () => undefined }

/** An API with one pool, `customers`, whose keys are fetched. */
function api(t: Test, options: object = {}) {
  const source = createTestIssuer()
  const verifier = createVerifier({
    issuers: [
      userPool({
        ...source.options,
        issuer: source.issuer,
        name: 'customers',
        fetchTimeout: 0.05,
        ...options,
      }),
    ],
    clock: source.clock,
  })
  t.teardown(() => verifier.close())
  return { source, verifier, guard: createGuard({ verifier }) }
}

/** A meter of the real SDK, and its points. */
function metering(t: Test, temporality = AggregationTemporality.CUMULATIVE) {
  const exporter = new InMemoryMetricExporter(temporality)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  t.teardown(() => provider.shutdown())
  return {
    provider,
    meter: provider.getMeter('test'),
    async collected() {
      exporter.reset()
      await reader.forceFlush()
      const all = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(each => each.metrics))
      return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, { descriptor, dataPoints }]))
    },
  }
}

/** A tracer of the real SDK, its spans, and a span that is active for a call. */
function tracing(t: Test) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  t.teardown(() => context.disable())
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('test')
  return {
    provider,
    tracer,
    exporter,
    spans: () => exporter.getFinishedSpans(),
    async inSpan<T>(call: () => T): Promise<Awaited<T>> {
      const span = tracer.startSpan('server')
      try {
        return await context.with(trace.setSpan(context.active(), span), call)
      } finally {
        span.end()
      }
    },
  }
}

t.test('decisions are counted by outcome, code, issuer and whether they were cached', async t => {
  for (const temporality of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
    const { meter, collected } = metering(t, temporality)
    const { source, verifier, guard } = api(t)
    const stop = instrument({ meter, verifiers: [verifier] })
    const good = bearing(source.accessToken())
    for (let i = 0; i < 3; i++) await guard(good)
    await guard(good, inGroup('nobody'))
    await guard(bare)
    await (allowAnonymous(guard) as Guard)(bare)
    await guard(bearing('x'))
    await guard(bearing('y'))
    const found = await collected()
    const points = found.get('cognito_guard.decisions')?.dataPoints
    t.same(
      new Set(points?.map(({ attributes, value }) => ({ ...attributes, value }))),
      new Set([
        { outcome: 'allowed', cached: true, issuer: 'customers', value: 2 },
        { outcome: 'allowed', cached: false, issuer: 'customers', value: 1 },
        { outcome: 'refused', cached: true, code: 'ERR_PERMISSION_DENIED', issuer: 'customers', value: 1 },
        { outcome: 'refused', cached: false, code: 'ERR_TOKEN_MISSING', value: 1 },
        { outcome: 'anonymous', cached: false, value: 1 },
        { outcome: 'refused', cached: false, code: 'ERR_TOKEN_MALFORMED', value: 2 },
      ]),
    )
    const durations = found.get('cognito_guard.verify.duration')
    t.match(durations?.descriptor, { unit: 's', advice: { explicitBucketBoundaries: [1e-6] } })
    t.match(
      new Map(durations?.dataPoints.map(({ attributes, value }) => [attributes.outcome, value])),
      new Map([
        ['allowed', { count: 1 }],
        ['refused', { count: 2 }],
      ]),
      'what was not cached is timed',
    )
    t.match(found.get('cognito_guard.keys.fetches')?.dataPoints, [
      { attributes: { issuer: 'customers', result: 'ok' }, value: 1 },
    ])
    t.match(found.get('cognito_guard.keys.age')?.dataPoints, [
      { attributes: { issuer: 'customers' }, value: 0 },
    ])
    stop()
    await guard(good)
    const after = (await collected()).get('cognito_guard.decisions')?.dataPoints ?? []
    t.notOk(
      after.some(({ attributes, value }) => attributes.cached === true && (value as number) > 2),
      'not after the end',
    )
  }
})

t.test('an outage: fetches, their time and events of keys', async t => {
  const { meter, collected } = metering(t)
  const { source, verifier, guard } = api(t, {
    refreshAfter: 1,
    maxAge: 2,
    monotonic: { now: () => source.clock.now() },
  })
  t.teardown(instrument({ meter, verifiers: [verifier] }))
  const good = bearing(source.accessToken())
  await guard(good)
  source.clock.advance(10)
  source.takeDown()
  t.match(await guard(good), { status: 503 })
  const found = await collected()
  t.match(found.get('cognito_guard.decisions')?.dataPoints, [
    {},
    {
      attributes: { outcome: 'unavailable', code: 'ERR_KEYS_UNAVAILABLE', issuer: 'customers', cached: true },
    },
  ])
  const results = (name: string) =>
    found.get(name)?.dataPoints.map(({ attributes: { result } }) => result as string)
  t.match(results('cognito_guard.keys.fetches'), ['ok', /^[a-z]+$/])
  t.match(results('cognito_guard.keys.fetch.duration'), ['ok', /^[a-z]+$/])
  t.match(found.get('cognito_guard.keys.events')?.dataPoints, [
    { attributes: { issuer: 'customers', type: 'expired' }, value: 1 },
  ])
  t.match(found.get('cognito_guard.keys.age')?.dataPoints, [{ value: 10 }])
})

t.test('the age of issuers with one name is that of the oldest keys; of none, there is none', async t => {
  const { meter, collected } = metering(t)
  const health = (name: string, age: number | undefined) => ({
    name,
    age,
    issuers: [],
    keys: 1,
    state: 'fresh' as const,
    lastFailure: undefined,
  })
  const verifiers = [
    { health: () => [health('a', 10), health('a', 30), health('a', 20), health('b', undefined)] },
    { health: () => [health('c', 0)] },
  ]
  t.teardown(instrument({ meter, verifiers }))
  t.match((await collected()).get('cognito_guard.keys.age')?.dataPoints, [
    { attributes: { issuer: 'a' }, value: 30 },
    { attributes: { issuer: 'c' }, value: 0 },
  ])
})

t.test('polls of revocations', async t => {
  const { meter, collected } = metering(t)
  const { tracer, spans, inSpan } = tracing(t)
  t.teardown(instrument({ meter, tracer }))
  const table = dynamoTable()
  table.state.isAway = true
  const list = dynamoRevocations({
    client: table.client,
    table: 'revocations',
    staleAfter: 60,
    whenStale: 'refuse',
    pollEvery: 0.1,
  })
  await until('it fails', () => spans().length === 1)
  table.state.isAway = false
  await inSpan(() => list.ready())
  await until('it is read again', () => table.state.queries > 2)
  list.close()
  const found = await collected()
  t.match(found.get('cognito_guard.revocations.failures')?.dataPoints, [
    { attributes: { store: 'dynamodb' }, value: 1 },
  ])
  t.same(
    new Set(
      found
        .get('cognito_guard.revocations.poll.duration')
        ?.dataPoints.map(({ attributes }) => attributes.result),
    ),
    new Set(['failed', 'ok']),
  )
  t.match(
    spans().map(({ name, kind, attributes, status, parentSpanContext }) => [
      name,
      kind,
      { ...attributes, status: status.code, isChild: parentSpanContext !== undefined },
    ]),
    [
      [
        'cognito_guard revocations poll dynamodb',
        2,
        {
          'cognito_guard.store': 'dynamodb',
          'error.type': 'ERR_REVOCATION_UNAVAILABLE',
          status: 2,
          isChild: false,
        },
      ],
      ['cognito_guard revocations poll dynamodb', 2, { status: 0, isChild: true }],
      ['server'],
    ],
    'a poll that fails, and one that a span waits for',
  )
  t.equal(spans().length, 3, 'none of the others')
})

t.test('an end of a poll by close() is not recorded, nor a fetch that was given up', async t => {
  const { meter, collected } = metering(t)
  const { tracer, spans } = tracing(t)
  t.teardown(instrument({ meter, tracer }))
  const table = dynamoTable()
  table.state.beforeAnswer = () => Promise.reject(new Error('ended'))
  const list = dynamoRevocations({ client: table.client, table: 'x', staleAfter: 60, whenStale: 'refuse' })
  list.close()
  const { verifier } = api(t, { fetch: () => new Promise(() => {}) })
  const ready = verifier.ready()
  verifier.close()
  await t.rejects(ready)
  const found = await collected()
  for (const name of ['revocations.failures', 'revocations.poll.duration', 'keys.fetches'])
    t.same(found.get(`cognito_guard.${name}`)?.dataPoints ?? [], [], name)
  t.same(spans(), [])
})

t.test('spans: of fetches, none of a decision; a refusal is an event of the span that is active', async t => {
  const { tracer, spans, inSpan, exporter } = tracing(t)
  t.teardown(instrument({ tracer }))
  const { source, guard } = api(t)
  const good = bearing(source.accessToken())
  await inSpan(() => guard(good))
  const [fetched, server] = spans()
  t.match(fetched, {
    name: 'cognito_guard keys fetch customers',
    kind: 2,
    attributes: { 'cognito_guard.issuer': 'customers' },
    status: { code: 0 },
    parentSpanContext: { spanId: server?.spanContext().spanId as string },
  })
  t.match(server, { name: 'server', events: [] })
  exporter.reset()
  await inSpan(() => guard(good))
  t.match(spans(), [{ name: 'server', events: [] }], 'a hit')
  t.equal(spans().length, 1)
  exporter.reset()
  await inSpan(() => guard(good, inGroup('nobody')))
  await inSpan(() => guard(bare))
  t.match(spans(), [
    {
      status: { code: 0 },
      events: [
        {
          name: 'cognito_guard.refused',
          attributes: { 'cognito_guard.code': 'ERR_PERMISSION_DENIED', 'cognito_guard.issuer': 'customers' },
        },
      ],
    },
    { events: [{ attributes: { 'cognito_guard.code': 'ERR_TOKEN_MISSING' } }] },
  ])
  exporter.reset()
  await guard(bare)
  t.same(spans(), [], 'without an active span')
  const down = api(t)
  down.source.takeDown()
  t.match(await down.guard(bearing(down.source.accessToken())), { status: 503 })
  t.match(spans(), [{ status: { code: 2 }, attributes: { 'error.type': /^[a-z]+$/ } }])
})

t.test('without options, by the API that the SDK is registered with', async t => {
  const { provider, collected } = metering(t)
  const { spans, provider: traces } = tracing(t)
  metrics.setGlobalMeterProvider(provider)
  trace.setGlobalTracerProvider(traces)
  t.teardown(() => {
    metrics.disable()
    trace.disable()
  })
  t.teardown(instrument())
  const { source, guard } = api(t)
  await guard(bearing(source.accessToken()))
  t.match((await collected()).get('cognito_guard.decisions')?.dataPoints, [{ value: 1 }])
  t.match(spans(), [{ instrumentationScope: { name: 'cognito-guard' } }])
})

t.test('options', async t => {
  const cases: [object, string][] = [
    [{ meter: {} }, 'instrument: meter must be a Meter of @opentelemetry/api'],
    [{ meter: null }, 'instrument: meter must be a Meter of @opentelemetry/api'],
    [{ tracer: {} as Tracer }, 'instrument: tracer must be a Tracer of @opentelemetry/api'],
    [{ verifiers: {} }, 'instrument: verifiers must be a list of verifiers'],
    [{ verifiers: [{}] }, 'instrument: verifiers must be a list of verifiers'],
    [{ spans: true }, 'instrument: spans is not an option; known are meter, tracer, verifiers'],
  ]
  for (const [options, message] of cases) t.throws(() => instrument(options), new TypeError(message), message)
})

t.test('Prometheus scrapes it', async t => {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  t.teardown(() => provider.shutdown())
  t.teardown(instrument({ meter: provider.getMeter('cognito-guard') }))
  const { source, guard } = api(t)
  await guard(bearing(source.accessToken()))
  await guard(bare)
  const { origin } = await host(t, (response, request) =>
    exporter.getMetricsRequestHandler(request, response),
  )
  const text = await (await fetch(`${origin}/metrics`)).text()
  t.match(text, /^cognito_guard_decisions_total\{.*outcome="allowed".*issuer="customers".*\} 1$/m)
  t.match(text, /^cognito_guard_decisions_total\{.*code="ERR_TOKEN_MISSING".*\} 1$/m)
  t.match(text, /^cognito_guard_verify_duration_bucket\{.*le="0.000001".*\} 0$/m)
  t.match(text, /^cognito_guard_keys_fetch_duration_count\{.*result="ok".*\} 1$/m)
})
