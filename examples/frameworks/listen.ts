import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves on 127.0.0.1, at the port that PORT names. */
export function listen(server: Server): void {
  server.listen(Number(process.env.PORT ?? '3000'), '127.0.0.1', () => {
    console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
}
