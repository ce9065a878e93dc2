import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server on loopback answers. */
export interface LoopbackAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A server on loopback. */
export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/** Resolves to a server on 127.0.0.1, once it listens on a port that the system picks. */
export async function loopback(
  answer: (request: IncomingMessage, body: string) => LoopbackAnswer | Promise<LoopbackAnswer>,
): Promise<Loopback> {
  const server = createServer(async (request, response) => {
    try {
      const { status, type, body } = await answer(request, await read(request))
      response.writeHead(status, { 'content-type': type }).end(body)
    } catch {
      response.destroy() // the client broke off in the middle of its request
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
