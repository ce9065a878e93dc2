import type { AddressInfo } from 'node:net'
import type { Express } from 'express'

/** Serves an app on 127.0.0.1, at the port that PORT names, until SIGTERM. */
export function listen(app: Express, path: string, close: () => void): void {
  const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    console.log(`Try http://127.0.0.1:${port}${path}`)
  })
  process.once('SIGTERM', () => {
    server.closeAllConnections()
    server.close()
    close()
  })
}
