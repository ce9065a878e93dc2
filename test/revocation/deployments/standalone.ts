import { type ServerProgram, serverOf, type WithEnd } from '../redis-server.js'
import { type Deployment, persistent } from './deployment.js'

export async function standalone(t: WithEnd, program: ServerProgram): Promise<Deployment> {
  const server = await serverOf(t, program, ...persistent)
  return {
    ports: [server.port],
    troubles: [
      {
        name: 'the server is killed and started again',
        async happens(meanwhile) {
          await meanwhile()
          await server.kill()
          await server.start()
        },
      },
    ],
  }
}
