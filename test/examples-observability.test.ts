import { readFileSync } from 'node:fs'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createGuard, createVerifier, loadBalancer, sensitiveHeaders, userPool } from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { instrument } from 'cognito-guard/opentelemetry'
import { createTestIssuer, createTestLoadBalancer } from 'cognito-guard/testing'
import t from 'tap'
import { isReady } from '../examples/observability/health.js'
import { httpAuthorizerEvent } from './adapters/events.js'
import { host } from './jwks/issuer-double.js'
import { base64url, claimsOf, clientId, headerOf, json, own, seal, userPoolId } from './mint.js'
import { start } from './program.js'
import { dynamoTable } from './revocation/dynamo-table.js'
import { until } from './revocation/redis-server.js'

const env = {
  USER_POOL_ID: userPoolId,
  CLIENT_ID: clientId,
  JWKS: JSON.stringify({ keys: [own.jwk] }),
  PORT: '0',
}
const iat = Math.floor(Date.now() / 1000) - 10
const claims = claimsOf({ iat, auth_time: iat, exp: iat + 3600 })
const token = seal([headerOf(), claims].map(part => base64url(json(part))).join('.'))
const bearing = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }

t.test('server: metrics for Prometheus, and probes', async t => {
  const server = start('examples/observability/server.js', [], env)
  const [, url = ''] = (await server.until('/me')).match(/(http:\S+)\/me/) ?? []
  const status = async (path: string, headers = {}) => (await fetch(url + path, { headers })).status
  t.equal(await status('/me'), 401)
  t.equal(await status('/me', { Authorization: `Bearer ${token}` }), 200)
  t.equal(await status('/livez'), 200)
  t.equal(await status('/readyz'), 200)
  t.equal(await status('/x'), 404)
  const text = await (await fetch(`${url}/metrics`)).text()
  t.match(text, /^cognito_guard_decisions_total\{.*outcome="allowed".*issuer="userPool".*\} 1$/m)
  t.match(text, /^cognito_guard_decisions_total\{.*code="ERR_TOKEN_MISSING".*\} 1$/m)
  server.kill('SIGTERM')
  t.equal((await server.closed).code, 0)
})

t.test('pino: what is sensitive is redacted', async t => {
  const server = start('examples/observability/pino.js', [], env)
  const [, url = ''] = (await server.until('/me')).match(/(http:\S+)\/me/) ?? []
  const names = sensitiveHeaders.filter(name => !['set-cookie', 'authorization'].includes(name))
  const headers = Object.fromEntries(names.map(name => [name, `secret-${name}`]))
  await fetch(`${url}/me?access_token=secret-query`, {
    headers: { ...headers, Authorization: `Bearer ${token}`, 'X-Harmless': 'harmless' },
  })
  await fetch(`${url}/me`, { headers: { Authorization: 'Bearer secret-token' } })
  await server.until('ERR_TOKEN_MALFORMED')
  server.kill('SIGTERM')
  const { code, output } = await server.closed
  t.equal(code, 0)
  const lines = output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
  t.match(lines, [
    { msg: 'request', req: { method: 'GET', path: '/me', headers: { 'x-harmless': 'harmless' } } },
    { msg: 'decision', status: 200, code: 'authorized', issuer: 'userPool', cached: false },
    { msg: 'request' },
    { msg: 'decision', status: 401, code: 'ERR_TOKEN_MALFORMED' },
  ])
  t.notMatch(output, /secret-/)
  t.notOk(output.includes(token.slice(-30)))
})

t.test('Lambda: lines in the embedded metric format, and objects of the shape of Powertools', async t => {
  Object.assign(process.env, env)
  const log = t.capture(console, 'log')
  const { handler } = await import('../examples/observability/emf.js')
  const { authorizerWith } = await import('../examples/observability/powertools.js')
  const allowed = httpAuthorizerEvent([['Authorization', `Bearer ${token}`]])
  t.match(await handler(allowed), { isAuthorized: true })
  await t.rejects(handler(httpAuthorizerEvent([['Authorization', 'Bearer x']])), { message: 'Unauthorized' })
  const lines = log()
    .map(({ args }) => args[0] as string)
    .filter(line => typeof line === 'string' && line.startsWith('{'))
    .map(line => JSON.parse(line))
  t.match(lines, [
    { message: 'decision', decision: { status: 200, code: 'authorized', issuer: 'userPool' } },
    { service: 'authorizer', Allowed: 1 },
    { message: 'decision', decision: { status: 401, code: 'ERR_TOKEN_MALFORMED' } },
    { service: 'authorizer', ERR_TOKEN_MALFORMED: 1 },
  ])
  t.match(lines[1]._aws, {
    Timestamp: Number,
    CloudWatchMetrics: [
      { Namespace: 'CognitoGuard', Dimensions: [['service']], Metrics: [{ Name: 'Allowed', Unit: 'Count' }] },
    ],
  })
  t.equal(lines[1]._aws.CloudWatchMetrics[0].Metrics.length, 1)
  const metrics: unknown[] = []
  const messages: unknown[] = []
  const powertools = authorizerWith(
    { info: (...args) => messages.push(args) },
    {
      addMetric: (...args) => metrics.push(args),
      publishStoredMetrics: () => void metrics.push('published'),
    },
  )
  await powertools(allowed)
  t.match(metrics, [['Allowed', 'Count', 1], 'published'])
  t.match(messages, [['decision', { decision: { cached: true } }]])
})

t.test('readiness', async t => {
  const source = createTestIssuer()
  const balancer = createTestLoadBalancer(source)
  const of = (options: object = {}) =>
    createVerifier({
      issuers: [
        userPool({ ...source.options, issuer: source.issuer, fetchTimeout: 0.05, ...options }),
        loadBalancer(balancer.options),
      ],
      clock: source.clock,
    })
  const verifier = of({ monotonic: { now: () => source.clock.now() } })
  await verifier.ready()
  t.ok(isReady(verifier), 'the keys of a load balancer are fetched one by one')
  source.takeDown()
  source.clock.advance(3_600)
  await t.resolves(verifier.verify(source.accessToken()))
  t.equal(verifier.health()[0]?.state, 'stale')
  t.ok(isReady(verifier), 'an outage that cached keys survive')
  source.clock.advance(86_400)
  t.notOk(isReady(verifier), 'keys that are too old')
  source.bringUp()
  source.clock.advance(60)
  await until('it has asked for them itself', () => isReady(verifier))
  source.takeDown()
  const idle = createVerifier({ issuers: [loadBalancer(balancer.options)], clock: source.clock })
  await t.resolves(idle.verify(balancer.dataToken()))
  t.ok(isReady(idle))
  const cold = of()
  await cold.ready().catch(() => {})
  t.notOk(isReady(cold), 'an outage from the start')
  verifier.close()
  cold.close()
  idle.close()
})

t.test('the dashboard and the alerts name what the exporter prints', async t => {
  const text = await everyMetric(t)
  const printed = new Map<string, Set<string>>()
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const known = printed.get(name) ?? new Set(['job', 'instance'])
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    printed.set(name, known)
  }
  const read = (file: string) =>
    readFileSync(new URL(`../../examples/observability/${file}`, import.meta.url), 'utf8')
  const { panels } = JSON.parse(read('dashboard.json')) as { panels: { targets: { expr: string }[] }[] }
  const alerts = [...read('alerts.yml').matchAll(/^ +expr: (.*)$/gm)].map(([, expr = '']) => expr)
  t.equal(alerts.length, 3)
  t.equal(panels.length, 10)
  const used = new Set<string>()
  for (const expr of [...panels.flatMap(({ targets }) => targets.map(target => target.expr)), ...alerts]) {
    const names = [...expr.matchAll(/cognito_guard_\w+/g)].map(([name]) => name)
    t.ok(names.length > 0, expr)
    const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, */),
    )
    const matched = [...expr.matchAll(/[{,] *(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label)
    for (const name of names) {
      used.add(name)
      t.ok(printed.has(name), name)
      const missing = [...grouped, ...matched].filter(label => !printed.get(name)?.has(label))
      // each side of an `and` has its own
      t.same(expr.includes(' and on ') ? missing.filter(label => label !== 'issuer') : missing, [], expr)
    }
  }
  const metrics = new Set([...printed.keys()].map(name => name.replace(/_(?:bucket|sum|count)$/, '')))
  const unused = [...metrics].filter(
    name => name.startsWith('cognito_') && ![...used].some(each => each.startsWith(name)),
  )
  t.same(unused, [], 'and nothing is left out')
  const outcomes = [...read('alerts.yml').matchAll(/outcome="(\w+)"/g)].map(([, outcome]) => outcome)
  for (const outcome of outcomes) t.match(text, `outcome="${outcome}"`)
})

/** What the exporter prints of a process to which everything has happened. */
async function everyMetric(t: { teardown(end: () => unknown): unknown }): Promise<string> {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const source = createTestIssuer()
  const of = (options: object) =>
    createVerifier({
      issuers: [userPool({ ...source.options, issuer: source.issuer, fetchTimeout: 0.05, ...options })],
      clock: source.clock,
    })
  const [up, down] = [of({}), of({ refreshAfter: 1, maxAge: 2, monotonic: source.clock })]
  const table = dynamoTable()
  const stop = instrument({ meter: provider.getMeter('cognito-guard'), verifiers: [up, down] })
  t.teardown(async () => {
    stop()
    up.close()
    down.close()
    await provider.shutdown()
  })
  const good = { header: () => `Bearer ${source.accessToken()}` }
  await createGuard({ verifier: up })(good)
  await createGuard({ verifier: up })(good)
  await createGuard({ verifier: up })(bearing)
  await down.ready()
  source.takeDown()
  source.clock.advance(10)
  await createGuard({ verifier: down })(good)
  table.state.isAway = true
  const list = dynamoRevocations({ client: table.client, table: 'x', staleAfter: 60, whenStale: 'refuse' })
  await list.ready().catch(() => {})
  list.close()
  const { origin } = await host(t as never, (response, request) =>
    exporter.getMetricsRequestHandler(request, response),
  )
  return (await fetch(origin)).text()
}
