/** Prints the time and memory of a million revocations in Redis, in the process and in Redis, and how long one takes to reach eight processes. */
import { redisRevocations } from 'cognito-guard/redis'
import { createClient } from 'redis'
import { issuer } from '../test/revocation/follower-messages.js'
import { eightFollowers, follower, propagation, quantile } from '../test/revocation/followers.js'
import { needsRedis, redisServer, type WithEnd } from '../test/revocation/redis-server.js'

/** Starts a server of its own, and ends it. Without a redis-server it says so. */
export async function measureRedis(entries: number, probes: number): Promise<readonly object[] | undefined> {
  if ('skip' in needsRedis) {
    console.log('\nRedis: not measured, no redis-server')
    return undefined
  }
  const endings: (() => unknown)[] = []
  const run: WithEnd = { teardown: end => void endings.unshift(end) }
  try {
    const { port } = await redisServer(run)
    const client = await createClient({ socket: { host: '127.0.0.1', port } }).connect()
    run.teardown(() => client.destroy())
    const revocations = redisRevocations({ client, staleAfter: 60, whenStale: 'refuse' })
    run.teardown(() => revocations.close())
    const followers = await eightFollowers(run, port)
    const delays = await propagation(revocations, followers, probes)
    const [median, p99] = [0.5, 0.99].map(part => quantile(delays, part)) as [number, number]
    console.log(
      `\nFrom revokeSession() to the refusal in 8 processes: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    )
    for (const { end } of followers) end()

    const title = `${entries.toLocaleString('en')} sessions in Redis`
    const start = performance.now()
    for (let written = 0; written < entries; written += batch)
      await Promise.all(
        Array.from({ length: batch }, () =>
          revocations.revokeSession({ issuer, session: crypto.randomUUID() }),
        ),
      )
    const written = (performance.now() - start) / 1000
    const memory = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
    console.log(`${title}: revoked one by one in ${written.toFixed(1)} s; ${megabytes(memory)} MB in Redis`)

    const rows: object[] = [
      { name: 'revoked, until 8 processes refuse', medianMs: median, p99Ms: p99 },
      { name: `${title}, revoked one by one`, seconds: written, megabytes: memory / 1e6 },
    ]
    for (const name of ['redis', 'ioredis'] as const) {
      const { ready, end } = await follower(run, name, port)
      end()
      rows.push({
        name: `${title}, read through ${name}`,
        seconds: ready.milliseconds / 1000,
        megabytes: ready.bytes / 1e6,
      })
      console.log(
        `  read at start-up through ${name}: ${(ready.milliseconds / 1000).toFixed(1)} s, ${megabytes(ready.bytes)} MB more in the process`,
      )
    }
    return rows
  } finally {
    for (const end of endings) await end()
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0)

const batch = 5_000
