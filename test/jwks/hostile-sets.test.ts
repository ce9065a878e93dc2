// Key sets that a broken or hijacked host may answer with, and objects that an application may hand over.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import { usableJwk } from '../../src/crypto/jwk.js'
import { keySetError } from '../../src/jwks/failure.js'
import { type KeySetSource, keySet } from '../../src/jwks/jwks.js'
import { keyCache } from '../../src/jwks/key-cache.js'
import { refusingTestKeys } from '../../src/jwks/test-keys.js'
import { host, say, setOf, signer } from './issuer-double.js'
import { idle, lab, settle } from './lab.js'

const [one, two] = [signer('one'), signer('two')]
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const members = (count: number) => Array.from({ length: count }, (_, i) => `"\\u0061${i}" :0`).join(',')

/** Entries as texts, each of up to 60 kB. */
const hostile: Record<string, string> = {
  'padding without end': `{"kid":"x","kty":"RSA","e":"AQAB","n":"${'='.repeat(60_000)}x"}`,
  '8 kB of padding': `{"kid":"x","kty":"RSA","e":"AQAB","n":"${'='.repeat(8_192)}x"}`,
  'padding within limits': `{"kid":"x","kty":"RSA","e":"AQAB","n":"${'='.repeat(1_399)}x"}`,
  'a long number': `{"kid":"x","kty":"RSA","e":"AQAB","n":"${'_'.repeat(60_000)}"}`,
  'a long exponent': `{"kid":"x","kty":"RSA","n":"${rsa.n}","e":"${'_'.repeat(60_000)}"}`,
  'foreign signs': `{"kid":"x","kty":"RSA","e":"AQAB","n":"${'+/'.repeat(30_000)}"}`,
  'escaped names': `{"kid":"x","kty":"RSA",${members(4_000)}}`,
  'a nested number': `{"kid":"x","kty":"RSA","x":${nested(20_000)}}`,
  'a nested modulus': `{"kid":"x","kty":"RSA","e":"AQAB","n":${nested(20_000)}}`,
  'a nested algorithm': `{"kid":"x","kty":"RSA","alg":${nested(20_000)}}`,
  'a nested operation': `{"kid":"x","kty":"RSA","key_ops":${nested(20_000)}}`,
  'a nested key ID': `{"kid":${nested(20_000)}}`,
  'a nested private half': `{"kid":"x","kty":"RSA","d":${nested(20_000)}}`,
  'nested elsewhere': `{"kid":"x","kty":"RSA","x5c":${nested(20_000)}}`,
  'many operations': `{"kid":"x","kty":"RSA","key_ops":[${'"sign",'.repeat(8_000)}"sign"]}`,
  'a length': '{"kid":"x","kty":"RSA","key_ops":{"length":4294967295}}',
  'numbers without end': '{"kid":1e400,"kty":1e400,"n":1e400}',
  'another prototype': '{"kid":"x","__proto__":{"kty":"RSA","n":"AQAB","e":"AQAB"}}',
  'names of methods': '{"kid":"constructor","toJSON":"x","toString":"x","valueOf":1,"kty":"EC"}',
}

t.test('no entry of a set spoils the others', async t => {
  for (const [name, entry] of Object.entries(hostile)) {
    const issuer = await host(t, say(`{"keys":[${entry},${JSON.stringify(one.jwk)}],"__proto__":{}}`))
    const at = lab(t, issuer.url)
    t.ok((await at.ask('one')).key, name)
    t.equal(at.eventsOf('entry_skipped').length, 1, `${name}: left out, with an event`)
    t.equal(at.keys.health(at.time.now).keys, 1)
  }
})

t.test('a set of nothing else is an outage with a reason', async t => {
  const sets = [
    ...Object.entries(hostile).map(([name, entry]) => [name, `{"keys":[${entry}]}`, 'empty'] as const),
    ['a nested text', nested(32_000), 'body'] as const,
    ['a nested list of keys', `{"keys":${nested(32_000)}}`, 'empty'] as const,
  ]
  for (const [name, text, reason] of sets) {
    const at = lab(t, (await host(t, say(text))).url)
    t.match(await at.ask('one'), { error: { status: 503 }, reason }, name)
    t.match(at.eventsOf('fetch_failed'), [{ reason }])
    t.equal(at.keys.health(at.time.now).lastFailure, reason)
  }
})

t.test('what is over 1,400 characters is not looked into', async t => {
  // Not a time: what is no short text is never handed on.
  const seen: unknown[] = []
  const noting: KeySetSource['importKey'] = (source, algorithm) => {
    seen.push(source)
    return importKey(source, algorithm)
  }
  const at = lab(t, (await host(t, say(`{"keys":[${hostile['a long number']}]}`))).url, { importKey: noting })
  await at.ask('one')
  t.same(seen, [{ kid: 'x', kty: 'RSA', e: 'AQAB' }])
  t.throws(() => usableJwk({ ...rsa, n: '='.repeat(1e6) }, 'RS256'), /not base64url/)
  t.throws(() => refusingTestKeys(importKey)({ ...rsa, n: `${'='.repeat(1e6)}x` }, 'RS256'), /not base64url/)
})

t.test('members that have no say are not asked to be texts', async t => {
  const odd = { ...one.jwk, n: null, e: 7, x5c: ['x'], exp: 1e9, nbf: null }
  const at = lab(t, (await host(t, say(JSON.stringify({ keys: [odd] })))).url)
  t.ok((await at.ask('one')).key)
})

t.test('objects of the application', async t => {
  const thrower = () => {
    throw new Error('an entry of its own mind')
  }
  const cyclic: Record<string, unknown> = { ...two.jwk }
  Object.assign(cyclic, { x5c: cyclic, x: cyclic })
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  let reads = 0
  const rows: Record<string, unknown> = {
    'a getter that throws': Object.defineProperty({ ...two.jwk }, 'kid', { get: thrower }),
    'a proxy that throws': new Proxy(two.jwk, { get: thrower, has: thrower }),
    'a proxy that is over': revoked.proxy,
    'toJSON that throws': { ...two.jwk, kty: { toJSON: thrower } },
    cyclic,
    'a symbol': { ...two.jwk, alg: Symbol('ES256') },
    'a bigint': { ...two.jwk, use: 1n },
    'a key ID that changes': Object.defineProperty({ ...two.jwk }, 'kid', {
      get: () => (reads++ ? 'one' : 7),
    }),
    'an inherited private half': Object.assign(Object.create({ d: 'x' }), two.jwk),
    'a function': () => two.jwk,
  }
  for (const [name, entry] of Object.entries(rows)) {
    const at = lab(t, 'https://keys.invalid/', { jwks: { keys: [entry, one.jwk] }, offline: true })
    t.ok(at.askNow('one').key, name)
    t.equal(at.eventsOf('entry_skipped').length, 1, name)
    t.match(at.askNow('two'), { error: { code: 'ERR_TOKEN_KEY' } })
  }
  const list = [one.jwk, two.jwk]
  Object.defineProperty(list, 0, { get: thrower })
  t.ok(lab(t, 'https://keys.invalid/', { jwks: { keys: list }, offline: true }).askNow('two').key)
  const source = { url: 'https://keys.invalid/', algorithms: ['ES256'] } as const
  for (const jwks of [revoked.proxy, Object.defineProperty({}, 'keys', { get: thrower })])
    t.throws(() => keySet({ ...source, jwks: jwks as never }), {
      name: 'TypeError',
      message: /^keySet: jwks must be an object with a list/,
    })
})

t.test('whatever loading throws has a reason', async t => {
  for (const thrown of [
    new RangeError('Maximum call stack size exceeded'),
    undefined,
    null,
    'no',
    keySetError('dns'),
  ]) {
    const events: unknown[] = []
    const store = keyCache({
      issuer: 'x',
      load: () => Promise.reject(thrown),
      timing: { softAge: 1, blockingAge: 1, hardAge: 1, deadline: 1_000, hedgeDelay: 1 },
      time: () => 0,
      foundNew: () => {},
      emit: change => {
        const event = { ...change, issuer: 'x' }
        events.push(event)
        settle(event)
        return event
      },
    })
    await store.start(0).done
    await idle()
    const reason = thrown instanceof Error && 'reason' in thrown ? 'dns' : 'body'
    t.match(events, [{ type: 'fetch_failed', reason }])
    t.equal(store.health(0).lastFailure, reason)
    t.match(store.outage(0), { code: 'ERR_KEYS_UNAVAILABLE', cause: { name: 'KeySetError', reason } })
  }
})

t.test('a set of a hundred entries is one fetch', async t => {
  const issuer = await host(
    t,
    say(setOf(...Array.from({ length: 100 }, (_, i) => ({ ...one, jwk: { ...one.jwk, kid: `k${i}` } })))),
  )
  const at = lab(t, issuer.url)
  t.ok((await at.ask('k99')).key)
  t.equal(at.keys.health(at.time.now).keys, 100)
})
