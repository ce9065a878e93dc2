import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MaybePromise } from '../types.js'

/** The answer of a server on loopback. */
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

/** Resolves to a server on 127.0.0.1, once it listens on a port: 0 for one that the system picks. */
export async function loopback(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  port: number,
): Promise<Loopback> {
  const server = createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** As {@link loopback}, for answers that are texts. */
export function answering(
  answer: (request: IncomingMessage, body: string) => MaybePromise<LoopbackAnswer>,
  port = 0,
): Promise<Loopback> {
  const answerOf = async (request: IncomingMessage) => {
    const body = await readBody(request)
    return body === undefined ? tooLarge : answer(request, body)
  }
  return loopback((request, response) => {
    answerOf(request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.destroy(), // the client closed the connection before its request was complete
    )
  }, port)
}

/** The body of a request, or `undefined` when it is too large. Bytes over the limit are read and dropped. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= bodyLimit) chunks.push(chunk)
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks).toString()
}

const tooLarge: LoopbackAnswer = { status: 413, type: 'text/plain', body: 'Content Too Large' }

const bodyLimit = 64 * 1024
