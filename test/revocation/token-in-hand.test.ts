/** A verified token as the target: it is revoked for the rest of its life, whatever the clocks say. */
import { createVerifier, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { verifiedTokenOf } from './fixture.js'
import { stores } from './stores.js'

const methods = ['revokeToken', 'revokeSession', 'revokeUser', 'revokeClient', 'revokePool'] as const

/** Seconds by which the clock of a verifier, and that of its list, are ahead of the issuer's. */
const skews = [
  [0, 0],
  [-3, -3],
  [-300, -300],
  [299, 299],
  [-300, 0],
  [0, -300],
  [0, 300],
  [-300, 300],
  [299, -300],
] as const

for (const [name, listOf] of Object.entries(stores))
  t.test(`${name}: no clock makes it good again`, async t => {
    for (const [verifierAhead, listAhead] of skews)
      for (const method of methods)
        for (const claims of [{}, { iat: undefined }]) {
          const source = createTestIssuer()
          const behind = (seconds: number) => ({ now: () => source.clock.now() + seconds * 1000 })
          const revocations = listOf(
            t,
            { clock: behind(listAhead), maxTokenLifetime: 3_600 },
            behind(listAhead),
          )
          const verifier = createVerifier({
            issuers: [userPool({ ...source.options, jwks: source.jwks(), offline: true })],
            clockTolerance: 300,
            clock: behind(verifierAhead),
            revocations,
          })
          const token = source.accessToken({ claims, expiresIn: 3_600 })
          const auth = await verifier.verify(token)
          await revocations[method](auth)
          // until no verifier takes it any more: its clock may be behind
          const accepted: number[] = []
          for (let age = 0; age < 3_600 + 600; age += 100, source.clock.advance(100)) {
            const code = await verifier.verify(token).then(
              () => 'accepted',
              error => error.code,
            )
            if (code === 'accepted') accepted.push(age)
          }
          t.same(accepted, [], `${method} ${Object.keys(claims).length} ${verifierAhead} ${listAhead}`)
        }
  })

t.test('a token that is about to expire, and one that has by the clock of the list', async t => {
  for (const [name, listOf] of Object.entries(stores))
    for (const method of methods) {
      const now = Date.UTC(2027, 0)
      const clock = { now: () => now + 300_000 }
      const token = verifiedTokenOf({
        issuer: 'eu-west-1_AbCdEf123',
        iat: now / 1000 - 3_900,
        exp: now / 1000 - 299,
      })
      const revocations = listOf(t, { clock, maxTokenLifetime: 3_600 }, clock)
      await revocations[method](token)
      t.ok(revocations.isRevoked(token, now), `${name} ${method}`)
    }
})

t.test('plain identifiers: by the clock of the list, or up to a time that is not after it', async t => {
  for (const [name, listOf] of Object.entries(stores)) {
    const now = Date.UTC(2027, 0)
    const clock = { now: () => now }
    const revocations = listOf(t, { clock }, clock)
    const issuer = 'eu-west-1_AbCdEf123'
    const isRevoked = (sub: string, iat: number) =>
      revocations.isRevoked(verifiedTokenOf({ issuer, sub, iat, exp: iat + 3_600 }), now)
    await revocations.revokeUser({ issuer, subject: 'now' })
    await revocations.revokeUser({ issuer, subject: 'then', notBefore: now / 1000 + 300 })
    t.ok(isRevoked('now', now / 1000), name)
    t.notOk(isRevoked('now', now / 1000 + 1), 'a token that its issuer dates later is not meant')
    t.ok(isRevoked('then', now / 1000 + 299), 'unless notBefore says so')
    t.notOk(isRevoked('then', now / 1000 + 300))
  }
})
