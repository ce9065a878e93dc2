// How hosts of keys are reached: by slow and dead addresses, again after a failure, and by which names.

import http from 'node:http'
import t, { type Test } from 'tap'
import { keySet } from '../../src/jwks/jwks.js'
import { host, say, setOf, signer, status } from './issuer-double.js'
import { lab } from './lab.js'

const [one, two] = [signer('one'), signer('two')]

/** For how long each request waited for one address of several, in milliseconds. */
function attemptsOf(t: Test) {
  const times: unknown[] = []
  const { get } = http
  http.get = ((url: string, options: http.RequestOptions & { autoSelectFamilyAttemptTimeout?: number }) => {
    times.push(options.autoSelectFamilyAttemptTimeout)
    return get(url, options)
  }) as typeof get
  t.teardown(() => {
    http.get = get
  })
  return times
}

t.test('a host with several addresses', async t => {
  const times = attemptsOf(t)
  const issuer = await host(t, (_, request) => request.socket.destroy())
  const at = lab(t, issuer.url, { fetchTimeout: 10 })
  t.match(await at.ask('one'), { reason: 'connect' })
  t.same(times, [undefined, 10_000], 'past a dead one quickly, then as long as a slow one takes')
  at.time.pass(5)
  await at.ask('one')
  t.same(times.slice(2), [3_334], 'a request that is alone does both')
})

t.test('an answer that may pass by itself is asked for again soon', async t => {
  const rows: [code: number, requests: number][] = [
    [500, 2],
    [503, 2],
    [408, 2],
    [425, 2],
    [404, 1],
  ]
  for (const [code, requests] of rows) {
    const issuer = await host(t, status(code))
    const began = performance.now()
    t.match(await lab(t, issuer.url, { fetchTimeout: 20 }).ask('one'), { error: { status: 503 } })
    t.equal(issuer.requests, requests, `${code}: ${requests} requests`)
    t.ok(performance.now() - began < 5_000, 'long before the second request of a silent host')
  }
  const asked = await host(t, status(503, { 'retry-after': '3' }))
  t.match(await lab(t, asked.url, { fetchTimeout: 20 }).ask('one'), { error: { retryAfter: 3 } })
  t.equal(asked.requests, 1, 'not where the host says when to come back')
  const busy = await host(t, status(429))
  const began = performance.now()
  await lab(t, busy.url, { fetchTimeout: 1 }).ask('one')
  t.equal(busy.requests, 2)
  t.ok(performance.now() - began >= 370, 'and later where the host has too many requests')
})

t.test('loopback hosts', async t => {
  const algorithms = ['RS256'] as const
  const made = (url: string) =>
    keySet({ url, algorithms, insecureLoopbackHttp: true, fetch: async () => new Response() }).close()
  const loopback =
    '127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.0.1. 0x7f.1 2130706433 [::1] [0:0::1] localhost LOCALHOST localhost. ' +
    'cognito.localhost a.b.localhost a.localhost.'
  for (const name of loopback.split(' ')) t.doesNotThrow(() => made(`http://${name}:9/x`), name)
  const others =
    '128.0.0.1 126.255.255.255 0.0.0.0 10.0.0.1 169.254.169.254 127.0.0.1.example 127.example localhost.example localhost-a ' +
    'alocalhost .localhost a..localhost [::] [::2] [::ffff:127.0.0.1] [::127.0.0.1] [fe80::1] localhost..'
  for (const name of others.split(' '))
    t.throws(() => made(`http://${name}:9/x`), /^keySet: url must be/, name)
  t.throws(() => made('http://127.0.0.1@keys.example/'), /credentials/)
  const issuer = await host(t, say(setOf(one, two)))
  const url = issuer.url.replace('127.0.0.1', '127.1')
  t.ok((await lab(t, url).ask('two')).key)
})
