import { randomUUID } from 'node:crypto'
import {
  createGuard,
  createVerifier,
  every,
  issuedWithin,
  memoryRevocations,
  type RequestView,
  revokeFromBody,
  signedInWithin,
  userPool,
  type VerifiedToken,
  withAssurance,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { verifiedTokenOf } from './fixture.js'
import { randomFrom, revocationModel } from './model.js'

const userPoolId = 'eu-west-1_AbCdEf123'
const hour = 3_600
const day = 86_400

t.test('what is revoked is refused from the next call on, and nothing else', async t => {
  const issuer = createTestIssuer()
  const elsewhere = createTestIssuer({ userPoolId: 'us-west-2_Other' })
  const revocations = memoryRevocations({ clock: issuer.clock })
  const verifier = createVerifier({
    issuers: [
      userPool(issuer.options),
      userPool({ ...elsewhere.options, clientId: issuer.options.clientId }),
    ],
    revocations,
    clock: issuer.clock,
  })
  await verifier.ready()
  const session = { claims: { origin_jti: randomUUID() } }
  const tokens = {
    one: issuer.accessToken(session),
    refreshed: issuer.accessToken({ ...session, signedInAgo: 60 }),
    otherSession: issuer.accessToken(),
    otherUser: issuer.accessToken({ username: 'somebody' }),
    machine: issuer.machineToken({ scopes: ['orders/read'] }),
    otherPool: elsewhere.accessToken({
      clientId: issuer.options.clientId,
      sub: verifier.verifySync(issuer.accessToken()).principal.subject,
    }),
  }
  const refused = () =>
    Object.entries(tokens).flatMap(([name, token]) => {
      try {
        verifier.verifySync(token)
        return []
      } catch (error) {
        t.match(error, { code: 'ERR_TOKEN_REVOKED', status: 401 })
        return name
      }
    })
  const auth = verifier.verifySync(tokens.one)
  t.same(refused(), [], 'none at first')
  revocations.revokeToken(auth)
  t.same(refused(), ['one'], 'one token')
  revocations.revokeSession(auth)
  t.same(refused(), ['one', 'refreshed'], 'one session')
  revocations.revokeUser(auth)
  t.same(refused(), ['one', 'refreshed', 'otherSession'], 'one user, of one pool')
  issuer.clock.advance(1)
  tokens.otherSession = issuer.accessToken()
  t.same(refused(), ['one', 'refreshed'], 'a user who signed in again is another matter')
  revocations.revokeClient(verifier.verifySync(tokens.machine))
  t.same(refused(), ['one', 'refreshed', 'otherSession', 'otherUser', 'machine'], 'one client of one pool')
  revocations.revokePool(verifier.verifySync(tokens.otherPool))
  t.equal(refused().length, 6, 'the other pool')
  t.match(revocations.health(), { entries: 5, memory: 500 })
  issuer.clock.advance(1)
  tokens.otherPool = elsewhere.accessToken({
    claims: { iat: issuer.clock.now() / 1000 },
    clientId: issuer.options.clientId,
  })
  t.notOk(refused().includes('otherPool'), 'what a pool issues afterwards is good')
})

t.test('plain identifiers do as well, and either name of a pool', async t => {
  const token = verifiedTokenOf({ issuer: userPoolId })
  const { jti, origin_jti: session, sub: subject, client_id: clientId } = token.claims
  const targets = [
    ['revokeToken', { jti }],
    ['revokeToken', { jti, expiresAt: token.claims.exp }],
    ['revokeSession', { session }],
    ['revokeUser', { subject }],
    ['revokeUser', { subject, notBefore: (token.claims.iat as number) + 1 }],
    ['revokeClient', { clientId }],
    ['revokePool', {}],
  ] as const
  const names = [
    userPoolId,
    `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
    `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
    `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`,
  ]
  for (const [method, target] of targets)
    for (const written of names) {
      const revocations = memoryRevocations()
      revocations[method]({ issuer: written, ...target } as never)
      for (const iss of names.slice(1))
        t.ok(
          revocations.isRevoked(verifiedTokenOf({ ...token.claims, issuer: iss }), Date.now()),
          `${method} ${written} ${iss}`,
        )
      for (const iss of [
        `https://example.com/${userPoolId}`,
        `https://cognito-idp.eu-west-1.amazonawsx.com/${userPoolId}`,
        `https://cognito-idp.eu-west-1.amazonaws.com.example/${userPoolId}`,
        `${names[1]}x`,
        `${names[1]}/`,
      ])
        t.notOk(revocations.isRevoked(verifiedTokenOf({ ...token.claims, issuer: iss }), Date.now()), iss)
    }
  const revocations = memoryRevocations()
  revocations.revokeUser({
    issuer: userPoolId,
    subject: subject as string,
    notBefore: token.claims.iat as number,
  })
  t.notOk(revocations.isRevoked(token, Date.now()), 'a token issued in the first second that counts is good')
  t.ok(
    revocations.isRevoked(
      verifiedTokenOf({ ...token.claims, issuer: userPoolId, iat: undefined }),
      Date.now(),
    ),
    'a token that does not say when it was issued counts as old',
  )
})

t.test('a target that is incomplete is a TypeError that names what is missing', async t => {
  const revocations = memoryRevocations()
  const bare = verifiedTokenOf({
    issuer: userPoolId,
    jti: undefined,
    origin_jti: undefined,
    client_id: undefined,
  })
  const cases = [
    ['revokeToken', bare, 'revokeToken: jti is undefined'],
    ['revokeSession', bare, 'revokeSession: session is undefined'],
    ['revokeClient', bare, 'revokeClient: clientId is undefined'],
    ['revokeUser', { subject: 'x' }, 'revokeUser: issuer is undefined'],
    ['revokeUser', { issuer: userPoolId, subject: '' }, 'revokeUser: subject must be a non-empty string'],
    [
      'revokeUser',
      { issuer: userPoolId, subject: 'x'.repeat(513) },
      'revokeUser: subject must not be longer than 512 characters',
    ],
    [
      'revokePool',
      { issuer: userPoolId, notBefore: Date.now() },
      'revokePool: notBefore must be a number of seconds since the epoch, not in the future',
    ],
    [
      'revokeToken',
      { issuer: userPoolId, jti: 'x', expiresAt: Date.now() },
      'revokeToken: expiresAt must be a number of seconds since the epoch',
    ],
    [
      'revokePool',
      { issuer: userPoolId, subject: 'x' },
      'revokePool: subject is not an option; known are issuer, notBefore',
    ],
  ] as const
  for (const [method, target, message] of cases)
    t.throws(() => revocations[method](target as never), { name: 'TypeError', message }, message)
  for (const options of [{ maxTokenLifetime: 299 }, { maxEntries: 0 }, { clock: {} }, { ttl: 5 }])
    t.throws(() => memoryRevocations(options as never), TypeError)
})

t.test('entries expire once no token can be left that they revoke', async t => {
  const clock = { time: Date.UTC(2027, 0), now: () => clock.time }
  const revocations = memoryRevocations({ clock, monotonic: clock, maxTokenLifetime: 300, maxEntries: 1_000 })
  const token = verifiedTokenOf({ issuer: userPoolId, iat: clock.time / 1000, exp: clock.time / 1000 + 300 })
  revocations.revokeToken(token)
  revocations.revokeToken({ issuer: userPoolId, jti: randomUUID(), expiresAt: 5 })
  t.equal(revocations.health().entries, 1, 'what has had its time does not even come in')
  revocations.revokeSession(token)
  revocations.revokeUser(token)
  revocations.revokeUser({ issuer: userPoolId, subject: token.principal.subject, notBefore: 5 })
  t.ok(revocations.isRevoked(token, clock.time), 'a weaker entry does not replace a stronger one')
  while (revocations.health().entries < 1_000)
    revocations.revokeSession({ issuer: userPoolId, session: randomUUID() })
  t.throws(() => revocations.revokePool(token), { code: 'ERR_REVOCATION_UNAVAILABLE' }, 'full')
  revocations.revokeUser(token)
  clock.time += 599_000
  t.ok(revocations.isRevoked(token, clock.time), 'a verifier may tolerate 300 seconds')
  clock.time += 1_000_000
  t.notOk(revocations.isRevoked(token, clock.time))
  clock.time += 1_000
  revocations.isRevoked(token, clock.time)
  t.equal(revocations.health().entries, 0, 'a lookup a second clears them away')
  for (let i = 0; i < 1_000; i++) revocations.revokeSession({ issuer: userPoolId, session: randomUUID() })
  clock.time += 1_600_000
  for (let i = 0; i < 700; i++) revocations.revokeSession({ issuer: userPoolId, session: randomUUID() })
  t.ok(revocations.health().entries < 1_000, 'so do new entries')
  t.doesNotThrow(() => revocations.revokePool(token))
})

t.test('a clock that is set back makes an entry count again, for cached tokens too', async t => {
  const source = createTestIssuer()
  const { clock } = source
  const pool = userPool({ ...source.options, jwks: source.jwks(), offline: true })
  const revocations = memoryRevocations({ clock, maxTokenLifetime: hour })
  const verifier = createVerifier({ issuers: [pool], revocations, clock })
  revocations.revokeSession({ issuer: source.options.userPoolId, session: 'mine' })
  clock.advance(hour)
  const token = source.accessToken({ expiresIn: hour, claims: { origin_jti: 'mine' } })
  // more than are cleared away at once
  for (let i = 0; i < 3_000; i++)
    revocations.revokeSession({ issuer: source.options.userPoolId, session: randomUUID() })
  t.throws(() => verifier.verifySync(token), { code: 'ERR_TOKEN_REVOKED' })
  clock.advance(901)
  t.ok(verifier.verifySync(token), 'it outlives the entry')
  clock.advance(-0.5)
  verifier.verifySync(token)
  clock.advance(-300)
  t.throws(() => verifier.verifySync(token), { code: 'ERR_TOKEN_REVOKED' })
})

t.test('IDs that share a slot of the filter are distinguished', async t => {
  const clock = { time: Date.now(), now: () => clock.time }
  const revocations = memoryRevocations({ clock, monotonic: clock })
  const ids = Array.from({ length: 600 }, (_, i) => `${i}-the-same-end`)
  for (const session of ids.slice(0, 300)) revocations.revokeSession({ issuer: userPoolId, session })
  const isRevoked = (id: string) =>
    revocations.isRevoked(verifiedTokenOf({ issuer: userPoolId, origin_jti: id }), Date.now())
  t.ok(ids.slice(0, 300).every(isRevoked))
  t.notOk(ids.slice(300).some(isRevoked))
  clock.time += 2 * day * 1000
  for (let i = 0; i < 5; i++, clock.time += 1_000)
    revocations.isRevoked(verifiedTokenOf({ issuer: userPoolId }), clock.time)
  t.equal(revocations.health().entries, 0)
})

t.test('30,000 random steps agree with a model', async t => {
  const random = randomFrom(8)
  const clock = { time: Date.UTC(2027, 0), now: () => clock.time }
  const revocations = memoryRevocations({ clock, maxTokenLifetime: hour })
  const model = revocationModel(hour)
  const differences: unknown[] = []
  const accepted: { token: VerifiedToken; revision: number }[] = []
  let revoked = 0
  let unasked = 0
  for (let step = 0; step < 30_000; step++) {
    const action = random(10)
    const { token, revision } = accepted[random(accepted.length)] ?? {}
    if (token && revocations.isRevoked.revision?.(clock.time) === revision) {
      unasked++
      if (model.isRevoked(token, clock.time)) differences.push({ step, token, revision })
    }
    if (action < 2) clock.time += random(action === 0 ? 20_000 : 300)
    else if (action === 2) {
      const { method, target } = model.randomTarget(random, clock.time)
      revocations[method](target as never)
      model.add(method, target, clock.time, step)
    } else {
      const token = model.randomToken(random, clock.time)
      const expected = model.isRevoked(token, clock.time)
      if (expected) revoked++
      else accepted[random(20)] = { token, revision: revocations.isRevoked.revision?.(clock.time) as number }
      if (revocations.isRevoked(token, clock.time) !== expected) differences.push({ step, token, expected })
    }
  }
  t.same(differences.slice(0, 3), [])
  t.ok(unasked > 2_000, `${unasked} times a verifier would not have asked again`)
  t.ok(revoked > 2_000 && revoked < 20_000, `${revoked} were revoked`)
})

t.test('a back office revokes by a request body', async t => {
  const revocations = memoryRevocations({ maxEntries: 5 })
  const token = verifiedTokenOf({ issuer: userPoolId })
  const { jti, origin_jti: session, sub: subject, client_id: clientId } = token.claims
  const issuer = userPoolId
  const good = [
    { revoke: 'token', issuer, jti },
    { revoke: 'session', issuer, session },
    { revoke: 'user', issuer, subject, notBefore: token.claims.iat },
    { revoke: 'client', issuer, clientId },
    { revoke: 'pool', issuer },
  ]
  for (const body of good) t.same(await revokeFromBody(revocations, body), { status: 204 }, body.revoke)
  t.equal(revocations.health().entries, 5)
  t.match(
    await revokeFromBody(revocations, { revoke: 'session', issuer, session: 'another' }),
    { status: 503, body: { error: 'temporarily_unavailable' } },
    'full',
  )
  const bad = [
    undefined,
    null,
    'user',
    [],
    {},
    { revoke: 'constructor', issuer },
    { revoke: ['user'], issuer, subject },
    { revoke: 'user', issuer },
    { revoke: 'user', issuer, subject: 5 },
    { revoke: 'user', issuer, subject, notbefore: 5 },
    { revoke: 'user', issuer, subject, notBefore: '5' },
    { revoke: 'user', issuer: { $ne: '' }, subject },
    { revoke: 'user', ...token },
  ]
  for (const body of bad) {
    const answer = await revokeFromBody(revocations, body)
    t.match(answer, { status: 400, body: { error: 'invalid_request' } }, JSON.stringify(body))
  }
  t.equal(
    (await revokeFromBody(revocations, { revoke: 'user' })).body?.error_description,
    'A user is revoked by issuer and subject; notBefore, in seconds since the epoch, is optional',
  )
  t.equal(
    (await revokeFromBody(revocations, { revoke: 'session' })).body?.error_description,
    'A session is revoked by issuer and session',
  )
  t.equal(
    (await revokeFromBody(revocations, { revoke: 'pool' })).body?.error_description,
    'A pool is revoked by issuer; notBefore, in seconds since the epoch, is optional',
  )
  const broken = { ...revocations, revokePool: () => Promise.reject(new RangeError('a bug')) }
  await t.rejects(
    revokeFromBody(broken as never, { revoke: 'pool', issuer }),
    RangeError,
    'a fault is no answer',
  )
})

t.test('a fresh sign-in is requested by a challenge of RFC 9470', async t => {
  const issuer = createTestIssuer()
  issuer.clock.set(Date.UTC(2027, 0))
  const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
  const guard = createGuard({ verifier })
  const request = (token: string): RequestView => ({
    header: name => (name === 'authorization' ? `Bearer ${token}` : undefined),
  })
  const cases = [
    ['signed in just now', {}, signedInWithin(900), undefined],
    ['signed in at the last second', { signedInAgo: 900 }, signedInWithin(900), undefined],
    ['signed in too long ago', { signedInAgo: 901 }, signedInWithin(900), 'max_age="900"'],
    ['refreshed just now', { signedInAgo: 901 }, issuedWithin(900), undefined],
    [
      'issued at the last second',
      { claims: { iat: issuer.clock.now() / 1000 - 60 } },
      issuedWithin(60),
      undefined,
    ],
    [
      'issued too long ago',
      { claims: { iat: Math.floor(issuer.clock.now() / 1000) - 61 } },
      issuedWithin(60),
      'max_age="60"',
    ],
    ['issued nobody knows when', { claims: { iat: undefined } }, issuedWithin(60), 'max_age="60"'],
    [
      'assured enough',
      { claims: { acr: 'urn:cognito:loa:4' } },
      withAssurance('urn:cognito:loa:3', 'urn:cognito:loa:4'),
      undefined,
    ],
    [
      'not assured',
      {},
      withAssurance('urn:cognito:loa:3', 'urn:cognito:loa:4'),
      'acr_values="urn:cognito:loa:3 urn:cognito:loa:4"',
    ],
    [
      'the first that refuses',
      { signedInAgo: 61 },
      every(issuedWithin(60), signedInWithin(60)),
      'max_age="60"',
    ],
  ] as const
  for (const [name, options, policy, parameter] of cases) {
    const decision = await guard(request(issuer.accessToken(options)), policy)
    t.equal(decision.authorized, parameter === undefined, name)
    if (decision.authorized || parameter === undefined) continue
    t.match(decision, { status: 401, body: { error: 'insufficient_user_authentication' } }, name)
    const challenge = decision.headers['WWW-Authenticate'] as string
    t.ok(challenge.includes('error="insufficient_user_authentication"'), challenge)
    t.ok(challenge.endsWith(`, ${parameter}`), challenge)
  }
  for (const wrong of [0, -1, NaN, Infinity, '60', undefined])
    t.throws(() => issuedWithin(wrong as number), TypeError, String(wrong))
})
