import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WithEnd } from '../../revocation/redis-server.js'

/** Serves checks on a port of its own until the test ends; what answers them can be changed. */
export async function guardServer(t: WithEnd, first: RequestListener) {
  let listener = first
  let last: IncomingMessage | undefined
  let connections = 0
  const server = createServer({ maxHeaderSize: 32_768 }, (request, response) => {
    last = request
    listener(request, response)
  }).on('connection', () => connections++)
  const listen = async (port = 0) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  const port = await listen()
  t.teardown(close)
  return {
    port,
    listen: () => listen(port),
    close,
    answerWith(next: RequestListener) {
      listener = next
    },
    connections: () => connections,
    lastCheck() {
      const { url = '', headersDistinct = {} } = last ?? {}
      return { url, headers: headersDistinct }
    },
  }
}
