import {
  type AccessTokenClaims,
  every,
  federatedBy,
  hasScope,
  inGroup,
  isMachine,
  isUser,
  not,
  type Policy,
  type Principal,
  signedInWithin,
  some,
  type VerifiedToken,
  withAssurance,
} from 'cognito-guard'
import t from 'tap'
import { refusedBy } from '../../src/guard/policy.js'
import { clock, now } from '../mint.js'

const auth = (principal: Partial<Principal>, claims: object = {}): VerifiedToken => ({
  header: { alg: 'RS256' },
  claims: { iss: 'x', exp: now, ...claims },
  principal: {
    kind: 'user',
    subject: 's',
    issuer: 'x',
    groups: [],
    scopes: [],
    expiresAt: now,
    ...principal,
  },
})
const request = { header: () => undefined }
const nobody = auth({})

const yes: Policy = () => true
const no: Policy = () => false
const later =
  (policy: Policy): Policy =>
  async (...args) =>
    policy(...args)

t.test('what each policy permits', async t => {
  const cases: [string, Policy, VerifiedToken, boolean][] = [
    ['a scope', hasScope('a'), auth({ scopes: ['b', 'a'] }), true],
    ['no scope', hasScope('a'), nobody, false],
    ['a part of a scope', hasScope('a'), auth({ scopes: ['a/b', 'ba'] }), false],
    ['another case', hasScope('a'), auth({ scopes: ['A'] }), false],
    ['all of the scopes', hasScope('a', 'b'), auth({ scopes: ['b', 'c', 'a'] }), true],
    ['one of the scopes', hasScope('a', 'b'), auth({ scopes: ['a'] }), false],
    [
      'a scope that is a URL',
      hasScope('https://api.example/cats.read'),
      auth({ scopes: ['https://api.example/cats.read'] }),
      true,
    ],
    ['a group', inGroup('admin'), auth({ groups: ['admin'] }), true],
    ['one of the groups', inGroup('admin', 'owner'), auth({ groups: ['owner'] }), true],
    ['none of the groups', inGroup('admin'), auth({ groups: ['administrators', 'Admin', 'admi'] }), false],
    ['no group', inGroup('admin'), nobody, false],
    ['a scope is not a group', inGroup('admin'), auth({ scopes: ['admin'] }), false],
    ['a user', isUser, nobody, true],
    ['a machine is not a user', isUser, auth({ kind: 'machine' }), false],
    ['a guest is not a user', isUser, auth({ kind: 'guest' }), false],
    ['a machine', isMachine, auth({ kind: 'machine' }), true],
    ['a user is not a machine', isMachine, nobody, false],
    [
      'a provider',
      federatedBy('Google'),
      auth({ provider: { name: 'Google', type: 'Google', userId: '1' } }),
      true,
    ],
    [
      'another provider',
      federatedBy('Google'),
      auth({ provider: { name: 'Okta', type: 'Google', userId: '1' } }),
      false,
    ],
    ['no provider', federatedBy('Google'), nobody, false],
    ['a recent sign-in', signedInWithin(60), auth({}, { auth_time: now - 60 }), true],
    ['not recent enough', signedInWithin(60), auth({}, { auth_time: now - 61 }), false],
    ['refreshed is not signed in', signedInWithin(60), auth({}, { iat: now }), false],
    ['of another type', signedInWithin(60), auth({}, { auth_time: String(now) }), false],
    ['a fraction of a second', signedInWithin(0.5), auth({}, { auth_time: now }), true],
    [
      'an assurance',
      withAssurance('urn:cognito:loa:3', 'urn:cognito:loa:4'),
      auth({}, { acr: 'urn:cognito:loa:4' }),
      true,
    ],
    ['a lower one', withAssurance('urn:cognito:loa:4'), auth({}, { acr: 'urn:cognito:loa:1' }), false],
    ['none', withAssurance('urn:cognito:loa:4'), nobody, false],
    ['not yes', not(yes), nobody, false],
    ['not no', not(no), nobody, true],
    ['not something else', not((() => undefined) as unknown as Policy), nobody, false],
    ['not later', not(later(no)), nobody, true],
    ['every: one', every(yes), nobody, true],
    ['every: all', every(yes, later(yes), yes), nobody, true],
    ['every: the last refuses', every(yes, no), nobody, false],
    ['every: the last refuses, later', every(yes, later(yes), later(no)), nobody, false],
    ['every: refused later, and then not called', every(later(no), () => t.fail('asked')), nobody, false],
    ['every: only true permits', every((() => 1) as unknown as Policy), nobody, false],
    ['some: the last permits', some(no, later(no), yes), nobody, true],
    ['some: the last permits, later', some(no, later(yes)), nobody, true],
    ['some: none', some(no, later(no)), nobody, false],
    ['some: permitted, and then not called', some(yes, () => t.fail('asked')), nobody, true],
    ['nested', every(some(no, every(yes, yes)), not(every(yes, no))), nobody, true],
  ]
  for (const [name, policy, who, permitted] of cases)
    t.equal(await policy(who, request, clock), permitted, name)
  t.equal(every(yes, some(no, yes))(nobody, request, clock), true, 'at once, when no part of it waits')
})

t.test('a broken clock permits nothing', async t => {
  t.equal(
    signedInWithin(60)(auth({}, { auth_time: Date.now() / 1000 }), request),
    true,
    'by the time of day, asked without a clock',
  )
  t.equal(signedInWithin(60)(auth({}, { auth_time: now }), request, { now: () => Number.NaN }), false)
})

t.test('the challenge is that of the policy that refuses', async t => {
  const scope = hasScope('a', 'b')
  const recent = signedInWithin(60)
  const strong = withAssurance('x', 'y')
  const cases: [string, Policy, VerifiedToken, unknown][] = [
    ['scopes', scope, nobody, { scope: 'a b' }],
    ['sign-in', recent, nobody, { maxAge: 60 }],
    ['assurance', strong, nobody, { acrValues: 'x y' }],
    ['none', inGroup('g'), nobody, undefined],
    ['every: the first that refuses', every(yes, recent, scope), nobody, { maxAge: 60 }],
    ['every: later', every(later(yes), scope, recent), nobody, { scope: 'a b' }],
    ['some: the first', some(scope, recent), nobody, { scope: 'a b' }],
    ['some: later', some(later(no), recent), nobody, undefined],
    ['nested', every(yes, some(strong, every(yes, scope))), nobody, { acrValues: 'x y' }],
    ['not', not(yes), nobody, undefined],
  ]
  for (const [name, policy, who, challenge] of cases) {
    t.same((await refusedBy(policy, who, request, clock))?.challenge, challenge, name)
  }
  t.equal(await refusedBy(every(yes, later(yes)), nobody, request, clock), undefined)
  t.equal(await refusedBy(some(later(no), later(yes)), nobody, request, clock), undefined)
  t.equal(await refusedBy(later(yes), nobody, request, clock), undefined)
  t.ok(Object.isFrozen(scope.challenge))
})

t.test('a policy gets the token, the request and the clock', async t => {
  const seen: unknown[] = []
  const spy: Policy = (...args) => seen.push(args) > 0
  for (const policy of [spy, every(spy), some(spy), not(spy)]) await policy(nobody, request, clock)
  t.equal(seen.length, 4)
  for (const args of seen) t.strictSame(args, [nobody, request, clock])
})

t.test('one that throws is a fault', async t => {
  const faulty: Policy = () => {
    throw new RangeError('a fault')
  }
  for (const policy of [every(yes, faulty), some(no, faulty), not(faulty)]) {
    t.throws(() => policy(nobody, request, clock), RangeError('a fault'))
  }
  await t.rejects(Promise.resolve(every(later(yes), faulty)(nobody, request, clock)), RangeError('a fault'))
})

t.test('wrong arguments are named', async t => {
  const cases: [string, (...args: never[]) => unknown, unknown[][]][] = [
    [
      'hasScope: expected scopes, each without spaces or quotes',
      hasScope,
      [[], [''], ['a b'], ['a"b'], ['a\\b'], ['a\r\nb'], ['é'], [1], [undefined], ['a', ''], [['a']]],
    ],
    ['inGroup: expected group names', inGroup, [[], [''], [1], [undefined], ['a', null], [['a']]]],
    ['federatedBy: expected the name of a provider', federatedBy, [[], [''], [1]]],
    [
      'signedInWithin: expected a positive number of seconds',
      signedInWithin,
      [[], [0], [-1], [Number.NaN], [Infinity], ['60']],
    ],
    ['withAssurance: expected acr values', withAssurance, [[], [''], ['a b'], ['"'], [1]]],
    ['every: expected policies', every, [[], [undefined], [yes, 'x'], [true]]],
    ['some: expected policies', some, [[], [undefined], [yes, null]]],
    ['not: expected a policy', not, [[], [undefined], [{}]]],
  ]
  for (const [message, factory, wrong] of cases) {
    for (const args of wrong) {
      t.throws(
        () => factory(...(args as never[])),
        new TypeError(message),
        `${message}: ${JSON.stringify(args)}`,
      )
    }
  }
})

t.test('types: a policy for any token is one for a user pool’s', async t => {
  const ofAccess: Policy<AccessTokenClaims> = ({ claims }) => claims.client_id === 'x'
  const both: Policy<AccessTokenClaims> = every(ofAccess, hasScope('a'), isUser)
  // @ts-expect-error: a scope is needed
  t.throws(() => hasScope())
  // @ts-expect-error: not every token has these claims
  const wrong: Policy = every(ofAccess)
  t.type(both, 'function')
  t.type(wrong, 'function')
})
