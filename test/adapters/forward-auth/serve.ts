import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Test } from 'tap'

/** An answer, with every header as it was sent. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Serves a handler on loopback, or on a Unix socket, until the test ends. */
export async function listening(t: Test, handler: RequestListener, path?: string): Promise<number | string> {
  const server = createServer(handler)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (path === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return path ?? (server.address() as AddressInfo).port
}

/** Sends a request as it stands, and reads the answer to its end, where the connection ends. */
export async function ask(
  at: number | string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  method = 'GET',
): Promise<Answered> {
  const socket = typeof at === 'number' ? connect(at, '127.0.0.1') : connect(at)
  const named = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : [['Host', 'guard.internal']]
  const lines = [...named, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`${method} ${target} HTTP/1.1\r\nConnection: close\r\n${lines}\r\n`, 'latin1')
  const text = (await socket.setEncoding('latin1').toArray()).join('')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [status = '', ...answered] = head.split('\r\n')
  const pairs = answered.map(line => line.split(/: ?(.*)/).slice(0, 2) as [string, string])
  return { status: Number(status.split(' ')[1]), headers: new Headers(pairs), body }
}
