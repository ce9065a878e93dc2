import { createRequire } from 'node:module'
import { type DynamoClient, dynamoRevocations } from '../../revocation/dynamo.js'
import { type IoRedisClient, type NodeRedisClient, redisRevocations } from '../../revocation/redis.js'
import type { RemoteRevocations } from '../../revocation/remote-list.js'
import type { Io } from '../io.js'
import type { DynamoInFile, RedisInFile, ServeFile } from './file.js'
import type { Report } from './shapes.js'

/** Where the clients of stores come from, and what they need. */
export interface Surroundings {
  readonly env: Io['env']
  /** The configuration file: the packages that are installed beside it are used. */
  readonly from: string
}

/** Starts to follow a list of revocations. Its errors are not passed on: clients of stores put addresses into them. */
export type Follow = (onError: () => void) => RemoteRevocations

/**
 * Returns what follows the list of revocations in the store that the file names, through the client that is installed. Connects to nothing yet.
 * Reports a client that is not installed, with what to install.
 */
export function followerOf(
  { redis, dynamodb }: NonNullable<ServeFile['revocations']>,
  { env, from }: Surroundings,
  report: Report,
): Follow | undefined {
  if (redis) return inRedis(redis, env, from, report)
  return inDynamo(dynamodb as DynamoInFile, from, report)
}

function inRedis(
  { url = '', ...options }: RedisInFile,
  env: Io['env'],
  from: string,
  report: Report,
): Follow | undefined {
  const server = url || env.REDIS_URL
  const redis = installed(from, 'redis') as NodeRedisPackage | undefined
  const ioredis = installed(from, 'ioredis') as IoRedisPackage | undefined
  if (!server) report('revocations.redis.url', 'is missing, and REDIS_URL is not set')
  if (!redis && !ioredis) report('revocations.redis', 'needs the package redis or ioredis: npm install redis')
  if (!server) return undefined
  if (redis)
    return onError => {
      const client = redis.createClient({ url: server })
      client.on('error', onError)
      // it tries again by itself; the list has a connection of its own
      client.connect().catch(onError)
      return withEnd(redisRevocations({ ...options, client, onError }), () => client.destroy())
    }
  return (
    ioredis &&
    (onError => {
      const client = new ioredis.Redis(server)
      client.on('error', onError)
      return withEnd(redisRevocations({ ...options, client, onError }), () => client.disconnect())
    })
  )
}

function inDynamo(
  { region, endpoint, ...options }: DynamoInFile,
  from: string,
  report: Report,
): Follow | undefined {
  const { pollEvery = 2, staleAfter } = options
  if (pollEvery > staleAfter / 2)
    report('revocations.dynamodb.pollEvery', 'must be at most half of staleAfter')
  const dynamo = installed(from, '@aws-sdk/client-dynamodb') as DynamoPackage | undefined
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

/** A package that is installed beside the configuration, or beside this command. */
function installed(from: string, name: string): unknown {
  for (const base of [from, import.meta.url]) {
    try {
      return createRequire(base)(name)
    } catch {}
  }
  return undefined
}

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
