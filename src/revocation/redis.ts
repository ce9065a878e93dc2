/**
 * Revocations in Redis or Valkey, for all processes that share one. Longer than 150 lines: following, cuts and repair share the place in the stream.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { aString, checkOptions, type OptionCheck } from '../options.js'
import { encodeRevocation, type Revocation, tick } from './entry.js'
import { type IoRedisClient, ioRedisStream } from './io-redis.js'
import { type NodeRedisClient, nodeRedisStream } from './node-redis.js'
import {
  type RemoteRevocationOptions,
  type RemoteRevocations,
  reach,
  remoteOptionChecks,
  within,
} from './reach.js'
import type { StreamConnection } from './redis-stream.js'

export type { IoRedisClient } from './io-redis.js'
export type { NodeRedisClient } from './node-redis.js'
export type { RemoteRevocationHealth, RemoteRevocationOptions, RemoteRevocations } from './reach.js'

/** The options of {@link redisRevocations}. */
export interface RedisRevocationOptions extends RemoteRevocationOptions {
  /**
   * A connected client of `redis` (5 or later) or `ioredis` (5 or later), a cluster or one with Sentinels too. It is written through; the
   * list is followed on a duplicate of it, which takes a connection more. A Sentinel's of `redis` 5, which cannot be duplicated, is asked
   * twenty times a second.
   */
  readonly client: NodeRedisClient | IoRedisClient
  /** The key of the stream: the one key in use. Default `'cognito-guard:revocations'`. */
  readonly key?: string
}

/**
 * Returns a list of revocations that is kept as a Redis stream. The process reads all of it, then follows it: what is revoked anywhere is
 * refused everywhere some milliseconds later, and no request waits for Redis. Where it was it goes on from after a disconnect; where the
 * stream does not know that place any more, it reads all of it again, and writes back what the stream has lost.
 *
 * Its times are those of the server that Redis runs on: clocks of processes do not matter. Its `revoke` methods resolve when
 * Redis has the entry, and reject with an AuthError `ERR_REVOCATION_UNAVAILABLE` when that is not known.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const revocations = redisRevocations({ client, staleAfter: 30, whenStale: 'refuse' })
 * await revocations.ready()
 * const verifier = createVerifier({ issuers, revocations })
 */
export function redisRevocations(options: RedisRevocationOptions): RemoteRevocations {
  // Over 40 lines: its functions share the place in the stream.
  checkOptions('redisRevocations', options, checks)
  const { client, key = 'cognito-guard:revocations', staleAfter } = options
  const list = reach(options)
  const stream =
    'xAdd' in client ? nodeRedisStream(client, key, list.failed) : ioRedisStream(client, key, list.failed)
  // a read is asked for again so often that the last answer is never as old as staleAfter, and is given up when it hangs
  const block = Math.min(1_000, staleAfter * 250)
  const patience = Math.min(5_000, staleAfter * 500)
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
        await within(connection.open(), patience)
        await isCut(connection, position)
        let isBehind = true
        while (!ended.signal.aborted) {
          isBehind = await readOn(connection, isBehind)
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

  /** Once: ioredis keeps the process for two seconds when it is told again. */
  function endConnection(): void {
    following?.end()
    following = undefined
  }

  /**
   * A server that was restarted, replaced, trimmed or emptied has forgotten entries, the first or the last that we know of among them.
   * Then all is read again.
   */
  async function isCut(connection: StreamConnection, place: string): Promise<boolean> {
    const before = oldest
    const [first, hasPlace] = await within(
      Promise.all([connection.first(), place === beginning || connection.has(place)]),
      patience,
    )
    oldest = first
    const hasFirst =
      before === undefined || before === first || timeOf(before) < list.expiredBy(list.clock.now())
    if (hasFirst && hasPlace) return false
    position = beginning
    lost = list.restoration()
    return true
  }

  /** Reads the next entries; `true` when there may be more at once. */
  async function readOn(connection: StreamConnection, isBehind: boolean): Promise<boolean> {
    const asked = list.time()
    const place = position
    const entries = await within(connection.read(place, page, isBehind ? 1 : block), block + patience)
    for (const { id, line } of entries) {
      take(id, line)
      position = id
    }
    // clients go to another server by themselves: one that does not have what we go on from may have entries before these
    if ((await isCut(connection, place)) || entries.length === page) return true
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
    const id = await within(stream.add(line), patience)
    oldest ??= id
    take(id, line)
    const written = timeOf(id)
    if (written < expiredAt + 60_000) return
    expiredAt = written
    const kept = list.neededUntil(written) - Math.floor(written / 1000)
    await within(stream.expire(`${list.expiredBy(written)}-0`, kept), patience).catch(list.failed)
  }

  return {
    isRevoked: list.isRevoked,
    verifies: list.verifies,
    ...list.revoking(append),
    ready: list.ready,
    health: list.health,
    close() {
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

/** Entries a read: some milliseconds' work, between which requests are answered. */
const page = 5_000

const aClient: OptionCheck = value =>
  typeof (value as Partial<NodeRedisClient> | null)?.xAdd === 'function' ||
  typeof (value as Partial<IoRedisClient> | null)?.xadd === 'function'
    ? undefined
    : 'must be a client of redis or ioredis'

const checks = { ...remoteOptionChecks, client: aClient, 'key?': aString }
