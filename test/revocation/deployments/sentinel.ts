import { type ServerProgram, serverOf, type WithEnd } from '../redis-server.js'
import { ask, cutOff, type Deployment, masterName, replicated, untilSaid } from './deployment.js'

/** A master, its replica and a Sentinel. */
export async function sentinel(t: WithEnd, program: ServerProgram): Promise<Deployment> {
  const [master, replica, { port }] = await Promise.all([
    serverOf(t, program, ...replicated),
    serverOf(t, program, ...replicated),
    serverOf(t, program, '--sentinel'),
  ])
  await ask(replica.port, 'REPLICAOF', '127.0.0.1', master.port)
  await untilSaid(replica.port, 'INFO replication', /master_link_status:up/)
  await ask(port, 'SENTINEL', 'MONITOR', masterName, '127.0.0.1', master.port, 1)
  await ask(port, 'SENTINEL', 'SET', masterName, 'down-after-milliseconds', 1_000)
  await ask(port, 'SENTINEL', 'SET', masterName, 'failover-timeout', 5_000)
  await untilSaid(port, `SENTINEL REPLICAS ${masterName}`, RegExp(`"${replica.port}"`))
  return {
    ports: [port],
    troubles: [
      {
        name: 'the master is killed, and its replica has not heard the last',
        async happens(meanwhile) {
          await cutOff(replica, master)
          await meanwhile()
          await master.kill()
          await untilSaid(replica.port, 'INFO replication', /role:master/)
        },
      },
    ],
  }
}
