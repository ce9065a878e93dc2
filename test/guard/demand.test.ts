import {
  createVerifier,
  demand,
  every,
  hasScope,
  identityPool,
  inGroup,
  isGuest,
  isRead,
  isUser,
  type Policy,
  signedInWithin,
  some,
  userPool,
} from 'cognito-guard'
import { createTestIdentityPool, createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'

const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
const alice = await verifier.verify(
  issuer.accessToken({ username: 'alice', groups: ['admin'], scopes: ['orders/read'], signedInAgo: 1_000 }),
)
const later =
  (answer: boolean): Policy =>
  async () =>
    answer

t.test('a policy is asked about a token that is verified', async t => {
  const cases: [string, Policy, string | undefined][] = [
    ['a scope', hasScope('orders/read'), undefined],
    ['another scope', hasScope('orders/write'), 'ERR_PERMISSION_DENIED'],
    ['a group', every(isUser, inGroup('admin')), undefined],
    ['one of two', some(inGroup('other'), isUser), undefined],
    ['an old sign-in', signedInWithin(900), 'ERR_STEP_UP_REQUIRED'],
    ['later', later(true), undefined],
    ['not even later', later(false), 'ERR_PERMISSION_DENIED'],
    ['a request that is not there', isRead, 'ERR_PERMISSION_DENIED'],
    ['its headers', (_auth, { header }) => header('x-device') === 'known', 'ERR_PERMISSION_DENIED'],
  ]
  for (const [name, policy, code] of cases) {
    const asked = (async () => demand(alice, policy, undefined, issuer.clock))()
    if (code) await t.rejects(asked, { code, status: code === 'ERR_STEP_UP_REQUIRED' ? 401 : 403 }, name)
    else t.equal(await asked, undefined, name)
  }
  await demand(alice, isRead, { header: () => undefined, method: 'GET' })
  t.throws(() => demand(alice, hasScope('orders/write')), { code: 'ERR_PERMISSION_DENIED' }, 'at once')
  t.throws(() => demand(undefined, isUser), { code: 'ERR_TOKEN_MISSING', status: 401 }, 'nobody')
  t.throws(() => demand(alice, undefined as never), new TypeError('demand: policy is not a policy'))
  t.throws(
    () =>
      demand(alice, () => {
        throw new Error('a bug')
      }),
    new Error('a bug'),
  )
})

t.test('a guest is permitted only by what names guests', async t => {
  const pool = createTestIdentityPool(issuer)
  const guests = createVerifier({ issuers: [identityPool(pool.options)], clock: issuer.clock })
  const guest = await guests.verify(pool.token())
  t.throws(() => demand(guest, () => true), { code: 'ERR_PERMISSION_DENIED' })
  demand(guest, isGuest)
})
