import { Redis } from 'ioredis'
import { type RedisServer, until } from '../redis-server.js'

/** Servers that belong together, and what goes wrong with them. */
export interface Deployment {
  /** Where a client begins. */
  readonly ports: readonly number[]
  readonly troubles: readonly Trouble[]
}

interface Trouble {
  readonly name: string
  /** Lets it happen; what is done meanwhile is the last that the servers see before it, or as it goes on. */
  happens(meanwhile: () => Promise<unknown>): Promise<void>
}

/** What the keys of all lists have in common: so they are on one node of a cluster. */
export const tag = '{revocations}'

export const masterName = 'revocations'

/** Options: a server that remembers, for all that a SIGKILL can do. */
export const persistent = ['--appendonly', 'yes']

/** Options: a replica need not wait for others that might come. */
export const replicated = ['--repl-diskless-sync-delay', '0']

/** Keeps a replica from following its master, with a password that nobody asked for. */
export async function cutOff(replica: RedisServer, master: RedisServer): Promise<void> {
  await ask(replica.port, 'CONFIG', 'SET', 'masterauth', 'wrong')
  await ask(master.port, 'CLIENT', 'KILL', 'TYPE', 'replica')
  await untilSaid(replica.port, 'INFO replication', /master_link_status:down/)
}

/** Resolves when a server's answer is as expected. */
export const untilSaid = (port: number, command: string, expected: RegExp) =>
  until(
    `${command}: ${expected}`,
    // a Sentinel disconnects everybody from a server that it promotes
    async () =>
      expected.test(JSON.stringify(await ask(port, ...(command.split(' ') as [string])).catch(() => ''))),
    50,
  )

/** Sends one command to one server. */
export async function ask(
  port: number,
  name: string,
  ...words: readonly (string | number)[]
): Promise<unknown> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.call(name, ...words)
  } finally {
    client.disconnect()
  }
}
