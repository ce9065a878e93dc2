/** Tokens that live longer than a list keeps its entries: it never says of one that it is not revoked. */
import { createVerifier, memoryRevocations, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { thrownBy, verifiedTokenOf } from './fixture.js'
import { stores } from './stores.js'

const day = 86_400
const issuer = 'https://op.example.com'
const methods = ['revokeToken', 'revokeSession', 'revokeUser', 'revokeClient', 'revokePool'] as const
const outlives = { code: 'ERR_REVOCATION_UNAVAILABLE', status: 503, hint: /maxTokenLifetime/ }

t.test('by iat and exp, or by the time where there is no iat', async t => {
  const now = Date.UTC(2027, 0)
  const clock = { now: () => now }
  const second = now / 1000
  const cases = [
    ['an hour', {}, { iat: second, exp: second + 3_600 }, true],
    ['a day, as Cognito has it at most', {}, { iat: second, exp: second + day }, true],
    ['a day and what clocks may differ', {}, { iat: second, exp: second + day + 300 }, true],
    ['more', {}, { iat: second, exp: second + day + 301 }, false],
    ['more, and nearly over', {}, { iat: second - 7 * day, exp: second + 60 }, false],
    ['no iat', {}, { iat: undefined, exp: second + day + 300 }, true],
    ['no iat, more', {}, { iat: undefined, exp: second + day + 301 }, false],
    [
      'a week, where that is said',
      { maxTokenLifetime: 7 * day },
      { iat: second, exp: second + 7 * day },
      true,
    ],
    ['an hour, where less is said', { maxTokenLifetime: 300 }, { iat: second, exp: second + 3_600 }, false],
  ] as const
  for (const [name, listOf] of Object.entries(stores))
    for (const [what, options, claims, isTold] of cases) {
      const revocations = listOf(t, { clock, ...options }, clock)
      const token = verifiedTokenOf({ issuer, ...claims })
      const verdict = () => revocations.isRevoked(token, now)
      if (isTold) t.equal(verdict(), false, `${name}: ${what}`)
      else t.match(thrownBy(verdict), outlives, `${name}: ${what}`)
    }
})

t.test('no revocation ends before the token', async t => {
  for (const [name, listOf] of Object.entries(stores))
    for (const method of methods)
      for (const claims of [{}, { iat: undefined }]) {
        let time = Date.UTC(2027, 0)
        const clock = { now: () => time }
        const revocations = listOf(t, { clock }, clock)
        const end = time + 7 * day * 1000
        const token = verifiedTokenOf({ issuer, iat: time / 1000, ...claims, exp: end / 1000 })
        await revocations[method](token)
        const verdicts = new Set<unknown>()
        for (; time < end + 300_000; time += 10_000_000) verdicts.add(revocations.isRevoked(token, time))
        t.same([...verdicts], [true], `${name} ${method}`)
      }
})

t.test('through a verifier it is an outage with a hint, before anything is revoked and after', async t => {
  const source = createTestIssuer()
  const { clock } = source
  const revocations = memoryRevocations({ clock })
  const verifier = createVerifier({
    issuers: [userPool({ ...source.options, jwks: source.jwks(), offline: true })],
    clock,
    revocations,
  })
  const token = source.accessToken({ expiresIn: 7 * day })
  const refused = () => thrownBy(() => verifier.verifySync(token))
  t.match(refused(), outlives)
  t.match(refused(), outlives, 'when it is cached, too')
  const { subject } = verifier.verifySync(source.accessToken()).principal
  revocations.revokeUser({ issuer: source.options.userPoolId, subject })
  t.match(refused(), { code: 'ERR_TOKEN_REVOKED' })
  clock.advance(2 * day)
  t.match(refused(), outlives, 'when its entry has had its time')
})
