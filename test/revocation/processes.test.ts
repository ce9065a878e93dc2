import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { redisRevocations } from 'cognito-guard/redis'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import { type FollowerMessage, issuer, now, sessions } from './follower-messages.js'
import { randomFrom } from './model.js'
import { needsRedis, redisServer, until } from './redis-server.js'

const entries = 20_000
const probes = 200

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
  const followers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => follower(t, i % 2 ? 'ioredis' : 'redis', server.port)),
  )
  for (const { ready } of followers) t.equal(ready.entries, entries)
  const slowest = Math.max(...followers.map(({ ready }) => ready.milliseconds))
  const largest = Math.max(...followers.map(({ ready }) => ready.bytes))
  t.comment(
    `${entries} entries read at start-up by 8 processes at once: ${Math.round(slowest)} ms, ${Math.round(largest / 1e6)} MB`,
  )

  const revocations = redisRevocations({ client, staleAfter: 60, whenStale: 'refuse' })
  t.teardown(() => revocations.close())
  await revocations.ready()
  const said: number[] = []
  for (let probe = 0; probe < probes; probe++) {
    said.push(now())
    await revocations.revokeSession({ issuer, session: `probe-${probe}` })
    await pause(2)
  }
  await until('all have seen all', () => followers.every(({ seen }) => seen.length === probes))
  const delays = followers
    .flatMap(({ seen }) => seen.map((at, probe) => at - (said[probe] as number)))
    .toSorted((a, b) => a - b)
  const p = (quantile: number) => (delays[Math.floor((delays.length - 1) * quantile)] as number).toFixed(1)
  t.comment(`from revokeSession() to the refusal in 8 processes: median ${p(0.5)} ms, p99 ${p(0.99)} ms`)
  t.ok(Number(p(0.5)) < 500, 'it takes milliseconds, not seconds')

  const random = randomFrom(5)
  const revoked = new Set<string>()
  const revokeSome = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const session = `session-${random(sessions)}`
      await until('Redis has it', () =>
        revocations.revokeSession({ issuer, session }).then(
          () => true,
          () => false,
        ),
      )
      revoked.add(session)
    }
  }
  await revokeSome(300)
  for (let round = 0; round < 2; round++) {
    await Promise.all([
      revokeSome(300),
      server
        .kill()
        .then(() => pause(50))
        .then(() => server.start()),
    ])
  }
  await revokeSome(100)
  await until('all know all', async () => {
    const verdicts = await Promise.all(followers.map(({ ask }) => ask()))
    return verdicts.every(each => each.revoked.length >= revoked.size)
  })
  for (const { ask } of followers) {
    const verdicts = await ask()
    t.equal(verdicts.takenBack, 0, 'what was refused once is refused for good')
    t.same(verdicts.revoked.toSorted(), [...revoked].toSorted(), 'exactly what was revoked is refused')
  }
})

async function follower(t: Test, client: string, port: number) {
  const child: ChildProcess = fork(fileURLToPath(new URL('./follower.js', import.meta.url)), [
    client,
    String(port),
  ])
  t.teardown(() => child.disconnect())
  const seen: number[] = []
  const message = async <T extends FollowerMessage['type']>(type: T) => {
    for (;;) {
      const [told] = (await once(child, 'message')) as [FollowerMessage]
      if (told.type === type) return told as Extract<FollowerMessage, { type: T }>
    }
  }
  child.on('message', (told: FollowerMessage) => {
    if (told.type === 'seen') seen[told.probe] = told.at
  })
  return {
    ready: await message('ready'),
    seen,
    ask: () => {
      const answer = message('verdicts')
      child.send('ask')
      return answer
    },
  }
}
