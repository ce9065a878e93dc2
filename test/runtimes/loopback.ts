import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signer } from './signing.js'
import { access, type Loopback } from './suite.js'

/** Serves a user pool's key set on the loopback interface until `close` is called. */
export async function serveLoopback(): Promise<Loopback & { close(): void }> {
  const key = await signer('RS256', 'served')
  const server = createServer(({ url }, response) => {
    const isKeySet = url === '/pool/.well-known/jwks.json'
    response.writeHead(isKeySet ? 200 : 404).end(isKeySet ? JSON.stringify({ keys: [key.jwk] }) : '')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`
  return {
    issuer,
    token: await key.sign({ ...access(), iss: issuer }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
