import { field, type RedisStream } from './redis-stream.js'

/** A client of the package `ioredis` (5 or later): a client, also with Sentinels, or a cluster. */
export interface IoRedisClient extends IoRedisReader {
  xadd(key: string, id: '*', field: string, value: string): Promise<unknown>
  xtrim(key: string, strategy: 'MINID', modifier: '~', threshold: string): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  duplicate(): IoRedisConnection
}

interface IoRedisReader {
  xread(
    count: 'COUNT',
    most: number,
    block: 'BLOCK',
    milliseconds: number,
    streams: 'STREAMS',
    key: string,
    id: string,
  ): Promise<unknown>
  xrange(key: string, start: string, end: string, count: 'COUNT', most: number): Promise<unknown>
}

interface IoRedisConnection {
  readonly status: string
  connect(): Promise<unknown>
  disconnect(): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  once(event: 'ready', listener: () => void): unknown
}

/** Returns a stream through ioredis. */
export function ioRedisStream(
  client: IoRedisClient,
  key: string,
  onError: (error: unknown) => void,
): RedisStream {
  return {
    add: async line => String(await client.xadd(key, '*', field, line)),
    async expire(before, seconds) {
      await client.xtrim(key, 'MINID', '~', before)
      await client.expire(key, seconds)
    },
    connection() {
      const own = (client as MaybeCluster).duplicate([], readingFromMaster)
      own.on('error', onError)
      return {
        ...reading(own as IoRedisConnection & IoRedisReader, key),
        // it connects by itself unless it is lazy, and not every client queues commands until it has
        open: () =>
          new Promise<void>((resolve, reject) => {
            own.once('ready', resolve)
            if (own.status === 'wait') own.connect().catch(reject)
          }),
        end: () => own.disconnect(),
      }
    },
  }
}

/** The arguments of a cluster; other clients ignore them. */
interface MaybeCluster {
  duplicate(startupNodes: never[], options: object): IoRedisConnection
}

/** A replica may be behind, or disconnected, and its reader would not know. */
const readingFromMaster = { scaleReads: 'master' }

const reading = (through: IoRedisReader, key: string) => ({
  async read(after: string, count: number, block: number) {
    const command = ['COUNT', count, 'BLOCK', block, 'STREAMS', key, after] as const
    const streams = (await through.xread(...command)) as Streams | null
    return entriesIn(streams).map(([id, [, line]]) => ({ id, line }))
  },
  has: async (id: string) => ((await through.xrange(key, id, id, 'COUNT', 1)) as unknown[]).length > 0,
  async first() {
    const [entry] = (await through.xrange(key, '-', '+', 'COUNT', 1)) as Entries
    return entry?.[0]
  },
})

const entriesIn = (streams: Streams | null): Entries =>
  (Array.isArray(streams) ? streams[0]?.[1] : Object.values(streams ?? {})[0]) ?? []

/** The second with `replyMapping: 'resp3'`. */
type Streams = readonly (readonly [key: unknown, entries: Entries])[] | Readonly<Record<string, Entries>>

type Entries = readonly (readonly [id: string, fields: readonly [name: string, value: string]])[]
