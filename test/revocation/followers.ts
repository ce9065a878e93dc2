import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RemoteRevocations } from 'cognito-guard/redis'
import { type FollowerMessage, issuer, now } from './follower-messages.js'
import { until, type WithEnd } from './redis-server.js'

/** Another process that follows the list. */
type Follower = Awaited<ReturnType<typeof follower>>

/** Starts eight processes that follow the list of a server, half of them with each client, and waits until they have read it. */
export const eightFollowers = (t: WithEnd, port: number): Promise<Follower[]> =>
  Promise.all(Array.from({ length: 8 }, (_, i) => follower(t, i % 2 ? 'ioredis' : 'redis', port)))

/** Starts one, and waits until it has read the list. */
export async function follower(t: WithEnd, client: 'redis' | 'ioredis', port: number) {
  const child: ChildProcess = fork(fileURLToPath(new URL('./follower.js', import.meta.url)), [
    client,
    String(port),
  ])
  const end = () => void (child.connected && child.disconnect())
  t.teardown(end)
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('a follower has ended')))
  ended.catch(() => {})
  const seen: number[] = []
  const message = async <T extends FollowerMessage['type']>(type: T) => {
    for (;;) {
      const [received] = (await Promise.race([once(child, 'message'), ended])) as [FollowerMessage]
      if (received.type === type) return received as Extract<FollowerMessage, { type: T }>
    }
  }
  child.on('message', (received: FollowerMessage) => {
    if (received.type === 'seen') seen[received.probe] = received.at
  })
  return {
    ready: await message('ready'),
    seen,
    end,
    ask: () => {
      const answer = message('verdicts')
      child.send('ask')
      return answer
    },
  }
}

/** Revokes sessions, one after the other; returns the milliseconds until each was refused in each process, the least first. */
export async function propagation(
  revocations: RemoteRevocations,
  followers: readonly Follower[],
  probes: number,
): Promise<number[]> {
  const said: number[] = []
  for (let probe = 0; probe < probes; probe++) {
    said.push(now())
    await revocations.revokeSession({ issuer, session: `probe-${probe}` })
    await pause(2)
  }
  await until('all have seen all', () => followers.every(({ seen }) => seen.length === probes))
  return followers
    .flatMap(({ seen }) => seen.map((at, probe) => at - (said[probe] as number)))
    .toSorted((a, b) => a - b)
}

/** A quantile of a sorted list. */
export const quantile = (ordered: readonly number[], part: number): number =>
  ordered[Math.floor((ordered.length - 1) * part)] as number
