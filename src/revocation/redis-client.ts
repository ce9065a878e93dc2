// Over 150 lines: the parts of two clients that are used here, and each of them as a stream.

/** A client of the package `redis` (node-redis 5 or later): a client, a cluster or a Sentinel. */
export interface NodeRedisClient {
  xAdd(key: string, id: '*', fields: Record<string, string>): Promise<unknown>
  xRead(stream: { key: string; id: string }, options: { COUNT: number; BLOCK: number }): Promise<unknown>
  xRange(key: string, start: string, end: string, options: { COUNT: number }): Promise<unknown>
  xTrim(
    key: string,
    strategy: 'MINID',
    threshold: string,
    options: { strategyModifier: '~' },
  ): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  duplicate(): NodeRedisConnection
}

interface NodeRedisConnection {
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/** A client of the package `ioredis` (5 or later): a client, also with Sentinels, or a cluster. */
export interface IoRedisClient {
  xadd(key: string, id: '*', field: string, value: string): Promise<unknown>
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
  xtrim(key: string, strategy: 'MINID', modifier: '~', threshold: string): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
  duplicate(): IoRedisConnection
}

interface IoRedisConnection {
  readonly status: string
  connect(): Promise<unknown>
  disconnect(): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  once(event: 'ready', listener: () => void): unknown
}

/** The line of text in a stream, with its ID: the milliseconds and the number that Redis gave it. */
interface StreamEntry {
  readonly id: string
  readonly line: string
}

/** One stream, through a client that is connected. */
interface Stream {
  /** Adds a line and returns its ID. */
  add(line: string): Promise<string>
  /** The entries after an ID, up to a number; waits for one, up to a number of milliseconds. */
  read(after: string, count: number, block: number): Promise<readonly StreamEntry[]>
  has(id: string): Promise<boolean>
  /** The ID of the first entry, `undefined` when there is none. */
  first(): Promise<string | undefined>
  /** Takes out entries before an ID, and the stream itself after so many seconds. */
  expire(before: string, seconds: number): Promise<unknown>
}

/** A connection of our own: one that waits for entries can do nothing else. */
export interface StreamConnection extends Stream {
  open(): Promise<unknown>
  end(): void
}

/** Returns a stream through either kind of client, with a way to connections of its own. */
export function streamOf(
  client: NodeRedisClient | IoRedisClient,
  key: string,
  onError: (error: unknown) => void,
): Stream & { connection(): StreamConnection } {
  return 'xAdd' in client ? nodeRedis(client, key, onError) : ioRedis(client, key, onError)
}

function nodeRedis(client: NodeRedisClient, key: string, onError: (error: unknown) => void) {
  const streamThrough = (through: NodeRedisClient): Stream => ({
    add: async line => String(await through.xAdd(key, '*', { [field]: line })),
    async read(after, count, block) {
      const streams = (await through.xRead(
        { key, id: after },
        { COUNT: count, BLOCK: block },
      )) as Streams | null
      return (streams?.[0]?.messages ?? []).map(({ id, message }) => ({
        id: String(id),
        line: String(message[field]),
      }))
    },
    has: async id => ((await through.xRange(key, id, id, { COUNT: 1 })) as unknown[]).length > 0,
    async first() {
      const [entry] = (await through.xRange(key, '-', '+', { COUNT: 1 })) as { readonly id: unknown }[]
      return entry && String(entry.id)
    },
    async expire(before, seconds) {
      await through.xTrim(key, 'MINID', before, { strategyModifier: '~' })
      await through.expire(key, seconds)
    },
  })
  return {
    ...streamThrough(client),
    connection() {
      const own = client.duplicate()
      own.on('error', onError)
      return {
        ...streamThrough(own as NodeRedisConnection & NodeRedisClient),
        open: () => own.connect(),
        // destroying a client that was never connected throws
        end: () => void new Promise(resolve => resolve(own.destroy())).catch(() => {}),
      }
    },
  }
}

function ioRedis(client: IoRedisClient, key: string, onError: (error: unknown) => void) {
  // Over 40 lines: the formatter writes the command word by word.
  const streamThrough = (through: IoRedisClient): Stream => ({
    add: async line => String(await through.xadd(key, '*', field, line)),
    async read(after, count, block) {
      const streams = (await through.xread(
        'COUNT',
        count,
        'BLOCK',
        block,
        'STREAMS',
        key,
        after,
      )) as Lists | null
      return (streams?.[0]?.[1] ?? []).map(([id, [, line]]) => ({ id, line }))
    },
    has: async id => ((await through.xrange(key, id, id, 'COUNT', 1)) as unknown[]).length > 0,
    async first() {
      const [entry] = (await through.xrange(key, '-', '+', 'COUNT', 1)) as Lists[number][1]
      return entry?.[0]
    },
    async expire(before, seconds) {
      await through.xtrim(key, 'MINID', '~', before)
      await through.expire(key, seconds)
    },
  })
  return {
    ...streamThrough(client),
    connection() {
      const own = client.duplicate()
      own.on('error', onError)
      return {
        ...streamThrough(own as IoRedisConnection & IoRedisClient),
        // it connects by itself unless it is lazy, and not every client holds back commands until it has
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

const field = 'r'

type Streams = readonly {
  readonly messages: readonly { readonly id: unknown; readonly message: Record<string, unknown> }[]
}[]

type Lists = readonly (readonly [
  key: unknown,
  entries: readonly (readonly [id: string, fields: readonly [name: string, value: string]])[],
])[]
