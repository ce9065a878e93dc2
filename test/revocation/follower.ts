/* c8 ignore start: it runs in processes of its own */
/** A process that follows a revocation list and reports to its parent: `follower.js <client> <port>`. */
import { redisRevocations } from 'cognito-guard/redis'
import { verifiedTokenOf } from './fixture.js'
import { type FollowerMessage, issuer, now, sessions } from './follower-messages.js'

await follow(String(process.argv[2]), Number(process.argv[3]))

async function follow(name: string, port: number): Promise<void> {
  const client = name === 'ioredis' ? await ioRedis(port) : await nodeRedis(port)
  const before = process.memoryUsage().rss
  const start = performance.now()
  const revocations = redisRevocations({ client, staleAfter: 60, whenStale: 'refuse' })
  await revocations.ready()
  const { entries } = revocations.health()
  tell({
    type: 'ready',
    milliseconds: performance.now() - start,
    entries,
    bytes: process.memoryUsage().rss - before,
  })

  const isSignedOut = (session: string) =>
    revocations.isRevoked(verifiedTokenOf({ issuer, origin_jti: session }), Date.now())
  const refused = new Set<string>()
  let takenBack = 0
  let probe = 0
  const looking = setInterval(() => {
    for (; isSignedOut(`probe-${probe}`); probe++) tell({ type: 'seen', probe, at: now() })
    for (let i = 0; i < 3; i++) {
      const session = `session-${Math.floor(Math.random() * sessions)}`
      if (isSignedOut(session)) refused.add(session)
      else if (refused.has(session)) takenBack++
    }
  }, 1)
  process.on('message', () => {
    for (const session of refused) if (!isSignedOut(session)) takenBack++
    const revoked = Array.from({ length: sessions }, (_, i) => `session-${i}`).filter(isSignedOut)
    tell({ type: 'verdicts', revoked: [...new Set([...revoked, ...refused])], takenBack })
  })
  process.on('disconnect', () => {
    clearInterval(looking)
    process.exit()
  })
}

async function ioRedis(port: number) {
  const { Redis } = await import('ioredis')
  return new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 }).on('error', () => {})
}

async function nodeRedis(port: number) {
  const { createClient } = await import('redis')
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } })
  return await client.on('error', () => {}).connect()
}

function tell(message: FollowerMessage): void {
  // the parent may have ended meanwhile
  process.send?.(message, undefined, undefined, () => {})
}
