import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

/** Serves an app at `host:port` until SIGTERM; prints where. */
export function listen(app: Hono, endpoint: string): void {
  const { hostname, port } = new URL(`http://${endpoint}`)
  const server = createServer(getRequestListener(app.fetch))
  server.listen(Number(port || 80), hostname, () =>
    console.log(JSON.stringify({ listening: server.address() })),
  )
  process.once('SIGTERM', () => server.close())
}
