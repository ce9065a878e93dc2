import { redisRevocations } from 'cognito-guard/redis'
import t from 'tap'
import { type Kind, type Method, randomFrom, revocationModel } from './model.js'
import { placeOf, redisDouble } from './redis-double.js'

const lifetime = 3_600

t.test('100,000 random interleavings of writers, reads, losses and requests agree with a model', async t => {
  const random = randomFrom(88)
  const clock = { time: Date.UTC(2027, 0), now: () => clock.time }
  const redis = redisDouble(clock.now)
  const follower = redisRevocations({
    client: redis.client,
    staleAfter: 86_400,
    whenStale: 'accept',
    maxTokenLifetime: lifetime,
    clock,
    monotonic: clock,
  })
  t.teardown(() => follower.close())
  const seen = revocationModel(lifetime)
  const written = new Map<string, { method: Method; target: object; time: number }>()
  const counts = { written: 0, delivered: 0, disconnected: 0, lost: 0, revoked: 0, accepted: 0 }
  const differences: unknown[] = []
  const isAsked = async () => {
    while (!redis.isAsked()) await new Promise(setImmediate)
  }

  for (let step = 0; step < 100_000; step++) {
    const action = random(100)
    if (action < 10) clock.time += random(20_000)
    else if (action < 18) {
      const revocation = seen.randomTarget(random, clock.time)
      const line = lineOf(revocation)
      written.set(redis.add(line), { ...revocation, time: clock.time })
      if (action === 10) written.set(redis.add(line), { ...revocation, time: clock.time })
      counts.written++
    } else if (action < 20) {
      const { method, target } = seen.randomTarget(random, clock.time)
      await follower[method](target as never)
      seen.add(method, target, clock.time, placeOf(redis.lastId))
      counts.written++
    } else if (action < 30) {
      await isAsked()
      for (const { id } of redis.deliver(random(8))) {
        const entry = written.get(id)
        if (entry) seen.add(entry.method, entry.target as never, entry.time, placeOf(id))
        counts.delivered++
      }
      await isAsked()
    } else if (action === 34 && random(100) === 0) {
      redis.disconnect()
      counts.disconnected++
    } else if (action === 35 && random(100) === 0) {
      const half = Math.floor(redis.length / 2)
      if (random(2)) redis.lose(half, 0)
      else redis.lose(0, random(2) ? half : redis.length)
      counts.lost++
    } else {
      const token = seen.randomToken(random, clock.time)
      const expected = seen.isRevoked(token, clock.time)
      counts[expected ? 'revoked' : 'accepted']++
      if (follower.isRevoked(token, clock.time) !== expected) differences.push({ step, token, expected })
    }
  }
  t.same(differences.slice(0, 3), [], 'none that was seen is accepted, none that was not is refused')
  t.ok(counts.revoked > 5_000 && counts.accepted > 5_000 && counts.lost > 3 && counts.disconnected > 3)
  t.comment(JSON.stringify(counts))
})

const members = { Token: 'jti', Session: 'session', User: 'subject', Client: 'clientId', Pool: '' } as const

/** An entry as another process writes it. */
function lineOf({ method, target }: { method: Method; target: Readonly<Record<string, string | number>> }) {
  const [, sign, kind] = /^(un)?revoke(.*)$/.exec(method) as string[] as [string, string | undefined, Kind]
  const at = target.notBefore ?? (target.expiresAt === undefined ? undefined : Number(target.expiresAt) + 300)
  const word = `${sign ? '-' : ''}${kind.toLowerCase()}`
  return JSON.stringify([word, target.issuer, target[members[kind]] ?? '', ...(at === undefined ? [] : [at])])
}
