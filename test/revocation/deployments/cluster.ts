import { freePort, type RedisServer, type ServerProgram, serverOf, type WithEnd } from '../redis-server.js'
import { ask, cutOff, type Deployment, persistent, replicated, tag, untilSaid } from './deployment.js'

/** Three masters, and a replica of the one that has the lists. */
export async function cluster(t: WithEnd, program: ServerProgram): Promise<Deployment> {
  const ranges = ['0 5460', '5461 10922', '10923 16383', undefined]
  const nodes = await Promise.all(ranges.map((range, i) => clusterNode(t, program, i + 1, range)))
  const [first, replica] = [nodes[0], nodes[3]] as [ClusterNode, ClusterNode]
  for (const other of nodes.slice(1))
    await ask(first.port, 'CLUSTER', 'MEET', '127.0.0.1', other.port, other.busPort)
  await Promise.all(nodes.map(isUp))

  const slot = Number(await ask(first.port, 'CLUSTER', 'KEYSLOT', tag))
  const owner = await ownerOf(slot)
  await ask(replica.port, 'CLUSTER', 'REPLICATE', owner.id)
  await untilSaid(replica.port, 'INFO replication', /master_link_status:up/)
  return {
    ports: nodes.map(node => node.port),
    troubles: [
      {
        name: 'a replica is cut off, and its master killed and started again',
        async happens(meanwhile) {
          await cutOff(replica, owner)
          await meanwhile()
          await owner.kill()
          await owner.start()
          await isUp(owner)
        },
      },
      {
        name: 'the slot moves to another master',
        async happens(meanwhile) {
          const target = nodes.find(node => node !== owner) as ClusterNode
          await ask(target.port, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner.id)
          await ask(owner.port, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id)
          const keys = (await ask(owner.port, 'CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
          await ask(owner.port, 'MIGRATE', '127.0.0.1', target.port, '', 0, 10_000, 'KEYS', ...keys)
          await meanwhile()
          for (const { port } of [target, owner])
            await ask(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', target.id)
        },
      },
    ],
  }

  async function ownerOf(slot: number): Promise<ClusterNode> {
    const slots = (await ask(first.port, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][]
    const range = slots.find(([from, to]) => from <= slot && slot <= to)
    return nodes.find(({ port }) => port === range?.[2][1]) as ClusterNode
  }
}

interface ClusterNode extends RedisServer {
  readonly busPort: number
  readonly id: string
}

async function clusterNode(
  t: WithEnd,
  program: ServerProgram,
  epoch: number,
  slots: string | undefined,
): Promise<ClusterNode> {
  // by default ten thousand above the port, which the system may have chosen too high for that
  const busPort = await freePort()
  const options = ['--cluster-port', String(busPort), ...clustered, ...replicated, ...persistent]
  const server = await serverOf(t, program, ...options)
  await ask(server.port, 'CLUSTER', 'SET-CONFIG-EPOCH', epoch)
  if (slots) await ask(server.port, 'CLUSTER', 'ADDSLOTSRANGE', ...slots.split(' '))
  return { ...server, busPort, id: String(await ask(server.port, 'CLUSTER', 'MYID')) }
}

const isUp = ({ port }: RedisServer) =>
  untilSaid(port, 'CLUSTER INFO', /cluster_state:ok[^]*cluster_known_nodes:4/)

const clustered = [
  ['--cluster-enabled', 'yes'],
  ['--cluster-announce-ip', '127.0.0.1'],
  // a busy machine must not cause a failover
  ['--cluster-replica-no-failover', 'yes'],
].flat()
