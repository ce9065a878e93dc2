import { type Clock, createGuard, createVerifier, signedInWithin, type VerifiedToken } from 'cognito-guard'
import t from 'tap'
import { claimsOf, now, pool, token } from '../mint.js'

// A clock that does not tell the time is a fault of ours: it lets nothing in, and nobody is told that their token has expired.

const nonsense: readonly (readonly [string, unknown])[] = [
  ...[
    null,
    undefined,
    '',
    '0',
    String(now * 1000),
    'now',
    false,
    true,
    Number.NaN,
    0,
    -0,
    -1,
    -now * 1000,
  ].map(value => [`${typeof value} ${String(value)}`, value] as const),
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['a BigInt', BigInt(now * 1000)],
  ['a Date', new Date(now * 1000)],
  ['a list', [now * 1000]],
  ['an object', { valueOf: () => now * 1000 }],
  ['a promise', Promise.resolve(now * 1000)],
]
const fault = {
  name: 'TypeError',
  message: 'createVerifier: clock.now() must return milliseconds since the epoch',
}
const dates: readonly (readonly [string, object])[] = [
  ['with iat', {}],
  ['without iat', { iat: undefined, auth_time: undefined }],
  ['expired long ago', { exp: 1, iat: undefined, auth_time: undefined }],
]

t.test('whatever else a clock says, nothing gets in', async t => {
  for (const [name, value] of nonsense)
    for (const [which, claims] of dates) {
      const answer = { time: (now * 1000) as unknown }
      let asked = 0
      const isRevoked = (_token: VerifiedToken, time: number) => (asked++, typeof time !== 'number')
      const clock = { now: () => answer.time } as Clock
      const verifier = createVerifier({ issuers: [pool()], clock, revocations: { isRevoked } })
      const good = token(claimsOf(claims))
      const cached = await verifier.verify(good).catch(() => undefined)
      t.equal(cached !== undefined, which !== 'expired long ago')
      asked = 0
      answer.time = value
      for (const each of [good, token(claimsOf({ ...claims, jti: 'new' }))]) {
        t.throws(() => verifier.verifySync(each), fault, `${name}, ${which}: verifySync`)
        await t.rejects(verifier.verify(each), fault, `${name}, ${which}: verify`)
        t.throws(() => verifier.check(each), fault, `${name}, ${which}: check`)
        t.throws(() => createGuard({ verifier })({ header: () => `Bearer ${each}` }), fault, 'a guard')
      }
      t.throws(() => verifier.health(), fault)
      await t.rejects(verifier.ready(), fault)
      t.throws(() => verifier.clock.now(), fault, 'policies ask the same clock')
      t.equal(asked, 0, 'the list of revocations is not asked')
      answer.time = now * 1000
      if (cached) t.equal(await verifier.verify(good), cached, 'when it is right again, so is everything')
    }
})

t.test('a policy that reads the clock after it broke', async t => {
  const times: unknown[] = [now * 1000, null]
  const verifier = createVerifier({ issuers: [pool()], clock: { now: () => times.shift() } as Clock })
  const guard = createGuard({ verifier, policy: signedInWithin(1) })
  t.throws(
    () => guard({ header: name => (name === 'authorization' ? `Bearer ${token()}` : undefined) }),
    fault,
  )
})

t.test('what a clock throws is passed on', async t => {
  const broken = new RangeError('the clock is broken')
  const clock: Clock = {
    now() {
      throw broken
    },
  }
  const verifier = createVerifier({ issuers: [pool()], clock })
  t.throws(() => verifier.verifySync(token()), broken)
  t.throws(() => verifier.check(token()), broken)
  await t.rejects(verifier.verify(token()), broken)
  await t.rejects(verifier.ready(), broken)
})
