// Floods of made-up key IDs while a new key is on its way in: simulated by the second, with clocks that the test moves.
import t, { type Test } from 'tap'
import { firstSight } from '../../src/jwks/first-sight.js'
import { keyPerUrl } from '../../src/jwks/jwks.js'
import { tokenBucket } from '../../src/jwks/token-bucket.js'
import { clocks, pem, setOf, signer } from './issuer-double.js'
import { ask, idle, lab } from './lab.js'

const [one, two] = [signer('one'), signer('two')]
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const genuine = uuid(0)

/** Keys by URL at a host that knows one of them, and what was asked of it. */
function balancer(t: Test, answer = async (path: string) => found(path)) {
  const time = clocks()
  const asked: string[] = []
  let open = 0
  let most = 0
  const keys = keyPerUrl({
    urlOf: kid => `https://keys.invalid/${kid}`,
    algorithm: 'ES256',
    monotonic: time.monotonic,
    async fetch(url) {
      asked.push(url.slice(-36))
      most = Math.max(most, ++open)
      try {
        return await answer(url.slice(-36))
      } finally {
        open--
      }
    },
  })
  t.teardown(() => keys.close?.())
  return { time, keys, asked, most: () => most, ask: (kid: string) => ask(keys, kid, time.now) }
}

const found = (path: string) =>
  path === genuine ? new Response(pem(one)) : new Response('', { status: 403 })

/** For how many seconds a new key is kept out, when so many requests of a second are for it and so many for what `junk` makes up. */
async function keptOut(t: Test, junk: (n: number) => string, perSecond: number, seconds: number) {
  const at = balancer(t)
  let n = 0
  const second = async (wanted: boolean) => {
    let key: unknown
    for (let i = 0; i <= perSecond; i++) {
      const isGenuine = wanted && i === Math.floor(perSecond / 2)
      const answer = await at.ask(isGenuine ? genuine : junk(n++))
      if (isGenuine && !answer.key) {
        if (answer.error?.code !== 'ERR_KEYS_UNAVAILABLE') t.fail('a genuine key is never said not to exist')
        if (!((answer.error?.retryAfter as number) <= 2)) t.fail('come back soon')
      }
      key ??= isGenuine ? answer.key : undefined
      at.time.pass(1 / (perSecond + 1))
    }
    return key
  }
  // The flood is there before the key.
  for (let i = 0; i < 120; i++) await second(false)
  let took = 0
  while (took < seconds && !(await second(true))) took++
  t.ok(at.asked.length <= 5 + (120 + took + 1) / 2, `${at.asked.length} requests in ${121 + took} s`)
  t.ok(at.most() <= 1, 'one at a time')
  return took
}

t.test('one key per URL: a flood keeps no new key out', async t => {
  for (const perSecond of [10, 50, 200]) {
    const took = await keptOut(t, n => uuid(n + 1), perSecond, 60)
    t.ok(took <= 4, `${perSecond} a second, all different: ${took} s`)
  }
  const few = await keptOut(t, n => uuid((n % 20) + 1), 50, 600)
  t.ok(few <= 10, `20 IDs over and over: ${few} s`)
  const pairs = await keptOut(t, n => uuid((n >> 1) + 1), 50, 600)
  t.ok(pairs <= 10, `each one twice: ${pairs} s`)
  const many = await keptOut(t, n => uuid((n % 900) + 1), 50, 600)
  t.ok(many <= 6 * 50, `the worst that is known, 900 in turn: ${many} s, by its share of all requests`)
})

t.test('one key per URL: what is over the budget', async t => {
  const at = balancer(t)
  for (let i = 1; i <= 5; i++) t.match(await at.ask(uuid(i)), { error: { code: 'ERR_TOKEN_KEY' } })
  t.match(await at.ask(genuine), { error: { code: 'ERR_KEYS_UNAVAILABLE', status: 503, retryAfter: 2 } })
  t.match(await at.ask(uuid(1)), { error: { code: 'ERR_TOKEN_KEY' } }, 'the host was asked about that one')
  at.time.pass(1)
  t.match(await at.ask(genuine), {
    error: { status: 503, retryAfter: 1, hint: /as soon as the limit permits/ },
  })
  at.time.pass(1)
  t.match(await at.ask(uuid(6)), { error: { status: 503 } }, 'a newcomer lets it go first')
  await idle()
  t.same(at.asked.slice(5), [genuine], 'whoever comes')
  t.ok((await at.ask(genuine)).key)
  at.time.pass(62)
  t.match(await at.ask(uuid(1)), { error: { code: 'ERR_TOKEN_KEY' } }, 'asked again after a minute')
  t.equal(at.asked.length, 7)
})

t.test('one key per URL: the host is down, and a flood', async t => {
  let isDown = true
  const at = balancer(t, async path =>
    isDown ? new Response('', { status: 501, headers: { 'retry-after': '1' } }) : found(path),
  )
  let n = 1
  for (let i = 0; i < 60; i++, at.time.pass(1)) {
    for (let j = 0; j < 20; j++) await at.ask(uuid(n++))
    t.match(await at.ask(genuine), { error: { status: 503 } })
  }
  t.ok(at.asked.length <= 5 + 60 / 2, `${at.asked.length} requests`)
  t.match(at.keys.health?.(at.time.now), { lastFailure: 'status' }, 'and health says so')
  isDown = false
  let took = 0
  for (; !(await at.ask(genuine)).key && took < 60; took++, at.time.pass(1))
    for (let j = 0; j < 20; j++) await at.ask(uuid(n++))
  t.ok(took <= 10, `served ${took} s after it is up`)
})

t.test('a key set: a key ID that nobody could ask about is no bad one', async t => {
  let published = setOf(one)
  let requests = 0
  const fetch = async () => {
    requests++
    return new Response(published)
  }
  const at = lab(t, 'https://keys.invalid/', { fetch })
  await at.ask('one')
  for (const junk of ['a', 'b']) t.match(await at.ask(junk), { error: { code: 'ERR_TOKEN_KEY' } })
  published = setOf(one, two)
  t.match(at.askNow('two'), { error: { code: 'ERR_KEYS_UNAVAILABLE', status: 503, retryAfter: 10 } })
  t.match(at.askNow('c'), { error: { status: 503, hint: /too many|Too many/ } })
  at.time.pass(4)
  t.match(at.askNow('two'), { error: { retryAfter: 6 } })
  at.time.pass(6)
  t.ok((await at.ask('two')).key, 'after the time that it was told')
  t.match(await at.ask('c'), { error: { code: 'ERR_TOKEN_KEY' } })
  t.equal(requests, 5, 'what brings a new key costs nothing')
  for (let i = 0; i < 5; i++) await at.ask(`d${i}`)
  const before = requests
  t.match(at.askNow('c'), { error: { code: 'ERR_TOKEN_KEY' } }, 'known not to be there, without a request')
  t.equal(requests, before)
  t.match(at.askNow('x'.repeat(100_001)), { error: { status: 503 } })
  t.match(at.askNow('x'.repeat(100_001)), { error: { status: 503 } }, 'not remembered: too long')
})

t.test('what is remembered of key IDs is bounded, and forgetting is no refusal', t => {
  const since = firstSight()
  t.equal(since('a', 1), 1)
  t.equal(since('a', 2), 1)
  t.equal(since(undefined, 3), 3)
  for (let i = 0; i < 1_000; i++) since(`junk${i}`, 4)
  t.equal(since('a', 5), 5)
  for (let i = 0; i < 20; i++) since(`${i}`.repeat(9_999), 6)
  t.equal(since('a', 7), 7)
  t.end()
})

t.test('when a bucket has a token again', t => {
  const bucket = tokenBucket(2, [10, 20, 30])
  t.equal(bucket.wait(0), 0)
  bucket.take(0)
  bucket.take(0)
  t.equal(bucket.wait(4), 6)
  t.equal(bucket.take(10), true)
  t.equal(bucket.wait(10), 20)
  bucket.force(10)
  t.equal(bucket.wait(10), 50, 'what was forced is paid for first')
  t.end()
})
