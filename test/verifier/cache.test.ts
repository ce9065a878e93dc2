import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  AuthError,
  createVerifier,
  type RevocationList,
  type TrustedIssuer,
  userPool,
  type VerificationKey,
  type VerifiedToken,
  type Verifier,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { random } from '../fuzz/random.js'
import { base64url, codeOf, issuer, json, now } from '../mint.js'

// The cache must never accept what verification refuses: a verifier with a cache agrees with one without, whatever happens.

/** A token whose signature names its secret: real signatures take time, and are not tested here. */
const tokenOf = (kid: string, secret: number, claims: object) =>
  `${base64url(json({ kid, alg: 'RS256' }))}.${base64url(json({ iss: issuer, exp: now + 3600, ...claims }))}.${base64url(Uint8Array.of(secret, 1, 2, 3))}`

const keyOf = (secret: number): VerificationKey => ({
  algorithm: 'RS256',
  isImmediate: true,
  verify: (_input, signature) => signature[0] === secret,
})

const kids = ['a', 'b']
const tokens = kids.flatMap((kid, i) =>
  [0, 1, 2].flatMap(secret => [
    tokenOf(kid, secret, { jti: `${kid}${secret} short`, exp: now + 20 + i, nbf: now + 5 }),
    tokenOf(kid, secret, { jti: `${kid}${secret} long`, origin_jti: `session ${secret}` }),
  ]),
)

/** Two keys, a clock, a list of revoked sessions and an issuer that may be down. */
function world() {
  const keys = new Map(kids.map(kid => [kid, keyOf(0)]))
  const revoked = new Set<unknown>()
  const state = { time: now * 1000, isDown: false, later: false, revision: 0 }
  const validated = { caching: 0, oracle: 0 }
  const verifierOf = (who: keyof typeof validated, cache: object | false) => {
    const trusted: TrustedIssuer = {
      issuers: [issuer],
      algorithms: ['RS256'],
      keys(kid) {
        const key = keys.get(kid as string)
        if (state.isDown) throw down
        return state.later ? Promise.resolve(key) : key
      },
      validate(_header, claims) {
        validated[who]++
        return claims
      },
    }
    return createVerifier({
      issuers: [trusted],
      cache,
      clock: { now: () => state.time },
      revocations: {
        isRevoked: Object.assign(
          ({ claims }: VerifiedToken) => revoked.has(claims.jti) || revoked.has(claims.origin_jti),
          { revision: () => state.revision },
        ),
      },
    })
  }
  return {
    state,
    keys,
    revoked,
    validated,
    caching: verifierOf('caching', { maxTokens: 4 }),
    oracle: verifierOf('oracle', false),
  }
}

const down = new AuthError('ERR_KEYS_UNAVAILABLE')

type World = ReturnType<typeof world>

function happens({ keys, revoked, state }: World, pick: (below: number) => number): void {
  const kid = kids[pick(2)] as string
  switch (pick(9)) {
    case 0:
      return void keys.set(kid, keyOf(pick(3)))
    case 1:
      return void keys.delete(kid)
    case 2:
      state.revision++
      return void revoked.add(pick(2) ? `session ${pick(3)}` : `${kid}${pick(3)} short`)
    case 3:
      return revoked.clear()
    case 4:
      state.time += pick(30) * 500
      return
    case 5:
      state.time -= pick(30) * 500
      return
    case 6:
      state.time = ([now, now + 20, now + 25, now + 3605, Number.NaN, now + 1][pick(6)] as number) * 1000
      return
    case 7:
      state.isDown = !state.isDown
      return
    default:
      keys.set(kid, keyOf(0))
  }
}

const codes = [
  'ERR_TOKEN_KEY',
  'ERR_TOKEN_SIGNATURE',
  'ERR_TOKEN_EXPIRED',
  'ERR_TOKEN_NOT_YET_VALID',
  'ERR_TOKEN_REVOKED',
  'ERR_KEYS_UNAVAILABLE',
]

const outcome = (verifier: Verifier, token: string): string => {
  try {
    return verifier.verifySync(token).claims.jti as string
  } catch (error) {
    return (error as AuthError).code
  }
}

t.test('100,000 random runs: no difference to a verifier without a cache', async t => {
  const seed = Date.now() | 0
  const pick = random(seed)
  const met: Record<string, number> = {}
  let hits = 0
  let differences = 0
  for (let run = 0; run < 100_000; run++) {
    const here = world()
    // Few tokens, so that they repeat.
    const few = Array.from({ length: 3 }, () => tokens[pick(tokens.length)] as string)
    for (let event = 0; event < 5; event++) {
      const candidate = few[pick(few.length)] as string
      const expected = outcome(here.oracle, candidate)
      if (outcome(here.caching, candidate) !== expected) differences++
      met[expected] = (met[expected] ?? 0) + 1
      happens(here, pick)
    }
    hits += here.validated.oracle - here.validated.caching
  }
  t.equal(differences, 0, `seed ${seed}`)
  t.ok(hits > 20_000, `${hits} times a signature was not checked again`)
  for (const code of codes) t.ok((met[code] ?? 0) > 1_000, `${code}: ${met[code]} times`)
})

t.test('the same where keys take their time, and calls overlap', async t => {
  const pick = random(1)
  let differences = 0
  for (let run = 0; run < 1_000; run++) {
    const here = world()
    here.state.later = true
    for (let event = 0; event < 4; event++) {
      const candidates = Array.from({ length: 4 }, () => tokens[pick(tokens.length)] as string)
      const [found, expected] = await Promise.all(
        [here.caching, here.oracle].map(verifier =>
          Promise.all(
            candidates.map(each =>
              verifier.verify(each).then(
                ({ claims }) => claims.jti,
                error => error.code,
              ),
            ),
          ),
        ),
      )
      if (JSON.stringify(found) !== JSON.stringify(expected)) differences++
      happens(here, pick)
    }
  }
  t.equal(differences, 0)
})

t.test('the same with real keys, rotated and withdrawn', async t => {
  const pick = random(2)
  let differences = 0
  for (let run = 0; run < 25; run++) {
    const source = createTestIssuer()
    // Each has a key set of its own, and time to fetch it, so that the order of calls does not matter.
    const verifierWith = (cache: object | false): Verifier =>
      createVerifier({
        issuers: [
          userPool({ ...source.options, refreshAfter: 60, monotonic: source.clock, fetchTimeout: 0.05 }),
        ],
        cache,
        clock: source.clock,
      })
    const [caching, oracle] = [verifierWith({}), verifierWith(false)]
    let rotations = 0
    const known = [source.accessToken(), source.accessToken({ expiresIn: 200 })]
    for (let event = 0; event < 12; event++) {
      const candidate = known[pick(known.length)] as string
      const [found, expected] = await Promise.all(
        [caching, oracle].map(verifier =>
          verifier.verify(candidate).then(
            ({ claims }) => claims.jti,
            error => error.code,
          ),
        ),
      )
      if (found !== expected) differences++
      const events = [
        // Four key pairs are stored; to make more takes time.
        () => rotations++ < 3 && source.rotateKeys({ keepOld: pick(2) === 0 }),
        () => source.withdrawOldKeys(),
        () => source.clock.advance(61 * (1 + pick(3))),
        () => known.push(source.accessToken({ expiresIn: 300 })),
      ]
      events[pick(events.length)]?.()
      // Background fetches end before the next call.
      for (const verifier of [caching, oracle]) await verifier.verify(source.accessToken()).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    caching.close()
    oracle.close()
  }
  t.equal(differences, 0)
})

t.test('a hit looks up the key by the iss of the token', async t => {
  const asked: unknown[] = []
  const key = keyOf(0)
  const found: TrustedIssuer = {
    issuers: [],
    algorithms: ['RS256'],
    keys(_kid, _algorithm, _now, iss) {
      asked.push(iss)
      return key
    },
    validate: (_header, claims) => claims,
  }
  const candidate = tokenOf('a', 0, { jti: 'x' })
  for (const trusted of [
    { ...found, issuers: ['https://other.example', issuer] },
    { ...found, find: () => found },
  ]) {
    const verifier = createVerifier({ issuers: [trusted], clock: { now: () => now * 1000 } })
    t.equal(verifier.verifySync(candidate), verifier.verifySync(candidate), 'cached')
  }
  t.same(asked, [issuer, issuer, issuer, issuer])
})

t.test('a hit waits for an asynchronous key, and the token is not verified again', async t => {
  const { state, validated, caching } = world()
  state.later = true
  const candidate = tokenOf('a', 0, { jti: 'x' })
  t.equal(await caching.verify(candidate), await caching.verify(candidate))
  t.equal(validated.caching, 1)
})

t.test('a cached token is looked up again when the list has grown', async t => {
  const key = keyOf(0)
  const list = { revision: 0 as unknown, asked: 0, isRevoked: false }
  const isRevoked = () => (list.asked++, list.isRevoked)
  const counted = Object.assign(() => isRevoked(), { revision: () => list.revision as number })
  const trusted: TrustedIssuer = {
    issuers: [issuer],
    algorithms: ['RS256'],
    keys: () => key,
    validate: (_header, claims) => claims,
  }
  const candidate = tokenOf('a', 0, { jti: 'x' })
  /** Three calls: whether each looked up the list, and its result. */
  const calling = (revocations: RevocationList) => {
    const verifier = createVerifier({ issuers: [trusted], revocations, clock: { now: () => now * 1000 } })
    const call = () => {
      const before = list.asked
      const code = codeOf(() => verifier.verifySync(candidate)) ?? 'good'
      return `${list.asked > before ? 'asked' : 'known'} ${code as string}`
    }
    return () => [call(), call(), call()].join(', ')
  }
  const always = 'asked good, asked good, asked good'
  t.equal(calling({ isRevoked })(), always, 'a list that counts nothing')
  t.equal(calling({ isRevoked: () => counted() })(), always, 'one that wraps another')
  const calls = calling({ isRevoked: counted })
  t.equal(calls(), 'asked good, asked good, known good', 'once more when it is cached')
  t.equal(calls(), 'known good, known good, known good')
  list.revision = 1
  t.equal(calls(), 'asked good, known good, known good', 'and for each change')
  for (const none of [Number.NaN, null, undefined, 'x', true, list]) {
    list.revision = none
    t.equal(calls(), always, 'no number')
  }
  list.isRevoked = true
  list.revision = 2
  const never = 'asked ERR_TOKEN_REVOKED, asked ERR_TOKEN_REVOKED, asked ERR_TOKEN_REVOKED'
  t.equal(calls(), never, 'revocation is not cached')
})

t.test('a token leaves the cache when it is found to be expired, or its key to be gone', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const ends: Record<string, (here: World) => void> = {
    ERR_TOKEN_EXPIRED: ({ state }) => {
      state.time += 4_000_000
    },
    ERR_TOKEN_KEY: ({ keys }) => void keys.delete('a'),
    ERR_TOKEN_SIGNATURE: ({ keys }) => void keys.set('a', keyOf(9)),
  }
  for (const [code, end] of Object.entries(ends)) {
    const here = world()
    const candidate = tokenOf('a', 0, { jti: 'x' })
    const kept = new WeakRef(here.caching.verifySync(candidate))
    await new Promise(setImmediate)
    collect()
    t.ok(kept.deref(), 'it is cached')
    await new Promise(setImmediate)
    end(here)
    t.equal(outcome(here.caching, candidate), code)
    await new Promise(setImmediate)
    collect()
    t.equal(kept.deref(), undefined, `${code}: nothing of it is kept`)
  }
})

t.test('a token whose place another has taken meanwhile leaves it there', async t => {
  const { state, keys, caching, validated } = world()
  const [first, second] = ['x', 'y'].map(jti => tokenOf('a', 0, { jti })) as [string, string]
  caching.verifySync(first)
  const key = keys.get('a') as VerificationKey
  keys.delete('a')
  state.later = true
  const refused = t.rejects(caching.verify(first), { code: 'ERR_TOKEN_KEY' })
  keys.set('a', key)
  state.later = false
  caching.verifySync(second)
  await refused
  const before = validated.caching
  t.ok(caching.verifySync(second))
  t.equal(validated.caching, before, 'it is still cached')
})

t.test('the cache is bounded by maxTokens, whatever clients send', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { caching } = world()
  const size = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const feed = (round: number) => {
    for (let i = 0; i < 20_000; i++) {
      caching.verifySync(tokenOf('a', 0, { jti: `${round} ${i}`, pad: 'x'.repeat(500) }))
      codeOf(() =>
        caching.verifySync(tokenOf(`b ${round} ${i}`, 1, { jti: `${round} ${i}`, pad: 'x'.repeat(500) })),
      )
    }
  }
  feed(0)
  const before = size()
  feed(1)
  t.ok(size() - before < 1_000_000, `40,000 tokens later: ${size() - before} bytes more`)
})
