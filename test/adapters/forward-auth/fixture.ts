import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createGuard, createVerifier, type GuardOptions, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import type { Test } from 'tap'

export const issuer = createTestIssuer()

export const verifier = createVerifier({
  issuers: [userPool({ ...issuer.options, tokenUse: ['access', 'id'] })],
  clock: issuer.clock,
})

export const guardWith = (options: Omit<GuardOptions, 'verifier'> = {}) =>
  createGuard({ verifier, ...options })

/** An access token with the scope `orders/read`, in the group `readers`. */
export const token = issuer.accessToken({ scopes: ['orders/read'], groups: ['readers'] })

export type Header = readonly [name: string, value: string]

export const authorization = (value = token): Header => ['Authorization', `Bearer ${value}`]

export const good = authorization()

/** An answer, with every header as it was sent. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Serves a handler on loopback, or on a Unix socket, until the test ends. Resolves to where. */
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
  headers: readonly Header[] = [],
  method = 'GET',
): Promise<Answered> {
  const socket = typeof at === 'number' ? connect(at, '127.0.0.1') : connect(at)
  const isNamed = headers.some(([name]) => name.toLowerCase() === 'host')
  const lines = [...(isNamed ? [] : [['Host', 'guard.internal']]), ...headers]
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  socket.write(`${method} ${target} HTTP/1.1\r\nConnection: close\r\n${lines}\r\n`, 'latin1')
  const text = (await socket.setEncoding('latin1').toArray()).join('')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [status = '', ...answered] = head.split('\r\n')
  const pairs = answered.map(line => line.split(/: ?(.*)/).slice(0, 2) as [string, string])
  return { status: Number(status.split(' ')[1]), headers: new Headers(pairs), body }
}
