import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import { importPem } from '../../src/crypto/pem.js'
import { type KeyPerUrlSource, type KeySetSource, keyPerUrl, keySet } from '../../src/jwks/jwks.js'
import type { KeyResolver } from '../../src/types.js'
import { clocks, host, pem, say, setOf, sign, signer, status } from './issuer-double.js'
import { ask, askNow, idle, lab, refused, settle } from './lab.js'

const [one, two] = [signer('one'), signer('two')]
const good = setOf(one)
const kid = '12345678-90ab-cdef-1234-567890abcdef'
const url = 'https://keys.invalid/'

/** A text as a regular expression that finds it. */
const escape = (text: string) => text.replace(/[()[\]{}.*+?^$|\\]/g, '\\$&')

t.test('a wrong option is refused when the keys are made', async t => {
  const source = { url, algorithms: ['ES256'] }
  const httpUrl = 'must be an https URL, or one of http that insecureLoopbackHttp or insecureHttpHosts allows'
  const wrong: [options: object, message: string][] = [
    [{}, 'url is undefined'],
    [{ url: 7 }, 'url must be a URL'],
    [{ url: 'keys' }, 'url must be a URL'],
    [{ url: 'http://keys.invalid/' }, `url ${httpUrl}`],
    [{ url: 'http://keys.invalid/', insecureLoopbackHttp: true }, `url ${httpUrl}`],
    [{ url: 'http://127.0.0.1/' }, `url ${httpUrl}`],
    [{ url: 'http://127.0.0.1.keys.invalid/', insecureLoopbackHttp: true }, `url ${httpUrl}`],
    [{ url: 'file:///etc/passwd', insecureLoopbackHttp: true }, `url ${httpUrl}`],
    [{ url: 'https://user:word@keys.invalid/' }, 'url must be a URL without credentials and fragment'],
    [{ url: 'https://keys.invalid/#x' }, 'url must be a URL without credentials and fragment'],
    [{ url }, 'algorithms is undefined'],
    [{ url, algorithms: [] }, 'algorithms must be a list of at least one algorithm'],
    [{ ...source, refreshAfter: 0 }, 'refreshAfter must be a number of seconds from 1 to 86400'],
    [{ ...source, refreshAfter: Number.NaN }, 'refreshAfter must be a number of seconds from 1 to 86400'],
    [{ ...source, maxAge: Number.POSITIVE_INFINITY }, 'maxAge must be a number of seconds from 1 to 2592000'],
    [{ ...source, maxAge: 599 }, 'maxAge must be at least twice refreshAfter'],
    [{ ...source, fetchTimeout: -1 }, 'fetchTimeout must be a number of seconds from 0.01 to 60'],
    [{ ...source, fetch: 'fetch' }, 'fetch must be a function'],
    [{ ...source, onEvent: {} }, 'onEvent must be a function'],
    [{ ...source, monotonic: 5 }, 'monotonic must have a function now()'],
    [{ ...source, jwks: [] }, 'jwks must be an object with a list "keys" of at most 100 entries'],
    [{ ...source, jwks: { keys: [] } }, 'jwks has no usable key'],
    [{ ...source, jwks: { keys: [{}] } }, 'jwks has no usable key'],
    [{ ...source, offline: true }, 'offline needs jwks'],
    [{ ...source, cacheMaxAge: 5 }, 'cacheMaxAge is not an option'],
  ]
  for (const [options, message] of wrong) {
    const made = () => keySet(options as KeySetSource)
    t.throws(made, { name: 'TypeError', message: new RegExp(`^keySet: ${escape(message)}`) }, message)
  }
  t.throws(() => keyPerUrl({ urlOf: () => 'http://keys.invalid/', algorithm: 'ES256' }), {
    name: 'TypeError',
    message: `keyPerUrl: urlOf ${httpUrl}`,
  })
  for (const loopback of ['http://127.0.0.1:1/', 'http://[::1]/', 'http://localhost/']) {
    keySet({ url: loopback, algorithms: ['ES256'], insecureLoopbackHttp: true }).close()
  }
})

t.test('a key set that was passed', async t => {
  t.test('is used at once, and fetched again on first use', async t => {
    const issuer = await host(t, say(setOf(one, two)))
    const { keys, time, askNow, eventsOf } = lab(t, issuer.url, { jwks: { keys: [one.jwk, {}] } })
    t.same(keys.health(time.now), { state: 'stale', age: undefined, keys: 1, lastFailure: undefined })
    t.equal(issuer.requests, 0)
    const { key } = askNow('one')
    t.ok(key)
    await idle()
    t.equal(issuer.requests, 1)
    t.equal(askNow('one').key, key, 'a key that has not changed stays the same object')
    t.ok(askNow('two').key)
    t.same(keys.health(time.now), { state: 'fresh', age: 0, keys: 2, lastFailure: undefined })
    t.equal(eventsOf('entry_skipped').length, 1)
  })

  t.test('bridges an outage from its first use on', async t => {
    const issuer = await host(t, status(503))
    const at = lab(t, issuer.url, { jwks: { keys: [one.jwk] }, fetchTimeout: 0.4 })
    at.time.pass(7 * 86_400)
    t.ok(at.askNow('one').key)
    await idle()
    for (let i = 0; i < 86_340; i += 60, at.time.pass(60))
      if (!(await at.ask('one')).key) t.fail('a known key')
    at.time.pass(61)
    t.match(await at.ask('one'), { error: { status: 503 } }, 'for as long as a fetched one')
  })

  t.test('waits only for keys that it does not have', async t => {
    const issuer = await host(t, say(setOf(one, two)))
    const at = lab(t, issuer.url, { jwks: { keys: [one.jwk] } })
    const { key, atOnce } = await at.ask('two')
    t.ok(key)
    t.notOk(atOnce)
    t.equal(issuer.requests, 1, 'for the fetch that is due anyway')
  })

  t.test('offline is never fetched, and never too old', async t => {
    const fetch = () => t.fail('fetched')
    const at = lab(t, url, { jwks: { keys: [one.jwk] }, offline: true, fetch: fetch as never })
    await at.keys.ready(at.time.now)
    for (const seconds of [0, 301, 86_401, 1e9]) {
      at.time.pass(seconds)
      t.ok(at.askNow('one').key)
      t.match(at.askNow('two'), { error: { code: 'ERR_TOKEN_KEY' } })
      at.keys.suspect('one', at.time.now)
      t.same(at.keys.health(at.time.now), { state: 'fresh', age: undefined, keys: 1, lastFailure: undefined })
    }
    t.same(at.events, [])
  })
})

t.test('ready fetches keys that are not loaded', async t => {
  const issuer = await host(t, status(500))
  const at = lab(t, issuer.url, { fetchTimeout: 0.4 })
  await refused(t, at.keys.ready(at.time.now), {
    code: 'ERR_KEYS_UNAVAILABLE',
    cause: { reason: 'status', status: 500 },
  })
  t.same(at.keys.health(at.time.now), { state: 'empty', age: undefined, keys: 0, lastFailure: 'status' })
  await refused(t, at.keys.ready(at.time.now), { code: 'ERR_KEYS_UNAVAILABLE' })
  t.equal(issuer.requests, 2, 'backs off like any other call')
  issuer.behave = say(good)
  at.time.pass(2)
  await at.keys.ready(at.time.now)
  t.ok(at.askNow('one').key)
  at.time.pass(20)
  await at.keys.ready(at.time.now)
  t.equal(issuer.requests, 3)
  t.match(at.keys.health(at.time.now), { state: 'fresh', age: 20 })
  at.time.pass(600)
  await at.keys.ready(at.time.now)
  t.equal(issuer.requests, 4, 'waits for fresh ones when they are overdue')
})

t.test('what the hook does is its own affair', async t => {
  const issuer = await host(t, say(good))
  for (const onEvent of [
    () => {
      throw new Error('a hook')
    },
    () => Promise.reject(new Error('a hook')),
  ]) {
    t.ok((await lab(t, issuer.url, { onEvent }).ask('one')).key)
  }
  const silent = keySet({ url: issuer.url, algorithms: ['ES256'], insecureLoopbackHttp: true })
  t.teardown(() => silent.close())
  t.ok(await silent('one', 'ES256', Date.now()), 'there need not be one')
})

t.test('no event names a host, a key ID or a URL', async t => {
  const issuer = await host(t, status(503))
  const at = lab(t, issuer.url, { fetchTimeout: 0.4, jwks: { keys: [one.jwk] } })
  await at.ask('secret-key-id')
  issuer.behave = say(good)
  at.time.pass(700)
  await at.ask('one')
  await at.ask('secret-key-id')
  issuer.behave = (_, request) => request.socket.destroy()
  at.time.pass(700)
  await at.ask('secret-key-id')
  const { error } = await at.ask('secret-key-id')
  const said = JSON.stringify(at.events) + String(error) + String(error?.cause) + JSON.stringify(error?.cause)
  t.match(error, { status: 503, cause: { name: 'KeySetError', reason: 'connect' } })
  for (const word of ['127.0.0.1', 'jwks.json', 'secret-key-id', '"one"']) t.notMatch(said, word)
})

t.test('how long keys are fresh', async t => {
  const rows: [cacheControl: string, refetchedAfter: number][] = [
    ['public, max-age=120', 120],
    ['max-age=0', 60],
    ['max-age=99999999', 300],
    ['s-maxage=70', 300],
    ['no-store', 300],
    ['max-age=x', 300],
  ]
  for (const [cacheControl, seconds] of rows) {
    const issuer = await host(t, say(good, { headers: { 'cache-control': cacheControl } }))
    const at = lab(t, issuer.url)
    await at.ask('one')
    at.time.pass(seconds * 0.9 - 1)
    at.askNow('one')
    await idle()
    t.equal(issuer.requests, 1, `${cacheControl}: not fetched before`)
    at.time.pass(seconds * 0.1 + 1)
    at.askNow('one')
    await idle()
    t.equal(issuer.requests, 2, `${cacheControl}: fetched after ${seconds} s`)
  }
})

t.test('when to come back', async t => {
  const date = 'Mon, 05 Jan 2026 00:00:00 GMT'
  const rows: [headers: Record<string, string>, retryAfter: number | undefined][] = [
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': 'Mon, 05 Jan 2026 00:00:08 GMT', date }, 8],
    [{ 'retry-after': 'Sun, 04 Jan 2026 00:00:08 GMT', date }, undefined],
    [{ 'retry-after': 'soon', date }, undefined],
  ]
  for (const [headers, seconds] of rows) {
    const issuer = await host(t, status(503, headers))
    const { error } = await lab(t, issuer.url, { fetchTimeout: 0.4 }).ask('one')
    if (seconds) t.equal(error?.retryAfter, seconds, JSON.stringify(headers))
    else t.ok((error?.retryAfter ?? 9) <= 2, JSON.stringify(headers))
  }
  const packed = await host(t, status(503, { 'content-encoding': 'gzip', 'retry-after': '9' }))
  t.match(
    await lab(t, packed.url).ask('one'),
    { error: { retryAfter: 9 }, reason: 'status' },
    'compressed or not',
  )
  const [headers] = rows[2] as (typeof rows)[0]
  const undated = { 'retry-after': headers['retry-after'] as string }
  const fetch = async () => new Response('', { status: 503, headers: undated })
  const { error } = await lab(t, url, { fetch, fetchTimeout: 0.4 }).ask('one')
  t.ok((error?.retryAfter ?? 9) <= 2, 'a date means nothing without the date of the answer')
})

t.test('without node:https the standard fetch is used', async t => {
  const issuer = await host(t, say(good))
  const builtin = Object.getOwnPropertyDescriptor(process, 'getBuiltinModule') as PropertyDescriptor
  const without = async (t: Test) => {
    const at = lab(t, issuer.url)
    t.ok((await at.ask('one')).key)
    issuer.behave = status(302, { location: '/' })
    at.time.pass(601)
    t.ok((await at.ask('one')).key)
    t.match(at.eventsOf('fetch_failed'), [{ reason: 'redirect' }])
    issuer.behave = say(good)
  }
  t.test('where it is missing', t => {
    t.teardown(() => Object.defineProperty(process, 'getBuiltinModule', builtin))
    Object.defineProperty(process, 'getBuiltinModule', { ...builtin, value: () => undefined })
    return without(t)
  })
  t.test('where it is only a name', t => {
    const was = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
    t.teardown(() =>
      was
        ? Object.defineProperty(globalThis, 'navigator', was)
        : Reflect.deleteProperty(globalThis, 'navigator'),
    )
    Object.defineProperty(globalThis, 'navigator', {
      value: { userAgent: 'Cloudflare-Workers' },
      configurable: true,
    })
    return without(t)
  })
})

t.test('a fetch function', async t => {
  const answers: [name: string, response: unknown, reason: string, code?: string][] = [
    [
      'followed a redirect',
      { status: 200, redirected: true, headers: new Headers(), body: null },
      'redirect',
    ],
    [
      'hides a redirect',
      { status: 0, type: 'opaqueredirect', headers: new Headers(), body: null },
      'redirect',
    ],
    ['has no body', { status: 200, headers: new Headers(), body: null }, 'body'],
    [
      'fails on its way',
      Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } }),
      'connect',
      'ECONNRESET',
    ],
    ['fails with words', Object.assign(new Error('x'), { code: 'no host keys.invalid' }), 'fetch'],
    [
      'times out',
      Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
      'fetch',
      'UND_ERR_HEADERS_TIMEOUT',
    ],
  ]
  for (const [name, response, reason, code] of answers) {
    const fetch = async () => {
      if (response instanceof Error) throw response
      return response
    }
    const at = lab(t, url, { fetch: fetch as never })
    t.match(await at.ask('one'), { error: { status: 503 }, reason }, name)
    t.match(at.eventsOf('fetch_failed'), [{ reason, ...(code ? { code } : {}) }])
  }
  t.test('gets the options of the request', async t => {
    const asked: unknown[][] = []
    const fetch = async (...how: unknown[]) => {
      asked.push(how)
      return new Response(good)
    }
    await lab(t, url, { fetch }).ask('one')
    t.match(asked, [
      [
        url,
        {
          method: 'GET',
          redirect: 'manual',
          headers: { 'accept-encoding': 'identity' },
          signal: AbortSignal,
        },
      ],
    ])
  })
})

t.test('the hedged request of a fetch', async t => {
  t.test('overtakes the first', async t => {
    let n = 0
    const issuer = await host(t, (response, request) => {
      if (n++ > 0) say(good)(response, request)
    })
    const at = lab(t, issuer.url, { fetchTimeout: 0.4 })
    t.ok((await at.ask('one')).key)
    t.equal(issuer.requests, 2)
    while (issuer.sockets.size > 1) await sleep(1)
    t.pass('which is aborted')
  })
  t.test('comes in vain when the first has an answer', async t => {
    const issuer = await host(t, say(good, { after: 250 }))
    const behave = issuer.behave
    issuer.behave = (response, request) =>
      issuer.requests > 1 ? status(404)(response, request) : behave(response, request)
    const at = lab(t, issuer.url, { fetchTimeout: 0.4 })
    t.ok((await at.ask('one')).key, 'its failure does not count')
    t.equal(issuer.requests, 2)
  })
  t.test('follows a passing failure', async t => {
    const issuer = await host(t, status(503))
    issuer.behave = (response, request) => (issuer.requests > 1 ? say(good) : status(503))(response, request)
    t.ok((await lab(t, issuer.url, { fetchTimeout: 0.4 }).ask('one')).key)
  })
})

t.test('an unknown key while the host is down', async t => {
  const issuer = await host(t, say(good))
  const at = lab(t, issuer.url)
  await at.ask('one')
  issuer.behave = status(404)
  t.match(await at.ask('two'), { error: { status: 503 }, reason: 'status' }, 'unknown, so not 401')
  t.match(at.askNow('two'), { error: { status: 503 } })
  t.ok(at.askNow('one').key)
  issuer.behave = say(setOf(one, two))
  at.time.pass(2)
  t.ok((await at.ask('two')).key)
})

t.test('an unknown key that joins a fetch which began before it', async t => {
  let published = good
  const issuer = await host(t, response => {
    const body = published
    setTimeout(() => response.end(body), 20)
  })
  const at = lab(t, issuer.url)
  await at.ask('one')
  at.time.pass(301)
  at.askNow('one')
  while (issuer.requests < 2) await sleep(1)
  published = setOf(one, two)
  const answers = await Promise.all([at.ask('two'), at.ask('two'), at.ask('two')])
  t.ok(
    answers.every(({ key }) => key),
    'gets one more',
  )
  t.equal(issuer.requests, 3)
})

t.test('keys that take time to import', async t => {
  const slowly: KeySetSource['importKey'] = async (source, algorithm) => importKey(source, algorithm)
  const issuer = await host(t, say(setOf(one, two)))
  const at = lab(t, issuer.url, { importKey: slowly })
  t.ok((await at.ask('one')).key)
  t.ok(at.askNow('two').key)

  const bundled = lab(t, issuer.url, {
    importKey: slowly,
    jwks: { keys: [one.jwk, {}, { ...two.jwk, use: 'enc' }] },
  })
  t.ok((await bundled.ask('one')).key)
  t.equal(issuer.requests, 1, 'the set that was passed is used before a fetch')
  t.ok(bundled.askNow('one').key)
  await idle()
  t.equal(issuer.requests, 2, 'but then')

  const offline = lab(t, url, { importKey: slowly, jwks: { keys: [one.jwk] }, offline: true })
  await offline.keys.ready(offline.time.now)
  t.ok(offline.askNow('one').key)
  offline.time.pass(1e6)
  t.ok(offline.askNow('one').key)

  const empty = lab(t, url, {
    importKey: slowly,
    jwks: { keys: [{ ...one.jwk, use: 'enc' }] },
    offline: true,
  })
  t.match(await empty.ask('one'), { error: { status: 503 }, reason: 'empty' })
})

t.test('an entry without an algorithm serves those that it fits', async t => {
  const { alg: _, ...jwk } = one.jwk
  const issuer = await host(t, say(JSON.stringify({ keys: [jwk, { ...two.jwk, kid: 'one', alg: 'ES384' }] })))
  const keys = keySet({ url: issuer.url, algorithms: ['RS256', 'ES256'], insecureLoopbackHttp: true })
  t.teardown(() => keys.close())
  const key = await keys('one', 'ES256', Date.now())
  t.equal(key?.algorithm, 'ES256')
  t.equal(key?.verify(Buffer.from('x'), sign(one, 'x')), true)
  t.equal(await keys('one', 'RS256', Date.now()), undefined)
  t.match(await ask(keys, '__proto__', Date.now()), { error: { code: 'ERR_TOKEN_KEY' } })
})

t.test('one key per URL', async t => {
  const setup = async (t: Test, options: Partial<KeyPerUrlSource> = {}) => {
    const issuer = await host(t, say(pem(one)))
    const time = clocks()
    const keys: KeyResolver = keyPerUrl({
      urlOf: kid => `${issuer.origin}/${kid}`,
      algorithm: 'ES256',
      insecureLoopbackHttp: true,
      monotonic: time.monotonic,
      fetchTimeout: 0.4,
      onEvent: settle,
      ...options,
    })
    t.teardown(() => keys.close?.())
    return {
      issuer,
      time,
      keys,
      ask: () => ask(keys, kid, time.now),
      askNow: () => askNow(keys, kid, time.now),
    }
  }

  t.test('is kept fresh, and stays the same object', async t => {
    const { issuer, time, keys, ask, askNow } = await setup(t)
    t.same(keys.health?.(time.now), { state: 'empty', age: undefined, keys: 0, lastFailure: undefined })
    const { key } = await ask()
    t.ok(key)
    t.same(issuer.paths, [`/${kid}`])
    time.pass(301)
    t.equal(askNow().key, key)
    await idle()
    t.equal(issuer.requests, 2)
    t.equal(askNow().key, key)
    t.same(keys.health?.(time.now), { state: 'fresh', age: 0, keys: 1, lastFailure: undefined })
    issuer.behave = say(pem(two))
    keys.suspect?.(kid, time.now)
    await idle()
    t.not(askNow().key, key, 'a bad signature makes it look again')
    keys.suspect?.('nobody', time.now)
    keys.suspect?.(undefined, time.now)
  })

  t.test('health and ready are those of the key that was fetched last', async t => {
    const { issuer, time, keys, ask } = await setup(t)
    const other = '00000000-90ab-cdef-1234-567890abcdef'
    await keys.ready?.(time.now)
    t.equal(issuer.requests, 0, 'there is nothing to load in advance')
    issuer.behave = status(503)
    t.match(await ask(), { error: { code: 'ERR_KEYS_UNAVAILABLE' } })
    t.match(keys.health?.(time.now), { state: 'empty', lastFailure: 'status' })
    issuer.behave = say(pem(one))
    time.pass(10)
    await keys.ready?.(time.now)
    t.match(keys.health?.(time.now), { state: 'fresh', keys: 1 }, 'no token was needed for that')
    time.pass(80_000)
    await keys(other, 'ES256', time.now)
    time.pass(10_000)
    t.match(
      keys.health?.(time.now),
      { state: 'stale', age: 10_000, keys: 2 },
      'the old one is in use no more',
    )
    time.pass(80_000)
    t.match(keys.health?.(time.now), { state: 'expired' }, 'a day without a token')
    issuer.behave = status(503)
    await t.rejects(Promise.resolve(keys.ready?.(time.now)), { code: 'ERR_KEYS_UNAVAILABLE' })
    issuer.behave = say(pem(one))
    time.pass(10)
    await keys.ready?.(time.now)
    t.match(keys.health?.(time.now), { state: 'fresh', age: 0, keys: 2 })
  })

  t.test('outlives an outage, not its withdrawal', async t => {
    const { issuer, time, keys, ask } = await setup(t)
    await ask()
    issuer.behave = status(503)
    for (let i = 0; i < 86_000; i += 100, time.pass(100)) if (!(await ask()).key) t.fail('a known key')
    t.match(keys.health?.(time.now), { state: 'stale', keys: 1, lastFailure: 'status' })
    issuer.behave = status(404)
    time.pass(31)
    t.match(await ask(), { error: { code: 'ERR_TOKEN_KEY' } })
    t.match(keys.health?.(time.now), { keys: 0 })
    issuer.behave = say(pem(one))
    time.pass(61)
    t.ok((await ask()).key, 'and may come back')
  })

  t.test('comes from a host that is down', async t => {
    const { issuer, time, ask } = await setup(t)
    issuer.behave = status(503)
    t.match(await ask(), { error: { status: 503 }, reason: 'status' })
    t.match(await ask(), { error: { status: 503 } })
    t.equal(issuer.requests, 2)
    issuer.behave = say(pem(one))
    time.pass(5)
    t.ok((await ask()).key, 'recovers within 5 s')
  })

  t.test('must be one public key for the algorithm', async t => {
    const bad = [
      '<!doctype html>',
      pem(one) + pem(two),
      one.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      setOf(one),
    ]
    for (const text of bad) {
      const { issuer, ask } = await setup(t)
      issuer.behave = say(text)
      t.match(await ask(), { error: { code: 'ERR_KEYS_UNAVAILABLE' }, reason: 'empty' })
    }
  })

  t.test('is not fetched any more once closed', async t => {
    const { issuer, time, keys, ask: askOne } = await setup(t, { importPem })
    await askOne()
    t.ok((await ask(keys, kid.replace('1', '2'), time.now)).key)
    keys.close?.()
    t.ok((await askOne()).key, 'the loaded key is used')
    t.match(askNow(keys, kid.replace('1', '3'), time.now), { error: { status: 503 }, reason: 'closed' })
    t.ok(issuer.requests <= 2)
  })

  t.test('shares its budget with retries', async t => {
    const { issuer, time, keys, ask: askOne } = await setup(t)
    issuer.behave = status(503, { 'retry-after': '1' })
    t.match(await askOne(), { error: { status: 503 } })
    for (let i = 0; i < 4; i++) await ask(keys, kid.replace('1', String(i + 2)), time.now)
    t.equal(issuer.requests, 5)
    time.pass(1.6)
    t.match(await askOne(), { error: { status: 503 } }, 'spent: it waits')
    t.equal(issuer.requests, 5)
    time.pass(1)
    await askOne()
    t.equal(issuer.requests, 6)
  })
})
