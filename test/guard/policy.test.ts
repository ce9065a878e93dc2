import {
  type AccessTokenClaims,
  createGuard,
  createVerifier,
  every,
  federatedBy,
  hasScope,
  inGroup,
  isMachine,
  isUser,
  not,
  type Policy,
  type Principal,
  type RequestView,
  signedInWithin,
  some,
  userPool,
  type VerifiedToken,
  withAssurance,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
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

/** A promise of somebody else's, whose `then` returns none. */
const thenable = (value: unknown) =>
  // oxlint-disable-next-line unicorn/no-thenable -- what policies of other libraries return
  ({ then: (done: (value: unknown) => void) => done(value) })

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
    ['not later', not(later(no)), nobody, true],
    ['every: one', every(yes), nobody, true],
    ['every: all', every(yes, later(yes), yes), nobody, true],
    ['every: the last refuses', every(yes, no), nobody, false],
    ['every: the last refuses, later', every(yes, later(yes), later(no)), nobody, false],
    ['every: refused later, and then not asked', every(later(no), () => t.fail('asked')), nobody, false],
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
  const [b, c] = [hasScope('b'), hasScope('c')]
  const required: [string, Policy, unknown][] = [
    ['every: all of theirs, each once', every(yes, scope, every(c, b), recent), { scope: 'a b c' }],
    ['every: none', every(yes, recent), undefined],
    ['some: what each of them requires', some(scope, every(c, b)), { scope: 'b' }],
    ['some: nothing', some(scope, c), undefined],
    ['some: one that requires none', some(scope, yes), undefined],
    ['not', not(scope), undefined],
  ]
  for (const [name, policy, challenge] of required) t.same(policy.challenge, challenge, name)
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

t.test('what answers neither true nor false is a fault, wherever it is asked', async t => {
  const answers: unknown[] = [undefined, null, 0, 1, '', 'yes', {}, [], () => true, Symbol('x'), Object(true)]
  const ways: [string, (answer: unknown) => unknown][] = [
    ['at once', answer => answer],
    ['as a promise', async answer => answer],
    ['as a thenable', thenable],
  ]
  const places: [string, (undecided: Policy) => Policy][] = [
    ['alone', undecided => undecided],
    ['not', not],
    ['not not', undecided => not(not(undecided))],
    ['every', undecided => every(yes, undecided)],
    ['every, later', undecided => every(later(yes), undecided)],
    ['some', undecided => some(no, undecided, yes)],
    ['some, later', undecided => some(later(no), undecided, yes)],
    ['not some', undecided => not(some(undecided, no))],
    ['not every', undecided => not(every(undecided))],
    ['deep', undecided => every(yes, not(some(no, not(every(yes, undecided)))))],
  ]
  const bearing: RequestView = { header: name => (name === 'authorization' ? 'Bearer x' : undefined) }
  const verifier = {
    ...createVerifier({ issuers: [userPool(createTestIssuer().options)] }),
    check: () => nobody,
  }
  for (const [way, give] of ways) {
    for (const answer of answers) {
      const isAnswer = (...args: unknown[]) => (args.length > 0 ? give(answer) : undefined)
      for (const [place, put] of places) {
        const policy = put(isAnswer as Policy)
        const fault = new TypeError('policy isAnswer: answered neither true nor false')
        const asked = async () => refusedBy(policy, nobody, request, clock)
        await t.rejects(asked(), fault, `${place}, ${way}: ${String(answer)}`)
        const guard = createGuard({ verifier, policy })
        await t.rejects(async () => guard(bearing), fault, `a guard, ${place}, ${way}`)
        const behindAnother = createGuard({ verifier, policy: yes })
        await t.rejects(async () => behindAnother(bearing, policy), fault, `a route, ${place}, ${way}`)
      }
    }
  }
  for (const refuser of [null, true, false, 'x', {}]) {
    for (const refusedByIt of [() => refuser, async () => refuser]) {
      const custom = Object.assign(() => true, { refusedBy: refusedByIt }) as unknown as Policy
      for (const policy of [custom, not(custom), every(custom), some(no, custom)]) {
        const fault = {
          name: 'TypeError',
          message: /^policy .* by refusedBy neither undefined nor a policy$/,
        }
        await t.rejects(async () => refusedBy(policy, nobody, request, clock), fault)
      }
    }
  }
  const custom = Object.assign(() => true, { refusedBy: () => no })
  t.equal(refusedBy(every(yes, custom), nobody, request, clock), no)
  t.equal(await not(custom)(nobody, request, clock), true, 'not asks what the other combinations ask')
  t.throws(() => refusedBy((() => 1) as unknown as Policy, nobody, request), {
    name: 'TypeError',
    message: /^policy \(unnamed\): /,
  })
})

t.test('random trees of policies agree with a model', async t => {
  // Fixed, so that a failure can be run again.
  let seed = 20_261_128
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  type Answer = boolean | 'fault'
  type Tree = { readonly policy: Policy; readonly expected: Answer }
  const leaf = (): Tree => {
    const expected = ([true, false, 'fault'] as const)[random(10) ? random(2) : 2] as Answer
    const answer = expected === 'fault' ? [undefined, null, 1, 'true', {}][random(5)] : expected
    const answers = [() => answer, async () => answer, () => thenable(answer)]
    return { policy: answers[random(3)] as unknown as Policy, expected }
  }
  const firstOf = (parts: readonly Tree[], decisive: boolean): Answer =>
    parts.find(({ expected }) => expected !== !decisive)?.expected ?? !decisive
  const tree = (depth: number): Tree => {
    const kind = depth === 0 ? 0 : random(4)
    if (kind === 0) return leaf()
    if (kind === 1) {
      const { policy, expected } = tree(depth - 1)
      return { policy: not(policy), expected: expected === 'fault' ? expected : !expected }
    }
    const parts = Array.from({ length: 1 + random(3) }, () => tree(depth - 1))
    const policies = parts.map(({ policy }) => policy)
    return kind === 2
      ? { policy: every(...policies), expected: firstOf(parts, false) }
      : { policy: some(...policies), expected: firstOf(parts, true) }
  }
  const seen = new Set<Answer>()
  const wrong: unknown[] = []
  for (let run = 0; run < 5_000; run++) {
    const { policy, expected } = tree(4)
    const answer = await (async () =>
      (await refusedBy(policy, nobody, request, clock)) === undefined)().catch(error =>
      error instanceof TypeError ? 'fault' : error,
    )
    seen.add(expected)
    if (answer !== expected) wrong.push({ run, answer, expected })
  }
  t.same(wrong, [])
  t.same(seen, new Set([true, false, 'fault']))
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
