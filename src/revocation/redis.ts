/**
 * Revocations in Redis or Valkey, for all processes that share one. Over 150 lines: reading, detecting
 * lost entries and writing them back share the position in the stream.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { aString, checkOptions, type OptionCheck } from '../options.js'
import { encodeRevocation, type Revocation, tick } from './entry.js'
import { type IoRedisClient, ioRedisStream } from './io-redis.js'
import { type NodeRedisClient, nodeRedisStream } from './node-redis.js'
import type { StreamConnection } from './redis-stream.js'
import {
  type RemoteRevocationOptions,
  type RemoteRevocations,
  remoteList,
  remoteOptionChecks,
  withTimeout,
} from './remote-list.js'

export type { IoRedisClient } from './io-redis.js'
export type { NodeRedisClient } from './node-redis.js'
export type {
  RemoteRevocationHealth,
  RemoteRevocationOptions,
  RemoteRevocations,
  RevocationEvent,
  RevocationPoll,
} from './remote-list.js'

/** The options of {@link redisRevocations}. */
export interface RedisRevocationOptions extends RemoteRevocationOptions {
  /**
   * A connected client of `redis` (5 or later) or `ioredis` (5 or later), also a cluster or one with Sentinels. It writes; a duplicate of it
   * follows the list, which takes one more connection. A Sentinel's client of `redis` 5 cannot be duplicated: it is polled twenty times a
   * second.
   */
  readonly client: NodeRedisClient | IoRedisClient
  /** The key of the stream, the only one in use. Default `'cognito-guard:revocations'`. */
  readonly key?: string
}

/**
 * Returns a list of revocations in a Redis stream. Each process reads all of it, then follows it: what one process revokes, all refuse some
 * milliseconds later. No request waits for Redis. After a disconnect it continues from its last position. Where the stream has lost that
 * position, it reads all of it again, and writes back what the stream has lost.
 *
 * Times are those of the server that Redis runs on: clocks of processes do not matter. The `revoke` methods resolve when
 * Redis has the entry, and reject with an AuthError `ERR_REVOCATION_UNAVAILABLE` when that is not known.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const revocations = redisRevocations({ client, staleAfter: 30, whenStale: 'refuse' })
 * await revocations.ready()
 * const verifier = createVerifier({ issuers, revocations })
 */
export function redisRevocations(options: RedisRevocationOptions): RemoteRevocations {
  // Over 40 lines: its functions share the position in the stream.
  checkOptions('redisRevocations', options, checks)
  const { client, key = 'cognito-guard:revocations', staleAfter } = options
  const list = remoteList('redis', options)
  const stream =
    'xAdd' in client ? nodeRedisStream(client, key, list.failed) : ioRedisStream(client, key, list.failed)
  // reads are short enough to renew the contact well before staleAfter, and time out when they hang
  const block = Math.min(1_000, staleAfter * 250)
  const timeout = Math.min(5_000, staleAfter * 500)
  const ended = new AbortController()
  let following: StreamConnection | undefined
  let position = beginning
  let oldest: string | undefined
  let expiredAt = -Infinity
  let lost: ReturnType<typeof list.restoration> | undefined
  void follow()

  async function follow(): Promise<void> {
    for (let failures = 0; !ended.signal.aborted; ) {
      try {
        const connection = stream.connection()
        following = connection
        await list.polling(() => open(connection))
        let isBehind = true
        while (!ended.signal.aborted) {
          isBehind = await list.polling(() => readNext(connection, isBehind))
          failures = 0
        }
      } catch (error) {
        if (!ended.signal.aborted) list.failed(error)
      }
      endConnection()
      const delay = Math.min(1_000, 25 * 2 ** failures++) * (1 + Math.random())
      await pause(delay, undefined, { signal: ended.signal }).catch(() => {})
    }
  }

  async function open(connection: StreamConnection): Promise<void> {
    await withTimeout(connection.open(), timeout)
    await restartIfLost(connection, position)
  }

  /** Calls `end` once: a second call makes ioredis keep the process alive for two seconds. */
  function endConnection(): void {
    following?.end()
    following = undefined
  }

  /**
   * Starts again from the beginning, and returns `true`, when the stream has lost entries: one that was restarted, replaced, trimmed or
   * emptied lacks the first or the last that this process has read.
   */
  async function restartIfLost(connection: StreamConnection, last: string): Promise<boolean> {
    const before = oldest
    const [first, hasLast] = await withTimeout(
      Promise.all([connection.first(), last === beginning || connection.has(last)]),
      timeout,
    )
    oldest = first
    const hasFirst =
      before === undefined || before === first || timeOf(before) < list.expiredBy(list.clock.now())
    if (hasFirst && hasLast) return false
    position = beginning
    lost = list.restoration()
    return true
  }

  /** Reads the next entries; `true` when there may be more already. */
  async function readNext(connection: StreamConnection, isBehind: boolean): Promise<boolean> {
    const asked = list.time()
    const last = position
    const entries = await withTimeout(connection.read(last, page, isBehind ? 1 : block), block + timeout)
    for (const { id, line } of entries) {
      take(id, line)
      position = id
    }
    // a client may fail over to another server: one without our last entry may have entries before these
    if ((await restartIfLost(connection, last)) || entries.length === page) return true
    if (list.wasAhead()) {
      position = beginning
      return true
    }
    list.contacted(asked)
    if (lost && !(await lost.writeBack(list.clock.now(), append))) lost = undefined
    return lost !== undefined
  }

  function take(id: string, line: string): void {
    const entry = list.take(line, timeOf(id), placeOf(id))
    if (entry) lost?.found(entry, list.clock.now())
  }

  const append = (revocations: readonly Revocation[]) => Promise.all(revocations.map(appendOne))

  async function appendOne(revocation: Revocation): Promise<void> {
    const { said, isTakenBack } = revocation
    const after = said === undefined ? list.index.lastSaid(revocation, isTakenBack) : undefined
    const line = encodeRevocation({ ...revocation, after })
    const id = await withTimeout(stream.add(line), timeout)
    oldest ??= id
    take(id, line)
    const written = timeOf(id)
    if (written < expiredAt + 60_000) return
    expiredAt = written
    const kept = list.neededUntil(written) - Math.floor(written / 1000)
    await withTimeout(stream.expire(`${list.expiredBy(written)}-0`, kept), timeout).catch(list.failed)
  }

  return {
    isRevoked: list.isRevoked,
    verifies: list.verifies,
    ...list.revoking(append),
    ready: list.ready,
    health: list.health,
    close() {
      list.close()
      ended.abort()
      endConnection()
    },
  }
}

/** The milliseconds in the ID of an entry. */
const timeOf = (id: string) => Number.parseInt(id, 10)

/** The place of an entry among all, as a number: the IDs of one millisecond are numbered. */
function placeOf(id: string): number {
  const [time, count] = id.split('-')
  return Number(time) + Math.min(Number(count) * tick, 1 - tick)
}

const beginning = '0-0'

/** Entries per read: some milliseconds of work, so that requests are answered in between. */
const page = 5_000

const aClient: OptionCheck = value =>
  typeof (value as Partial<NodeRedisClient> | null)?.xAdd === 'function' ||
  typeof (value as Partial<IoRedisClient> | null)?.xadd === 'function'
    ? undefined
    : 'must be a client of redis or ioredis'

const checks = { ...remoteOptionChecks, client: aClient, 'key?': aString }
