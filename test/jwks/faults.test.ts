// The fault matrix: what an issuer's host can do to us, and strangers, clocks and schedulers. Each row has its ID.
import dns from 'node:dns'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { AuthError } from '../../src/errors.js'
import { loadBalancer } from '../../src/issuers/load-balancer.js'
import { userPool } from '../../src/issuers/user-pool.js'
import { keyPerUrl } from '../../src/jwks/jwks.js'
import { createVerifier } from '../../src/verifier/verifier.js'
import { certificate } from './certificate.js'
import {
  type Behaviour,
  clocks,
  host,
  pem,
  rsaSigner,
  say,
  setOf,
  sign,
  signer,
  status,
  token,
} from './issuer-double.js'
import { ask, askNow, idle, lab, settle, traffic } from './lab.js'
import { client } from './run-client.js'

const [one, two, three] = [signer('one'), signer('two'), signer('three')]
const good = setOf(one)

const silent: Behaviour = () => {}

/** A key set that has been fetched once, and a host that will behave differently from now on. */
async function warm(
  t: Test,
  then: Behaviour,
  options: Parameters<typeof lab>[2] = {},
  first: Behaviour = say(good),
) {
  const issuer = await host(t, first)
  const at = lab(t, issuer.url, options)
  t.ok((await at.ask('one')).key, 'warm')
  issuer.behave = then
  issuer.requests = 0
  return { issuer, ...at }
}

type Lab = ReturnType<typeof lab>

/** Asks n times in a row, each time a little later; all answers but the first must come at once. */
async function inARow(t: Test, at: Lab, reason: string, n = 200, seconds = 1) {
  const first = await at.ask('one')
  t.match(
    first,
    { error: { code: 'ERR_KEYS_UNAVAILABLE', status: 503 }, reason },
    `${reason}: the first is refused`,
  )
  t.ok(first.error?.retryAfter, 'with a time to retry')
  let fetched = 0
  for (let i = 1; i < n; i++) {
    at.time.pass(seconds / n)
    const answer = await at.ask('one')
    if (!answer.atOnce) fetched++
    if (answer.error?.code !== 'ERR_KEYS_UNAVAILABLE') t.fail('refused with 503')
  }
  t.ok(fetched <= 1, 'the others fail at once')
}

/** Asks every 100 ms until a key is there; returns how many seconds that took. */
async function recovery(at: Lab, kid = 'one'): Promise<number> {
  for (let seconds = 0; seconds < 120; seconds += 0.1) {
    if ((await at.ask(kid)).key) return seconds
    at.time.pass(0.1)
  }
  return Number.POSITIVE_INFINITY
}

t.test('JF-01 cold: 10,000 requests at once are one fetch', async t => {
  const issuer = await host(t, say(good, { after: 100 }))
  const at = lab(t, issuer.url)
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 10_000 }, () => at.ask('one')))
  t.ok(answers.every(({ key }) => key))
  t.equal(issuer.requests, 1)
  t.ok(performance.now() - began < 3_000)
})

t.test('JF-02 cold: the host name cannot be resolved', async t => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const issuer = await host(t, say(good))
    const { lookup } = dns
    let tries = 0
    const failing = (...call: unknown[]) => {
      tries++
      const done = call.at(-1) as (error: Error) => void
      process.nextTick(done, Object.assign(new Error('getaddrinfo'), { code, syscall: 'getaddrinfo' }))
    }
    dns.lookup = failing as unknown as typeof lookup
    t.teardown(() => void (dns.lookup = lookup))
    const at = lab(t, issuer.url.replace('127.0.0.1', 'localhost'))
    await inARow(t, at, 'dns')
    t.ok(tries <= 4, `${code}: ${tries} tries`)
    t.match(at.eventsOf('fetch_failed')[0], { reason: 'dns', code })
    dns.lookup = ((_: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
      options.all
        ? done(null, [{ address: '127.0.0.1', family: 4 }])
        : done(null, '127.0.0.1', 4)) as unknown as typeof lookup
    t.ok((await recovery(at)) <= 5, 'recovers within 5 s')
    dns.lookup = lookup
  }
})

t.test('JF-03 cold: connection refused', async t => {
  const closed = createTcpServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as { port: number }
  await new Promise(resolve => closed.close(resolve))
  const at = lab(t, `http://127.0.0.1:${port}/jwks.json`)
  const before = traffic.sent
  await inARow(t, at, 'connect')
  t.ok(traffic.sent - before <= 4, `${traffic.sent - before} tries`)
  t.match(at.eventsOf('fetch_failed')[0], { code: 'ECONNREFUSED' })
  const issuer = createTcpServer(socket =>
    socket.resume().end(`HTTP/1.1 200 OK\r\ncontent-length: ${good.length}\r\n\r\n${good}`),
  )
  issuer.listen(port, '127.0.0.1')
  await once(issuer, 'listening')
  t.ok((await recovery(at)) <= 5, 'recovers within 5 s')
  await new Promise(resolve => issuer.close(resolve))
})

t.test('JF-04 cold: the certificate is not the one', async t => {
  const [past, future] = [new Date('2001-01-01'), new Date('2120-01-01')]
  const certificates = {
    sound: certificate({ ip: '127.0.0.1', from: past, to: future }),
    expired: certificate({ ip: '127.0.0.1', from: past, to: new Date('2002-01-01') }),
    foreign: certificate({ ip: '127.0.0.9', from: past, to: future }),
  }
  const serve = async (pair: { cert: string; key: string | Buffer }) => {
    const server = createSecureServer(pair)
    let handshakes = 0
    server.on('tlsClientError', () => handshakes++)
    server.on('secureConnection', () => handshakes++)
    return { issuer: await host(t, say(good), server), tries: () => handshakes }
  }
  const { issuer, tries } = await serve(certificates.sound)
  const at = lab(t, issuer.url)
  await inARow(t, at, 'tls')
  t.ok(tries() <= 4)
  t.equal(issuer.requests, 0, 'no request is sent to a host without a trusted certificate')
  t.match(at.eventsOf('fetch_failed')[0], { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })

  const trusted = join(t.testdir(), 'trusted.pem')
  await writeFile(
    trusted,
    Object.values(certificates)
      .map(({ cert }) => cert)
      .join(''),
  )
  const expired = await serve(certificates.expired)
  const foreign = await serve(certificates.foreign)
  const urls = [issuer.url, expired.issuer.url, foreign.issuer.url]
  const { output } = await client('fetch', urls, { NODE_EXTRA_CA_CERTS: trusted })
  t.same(
    output,
    ['one', 'tls CERT_HAS_EXPIRED', 'tls ERR_TLS_CERT_ALTNAME_INVALID'],
    'where the certificates are trusted',
  )
})

t.test('JF-05 cold: the host accepts and never answers', async t => {
  const issuer = await host(t, silent)
  const at = lab(t, issuer.url)
  const began = performance.now()
  t.match(await at.ask('one'), { error: { status: 503 }, reason: 'timeout' })
  const took = performance.now() - began
  t.ok(took >= 3_900 && took < 5_500, `4 s by default; took ${Math.round(took)} ms`)
  t.equal(issuer.requests, 2, 'the second request went out on the way')
})

t.test('JF-06 cold: one byte every now and then', async t => {
  const issuer = await host(t, response => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  const at = lab(t, issuer.url, { fetchTimeout: 0.2 })
  t.match(await at.ask('one'), { error: { status: 503 }, reason: 'timeout' })
  t.ok(issuer.requests <= 2)
  while (issuer.sockets.size > 0) await sleep(1)
  t.pass('the sockets are destroyed')
})

t.test('JF-07 warm: faults do not matter while the keys are fresh', async t => {
  const { issuer, askNow, time } = await warm(t, status(503))
  for (let i = 0; i < 60_000; i++) {
    time.pass(0.001)
    if (!askNow('one').key) t.fail('a known key')
  }
  await idle()
  t.equal(issuer.requests, 0)
})

t.test('JF-08, JF-09 a day of 503: stale keys, then none, then fresh ones', async t => {
  // A fetch in process: a day of requests to a real host takes minutes on a busy machine. The next test has a real host.
  let isUp = true
  let requests = 0
  const fetch = async () => {
    traffic.sent++
    requests++
    return isUp ? new Response(good) : new Response('', { status: 503 })
  }
  const { time, keys, ...at } = lab(t, 'https://keys.invalid/', { fetch, fetchTimeout: 0.1 })
  await at.ask('one')
  isUp = false
  requests = 0
  time.pass(270)
  let failed = 0
  let waited = 0
  const outage = 86_400 - 270 - 60
  for (let second = 0; second < outage; second++) {
    const answer = await ask(keys, 'one', time.now)
    if (!answer.key) failed++
    if (!answer.atOnce) waited++
    // After that, one caller waits for a fetch that is due; the others are answered at once.
    if (second < 360) await idle()
    if (!askNow(keys, 'one', time.now).key) failed++
    time.pass(1)
  }
  t.equal(failed, 0, 'no request failed')
  t.ok(requests <= 4 + outage / 30, `${requests} requests`)
  t.ok(waited <= requests, 'at most one caller a fetch waited')
  t.match(keys.health(time.now), { state: 'stale', keys: 1, lastFailure: 'status' })
  t.ok(at.eventsOf('served_stale').length > 2_000)

  time.pass(61)
  requests = 0
  for (let i = 0; i < 6_000; i++) {
    const answer = await ask(keys, 'one', time.now)
    if (answer.error?.code !== 'ERR_KEYS_UNAVAILABLE') t.fail('too old to be used')
    time.pass(0.01)
  }
  t.ok(requests <= 60 / 5 + 2, `backs off as when cold: ${requests} requests in a minute`)
  t.match(keys.health(time.now), { state: 'expired', lastFailure: 'status' })
  t.ok(at.eventsOf('expired').length > 0)
  isUp = true
  t.ok((await recovery({ ...at, time, keys })) <= 5, 'recovers within 5 s')
})

t.test('JF-08 an hour of 503: fresh keys within 30 s of its end', async t => {
  const { issuer, time, keys, ...at } = await warm(t, status(503), { fetchTimeout: 0.2 })
  for (let i = 0; i < 3_600; i++) {
    if (!(await at.ask('one')).key) t.fail('a known key')
    await idle()
    time.pass(1)
  }
  t.ok(issuer.requests <= 4 + 3_600 / 30, `${issuer.requests} requests`)
  issuer.behave = say(good)
  for (let i = 0; i < 31 && keys.health(time.now).state !== 'fresh'; i++) {
    await ask(keys, 'one', time.now)
    time.pass(1)
  }
  t.equal(keys.health(time.now).state, 'fresh')
})

t.test('JF-10 soft expired: 429 with Retry-After: 120', async t => {
  const { issuer, time, askNow } = await warm(t, status(429, { 'retry-after': '120' }))
  time.pass(301)
  for (let i = 0; i < 590; i++) {
    if (!askNow('one').key) t.fail('a known key')
    await idle()
    if (issuer.requests > 1) break
    time.pass(0.1)
  }
  t.equal(issuer.requests, 1, 'left alone for 59 s')
  time.pass(1.1)
  askNow('one')
  await idle()
  t.equal(issuer.requests, 2, 'fetched again after 60 s')
})

t.test('JF-11 cold: 503 with Retry-After: 3600', async t => {
  const issuer = await host(t, status(503, { 'retry-after': '3600' }))
  const at = lab(t, issuer.url)
  t.match(await at.ask('one'), { error: { status: 503, retryAfter: 10 } })
  for (let i = 0; i < 100; i++) {
    t.match(at.askNow('one'), { error: { status: 503 } })
    at.time.pass(0.0999)
  }
  t.equal(issuer.requests, 1)
  issuer.behave = say(good)
  t.ok((await recovery(at)) <= 10)
})

t.test('JF-12 cold: the pool is gone', async t => {
  for (const code of [404, 400]) {
    const issuer = await host(t, status(code))
    const at = lab(t, issuer.url)
    const before = issuer.requests
    await at.ask('one')
    t.equal(issuer.requests - before, 1, `${code} is not fetched again at once`)
    await inARow(t, lab(t, issuer.url), 'status')
    t.match(at.eventsOf('fetch_failed'), [{ reason: 'status', status: code }])
    issuer.behave = say(good)
    t.ok((await recovery(at)) <= 5)
  }
})

t.test('JF-13, JF-17 warm: a refresh that brings nothing changes nothing', async t => {
  const answers = { 404: status(404), 'an empty set': say('{"keys":[]}') }
  for (const [name, behave] of Object.entries(answers)) {
    const { issuer, time, eventsOf, keys } = await warm(t, behave)
    for (let i = 0; i < 86_000; i += 200) {
      time.pass(200)
      if (!(await ask(keys, 'one', time.now)).key) t.fail(`${name}: a known key`)
      if (i < 1_000) await idle()
    }
    await idle()
    t.equal(
      eventsOf('fetch_failed').length,
      issuer.requests,
      `${name}: an event for each of ${issuer.requests} tries`,
    )
    t.match(eventsOf('fetch_failed')[0], name === '404' ? { status: 404 } : { reason: 'empty' })
    time.pass(500)
    t.match(await ask(keys, 'one', time.now), { error: { status: 503 } }, `${name}: until they are a day old`)
  }
})

t.test('JF-14, 15, 16, 19, 20, 21, 22 an answer that is no key set', async t => {
  const target = await host(t, say(good))
  const padded = (bytes: number) => JSON.stringify({ keys: [one.jwk], pad: 'x'.repeat(bytes) })
  const endless: Behaviour = response => {
    const chunk = Buffer.alloc(65_536, ' ')
    let sent = 0
    const more = () => {
      while (sent++ < 1_600 && response.write(chunk));
      if (sent < 1_600) response.once('drain', more)
    }
    more()
  }
  const truncated: Behaviour = response => {
    response.writeHead(200, { 'content-length': '4000' }).write(good)
    setTimeout(() => response.destroy(), 5)
  }
  const rows: Record<string, [reason: string, behave: Behaviour]> = {
    'JF-14 a web page': [
      'body',
      say('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } }),
    ],
    'JF-15 cut off': ['body', say(good.slice(0, -9))],
    'JF-15 shorter than announced': ['body', truncated],
    'JF-15 invalid UTF-8': ['body', say(Buffer.from(good.replace('one', 'on\u00e9'), 'latin1'))],
    'JF-15 UTF-8 cut off': ['body', say(Buffer.concat([Buffer.from(good), Buffer.of(0xc3)]))],
    'JF-15 a byte order mark': ['body', say(`\ufeff${good}`)],
    'JF-15 a list': ['body', say('[]')],
    'JF-15 null': ['body', say('null')],
    'JF-15 keys is no list': ['body', say('{"keys":{}}')],
    'JF-15 204': ['status', status(204)],
    'JF-16 an empty set': ['empty', say('{"keys":[]}')],
    'JF-16 no usable key': ['empty', say(JSON.stringify({ keys: [{ ...one.jwk, use: 'enc' }] }))],
    'JF-19 101 keys': ['body', say(JSON.stringify({ keys: Array.from({ length: 101 }, () => one.jwk) }))],
    'JF-19 more than 64 KiB': ['body', say(padded(65_536))],
    'JF-19 more than 64 KiB, not announced': ['body', response => response.end(padded(65_536))],
    'JF-20 100 MB': ['body', endless],
    'JF-21 compressed': ['body', say(gzipSync(good), { headers: { 'content-encoding': 'gzip' } })],
    ...Object.fromEntries(
      [301, 302, 303, 307, 308].flatMap(code =>
        [target.url, '/elsewhere', 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd'].map(
          location => [`JF-22 ${code} to ${location}`, ['redirect', status(code, { location })]],
        ),
      ),
    ),
  }
  for (const [name, [reason, behave]] of Object.entries(rows)) {
    const issuer = await host(t, behave)
    const cold = lab(t, issuer.url)
    const memory = process.memoryUsage().rss
    for (let i = 0; i < 3; i++) {
      t.match(await cold.ask('one'), { error: { code: 'ERR_KEYS_UNAVAILABLE', status: 503 }, reason }, name)
    }
    t.equal(issuer.requests, 1, `${name}: one request, then backoff`)
    if (name.startsWith('JF-20')) t.ok(process.memoryUsage().rss - memory < 16e6, 'most of it is never read')
    const { time, askNow, issuer: later } = await warm(t, behave)
    time.pass(301)
    for (let i = 0; i < 3; i++, await idle()) t.ok(askNow('one').key, `${name}: old keys are kept`)
    t.equal(later.requests, 1)
  }
  t.equal(target.requests, 0, 'JF-22 no redirect is followed')
})

t.test('JF-21 a bomb that fetch has defused for us', async t => {
  const issuer = await host(
    t,
    say(gzipSync(Buffer.alloc(50e6, ' ')), { headers: { 'content-encoding': 'gzip' } }),
  )
  const at = lab(t, issuer.url, { fetch: globalThis.fetch })
  t.match(
    await at.ask('one'),
    { error: { status: 503 }, reason: 'body' },
    'what counts is the size after decoding',
  )
  t.equal(issuer.requests, 1)
})

t.test('JF-18 bad entries among good ones', async t => {
  const { x, y } = two.jwk
  const bad: readonly unknown[] = [
    null,
    'key',
    [],
    {},
    { ...two.jwk, kid: 7 },
    { ...two.jwk, kty: 'XYZ' },
    { ...two.jwk, crv: 'P-999' },
    { ...two.jwk, alg: 'none' },
    { ...two.jwk, use: 'enc' },
    { ...two.jwk, key_ops: ['sign'] },
    { ...two.jwk, x: y, y: x },
    { ...two.jwk, d: x },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'two', alg: 'HS256' },
    { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'two', alg: 'RS256' },
  ]
  const issuer = await host(t, say(JSON.stringify({ keys: [...bad, one.jwk, three.jwk] })))
  const at = lab(t, issuer.url)
  t.ok((await at.ask('one')).key)
  t.ok(at.askNow('three').key)
  t.equal(at.eventsOf('entry_skipped').length, bad.length, 'one event each')
  t.equal(
    at.eventsOf('entry_skipped').filter(event => 'reason' in event && event.reason === 'secret').length,
    2,
  )
  t.match(await at.ask('two'), { error: { code: 'ERR_TOKEN_KEY' } })
  t.equal(issuer.requests, 2, 'one for the set, one for the unknown key')
})

t.test('JF-18 two keys under one ID', async t => {
  const twin = { ...two.jwk, kid: 'one' }
  const issuer = await host(
    t,
    say(JSON.stringify({ keys: [one.jwk, twin, three.jwk, { ...three.jwk, x5t: 'x' }] })),
  )
  const at = lab(t, issuer.url)
  t.ok((await at.ask('three')).key, 'the same key twice is one key')
  t.match(await at.ask('one'), { error: { code: 'ERR_TOKEN_KEY' } }, 'it is ambiguous')
  t.match(at.eventsOf('entry_skipped'), [{ reason: 'ambiguous' }, { reason: 'ambiguous' }])
})

t.test('JF-23 the media type does not matter', async t => {
  const issuer = await host(t, say(good, { headers: { 'content-type': 'text/plain' } }))
  t.ok((await lab(t, issuer.url).ask('one')).key)
  t.equal(issuer.requests, 1)
})

t.test('JF-24 a key is removed', async t => {
  const both = say(setOf(one, two))
  const busy = await warm(t, say(setOf(two)), {}, both)
  const kept = busy.askNow('two').key
  let removedFor = 0
  while ((await busy.ask('one')).key) {
    removedFor += 2
    busy.time.pass(2)
    busy.askNow('two')
    await idle()
  }
  t.ok(removedFor <= 304, `refused after ${removedFor} s under load`)
  t.equal(busy.askNow('two').key, kept, 'a key that has not changed stays the same object')
  t.equal(busy.issuer.requests, 2, 'one refresh, and one look for what was not there')

  const asleep = await warm(t, say(setOf(two)), {}, both)
  asleep.time.pass(600)
  t.match(
    await asleep.ask('one'),
    { error: { code: 'ERR_TOKEN_KEY' } },
    'refused after an idle time of 600 s',
  )
  t.equal(asleep.issuer.requests, 1)
})

t.test('JF-25 a key is removed while the host is down', async t => {
  const { time, keys } = await warm(t, status(503), { fetchTimeout: 0.4 })
  time.pass(86_399)
  t.ok((await ask(keys, 'one', time.now)).key, 'accepted for a day at most')
  time.pass(1)
  t.match(await ask(keys, 'one', time.now), { error: { status: 503 } })
})

t.test('JF-26 another key under the same ID', async t => {
  const rekeyed = { ...signer('one'), kid: 'one' }
  const { issuer, time, keys, askNow, eventsOf } = await warm(t, say(setOf(rekeyed)))
  const signature = sign(rekeyed, 'input')
  const verifies = () => askNow('one').key?.verify(Buffer.from('input'), signature)
  t.equal(verifies(), false)
  const old = askNow('one').key
  keys.suspect('one', time.now)
  t.equal(askNow('one').key, old, 'no caller waits for it')
  await idle()
  t.equal(verifies(), true, 'the new key verifies after one fetch')
  t.not(askNow('one').key, old)
  for (let i = 0; i < 59; i++) {
    time.pass(1)
    keys.suspect('one', time.now)
    await idle()
  }
  t.equal(issuer.requests, 1, 'bad signatures cause one fetch a minute')
  time.pass(1)
  keys.suspect('one', time.now)
  await idle()
  t.equal(issuer.requests, 2)
  t.equal(eventsOf('suspect_key').length, 2)
})

t.test('JF-27 a new key, published in time', async t => {
  const { issuer, time, askNow } = await warm(t, say(setOf(one, two)))
  for (let i = 0; i < 301; i++, time.pass(1)) {
    if (!askNow('one').key) t.fail('a known key')
    await idle()
  }
  for (let i = 0; i < 1_000; i++) if (!askNow('two').key) t.fail('the new key is there')
  t.equal(issuer.requests, 1, 'no fetch but the usual one')
})

t.test('JF-28 a new key a second after a fetch', async t => {
  const { issuer, time, ask, eventsOf } = await warm(t, say(setOf(one, two), { after: 20 }))
  time.pass(1)
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => ask('two')))
  t.ok(
    answers.every(({ key }) => key),
    'the waiting callers share the fetch',
  )
  t.equal(issuer.requests, 1)
  t.match(eventsOf('unknown_key'), [{}])
})

t.test('JF-29 ten rotations without notice, 200 callers', async t => {
  let current = signer('r0')
  const issuer = await host(t, response => {
    const body = setOf(current)
    setTimeout(() => response.end(body), 10)
  })
  const at = lab(t, issuer.url)
  await at.ask('r0')
  issuer.requests = 0
  for (let round = 1; round <= 10; round++) {
    current = signer(`r${round}`)
    const answers = await Promise.all(Array.from({ length: 200 }, () => at.ask(`r${round}`)))
    t.ok(
      answers.every(({ key }) => key),
      `rotation ${round}`,
    )
    at.time.pass(2)
  }
  t.equal(issuer.requests, 10)
})

t.test('JF-30, JF-31 a flood of made-up key IDs', async t => {
  const { issuer, time, keys, askNow: askKnown, ask } = await warm(t, say(good))
  let junk = 0
  /** The tokens of a second: mostly with made-up key IDs, and some of users. */
  const second = async () => {
    const before = issuer.requests
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(`junk${junk++}`)))
    const refused = answers.filter(({ error }) => error?.code === 'ERR_TOKEN_KEY').length
    if (refused > 0 && issuer.requests === before) t.fail('401 only where the host was asked about it')
    for (const { error } of answers)
      if (error?.status !== 401 && !((error?.retryAfter as number) <= 30)) t.fail('503 with Retry-After')
    if (!askKnown('one').key) t.fail('known keys are served at once')
    time.pass(1)
  }
  for (let i = 0; i < 60; i++) await second()
  t.ok(issuer.requests <= 2 + 60 / 10, `${issuer.requests} in the first minute`)
  for (let i = 60; i < 3_600; i++) await second()
  t.ok(issuer.requests <= 122, `${issuer.requests} in an hour`)

  for (const offset of [0, 7, 29]) {
    for (let i = 0; i < 60 + offset; i++) await second()
    const fresh = signer(`fresh${offset}`)
    issuer.behave = say(setOf(one, fresh))
    let took = 0
    for (; took < 60; took++) {
      const { key, error } = await ask(fresh.kid)
      if (key) break
      if (error?.code !== 'ERR_KEYS_UNAVAILABLE') t.fail('a new key is never said not to exist')
      await second()
    }
    t.ok(took <= 30, `a rotation is noticed after ${took} s of flood`)
  }

  for (let i = 0; i < 3; i++) await ask(`last${i}`)
  const began = performance.now()
  for (let i = 0; i < 50_000; i++) askNow(keys, `cheap${i}`, time.now)
  t.ok((performance.now() - began) / 50_000 < 0.2, 'a refusal costs microseconds')
})

t.test('JF-31 one made-up key ID just before a rotation', async t => {
  const { issuer, time, ask } = await warm(t, say(good))
  time.pass(1)
  t.match(await ask('junk'), { error: { code: 'ERR_TOKEN_KEY' } })
  issuer.behave = say(setOf(one, two))
  t.ok((await ask('two')).key, 'does not block the new key')
  t.equal(issuer.requests, 2)
})

t.test('JF-32 cold: a flood while the host is down', async t => {
  const issuer = await host(t, status(503))
  const at = lab(t, issuer.url, { fetchTimeout: 0.2 })
  let waited = 0
  for (let i = 0; i < 100_000; i++) {
    const { error, atOnce } = await at.ask(`junk${i}`)
    if (error?.status !== 503) t.fail('503')
    if (!atOnce) waited++
    at.time.pass(0.0006)
  }
  t.ok(waited <= issuer.requests, 'the others are refused at once')
  t.ok(issuer.requests <= 60 / 5 + 3, `${issuer.requests} requests in a minute`)
})

t.test('JF-33 one key per URL: a flood of UUIDs', async t => {
  const kidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  const genuine = kidOf(0)
  const issuer = await host(t, (response, request) => {
    if (request.url === `/${genuine}`) response.end(pem(one))
    else response.writeHead(403).end()
  })
  const time = clocks()
  const keys = keyPerUrl({
    urlOf: kid => `${issuer.origin}/${kid}`,
    algorithm: 'ES256',
    insecureLoopbackHttp: true,
    monotonic: time.monotonic,
  })
  t.teardown(() => keys.close?.())
  const first = await ask(keys, genuine, time.now)
  t.equal(first.key?.verify(Buffer.from('input'), sign(one, 'input')), true)
  let n = 1
  const seconds = 120
  for (let i = 0; i < seconds; i++) {
    const answers = Array.from({ length: 100 }, () => ask(keys, kidOf(n++), time.now))
    for (const { error } of await Promise.all(answers))
      if (error?.status !== 401 && error?.retryAfter !== 2 && error?.retryAfter !== 1) t.fail('flood')
    if (!askNow(keys, genuine, time.now).key) t.fail('known: served at once')
    time.pass(1)
  }
  t.ok(issuer.requests <= 5 + seconds / 2, `${issuer.requests} requests`)
  t.equal(askNow(keys, genuine, time.now).key, first.key)

  time.pass(3_600)
  issuer.requests = 0
  const absent = kidOf(999_999)
  for (let i = 0; i < 600; i++) {
    if ((await ask(keys, absent, time.now)).error?.code !== 'ERR_TOKEN_KEY') t.fail('flood: 401')
    time.pass(0.1)
  }
  t.equal(issuer.requests, 1, 'one ID is fetched once in 60 s')
  for (const kid of [
    undefined,
    '',
    '../../etc/passwd',
    `${genuine}?x`,
    `${genuine}\n`,
    genuine.replace('-', '_'),
    'one',
  ]) {
    t.equal(askNow(keys, kid, time.now).error?.code, 'ERR_TOKEN_KEY', `no UUID: ${kid}`)
  }
  t.equal(issuer.requests, 1, 'and no URL is made of anything but a UUID')
})

t.test('JF-34 one key per URL: tokens that are refused without a key lookup', async t => {
  const issuer = await host(t, say(pem(one)))
  const { iss, exp } = { iss: 'https://issuer.invalid', exp: Math.floor(Date.now() / 1_000) + 60 }
  const signerArn =
    'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/mine/0123456789abcdef'
  const verifier = createVerifier({
    issuers: [
      loadBalancer({
        loadBalancerArn: signerArn,
        issuer: iss,
        clientId: 'client',
        publicKeysUrl: `${issuer.origin}/`,
        insecureLoopbackHttp: true,
      }),
    ],
  })
  t.teardown(() => verifier.close())
  const kid = '12345678-90ab-cdef-1234-567890abcdef'
  /** As a load balancer writes it: with padding. */
  const dataToken = (header: object) => {
    const parts = [
      { alg: 'ES256', kid, signer: signerArn, iss, client: 'client', exp, ...header },
      { sub: 'user' },
    ]
    const padded = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    const input = parts.map(part => padded(Buffer.from(JSON.stringify(part)))).join('.')
    return `${input}.${padded(sign(one, input))}`
  }
  const rows: [code: string, header: object][] = [
    ['ERR_TOKEN_SIGNER', { signer: signerArn.replace('mine', 'theirs') }],
    ['ERR_TOKEN_CLIENT', { client: 'other' }],
    ['ERR_TOKEN_ISSUER', { iss: issuer.origin }],
    ['ERR_TOKEN_ALGORITHM', { alg: 'RS256' }],
    ['ERR_TOKEN_EXPIRED', { exp: exp - 3_600 }],
    ['ERR_TOKEN_KEY', { kid: `../${kid}` }],
  ]
  for (const [code, header] of rows) {
    const text = dataToken(header)
    for (let i = 0; i < 1_000; i++) {
      const refusal = await verifier.verify(text).catch((error: AuthError) => error)
      if (!('code' in refusal) || refusal.code !== code) t.fail(code)
    }
  }
  t.equal(issuer.requests, 0)
  t.ok(await verifier.verify(dataToken({})))
  t.same(issuer.paths, [`/${kid}`])
})

t.test('JF-35, JF-36 the wall clock jumps', async t => {
  const ahead = await warm(t, say(setOf(one, two)))
  ahead.time.now += 86_400_000
  const waited = await ahead.ask('one')
  t.ok(waited.key, 'a day ahead: no request fails')
  t.equal(ahead.issuer.requests, 1)
  for (let i = 0; i < 100; i++) t.ok(ahead.askNow('one').key)
  t.equal(ahead.issuer.requests, 1, 'one fetch')

  const behind = await warm(t, say(setOf(two)), {}, say(setOf(one, two)))
  behind.time.now -= 86_400_000
  for (let i = 0; i < 260; i += 10, behind.time.pass(10)) t.ok(behind.askNow('one').key)
  t.equal(behind.issuer.requests, 0, 'a day behind: nothing is fetched too early')
  for (let i = 0; i < 41; i += 10, behind.time.pass(10)) {
    await behind.ask('two')
    await idle()
  }
  t.equal(behind.issuer.requests, 1, 'nor too late')
  t.match(await behind.ask('one'), { error: { code: 'ERR_TOKEN_KEY' } }, 'a removed key does not live on')
  behind.time.now -= 30_000
  behind.time.uptime += 600_000
  t.ok((await behind.ask('two')).key)
  t.ok(behind.issuer.requests >= 3, 'set back while ten minutes went by: the monotonic clock counts')
})

t.test('JF-37 frozen for a quarter of an hour, a refresh under way', async t => {
  for (const monotonicStandsStill of [true, false]) {
    const { issuer, time, keys, askNow } = await warm(t, silent)
    time.pass(301)
    t.ok(askNow('one').key, 'a refresh starts in the background')
    while (issuer.requests < 1) await sleep(1)
    time.now += 900_000
    if (!monotonicStandsStill) time.uptime += 900_000
    issuer.behave = say(setOf(one, two))
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(keys, 'one', time.now)))
    t.ok(answers.every(({ key }) => key))
    t.equal(issuer.requests, 2, 'the stalled fetch is given up, one new fetch')
    t.ok(askNow('two').key, 'and its keys are in use')
  }
})

t.test('JF-37 frozen, and the stalled fetch fails first', async t => {
  const { issuer, time, keys, eventsOf } = await warm(t, (_, request) => request.socket.destroy())
  time.pass(301)
  askNow(keys, 'one', time.now)
  time.uptime += 900_000
  await idle()
  t.match(eventsOf('fetch_failed'), [{ reason: 'connect' }])
  issuer.behave = say(setOf(one, two))
  time.now += 900_000
  t.ok((await ask(keys, 'two', time.now)).key, 'it says nothing about the host: no backoff')
})

t.test('JF-38 frozen for 26 hours', async t => {
  const up = await warm(t, say(good))
  up.time.now += 26 * 3_600_000
  t.ok((await up.ask('one')).key)
  t.equal(up.issuer.requests, 1)
  const down = await warm(t, status(503), { fetchTimeout: 0.2 })
  down.time.now += 26 * 3_600_000
  t.match(await down.ask('one'), { error: { status: 503 } })
  t.ok(down.issuer.requests <= 2)
})

t.test('JF-39 half of the waiting callers go away', async t => {
  const issuer = await host(t, say(good, { after: 30 }))
  const at = lab(t, issuer.url)
  const gone = sleep(5, undefined)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => (i % 2 ? at.ask('one') : Promise.race([at.ask('one'), gone]))),
  )
  t.equal(answers.filter(answer => answer?.key).length, 50)
  t.equal(issuer.requests, 1)
})

t.test('JF-40 a fetch function that misbehaves', async t => {
  const odd: Record<string, (() => unknown)[]> = {
    'throws at once': [
      () => {
        throw new Error('secret.example')
      },
    ],
    'rejects with nothing': [() => Promise.reject(undefined)],
    'returns no response': [undefined, null, 7, {}, { status: 200 }, { status: 200, headers: new Map() }].map(
      value => () => Promise.resolve(value),
    ),
  }
  for (const [name, functions] of Object.entries(odd)) {
    for (const fetch of functions) {
      let calls = 0
      const at = lab(t, 'https://keys.invalid/', { fetch: (() => (calls++, fetch())) as never })
      for (let i = 0; i < 3; i++)
        t.match(await at.ask('one'), { error: { status: 503 }, reason: 'fetch' }, name)
      t.equal(calls, 1, `${name}: once, then backoff`)
      let broken = false
      const warm = lab(t, 'https://keys.invalid/', {
        fetch: (() => (broken ? fetch() : Promise.resolve(new Response(good)))) as never,
      })
      t.ok((await warm.ask('one')).key)
      broken = true
      warm.time.pass(301)
      for (let i = 0; i < 3; i++, await idle()) t.ok(warm.askNow('one').key)
      t.match(warm.eventsOf('fetch_failed'), [{ reason: 'fetch' }])
    }
  }
})

t.test('JF-41 closed during a fetch', async t => {
  const issuer = await host(t, silent)
  const at = lab(t, issuer.url)
  const waiting = Array.from({ length: 10 }, () => at.ask('one'))
  at.keys.close()
  for (const answer of await Promise.all(waiting))
    t.match(answer, { error: { status: 503 }, reason: 'closed' })
  t.match(at.askNow('one'), { error: { status: 503 }, reason: 'closed' }, 'and nothing is fetched any more')
  while (issuer.sockets.size > 0) await sleep(1)

  const closing = await client('close', [issuer.url])
  t.ok(closing.exitedAfter < 500, `the process exits ${closing.exitedAfter} ms after close()`)
  const leaving = await client('leave', [issuer.url])
  t.ok(leaving.exitedAfter < 500, `a refresh in the background holds nobody: ${leaving.exitedAfter} ms`)
  const staying = await client('fetch', [(await host(t, say(good, { after: 100 }))).url])
  t.same(staying.output, ['one'], 'who waits for an answer gets it')
})

t.test('JF-42 one issuer is down, the other is not', async t => {
  const down = lab(t, (await host(t, silent)).url, { fetchTimeout: 0.1 })
  const up = await warm(t, say(good))
  const waiting = down.ask('one')
  for (let i = 0; i < 1_000; i++) if (!up.askNow('one').key) t.fail('independent')
  t.match(await waiting, { error: { status: 503 } })
  t.equal(up.issuer.requests, 0)
})

t.test('JF-44 the keys of another issuer', async t => {
  const { issuer, time, ask, askNow, eventsOf } = await warm(t, say(setOf(two)))
  time.pass(301)
  askNow('one')
  await idle()
  t.equal(eventsOf('disjoint').length, 1)
  t.match(await ask('one'), { error: { code: 'ERR_TOKEN_KEY' } }, 'replaced all the same: fails closed')
  t.ok(issuer.requests <= 2)
})

t.test('JF-45 an older answer arrives after a newer one', async t => {
  const answers: ((body: string) => void)[] = []
  // Ignores its signal: given up or not, its answers arrive.
  const fetch = () => new Promise(resolve => answers.push(body => resolve(new Response(body))))
  const at = lab(t, 'https://keys.invalid/', { fetch: fetch as never, jwks: { keys: [one.jwk] } })
  t.ok(at.askNow('one').key)
  at.time.pass(10)
  t.ok(at.askNow('one').key, 'the first fetch is given up, a second one starts')
  t.equal(answers.length, 2)
  answers[1]?.(setOf(one, two))
  await idle()
  answers[0]?.(setOf(three))
  await idle()
  t.ok(at.askNow('two').key, 'the newer one wins')
  t.equal(at.eventsOf('fetched').length, 1)
})

t.test('JF-46 a kept socket is closed at the other end when it is used again', async t => {
  const used = new Set<Socket>()
  const issuer = await host(t, (response, request) => {
    if (used.has(request.socket)) request.socket.destroy()
    else say(good)(response, request)
    used.add(request.socket)
  })
  const at = lab(t, issuer.url)
  await at.ask('one')
  await idle()
  at.time.pass(601)
  t.ok((await at.ask('one')).key, 'the second request takes a socket of its own')
  t.equal(issuer.requests, 3)
  t.equal(issuer.connections, 2)
  t.equal(at.eventsOf('fetch_failed').length, 0)
})

t.test('JF-47 the pools of one host are many', async t => {
  const issuer = await host(t, say(good))
  const pools = Array.from({ length: 20 }, (_, n) => lab(t, `${issuer.origin}/${n}`))
  for (const { ask, keys } of pools) {
    t.ok((await ask('one')).key)
    await idle()
    keys.close()
  }
  t.equal(issuer.requests, 20)
  t.equal(issuer.connections, 1, 'one kept socket serves them all, and no pool that ends takes it along')
  await Promise.all(Array.from({ length: 20 }, (_, n) => lab(t, `${issuer.origin}/${n}`).ask('one')))
  t.ok(issuer.connections > 10, 'no pool waits for the connection of another')
  while (issuer.sockets.size > 1) await sleep(1)
  t.pass('of those that served side by side one is kept')
})

/** A verifier of a user pool whose key set is on loopback. */
async function poolVerifier(t: Test, behave: Behaviour) {
  const issuer = await host(t, behave)
  const time = clocks()
  const userPoolId = 'eu-west-1_AbCdEf123'
  const verifier = createVerifier({
    issuers: [
      userPool({
        userPoolId,
        clientId: 'client',
        jwksUri: issuer.url,
        insecureLoopbackHttp: true,
        monotonic: time.monotonic,
        onEvent: settle,
      }),
    ],
    clock: { now: () => time.now },
  })
  t.teardown(() => verifier.close())
  const claims = {
    iss: `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
    sub: 'user',
    token_use: 'access',
    client_id: 'client',
    exp: time.now / 1_000 + 86_400,
    iat: time.now / 1_000,
  }
  /** The code of a token's refusal; nothing when it is accepted. */
  const verify = (token: string) =>
    verifier.verify(token).then(
      () => 'verified',
      (error: AuthError) => error.code,
    )
  return { issuer, time, claims, verify, verifier }
}

const [red, green] = [rsaSigner('red'), rsaSigner('green')]

t.test('JF-24 cached tokens are refused once their key is gone', async t => {
  const { issuer, time, claims, verify, verifier } = await poolVerifier(t, say(setOf(red, green)))
  const [old, current] = [token(red, claims), token(green, claims)]
  t.equal(await verify(old), 'verified')
  t.equal(await verify(current), 'verified')
  issuer.behave = say(setOf(green))
  let seconds = 0
  while (verifier.verifySync(current) && (await verify(old)) === 'verified') {
    time.pass(2)
    seconds += 2
    await idle()
  }
  t.ok(seconds <= 304, `refused ${seconds} s after the removal, under a load of cached tokens only`)
  t.equal(await verify(old), 'ERR_TOKEN_KEY')
})

t.test('JF-26 cached tokens are refused once their key is replaced under its ID', async t => {
  const { issuer, claims, verify } = await poolVerifier(t, say(setOf(red)))
  const rekeyed = { ...green, kid: 'red', jwk: { ...green.jwk, kid: 'red' } }
  const [old, current] = [token(red, claims), token(rekeyed, claims)]
  t.equal(await verify(old), 'verified')
  issuer.behave = say(setOf(rekeyed))
  t.equal(await verify(current), 'ERR_TOKEN_SIGNATURE', 'at most one signature is checked for a call')
  await idle()
  t.equal(await verify(current), 'verified')
  t.equal(await verify(old), 'ERR_TOKEN_SIGNATURE')
  t.equal(issuer.requests, 2)
})

t.test('JF-43 tokens that are refused without a key lookup', async t => {
  const { issuer, claims, verify } = await poolVerifier(t, say(setOf(red)))
  const rows: [code: string, claims: object, header?: object][] = [
    ['ERR_TOKEN_ISSUER', { ...claims, iss: 'https://issuer.invalid' }],
    ['ERR_TOKEN_ISSUER', { ...claims, iss: `${issuer.origin}/` }],
    ['ERR_TOKEN_ALGORITHM', claims, { alg: 'none' }],
    ['ERR_TOKEN_ALGORITHM', claims, { alg: 'HS256' }],
    ['ERR_TOKEN_CLIENT', { ...claims, client_id: 'other' }],
    ['ERR_TOKEN_USE', { ...claims, token_use: 'id' }],
    ['ERR_TOKEN_EXPIRED', { ...claims, exp: claims.iat - 10 }],
  ]
  for (const [code, other, header] of rows) {
    const text = token(red, other, header)
    for (let i = 0; i < 1_000; i++) if ((await verify(text)) !== code) t.fail(code)
  }
  const { jwk } = red
  const embedded = { jku: issuer.url, jwk, x5u: issuer.url, kid: '../../elsewhere' }
  t.equal(await verify(token(red, claims, embedded)), 'ERR_TOKEN_KEY')
  t.same(issuer.paths, ['/jwks.json'], 'no header has a say in what is fetched')
})
