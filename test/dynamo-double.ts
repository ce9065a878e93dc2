import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Resolves to the port of a DynamoDB stand-in on loopback, which ends with the test. `dynalite` has no types. */
export async function dynamoDouble(t: Test): Promise<number> {
  const { default: dynalite } = (await import('dynalite' as string)) as {
    default: (options: object) => Server
  }
  const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let working = 0
  server.prependListener('request', (_request, response: ServerResponse) => {
    working++
    const end = response.end.bind(response) as (...how: unknown[]) => ServerResponse
    Object.assign(response, {
      end(...how: unknown[]) {
        working--
        return end(...how)
      },
    })
  })
  t.teardown(async () => {
    // what it works on, for a client that has gone, needs its database
    while (working > 0) await new Promise(setImmediate)
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** The input that creates a table of revocations. */
export const revocationsTable = (TableName: string) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'list', AttributeType: 'S' as const },
    { AttributeName: 'serial', AttributeType: 'N' as const },
  ],
  KeySchema: [
    { AttributeName: 'list', KeyType: 'HASH' as const },
    { AttributeName: 'serial', KeyType: 'RANGE' as const },
  ],
})
