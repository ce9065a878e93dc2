import { Redis } from 'ioredis'
import { type RedisServer, until } from '../redis-server.js'

/** Servers that belong together, and their failures. */
export interface Deployment {
  /** The port that a client connects to first. */
  readonly ports: readonly number[]
  readonly troubles: readonly Trouble[]
}

interface Trouble {
  readonly name: string
  /** Causes the failure, with a write just before it or while it lasts. */
  happens(meanwhile: () => Promise<unknown>): Promise<void>
}

/** The prefix of all lists' keys: its hash tag puts them on one node of a cluster. */
export const tag = '{revocations}'

export const masterName = 'revocations'

/** Options: a server whose data survives a SIGKILL. */
export const persistent = ['--appendonly', 'yes']

/** Options: a replica need not wait for others that might come. */
export const replicated = ['--repl-diskless-sync-delay', '0']

/** Keeps a replica from following its master, with a password that the master does not accept. */
export async function cutOff(replica: RedisServer, master: RedisServer): Promise<void> {
  await ask(replica.port, 'CONFIG', 'SET', 'masterauth', 'wrong')
  await ask(master.port, 'CLIENT', 'KILL', 'TYPE', 'replica')
  await untilSaid(replica.port, 'INFO replication', /master_link_status:down/)
}

/** Resolves when a server's answer is as expected. */
export const untilSaid = (port: number, command: string, expected: RegExp) =>
  until(
    `${command}: ${expected}`,
    // a Sentinel disconnects all clients from a server that it promotes
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
