import {
  type AccessTokenClaims,
  AuthError,
  createVerifier,
  type IdTokenClaims,
  isAuthError,
  type JwtClaims,
  type KeyResolver,
  type Principal,
  type TrustedIssuer,
  userPool,
  type VerificationKey,
  type VerifiedToken,
  type Verifier,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import fc from 'fast-check'
import t from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import { webEngine } from '../../src/crypto/web.js'
import {
  base64url,
  claimsOf,
  clientId,
  clock,
  codeOf,
  foreign,
  headerOf,
  issuer,
  json,
  now,
  own,
  pool,
  rsaPair,
  seal,
  token,
  userPoolId,
  verifierOf,
} from '../mint.js'

const key = importKey(own.jwk, 'RS256') as VerificationKey

/** An issuer that accepts all claims, with the pool's key. */
const anyIssuer = (more: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  issuers: [issuer],
  algorithms: ['RS256'],
  keys: () => key,
  validate: (_header, claims) => claims,
  ...more,
})

t.test('a token that passes comes back whole, frozen, with who it speaks for', async t => {
  const verified = verifierOf().verifySync(token())
  t.same(verified.claims, claimsOf())
  t.same(verified.header, headerOf())
  t.same(verified.principal, {
    kind: 'user',
    subject: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    issuer,
    tokenUse: 'access',
    clientId,
    username: 'somebody@example.com',
    groups: ['readers'],
    scopes: ['openid', 'orders/read'],
    expiresAt: now + 3600,
  })
  t.ok(isFrozen(verified))
})

t.test('verify, verifySync and check agree', async t => {
  const cases = [
    ['good', token(), undefined],
    ['expired', token(claimsOf({ exp: now - 9 })), 'ERR_TOKEN_EXPIRED'],
    ['forged', token(claimsOf(), headerOf(), foreign), 'ERR_TOKEN_SIGNATURE'],
    ['not a string', 1 as unknown as string, 'ERR_TOKEN_MALFORMED'],
  ] as const
  const verifier = verifierOf()
  for (const [name, candidate, code] of cases) {
    const promise = verifier.verify(candidate)
    t.ok(promise instanceof Promise, `${name}: verify returns a promise, always`)
    t.equal(
      await promise.then(
        () => undefined,
        error => error.code,
      ),
      code,
      `${name}: verify`,
    )
    t.equal(
      codeOf(() => verifier.verifySync(candidate)),
      code,
      `${name}: verifySync`,
    )
    const verdict = await verifier.check(candidate)
    t.equal(isAuthError(verdict) ? verdict.code : undefined, code, `${name}: check returns it`)
  }
  t.equal(await verifier.verify(token()), verifier.check(token()), 'and hand out the same object')
})

t.test('time is checked on every call, cached or not', async t => {
  const cases = [
    ['exp in a second', { exp: now + 1 }, 0, undefined],
    ['exp now', { exp: now }, 0, 'ERR_TOKEN_EXPIRED'],
    ['exp now, tolerance', { exp: now }, 5, undefined],
    ['exp at the end of the tolerance', { exp: now - 5 }, 5, 'ERR_TOKEN_EXPIRED'],
    ['exp a moment before that', { exp: now - 4.999 }, 5, undefined],
    ['exp in the year 9999', { exp: 253_402_300_799 }, 0, undefined],
    ['exp with a fraction', { exp: now + 0.5 }, 0, undefined],
    ['nbf now', { nbf: now }, 0, undefined],
    ['nbf in a second', { nbf: now + 1 }, 0, 'ERR_TOKEN_NOT_YET_VALID'],
    ['nbf within the tolerance', { nbf: now + 5 }, 5, undefined],
    ['nbf beyond the tolerance', { nbf: now + 5.5 }, 5, 'ERR_TOKEN_NOT_YET_VALID'],
    ['iat in a second', { iat: now + 1 }, 0, 'ERR_TOKEN_NOT_YET_VALID'],
    ['iat within the tolerance', { iat: now + 5 }, 5, undefined],
    ['no iat', { iat: undefined }, 0, undefined],
    ['no auth_time', { auth_time: undefined }, 0, undefined],
    ['auth_time later than now', { auth_time: now + 60 }, 0, undefined],
  ] as const
  for (const [name, claims, clockTolerance, code] of cases) {
    const verifier = verifierOf([pool()], { clockTolerance })
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(claims)))),
      code,
      name,
    )
  }

  let time = now * 1000
  const verifier = verifierOf([pool()], { clock: { now: () => time }, clockTolerance: 0 })
  const short = token(claimsOf({ exp: now + 10, nbf: now }))
  verifier.verifySync(short)
  time += 9_999
  t.equal(
    codeOf(() => verifier.verifySync(short)),
    undefined,
    'a moment before',
  )
  time += 1
  t.equal(
    codeOf(() => verifier.verifySync(short)),
    'ERR_TOKEN_EXPIRED',
    'cached, and expired',
  )
  time = now * 1000 - 1
  t.equal(
    codeOf(() => verifier.verifySync(short)),
    'ERR_TOKEN_NOT_YET_VALID',
    'cached, clock set back',
  )
})

t.test('the default clock is the system clock, the default tolerance five seconds', async t => {
  const seconds = Math.floor(Date.now() / 1000)
  const verifier = createVerifier({ issuers: [pool()] })
  t.equal(verifier.clock, Date)
  const at = (exp: number) =>
    codeOf(() => verifier.verifySync(token(claimsOf({ exp, iat: seconds - 60, auth_time: undefined }))))
  t.equal(at(seconds + 60), undefined)
  t.equal(at(seconds - 3), undefined)
  t.equal(at(seconds - 6), 'ERR_TOKEN_EXPIRED')
})

t.test('cheap refusals come before the key lookup, and the key before the signature', async t => {
  const asked: unknown[] = []
  const keys: KeyResolver = (...args) => {
    asked.push(args)
    return { algorithm: 'RS256', verify: () => false }
  }
  const verifier = verifierOf([{ ...pool(), keys }])
  for (const claims of [
    { iss: 'x' },
    { token_use: 'id' },
    { client_id: 'x' },
    { exp: now - 9 },
    { nbf: now + 9 },
    { sub: 1 },
  ]) {
    t.type(
      codeOf(() => verifier.verifySync(token(claimsOf(claims)))),
      'string',
    )
  }
  t.same(asked, [], 'no key')
  t.equal(
    codeOf(() => verifier.verifySync(token())),
    'ERR_TOKEN_SIGNATURE',
  )
  t.same(asked, [[own.jwk.kid, 'RS256', now * 1000, issuer]], 'what a key resolver is called with')
})

t.test('a key is for the algorithm that it was bound to', async t => {
  const keys: KeyResolver = () => ({ algorithm: 'RS512', verify: () => true })
  t.equal(
    codeOf(() => verifierOf([anyIssuer({ keys })]).verifySync(token())),
    'ERR_TOKEN_KEY',
  )
})

t.test('only true verifies', async t => {
  for (const answer of [false, undefined, null, 1, 'true', {}, []]) {
    const keys: KeyResolver = () => ({ algorithm: 'RS256', verify: () => answer as boolean })
    t.equal(
      codeOf(() => verifierOf([anyIssuer({ keys })]).verifySync(token())),
      'ERR_TOKEN_SIGNATURE',
      JSON.stringify(answer),
    )
  }
})

t.test('keys that take time', async t => {
  const later: KeyResolver = async () => key
  const slow: VerificationKey = { algorithm: 'RS256', verify: async (...bytes) => key.verify(...bytes) }
  t.match(await verifierOf([anyIssuer({ keys: later })]).verify(token()), { principal: { kind: 'user' } })
  t.match(await verifierOf([anyIssuer({ keys: () => slow })]).verify(token()), {
    principal: { kind: 'user' },
  })
  t.equal(
    codeOf(() => verifierOf([anyIssuer({ keys: later })]).verifySync(token())),
    'ERR_KEYS_NOT_LOADED',
  )
  const failing: KeyResolver = () => Promise.reject(new RangeError('a fault'))
  t.equal(
    codeOf(() => verifierOf([anyIssuer({ keys: failing })]).verifySync(token())),
    'ERR_KEYS_NOT_LOADED',
  )
  await t.rejects(verifierOf([anyIssuer({ keys: failing })]).verify(token()), { message: 'a fault' })
})

t.test('a key that verifies later gets the bytes of its own token', async t => {
  const slow: VerificationKey = {
    algorithm: 'RS256',
    async verify(input, signature) {
      await new Promise(setImmediate)
      return key.verify(input, signature)
    },
  }
  const verifier = verifierOf([anyIssuer({ keys: () => slow })])
  const genuine = token()
  const forged = `${base64url(json(headerOf()))}.${base64url(json(claimsOf({ 'cognito:groups': ['admin!!'] })))}.${genuine.split('.')[2]}`
  t.equal(forged.length, genuine.length)
  const answers = await Promise.allSettled([
    verifier.verify(forged),
    verifier.verify(genuine),
    verifier.verify(forged),
  ])
  t.same(
    answers.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected'],
  )
})

t.test('WebCrypto verifies as node:crypto does', async t => {
  const keys = await webEngine(own.jwk, 'RS256')
  const verifier = verifierOf([anyIssuer({ keys: () => keys })])
  const answers = await Promise.allSettled([
    verifier.verify(token()),
    verifier.verify(token(claimsOf(), headerOf(), foreign)),
    verifier.verify(token(claimsOf({ jti: 'x' }))),
  ])
  t.same(
    answers.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

t.test('a key that reads its arguments later gets copies', async t => {
  const key = await webEngine(own.jwk, 'RS256')
  const late: VerificationKey = {
    algorithm: 'RS256',
    verify: async (...signed) => {
      await Promise.resolve()
      return key.verify(...signed)
    },
  }
  const verifier = verifierOf([anyIssuer({ keys: () => late })])
  const answers = await Promise.allSettled([
    verifier.verify(token(claimsOf(), headerOf(), foreign)),
    verifier.verify(token()),
    verifier.verify(token(claimsOf(), headerOf(), foreign)),
  ])
  t.same(
    answers.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected'],
  )
})

t.test('several issuers', async t => {
  const other = rsaPair()
  const otherIssuer = issuer.replace('Strict123', 'Other1')
  const pools = [
    pool(),
    userPool({ userPoolId: 'eu-west-1_Other1', clientId, jwks: { keys: [other.jwk] }, offline: true }),
  ]
  const verifier = verifierOf(pools)
  const header = { kid: other.jwk.kid, alg: 'RS256' }
  const cases = [
    ['the first', token(), undefined],
    ['the second', token(claimsOf({ iss: otherIssuer }), header, other), undefined],
    ["the first's key for the second's iss", token(claimsOf({ iss: otherIssuer })), 'ERR_TOKEN_KEY'],
    ["the second's key for the first's iss", token(claimsOf(), header, other), 'ERR_TOKEN_KEY'],
    ["the first's kid, the second's key", token(claimsOf(), headerOf(), other), 'ERR_TOKEN_SIGNATURE'],
    ['a third', token(claimsOf({ iss: issuer.replace('Strict123', 'Third1') })), 'ERR_TOKEN_ISSUER'],
  ] as const
  for (const [name, candidate, code] of cases)
    t.equal(
      codeOf(() => verifier.verifySync(candidate)),
      code,
      name,
    )
})

t.test('several issuers with one iss: the first that takes the token, else the closest refusal', async t => {
  const access = pool({ clientId: 'client1' })
  const id = userPool({
    userPoolId,
    clientId: 'client2',
    tokenUse: 'id',
    jwks: { keys: [own.jwk] },
    offline: true,
  })
  const es256 = anyIssuer({ algorithms: ['ES256'] })
  const verifier = verifierOf([es256, access, id])
  const cases = [
    ['access, client1', { client_id: 'client1' }, undefined],
    ['ID, client2', { token_use: 'id', aud: 'client2', client_id: undefined }, undefined],
    ['access, client2', { client_id: 'client2' }, 'ERR_TOKEN_CLIENT'],
    ['ID, client1', { token_use: 'id', aud: 'client1', client_id: undefined }, 'ERR_TOKEN_CLIENT'],
    ['neither', { token_use: 'x' }, 'ERR_TOKEN_USE'],
    ['a claim of the wrong type', { client_id: 'client1', scope: [] }, 'ERR_TOKEN_CLAIM'],
  ] as const
  for (const [name, claims, code] of cases) {
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(claims)))),
      code,
      name,
    )
    t.equal(
      codeOf(() => verifierOf([id, access, es256]).verifySync(token(claimsOf(claims)))),
      code,
      `${name}, the other way round`,
    )
  }
  t.equal(
    codeOf(() =>
      verifierOf([pool(), anyIssuer({ issuers: ['https://es.example'], algorithms: ['ES256'] })]).verifySync(
        token(claimsOf({ iss: 'https://es.example' })),
      ),
    ),
    'ERR_TOKEN_ALGORITHM',
    'an algorithm of another issuer',
  )
})

t.test('an issuer of one’s own', async t => {
  const principal: Principal = {
    kind: 'guest',
    subject: 'g',
    issuer,
    groups: [],
    scopes: ['a'],
    expiresAt: 1,
  }
  const made = { ...claimsOf(), extra: { deep: [1] } } as unknown as JwtClaims
  const own = anyIssuer({ principal: () => principal, validate: () => made })
  const verified = verifierOf([own]).verifySync(token())
  t.same(verified.principal, principal)
  t.same(verified.claims, made)
  t.ok(isFrozen(verified), 'what it made is frozen, too')
  const faulty = anyIssuer({
    validate() {
      throw new RangeError('a fault')
    },
  })
  t.match(
    codeOf(() => verifierOf([faulty]).verifySync(token())),
    RangeError('a fault'),
    'a fault stays a fault',
  )
  t.equal(
    codeOf(() => verifierOf([anyIssuer()]).verifySync(token(claimsOf({ exp: undefined })))),
    'ERR_TOKEN_CLAIM',
    'registered claims are checked for it',
  )
  t.equal(
    codeOf(() => verifierOf([anyIssuer()]).verifySync(token(claimsOf({ exp: 1 })))),
    'ERR_TOKEN_EXPIRED',
  )
})

t.test('what is cached', async t => {
  let checks = 0
  let current: VerificationKey = counting(key)
  function counting({ algorithm, verify }: VerificationKey): VerificationKey {
    return {
      algorithm,
      verify(...bytes) {
        checks++
        return verify(...bytes)
      },
    }
  }
  const issuers = [anyIssuer({ keys: () => current })]
  const verifier = verifierOf(issuers)
  const good = token()
  const first = verifier.verifySync(good)
  t.equal(verifier.verifySync(good.slice()), first, 'the same object')
  t.equal(checks, 1, 'one signature check')

  const [input, signature] = [good.slice(0, good.lastIndexOf('.')), good.slice(good.lastIndexOf('.') + 1)]
  const twin = `${input.slice(0, -1)}${input.endsWith('A') ? 'B' : 'A'}.${signature}`
  t.type(
    codeOf(() => verifier.verifySync(twin)),
    'string',
    'a token with the same end is not the same token',
  )

  checks = 0
  const bad = token(claimsOf(), headerOf(), foreign)
  for (let i = 0; i < 3; i++)
    t.equal(
      codeOf(() => verifier.verifySync(bad)),
      'ERR_TOKEN_SIGNATURE',
    )
  t.equal(checks, 3, 'failures are not cached')

  checks = 0
  current = counting(key)
  t.not(verifier.verifySync(good), first, 'another key: verified again')
  t.equal(checks, 1)

  current = { algorithm: 'RS256', verify: () => false }
  t.equal(
    codeOf(() => verifier.verifySync(good)),
    'ERR_TOKEN_SIGNATURE',
    'a replaced key takes its tokens along',
  )

  checks = 0
  current = counting(key)
  const forgetful = verifierOf(issuers, { cache: false })
  forgetful.verifySync(good)
  forgetful.verifySync(good)
  t.equal(checks, 2, 'cache: false')

  checks = 0
  const small = verifierOf(issuers, { cache: { maxTokens: 2 } })
  const [a, b, c] = ['a', 'b', 'c'].map(jti => token(claimsOf({ jti }))) as [string, string, string]
  for (const each of [a, b, a, c, a, b]) small.verifySync(each)
  t.equal(checks, 4, 'the least recently used goes first')
})

t.test('headers are cached by their text, a few of them', async t => {
  const verifier = verifierOf([anyIssuer()])
  const headers = Array.from({ length: 20 }, (_, i) => headerOf({ x: i }))
  for (const header of [...headers, ...headers]) {
    t.same(verifier.verifySync(token(claimsOf(), header)).header, header)
  }
  const [one, two] = [
    verifier.verifySync(token(claimsOf({ jti: '1' }))),
    verifier.verifySync(token(claimsOf({ jti: '2' }))),
  ]
  t.equal(one.header, two.header)
})

t.test('revocations are checked on every call, first or cached', async t => {
  const asked: [string, number][] = []
  let revoked = false
  const revocations = {
    isRevoked({ claims }: VerifiedToken, time: number) {
      asked.push([claims.jti as string, time])
      return revoked
    },
  }
  const verifier = verifierOf([pool()], { revocations })
  verifier.verifySync(token())
  revoked = true
  t.equal(
    codeOf(() => verifier.verifySync(token())),
    'ERR_TOKEN_REVOKED',
    'cached',
  )
  t.equal(
    codeOf(() => verifier.verifySync(token(claimsOf({ jti: 'x' })))),
    'ERR_TOKEN_REVOKED',
    'first time',
  )
  t.same(asked, [
    [claimsOf().jti, now * 1000],
    [claimsOf().jti, now * 1000],
    ['x', now * 1000],
  ])
  codeOf(() => verifier.verifySync(token(claimsOf(), headerOf(), foreign)))
  t.equal(asked.length, 3, 'not about tokens that do not verify')
})

t.test('key sets: ready, health, suspect, close', async t => {
  const calls: unknown[] = []
  const withAll: KeyResolver = Object.assign(() => key, {
    ready: async (time: number) => void calls.push(['ready', time]),
    suspect: (...args: unknown[]) => void calls.push(['suspect', ...args]),
    health: () => ({ state: 'fresh', age: 1, keys: 2, lastFailure: undefined }) as const,
    close: () => void calls.push('close'),
  })
  const verifier = verifierOf([
    anyIssuer({ keys: withAll }),
    anyIssuer({ issuers: ['https://bare.example'] }),
  ])
  await verifier.ready()
  t.same(verifier.health(), [
    { name: 'custom', issuers: [issuer], state: 'fresh', age: 1, keys: 2, lastFailure: undefined },
  ])
  codeOf(() => verifier.verifySync(token(claimsOf(), headerOf(), foreign)))
  codeOf(() => verifier.verifySync(token(claimsOf({ iss: 'https://bare.example' }), headerOf(), foreign)))
  verifier.close()
  t.same(calls, [['ready', now * 1000], ['suspect', own.jwk.kid, now * 1000, issuer], 'close'])

  const [up, down] = [createTestIssuer(), createTestIssuer({ userPoolId: 'us-east-1_Down' })]
  down.takeDown()
  const half = createVerifier({
    issuers: [userPool({ ...down.options, fetchTimeout: 0.05 }), userPool(up.options)],
    clock: up.clock,
  })
  t.equal(
    codeOf(() => half.verifySync(up.accessToken())),
    'ERR_KEYS_NOT_LOADED',
  )
  await t.rejects(half.ready(), { code: 'ERR_KEYS_UNAVAILABLE', status: 503 })
  t.equal(
    codeOf(() => half.verifySync(up.accessToken())),
    undefined,
    'one outage is not the other issuer’s',
  )
  t.same(
    half.health().map(({ state }) => state),
    ['empty', 'fresh'],
  )
  await t.rejects(half.verify(down.accessToken()), { code: 'ERR_KEYS_UNAVAILABLE' })
  half.close()
  const throwing: KeyResolver = Object.assign(() => key, {
    ready() {
      throw new RangeError('a fault')
    },
  })
  await t.rejects(verifierOf([anyIssuer({ keys: throwing })]).ready(), RangeError('a fault'))

  let isLoaded = () => {}
  const loading = new Promise<void>(resolve => {
    isLoaded = resolve
  })
  const revocations = {
    isLoading: true,
    isRevoked: () => false,
    async ready() {
      await loading
      this.isLoading = false
    },
  }
  const withList = createVerifier({ issuers: [userPool(up.options)], revocations, clock: up.clock })
  const isReady = withList.ready()
  isLoaded()
  await isReady
  t.notOk(revocations.isLoading, 'the list of revocations is waited for')
  const { isRevoked } = revocations
  await createVerifier({
    issuers: [userPool(up.options)],
    revocations: { isRevoked },
    clock: up.clock,
  }).ready()
  const unreadable = {
    isRevoked: () => false,
    ready: () => Promise.reject(new AuthError('ERR_REVOCATION_UNAVAILABLE')),
  }
  const withoutList = createVerifier({
    issuers: [userPool(up.options)],
    revocations: unreadable,
    clock: up.clock,
  })
  await t.rejects(withoutList.ready(), { code: 'ERR_REVOCATION_UNAVAILABLE', status: 503 })
  t.equal(
    codeOf(() => withoutList.verifySync(up.accessToken())),
    undefined,
    'the key sets are loaded all the same',
  )
})

t.test('a rotation, from the first token to the last', async t => {
  const source = createTestIssuer()
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  const old = source.accessToken()
  await verifier.verify(old)
  source.rotateKeys()
  await verifier.verify(source.accessToken())
  t.equal(source.requests, 2, 'a new key is fetched once')
  t.equal(
    codeOf(() => verifier.verifySync(old)),
    undefined,
    'the old one is still published',
  )
  source.withdrawOldKeys()
  source.clock.advance(601)
  await t.rejects(verifier.verify(old), { code: 'ERR_TOKEN_KEY' }, 'cached, and its key is gone')
  verifier.close()
})

t.test('wrong options are named', async t => {
  const issuers = [pool()]
  const cases = [
    [undefined, 'createVerifier: options must be an object'],
    [{}, 'createVerifier: issuers is undefined'],
    [{ issuers: [] }, 'createVerifier: issuers must be a list of at least one issuer'],
    [{ issuers: pool() }, 'createVerifier: issuers must be a list of at least one issuer'],
    ...[
      null,
      {},
      'x',
      { ...pool(), keys: 1 },
      { ...pool(), validate: 1 },
      { ...pool(), algorithms: 'RS256' },
      { ...pool(), issuers: 'x' },
    ].map(
      entry =>
        [
          { issuers: [pool(), entry] },
          'createVerifier: issuers has an entry that is not an issuer, such as userPool({ ... })',
        ] as const,
    ),
    ...[Number.NaN, -1, 301, Infinity, '5', null].map(
      clockTolerance =>
        [
          { issuers, clockTolerance },
          'createVerifier: clockTolerance must be a number of seconds from 0 to 300',
        ] as const,
    ),
    ...[true, 1, null].map(
      cache => [{ issuers, cache }, 'createVerifier: cache must be an object, or false'] as const,
    ),
    [{ issuers, cache: [] }, 'createVerifier: cache: options must be an object'],
    ...[0, -1, 1.5, Number.NaN, Infinity, 1_000_001, '9'].map(
      maxTokens =>
        [
          { issuers, cache: { maxTokens } },
          'createVerifier: cache: maxTokens must be a whole number from 1 to 1000000',
        ] as const,
    ),
    [{ issuers, cache: { max: 1 } }, 'createVerifier: cache: max is not an option; known are maxTokens'],
    ...[null, {}, () => false].map(
      revocations =>
        [{ issuers, revocations }, 'createVerifier: revocations must have a function isRevoked()'] as const,
    ),
    ...[null, {}, 1, { now: 1 }].map(
      clock => [{ issuers, clock }, 'createVerifier: clock must have a function now()'] as const,
    ),
    [
      { issuers, leeway: 1 },
      'createVerifier: leeway is not an option; known are issuers, clockTolerance, cache, revocations, clock',
    ],
  ] as const
  for (const [options, message] of cases) {
    t.throws(() => createVerifier(options as never), new TypeError(message), message)
  }
})

t.test('a promise of others, whose then returns nothing, loses no refusal', async t => {
  const lazy = (value: unknown) =>
    // oxlint-disable-next-line unicorn/no-thenable -- what it is about
    ({ then: (told: (value: unknown) => void) => told(value) }) as never
  const [header, claims] = token().split('.')
  const forged = `${header}.${claims}.${base64url('x')}`
  const keysLater = verifierOf([anyIssuer({ keys: () => lazy(key) })])
  const verifiedLater = verifierOf([
    anyIssuer({ keys: () => ({ ...key, verify: (...args) => lazy(key.verify(...args)) }) }),
  ])
  for (const verifier of [keysLater, verifiedLater]) {
    t.match(await verifier.verify(token()), { principal: { kind: 'user' } })
    t.match(await verifier.verify(forged).catch((error: unknown) => error), { code: 'ERR_TOKEN_SIGNATURE' })
    t.match(await verifier.check(forged), { code: 'ERR_TOKEN_SIGNATURE' })
  }
})

t.test('whatever comes in, nothing but a refusal comes out', async t => {
  const verifier = verifierOf()
  const later = verifierOf([anyIssuer({ keys: async () => key })])
  const isRefused = async (value: unknown) => {
    const calls = [
      () => Promise.reject(verifier.check(value as string)),
      () => verifier.verifySync(value as string),
      () => verifier.verify(value as string),
      () => later.verify(value as string),
    ]
    for (const call of calls) {
      const thrown = await Promise.resolve()
        .then(call)
        .then(
          () => undefined,
          error => error,
        )
      if (!(thrown instanceof AuthError && thrown.code.startsWith('ERR_TOKEN_'))) return false
    }
    return true
  }
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  })
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  const encoded = fc.oneof(
    text.map(base64url),
    fc.json().map(base64url),
    fc.constant(base64url(json(headerOf()))),
    fc.constant(base64url(json(claimsOf()))),
    text,
  )
  const almost = fc.array(encoded, { maxLength: 4 }).map(parts => parts.join('.'))
  const members = fc.dictionary(
    fc.constantFrom(
      'alg',
      'kid',
      'typ',
      'crit',
      'iss',
      'exp',
      'sub',
      'aud',
      'scope',
      'client_id',
      'token_use',
      'cognito:groups',
      'identities',
      'jti',
    ),
    fc.jsonValue(),
    { noNullPrototype: true },
  )
  // Signed with another key: with the pool's, a random token might be valid.
  const signed = fc
    .tuple(members, members)
    .map(([header, claims]) => token(claimsOf(claims), headerOf(header), foreign))
  for (const [name, arbitrary, numRuns] of [
    ['anything', anything, 3_000],
    ['almost a token', almost, 3_000],
    ['almost the right members', signed, 150],
  ] as const) {
    await fc.assert(fc.asyncProperty(arbitrary as fc.Arbitrary<unknown>, isRefused), { numRuns })
    t.pass(`${name}, ${numRuns} times`)
  }
  for (const value of [
    Symbol('x'),
    () => '',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('looked at')
        },
      },
    ),
    Object.create(null),
    new String(token()),
    Buffer.from(token()),
    [token()],
    { toString: () => token() },
    Promise.resolve(token()),
  ]) {
    t.ok(await isRefused(value), typeof value)
  }
})

t.test('a spelling that one verifier accepts is not cached for another', async t => {
  const lenient = verifierOf([anyIssuer({ padding: 'allowed' })])
  const strict = verifierOf()
  // Header and claims need no padding, only the signature does.
  const good = token(
    claimsOf({ pad: 'x'.repeat((3 - (json(claimsOf({ pad: '' })).length % 3)) % 3) }),
    `${json(headerOf())}${' '.repeat((3 - (json(headerOf()).length % 3)) % 3)}`,
  )
  const padded = `${good}==`
  t.same(
    good.split('.').map(part => part.length % 4),
    [0, 0, 2],
  )
  lenient.verifySync(padded)
  t.equal(
    codeOf(() => strict.verifySync(padded)),
    'ERR_TOKEN_MALFORMED',
  )
  t.equal(
    codeOf(() => strict.verifySync(good)),
    undefined,
  )
})

t.test('a burst goes to the thread pool and loses nothing there', async t => {
  const verifier = verifierOf([pool()], { cache: false })
  const genuine = token()
  const forged = token(claimsOf(), headerOf(), foreign)
  t.equal(forged.length, genuine.length)
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => verifier.verify(i % 3 ? forged : genuine)),
  )
  t.same(
    answers.map(({ status }) => status),
    Array.from(answers, (_, i) => (i % 3 ? 'rejected' : 'fulfilled')),
  )
})

t.test('the types follow from the options', async t => {
  const bare = { userPoolId, clientId } as const
  const access = createVerifier({ issuers: [userPool(bare)], clock })
  const id = createVerifier({ issuers: [userPool({ ...bare, tokenUse: 'id' })] })
  const both = createVerifier({ issuers: [userPool({ ...bare, tokenUse: ['id', 'access'] })] })
  const mixed = createVerifier({ issuers: [userPool(bare), anyIssuer()] })
  same<typeof access, Verifier<AccessTokenClaims>>(true)
  same<typeof id, Verifier<IdTokenClaims>>(true)
  same<typeof both, Verifier<AccessTokenClaims | IdTokenClaims>>(true)
  same<typeof mixed, Verifier<AccessTokenClaims | JwtClaims>>(true)
  const narrow = ({ claims }: VerifiedToken<AccessTokenClaims | IdTokenClaims>) =>
    claims.token_use === 'id' ? claims.email : claims.client_id
  same<ReturnType<typeof narrow>, string | undefined>(true)
  // @ts-expect-error: an access token has no e-mail address of that type
  const email = ({ claims }: VerifiedToken<AccessTokenClaims>): string | undefined => claims.email
  t.equal(typeof email, 'function')
})

/** Compiles only when the two types are the same. */
function same<A, B>(_is: [A, B] extends [B, A] ? true : false): void {}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isFrozen)
}

t.test('a token is verified as it was signed, byte for byte', async t => {
  const spaced = `{ "kid" : "${own.jwk.kid}",\n"alg":"RS256"}`
  const escaped = json(claimsOf()).replaceAll('/', '\\/').replace('readers', '\\u0072eaders')
  const verified = verifierOf().verifySync(seal(`${base64url(spaced)}.${base64url(escaped)}`))
  t.same(verified.claims, claimsOf())
})
