import type { NodeRedisClient } from 'cognito-guard/redis'

interface Pending {
  readonly after: string
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: Error) => void
}

/** A Redis stream in memory. The test decides when a read is answered, and with how many entries. */
export function redisDouble(now: () => number) {
  let entries: { id: string; serial: number; line: string }[] = []
  let pending: Pending | undefined
  let count = 1

  const messages = (some: typeof entries) => some.map(({ id, line }) => ({ id, message: { r: line } }))
  const add = (line: string) => {
    const id = `${now()}-${count++}`
    entries.push({ id, serial: serialOf(id), line })
    return id
  }
  const client = {
    xAdd: async (_key: string, _id: '*', { r }: Record<string, string>) => add(r as string),
    xRead: ({ id: after }: { id: string }) =>
      new Promise((resolve, reject) => {
        pending = { after, resolve, reject }
      }),
    xRange: async (_key: string, start: string) =>
      messages(start === '-' ? entries.slice(0, 1) : entries.filter(({ id }) => id === start)),
    xTrim: async () => 0,
    expire: async () => 1,
    duplicate: () => client,
    connect: async () => {},
    on: () => {},
    destroy() {
      pending?.reject(new Error('destroyed'))
      pending = undefined
    },
  }
  return {
    client: client as unknown as NodeRedisClient,
    add,
    isAsked: () => pending !== undefined,
    /** Answers the read with up to so many entries and returns them. */
    deliver(most: number) {
      const { after, resolve } = pending as Pending
      pending = undefined
      const read = serialOf(after)
      const next = entries.findLastIndex(({ serial }) => serial <= read) + 1
      const some = entries.slice(next, next + most)
      resolve(some.length === 0 ? null : [{ messages: messages(some) }])
      return some
    },
    disconnect() {
      pending?.reject(new Error('disconnected'))
      pending = undefined
    },
    /** Forgets the first so many entries, or the last. */
    lose(first: number, last: number) {
      entries = entries.slice(first, entries.length - last)
    },
    /** Replaces the server by another one, with other entries. */
    become(others: Readonly<Record<string, string>>) {
      entries = Object.entries(others).map(([id, line]) => ({ id, serial: serialOf(id), line }))
    },
    get length() {
      return entries.length
    },
  }
}

/** IDs have a sequence number, so that the clock may stand still. */
const serialOf = (id: string) => {
  const [, count] = id.split('-')
  return Number(count)
}
