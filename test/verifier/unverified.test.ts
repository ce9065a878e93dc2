import {
  createGuard,
  createVerifier,
  type Guard,
  loadBalancer,
  oidcProvider,
  type TrustedIssuer,
  tenants,
  userPool,
  type VerificationKey,
  type Verifier,
} from 'cognito-guard'
import { createTestIssuer, createTestLoadBalancer } from 'cognito-guard/testing'
import t from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import { base64url, claimsOf, clock, codeOf, headerOf, issuer, json, now, own, pool, token } from '../mint.js'

// Whoever can write a token without a key learns nothing from the answers: not which issuers, clients, audiences and tenants there are.

const answered = async (guard: Guard<never>, text: string) => {
  const decision = await guard({ header: name => (name === 'authorization' ? `Bearer ${text}` : undefined) })
  if (decision.authorized) throw new Error('a bad token is not refused')
  const { status, headers, body, error } = decision
  return { code: error.code, seen: JSON.stringify([status, headers, body]) }
}

/** What the client is told of a token, and the code on our side. */
const told = async (verifier: Verifier, text: string) => {
  const { code, seen } = await answered(createGuard({ verifier }) as Guard<never>, text)
  return `${/expired/.test(seen) ? 'expired' : 'invalid'} ${code}`
}

const forged = (text: string) => {
  const at = text.lastIndexOf('.') + 1
  return `${text.slice(0, at)}AAAAAAAA${text.slice(at + 8)}`
}

const key = importKey(own.jwk, 'RS256') as VerificationKey
const old = token(claimsOf({ exp: now - 60 }))

t.test('only of a genuine token, by a key that is loaded, a client is told that it has expired', async t => {
  const source = createTestIssuer()
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  const expired = source.accessToken({ expiresIn: -60 })
  t.equal(await told(verifier, expired), 'invalid ERR_TOKEN_EXPIRED', 'no key is loaded')
  t.equal(
    codeOf(() => verifier.verifySync(expired)),
    'ERR_TOKEN_EXPIRED',
  )
  t.equal(source.requests, 0, 'and none is fetched for it')
  await verifier.ready()
  t.equal(await told(verifier, expired), 'expired ERR_TOKEN_EXPIRED')
  const requests = source.requests
  t.equal(await told(verifier, forged(expired)), 'invalid ERR_TOKEN_EXPIRED', 'a forged one')
  const unknown = source.accessToken({ expiresIn: -60, header: { kid: 'unknown' } })
  t.equal(await told(verifier, unknown), 'invalid ERR_TOKEN_EXPIRED', 'by an unknown key')
  source.clock.advance(3_000)
  t.equal(await told(verifier, forged(expired)), 'invalid ERR_TOKEN_EXPIRED')
  t.equal(source.requests, requests, 'none of them caused a fetch, though one is due')

  const short = source.accessToken({ expiresIn: 10 })
  await verifier.verify(short)
  source.clock.advance(20)
  for (const time of ['first', 'second'])
    t.equal(await told(verifier, short), 'expired ERR_TOKEN_EXPIRED', `cached, the ${time} time`)
  t.equal(await told(verifier, forged(short)), 'invalid ERR_TOKEN_EXPIRED')
  source.clock.advance(90_000)
  t.equal(await told(verifier, short), 'invalid ERR_TOKEN_EXPIRED', 'by a key that is too old to be used')
  verifier.close()
})

t.test('for every kind of issuer', async t => {
  const source = createTestIssuer()
  const balancer = createTestLoadBalancer(source)
  const region = { ...source.options, additionalRegions: 'us-east-1' }
  const data = balancer.dataToken({ expiresIn: -60 })
  const cases: [string, TrustedIssuer, expired: string, good: string][] = [
    ['a pool', userPool(source.options), source.accessToken({ expiresIn: -60 }), source.accessToken()],
    ['a pool of two Regions', userPool(region), source.accessToken({ expiresIn: -60 }), source.accessToken()],
    [
      'a tenant',
      tenants(iss => (iss === source.issuer ? userPool(source.options) : undefined)),
      source.accessToken({ expiresIn: -60 }),
      source.accessToken(),
    ],
    ['a load balancer', loadBalancer(balancer.options), data, balancer.dataToken()],
    [
      'a provider',
      oidcProvider({
        issuer: source.issuer,
        audience: source.options.clientId,
        jwks: source.jwks(),
        offline: true,
        insecureTestKeys: true,
      }),
      source.idToken({ expiresIn: -60 }),
      source.idToken(),
    ],
  ]
  for (const [name, trusted, expired, good] of cases) {
    const verifier = createVerifier({ issuers: [trusted], clock: source.clock })
    if (name !== 'a provider')
      t.equal(await told(verifier, expired), 'invalid ERR_TOKEN_EXPIRED', `${name}: nothing is loaded`)
    await verifier.verify(good)
    t.equal(await told(verifier, expired), 'expired ERR_TOKEN_EXPIRED', name)
    t.equal(await told(verifier, forged(expired)), 'invalid ERR_TOKEN_EXPIRED', `${name}: forged`)
    verifier.close()
  }
})

t.test('keys of an application', async t => {
  const slow: VerificationKey = { algorithm: 'RS256', verify: async (...bytes) => key.verify(...bytes) }
  const failing: VerificationKey = {
    algorithm: 'RS256',
    verify: () => Promise.reject(new RangeError('a fault')),
  }
  const verifierWith = (loaded?: TrustedIssuer['keys']['loaded']) =>
    createVerifier({ issuers: [{ ...pool(), keys: Object.assign(() => key, loaded && { loaded }) }], clock })
  t.equal(await told(verifierWith(), old), 'invalid ERR_TOKEN_EXPIRED', 'that do not say which are loaded')
  t.equal(
    await told(
      verifierWith(() => undefined),
      old,
    ),
    'invalid ERR_TOKEN_EXPIRED',
    'that are not',
  )
  t.equal(
    await told(
      verifierWith(() => key),
      old,
    ),
    'expired ERR_TOKEN_EXPIRED',
    'that are',
  )
  t.equal(
    await told(
      verifierWith(() => slow),
      old,
    ),
    'expired ERR_TOKEN_EXPIRED',
    'that take time',
  )
  t.equal(
    await told(
      verifierWith(() => ({ ...key, algorithm: 'RS512' })),
      old,
    ),
    'invalid ERR_TOKEN_EXPIRED',
    'of another algorithm',
  )
  for (const answer of [1, 'true', {}, undefined])
    t.equal(
      await told(
        verifierWith(() => ({ algorithm: 'RS256', verify: () => answer as boolean })),
        old,
      ),
      'invalid ERR_TOKEN_EXPIRED',
      'only true verifies',
    )
  for (const late of [slow, failing])
    t.equal(
      codeOf(() => verifierWith(() => late).verifySync(old)),
      'ERR_TOKEN_EXPIRED',
      'nobody waits who cannot',
    )
  await t.rejects(verifierWith(() => failing).verify(old), { message: 'a fault' })
  const asked: unknown[] = []
  await told(
    verifierWith((...args) => void asked.push(args)),
    old,
  )
  t.same(asked, [[own.jwk.kid, 'RS256', now * 1000, issuer]])
})

t.test('unsigned tokens are all answered alike', async t => {
  const balancer = createTestLoadBalancer(createTestIssuer())
  const verifier = createVerifier({
    issuers: [
      pool({ resource: 'https://api.example' }),
      loadBalancer({ ...balancer.options, issuer }),
      tenants(iss =>
        iss === 'https://tenant.example' ? { ...pool(), issuers: [iss], keys: () => key } : undefined,
      ),
    ],
    clock,
  })
  const guard = createGuard({ verifier }) as Guard<never>
  const seen = new Map<string, string[]>()
  const times = [{}, { exp: now - 60 }, { nbf: now + 60 }, { iat: now + 60 }, { exp: undefined }]
  const rights = [
    {},
    { iss: 'https://other.example' },
    { iss: 'https://tenant.example' },
    { client_id: 'other' },
    { aud: 'https://api.example' },
    { aud: 'https://other.example' },
    { token_use: 'id' },
    { sub: '' },
  ]
  for (const time of times)
    for (const right of rights)
      for (const header of [headerOf(), headerOf({ kid: 'other' })]) {
        const text = `${base64url(json(header))}.${base64url(json(claimsOf({ ...time, ...right })))}.${base64url('x'.repeat(256))}`
        const answer = await answered(guard, text)
        seen.set(answer.seen, [...(seen.get(answer.seen) ?? []), answer.code])
      }
  t.equal(seen.size, 1, [...seen.keys()].join(' '))
  t.ok(new Set([...seen.values()].flat()).size > 5, 'while we know why')
})

t.test('a refusal of an application says what it says', async t => {
  const { AuthError } = await import('cognito-guard')
  t.match(new AuthError('ERR_TOKEN_EXPIRED'), { unverified: false })
  const verifier = { ...createVerifier({ issuers: [pool()], clock }) }
  for (const [unverified, word] of [
    [false, 'expired'],
    [true, 'invalid'],
  ] as const) {
    const check = () => new AuthError('ERR_TOKEN_EXPIRED', { unverified })
    t.equal(await told({ ...verifier, check }, 'x'), `${word} ERR_TOKEN_EXPIRED`)
  }
})

t.test('what code of an application throws at claims is a fault only of a genuine token', async t => {
  const fault = new RangeError('of the application')
  const throwing = () => {
    throw fault
  }
  const schema = { '~standard': { version: 1, vendor: 'x', validate: throwing } } as const
  const options = { issuer, audience: 'api', jwks: { keys: [own.jwk] }, offline: true }
  const anonymous = claimsOf({ sub: undefined, aud: 'api' })
  const api = claimsOf({ aud: 'api' })
  const cases: [string, TrustedIssuer, object][] = [
    ['kindFrom', oidcProvider({ ...options, kindFrom: throwing }), api],
    ['kindFrom, without a subject', oidcProvider({ ...options, kindFrom: throwing }), anonymous],
    ['groupsFrom', oidcProvider({ ...options, groupsFrom: throwing }), api],
    ['a schema', oidcProvider({ ...options, claims: schema }), api],
    ['a schema of a pool', pool({ claims: schema }), claimsOf()],
    ['an issuer', { ...pool(), validate: throwing }, claimsOf()],
    ['a tenant', tenants(() => oidcProvider({ ...options, claims: schema })), api],
    ['a tenant, later', tenants(async () => oidcProvider({ ...options, claims: schema })), api],
  ]
  for (const [name, trusted, claims] of cases) {
    const verifier = createVerifier({ issuers: [trusted], clock })
    for (let i = 0; i < 2; i++) {
      await t.rejects(verifier.verify(token(claims)), fault, name)
      await t.rejects(verifier.verify(forged(token(claims))), { code: 'ERR_TOKEN_SIGNATURE' }, name)
    }
    t.throws(() => verifier.verifySync(token(claims)), fault, name)
    t.throws(() => verifier.verifySync(forged(token(claims))), { code: 'ERR_TOKEN_SIGNATURE' }, name)
    const unnamed = { ...claims, exp: undefined }
    await t.rejects(verifier.verify(forged(token(unnamed))), { code: 'ERR_TOKEN_CLAIM' }, name)
  }
  const door = { ...pool(), validate: throwing }
  const named = token(claimsOf({ iss: undefined }), headerOf({ iss: issuer }))
  await t.rejects(createVerifier({ issuers: [door], clock }).verify(named), fault, 'by its header alone')
})
