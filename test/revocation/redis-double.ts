import type { NodeRedisClient } from 'cognito-guard/redis'

interface Pending {
  readonly after: string
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: Error) => void
}

/** A Redis stream in memory. The test decides when a read is answered, and with how many entries. */
export function redisDouble(now: () => number, lines: Readonly<Record<string, string>> = {}) {
  let entries = Object.entries(lines).map(([id, line]) => ({ id, line }))
  let pending: Pending | undefined
  let last: readonly [time: number, count: number] = [0, 0]

  const messages = (some: typeof entries) => some.map(({ id, line }) => ({ id, message: { r: line } }))
  const add = (line: string) => {
    last = now() > last[0] ? [now(), 0] : [last[0], last[1] + 1]
    const id = last.join('-')
    entries.push({ id, line })
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
      const next = entries.findLastIndex(({ id }) => placeOf(id) <= placeOf(after)) + 1
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
      entries = Object.entries(others).map(([id, line]) => ({ id, line }))
    },
    /** Numbers what comes next by its clock again, as another server does. */
    rewind() {
      last = [0, 0]
    },
    /** Each line by its ID. */
    get lines(): Readonly<Record<string, string>> {
      return Object.fromEntries(entries.map(({ id, line }) => [id, line]))
    },
    get lastId() {
      return last.join('-')
    },
    get length() {
      return entries.length
    },
  }
}

/** The place of an entry among all, as a number. */
export const placeOf = (id: string) => {
  const [time, count] = id.split('-')
  return Number(time) + Number(count) / 4_096
}
