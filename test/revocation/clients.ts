import type { IoRedisClient, NodeRedisClient } from 'cognito-guard/redis'
import * as ioredis6 from 'ioredis'
import * as ioredis5 from 'ioredis-5'
import * as redis6 from 'redis'
import * as redis5 from 'redis-5'
import { type Deployment, masterName } from './deployments/deployment.js'
import type { Shape } from './deployments/index.js'
import type { WithEnd } from './redis-server.js'

export type Connect = (t: WithEnd, ports: Deployment['ports']) => Promise<NodeRedisClient | IoRedisClient>

/** Each client that `redisRevocations` supports, configured for each deployment as its own documentation says. No type is cast. */
export const clients: Readonly<Record<Shape, Readonly<Record<string, Connect>>>> = {
  standalone: {
    'redis 5': (t, [port]) => nodeRedis(t, redis5.createClient({ socket: at(port) })),
    'redis 6': (t, [port]) => nodeRedis(t, redis6.createClient({ socket: at(port) })),
    'redis 5, RESP 3': (t, [port]) =>
      nodeRedis(t, redis5.createClient({ socket: at(port), RESP: 3, unstableResp3: true })),
    'redis 6, other types of replies': (t, [port]) =>
      nodeRedis(t, redis6.createClient({ socket: at(port), commandOptions: { typeMapping } })),
    'ioredis 5': async (t, [port]) => ioRedis(t, new ioredis5.Redis(at(port))),
    'ioredis 6': async (t, [port]) => ioRedis(t, new ioredis6.Redis(at(port))),
    'ioredis 6, other types of replies': async (t, [port]) =>
      ioRedis(t, new ioredis6.Redis({ ...at(port), replyMapping: 'resp3' })),
  },
  // what an application reads from replicas is its own choice
  cluster: {
    'redis 5': (t, ports) =>
      nodeRedis(t, redis5.createCluster({ rootNodes: sockets(ports), useReplicas: true })),
    'redis 6': (t, ports) =>
      nodeRedis(t, redis6.createCluster({ rootNodes: sockets(ports), useReplicas: true })),
    'ioredis 5': async (t, ports) => ioRedis(t, new ioredis5.Cluster(ports.map(at), { scaleReads: 'slave' })),
    'ioredis 6': async (t, ports) => ioRedis(t, new ioredis6.Cluster(ports.map(at), { scaleReads: 'slave' })),
  },
  sentinel: {
    'redis 5': (t, ports) =>
      nodeRedis(
        t,
        redis5.createSentinel({
          name: masterName,
          sentinelRootNodes: ports.map(at),
          // else it may wait forever for the master that is gone: https://github.com/redis/node-redis/issues/3061
          nodeClientOptions: { socket: { reconnectStrategy: false } },
        }),
      ),
    'redis 6': (t, ports) =>
      nodeRedis(
        t,
        redis6.createSentinel({ name: masterName, sentinelRootNodes: ports.map(at), replicaPoolSize: 1 }),
      ),
    'ioredis 5': async (t, ports) =>
      ioRedis(t, new ioredis5.Redis({ name: masterName, sentinels: ports.map(at) })),
    'ioredis 6': async (t, ports) =>
      ioRedis(t, new ioredis6.Redis({ name: masterName, sentinels: ports.map(at) })),
  },
}

const at = (port: number | undefined) => ({ host: '127.0.0.1', port: port as number })

const typeMapping = { [redis6.RESP_TYPES.BLOB_STRING]: Buffer, [redis6.RESP_TYPES.MAP]: Map }

const sockets = (ports: readonly number[]) => ports.map(port => ({ socket: at(port) }))

interface WithErrors {
  on(event: 'error', listener: () => void): unknown
}

async function nodeRedis<C extends WithErrors & { connect(): Promise<unknown>; destroy(): unknown }>(
  t: WithEnd,
  client: C,
): Promise<C> {
  client.on('error', () => {})
  t.teardown(() => client.destroy())
  await client.connect()
  return client
}

function ioRedis<C extends WithErrors & { disconnect(): void }>(t: WithEnd, client: C): C {
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}
