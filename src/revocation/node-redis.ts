import { setTimeout as pause } from 'node:timers/promises'
import { field, type RedisStream, type StreamConnection } from './redis-stream.js'

/** A client of the package `redis` (node-redis 5 or later): a client, a cluster or a Sentinel. */
export interface NodeRedisClient extends NodeRedisReader {
  xAdd(key: string, id: '*', fields: Record<string, string>): Promise<unknown>
  xTrim(
    key: string,
    strategy: 'MINID',
    threshold: string,
    options: { strategyModifier: '~' },
  ): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  /** A Sentinel's client has it from release 6 on. */
  duplicate?(overrides: object): NodeRedisConnection
}

interface NodeRedisReader {
  xRead(stream: { key: string; id: string }, options: { COUNT: number; BLOCK?: number }): Promise<unknown>
  xRange(key: string, start: string, end: string, options: { COUNT: number }): Promise<unknown>
}

interface NodeRedisConnection {
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/** Returns a stream through node-redis. */
export function nodeRedisStream(
  client: NodeRedisClient,
  key: string,
  onError: (error: unknown) => void,
): RedisStream {
  return {
    add: async line => String(await client.xAdd(key, '*', { [field]: line })),
    async expire(before, seconds) {
      await client.xTrim(key, 'MINID', before, { strategyModifier: '~' })
      await client.expire(key, seconds)
    },
    connection: () => duplicated(client, key, onError) ?? shared(client, key),
  }
}

/** A connection that waits for entries. */
function duplicated(
  client: NodeRedisClient,
  key: string,
  onError: (error: unknown) => void,
): StreamConnection | undefined {
  const own = client.duplicate?.(forReading)
  if (!own) return undefined
  own.on('error', onError)
  const { read, ...rest } = reading(own as NodeRedisConnection & NodeRedisReader, key)
  return {
    ...rest,
    read: (after, count, block) => read(after, { COUNT: count, BLOCK: block }),
    open: () => own.connect(),
    // destroying a client that was never connected throws
    end: () => void new Promise(resolve => resolve(own.destroy())).catch(() => {}),
  }
}

/** The application's connection, for a client that cannot be duplicated. A blocking read would hold up the application: it is polled. */
function shared(client: NodeRedisClient, key: string): StreamConnection {
  const { read, ...rest } = reading(client, key)
  let hasEnded = false
  return {
    ...rest,
    async read(after, count, block) {
      const end = performance.now() + block
      for (;;) {
        const entries = await read(after, { COUNT: count })
        if (entries.length > 0 || hasEnded || performance.now() >= end) return entries
        await pause(pollEvery)
      }
    },
    open: async () => {},
    end: () => void (hasEnded = true),
  }
}

const reading = (through: NodeRedisReader, key: string) => ({
  async read(after: string, options: { COUNT: number; BLOCK?: number }) {
    const streams = (await through.xRead({ key, id: after }, options)) as object | null
    const [stream = []] = Object.values(streams ?? {}) as (Stream | RawStream)[]
    return 'messages' in stream
      ? stream.messages.map(({ id, message }) => ({ id: String(id), line: String(message[field]) }))
      : stream.map(([id, [, line]]) => ({ id, line }))
  },
  has: async (id: string) => ((await through.xRange(key, id, id, { COUNT: 1 })) as unknown[]).length > 0,
  async first() {
    const [entry] = (await through.xRange(key, '-', '+', { COUNT: 1 })) as { readonly id: unknown }[]
    return entry && String(entry.id)
  },
})

/**
 * A replica may be behind, or disconnected, and its reader would not know: an option of clusters and one of Sentinels. The application's
 * type mapping of replies must not apply to ours.
 */
const forReading = { useReplicas: false, replicaPoolSize: 0, commandOptions: {} }

/** Milliseconds. */
const pollEvery = 50

/** The only element of a list. */
interface Stream {
  readonly messages: readonly { readonly id: unknown; readonly message: Record<string, unknown> }[]
}

/** The only member of an object, which release 5 returns with `RESP: 3` and `unstableResp3: true`. */
type RawStream = readonly (readonly [id: string, fields: readonly [name: string, value: string]])[]
