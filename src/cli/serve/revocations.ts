import { type DynamoClient, dynamoRevocations } from '../../revocation/dynamo.js'
import { type IoRedisClient, type NodeRedisClient, redisRevocations } from '../../revocation/redis.js'
import type { RemoteRevocations } from '../../revocation/remote-list.js'
import type { Io } from '../io.js'
import type { DynamoInFile, RedisInFile, ServeFile } from './file.js'
import { installed } from './installed.js'
import type { Report } from './shapes.js'

/** Where the clients of stores come from, and what they need. */
export interface Surroundings {
  readonly env: Io['env']
  /** Files beside which packages may be installed: the first that has one is used. */
  readonly bases: readonly string[]
}

/** Starts to follow a list of revocations. Its errors are not passed on: clients of stores put addresses into them. */
export type Follow = (onError: () => void) => RemoteRevocations

/**
 * Returns what follows the list of revocations in the store that the file names, through the client that is installed. Connects to nothing yet.
 * Reports a client that is not installed, with what to install.
 */
export function followerOf(
  { redis, dynamodb }: NonNullable<ServeFile['revocations']>,
  { env, bases }: Surroundings,
  report: Report,
): Follow | undefined {
  if (redis) return inRedis(redis, env, bases, report)
  return inDynamo(dynamodb as DynamoInFile, bases, report)
}

function inRedis(
  { url = '', ...options }: RedisInFile,
  env: Io['env'],
  bases: readonly string[],
  report: Report,
): Follow | undefined {
  const server = url || env.REDIS_URL
  const clients = installed(bases, 'redis', 'ioredis') as NodeRedisPackage | IoRedisPackage | undefined
  if (!server) report('revocations.redis.url', 'is missing, and REDIS_URL is not set')
  if (!clients) report('revocations.redis', 'needs the package redis or ioredis: npm install redis')
  if (!server || !clients) return undefined
  return onError => {
    if ('Redis' in clients) {
      const client = new clients.Redis(server)
      client.on('error', onError)
      return withEnd(redisRevocations({ ...options, client, onError }), () => client.disconnect())
    }
    const client = clients.createClient({ url: server })
    client.on('error', onError)
    // it tries again by itself; the list has a connection of its own
    client.connect().catch(onError)
    return withEnd(redisRevocations({ ...options, client, onError }), () => client.destroy())
  }
}

function inDynamo(
  { region, endpoint, ...options }: DynamoInFile,
  bases: readonly string[],
  report: Report,
): Follow | undefined {
  const { pollEvery = 2, staleAfter } = options
  if (pollEvery > staleAfter / 2)
    report('revocations.dynamodb.pollEvery', 'must be at most half of staleAfter')
  const dynamo = installed(bases, '@aws-sdk/client-dynamodb') as DynamoPackage | undefined
  if (!dynamo)
    report(
      'revocations.dynamodb',
      'needs the package @aws-sdk/client-dynamodb: npm install @aws-sdk/client-dynamodb',
    )
  return (
    dynamo &&
    (onError => {
      const client = new dynamo.DynamoDB({ ...(region && { region }), ...(endpoint && { endpoint }) })
      return withEnd(dynamoRevocations({ ...options, client, onError }), () => client.destroy())
    })
  )
}

const withEnd = (list: RemoteRevocations, end: () => unknown): RemoteRevocations => ({
  ...list,
  close() {
    list.close()
    end()
  },
})

interface NodeRedisPackage {
  createClient(options: { readonly url: string }): NodeRedisClient & {
    on(event: 'error', listener: () => void): unknown
    connect(): Promise<unknown>
    destroy(): void
  }
}

interface IoRedisPackage {
  readonly Redis: new (
    url: string,
  ) => IoRedisClient & { on(event: 'error', listener: () => void): unknown; disconnect(): void }
}

interface DynamoPackage {
  readonly DynamoDB: new (options: object) => DynamoClient & { destroy(): void }
}
