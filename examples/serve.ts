import type { AddressInfo, Server } from 'node:net'
import { verifier } from './guard.js'

/** Serves until SIGTERM, on PORT. */
export function serve(server: Pick<Server, 'listen' | 'address' | 'close'>): void {
  server.listen(Number(process.env.PORT ?? '3000'), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    console.log(`Try http://127.0.0.1:${port}/orders, /admin and http://127.0.0.1:${port}/me`)
  })
  process.once('SIGTERM', () => {
    server.close()
    verifier.close()
  })
}
