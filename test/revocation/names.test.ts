/** By which names the tokens of an issuer are revoked. */
import {
  behindLoadBalancer,
  createVerifier,
  memoryRevocations,
  revokeFromBody,
  type TrustedIssuer,
  tenants,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { createTestIssuer, createTestLoadBalancer } from 'cognito-guard/testing'
import t from 'tap'
import { createHandler } from '../../examples/sign-out/cognito-events.js'
import { stores } from './stores.js'

const source = createTestIssuer()
const { clock } = source
const { userPoolId } = source.options
const jwks = source.jwks()
const proxied = 'https://login.example.com/pool'
const isolated = `https://cognito-idp.us-iso-east-1.c2s.ic.gov/${userPoolId}`
const pool = (issuer: string) => userPool({ ...source.options, issuer, jwks, offline: true })
const token = (iss: string) => source.accessToken({ claims: { iss, jti: 'jti', origin_jti: 'session' } })

const bodies = ({ principal: { subject, clientId } }: VerifiedToken) => [
  { revoke: 'token', jti: 'jti' },
  { revoke: 'session', session: 'session' },
  { revoke: 'user', subject },
  { revoke: 'client', clientId },
  { revoke: 'pool' },
]

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    error => error.code,
  )

for (const [name, listOf] of Object.entries(stores))
  t.test(`${name}: the ID of a pool means the pool, whatever the iss of its tokens`, async t => {
    for (const iss of [isolated, proxied])
      for (const by of [userPoolId, iss])
        for (const index of [0, 1, 2, 3, 4]) {
          const revocations = listOf(t, { clock }, clock)
          // one that asks another list first hands over what it was handed
          const asking = { isRevoked: (auth: VerifiedToken, now: number) => revocations.isRevoked(auth, now) }
          const verifiers = [revocations, asking].map(list =>
            createVerifier({ issuers: [pool(iss)], clock, revocations: list }),
          )
          const auth = await (verifiers[0] as (typeof verifiers)[0]).verify(token(iss))
          const { revoke, ...target } = bodies(auth)[index] as { revoke: string }
          const said = async (word: object) =>
            (await revokeFromBody(revocations, { ...word, issuer: by, ...target })).status
          t.equal(await said({ revoke }), 204)
          for (const verifier of verifiers)
            t.equal(await codeOf(verifier.verify(token(iss))), 'ERR_TOKEN_REVOKED', `${revoke} ${by}`)
          t.equal(await said({ unrevoke: revoke }), 204)
          for (const verifier of verifiers) t.equal(await codeOf(verifier.verify(token(iss))), 'accepted')
        }
  })

t.test('the feed of EventBridge, in a process without a verifier', async t => {
  const revocations = memoryRevocations({ clock })
  const { principal } = await createVerifier({ issuers: [pool(isolated)], clock }).verify(token(isolated))
  await createHandler(
    revocations,
    userPoolId,
  )({
    detail: {
      eventSource: 'cognito-idp.amazonaws.com',
      eventName: 'AdminDisableUser',
      eventTime: new Date(clock.now()).toISOString(),
      requestParameters: { userPoolId },
      additionalEventData: { sub: principal.subject },
    },
  })
  const verifier = createVerifier({ issuers: [pool(isolated)], clock, revocations })
  t.equal(await codeOf(verifier.verify(token(isolated))), 'ERR_TOKEN_REVOKED')
})

t.test('what is revoked by one name is taken back by any', async t => {
  const revocations = memoryRevocations({ clock })
  const verifier = createVerifier({ issuers: [pool(proxied)], clock, revocations })
  const auth = await verifier.verify(token(proxied))
  const { subject } = auth.principal
  const names = [{ issuer: userPoolId, subject }, { issuer: proxied, subject }, auth]
  for (const revoked of names)
    for (const takenBack of names) {
      revocations.revokeUser(revoked)
      t.equal(await codeOf(verifier.verify(token(proxied))), 'ERR_TOKEN_REVOKED')
      revocations.unrevokeUser(takenBack)
      t.equal(await codeOf(verifier.verify(token(proxied))), 'accepted')
    }
  // a list that was told of no verifier has the names of the token
  const apart = memoryRevocations({ clock })
  apart.revokeUser({ issuer: userPoolId, subject })
  apart.unrevokeUser(auth)
  t.notOk(apart.isRevoked(auth, clock.now()))
})

t.test('an issuer with several iss, and one with none of these names', async t => {
  const several = ['https://a.example.com', 'https://b.example.com']
  const named: TrustedIssuer = { ...pool(proxied), issuers: several, revokedBy: [userPoolId, ...several] }
  const apart: TrustedIssuer = { ...pool(proxied), issuers: ['https://c.example.com'] }
  const { revokedBy: _, ...unnamed } = apart
  const revocations = memoryRevocations({ clock })
  const verifier = createVerifier({ issuers: [named, unnamed], clock, revocations })
  const [a, b, c] = [...several, 'https://c.example.com'].map(token) as [string, string, string]
  const auth = await verifier.verify(a)
  revocations.revokeUser(auth)
  t.equal(await codeOf(verifier.verify(b)), 'ERR_TOKEN_REVOKED', 'it is one issuer')
  t.equal(await codeOf(verifier.verify(c)), 'accepted', 'another that has the same subject is not meant')
  revocations.revokePool({ issuer: userPoolId })
  t.equal(await codeOf(verifier.verify(c)), 'accepted')
  revocations.revokeUser({ issuer: 'https://c.example.com', subject: auth.principal.subject })
  t.equal(await codeOf(verifier.verify(c)), 'ERR_TOKEN_REVOKED')
})

t.test('the ID of a pool that no verifier of the list has is no success', async t => {
  const revocations = memoryRevocations({ clock })
  const body = { revoke: 'user', issuer: 'eu-west-1_Another', subject: 'x' }
  t.equal((await revokeFromBody(revocations, body)).status, 204, 'nobody has told the list of a verifier yet')
  const { revokedBy: _, ...unnamed } = pool(`https://login.example.com/${userPoolId}`)
  createVerifier({ issuers: [unnamed], clock, revocations })
  for (const issuer of [body.issuer, userPoolId]) {
    t.equal((await revokeFromBody(revocations, { ...body, issuer })).status, 400)
    t.throws(() => revocations.revokeUser({ issuer, subject: 'x' }), {
      name: 'TypeError',
      message: 'revokeUser: issuer is the ID of a user pool that no verifier of this list has',
    })
  }
  createVerifier({ issuers: [userPool({ ...source.options, jwks, offline: true })], clock, revocations })
  t.equal((await revokeFromBody(revocations, { ...body, issuer: userPoolId })).status, 204)
  t.equal((await revokeFromBody(revocations, body)).status, 400)
  createVerifier({ issuers: [tenants(() => undefined)], clock, revocations })
  t.equal((await revokeFromBody(revocations, body)).status, 204, 'a tenant may have it')
})

t.test('a list that processes share takes IDs of pools that others have', async t => {
  const { memory: _, ...shared } = stores
  for (const listOf of Object.values(shared)) {
    const revocations = listOf(t, { clock }, clock)
    createVerifier({ issuers: [pool(proxied)], clock, revocations })
    const body = { revoke: 'pool', issuer: 'eu-west-1_Another' }
    t.equal((await revokeFromBody(revocations, body)).status, 204)
  }
})

t.test('the names go along with a pair of tokens behind a load balancer', async t => {
  const balancer = createTestLoadBalancer(source)
  const revocations = memoryRevocations({ clock })
  const { verifier, token: from } = behindLoadBalancer({
    ...balancer.options,
    accessToken: { ...userPool({ ...source.options, jwks, offline: true }), revokedBy: ['another-name'] },
    clock,
    revocations,
  })
  const headers = balancer.headers({ username: 'ada' }) as Record<string, string>
  const pair = from({ header: name => headers[name] }) as string
  const auth = await verifier.verify(pair)
  t.same(auth.revokedBy, ['another-name'])
  revocations.revokeUser({ issuer: 'another-name', subject: auth.principal.subject })
  t.equal(await codeOf(verifier.verify(pair)), 'ERR_TOKEN_REVOKED')
  revocations.unrevokeUser(auth)
  t.equal(await codeOf(verifier.verify(pair)), 'accepted')
})
