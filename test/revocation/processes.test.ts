import { setTimeout as pause } from 'node:timers/promises'
import { redisRevocations } from 'cognito-guard/redis'
import { createClient } from 'redis'
import t from 'tap'
import { issuer, sessions } from './follower-messages.js'
import { eightFollowers, propagation, quantile } from './followers.js'
import { randomFrom } from './model.js'
import { isDone, needsRedis, redisServer, until } from './redis-server.js'

const entries = 20_000
const probes = 100

t.test('eight processes follow one list', needsRedis, async t => {
  const server = await redisServer(t, '--appendonly', 'yes')
  const client = createClient({ socket: { host: '127.0.0.1', port: server.port, reconnectStrategy: 50 } })
  client.on('error', () => {})
  await client.connect()
  t.teardown(() => client.destroy())
  await client.eval(
    `for i = 1, ${entries} do
       redis.call('XADD', KEYS[1], '*', 'r', '["session","${issuer}","loaded-' .. string.format('%028d', i) .. '"]')
     end`,
    { keys: ['cognito-guard:revocations'] },
  )
  const followers = await eightFollowers(t, server.port)
  for (const { ready } of followers) t.equal(ready.entries, entries)
  const slowest = Math.max(...followers.map(({ ready }) => ready.milliseconds))
  const largest = Math.max(...followers.map(({ ready }) => ready.bytes))
  t.comment(
    `${entries} entries read at start-up by 8 processes at once: ${Math.round(slowest)} ms, ${Math.round(largest / 1e6)} MB`,
  )

  const revocations = redisRevocations({ client, staleAfter: 60, whenStale: 'refuse' })
  t.teardown(() => revocations.close())
  await revocations.ready()
  const delays = await propagation(revocations, followers, probes)
  const [median, p99] = [0.5, 0.99].map(part => quantile(delays, part)) as [number, number]
  t.comment(
    `from revokeSession() to the refusal in 8 processes: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  )
  t.ok(median < 500, 'it takes milliseconds, not seconds')

  const random = randomFrom(5)
  const revoked = new Set<string>()
  const revokeSome = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const session = `session-${random(sessions)}`
      await until('Redis has it', () => isDone(revocations.revokeSession({ issuer, session })))
      revoked.add(session)
    }
  }
  await revokeSome(100)
  for (let round = 0; round < 2; round++) {
    await Promise.all([
      revokeSome(150),
      server
        .kill()
        .then(() => pause(50))
        .then(() => server.start()),
    ])
  }
  await revokeSome(50)
  await revocations.revokeSession({ issuer, session: `probe-${probes}` })
  await until('all have seen the last', () => followers.every(({ seen }) => seen.length > probes))
  for (const { ask } of followers) {
    const verdicts = await ask()
    t.equal(verdicts.takenBack, 0, 'what was refused once is refused for good')
    t.same(verdicts.revoked.toSorted(), [...revoked].toSorted(), 'exactly what was revoked is refused')
  }
})
