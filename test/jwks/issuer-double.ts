import { createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** A key pair as an issuer has it. */
interface Signer {
  readonly kid: string
  readonly jwk: Record<string, unknown>
  readonly privateKey: KeyObject
}

/** A new RSA key, as user pools have them. */
export function rsaSigner(kid: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }, privateKey }
}

/** A token that an RSA key signed. */
export function token({ kid, privateKey }: Signer, claims: object, header: object = {}): string {
  const parts = [{ alg: 'RS256', kid, ...header }, claims].map(part =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const input = parts.join('.')
  return `${input}.${createSign('sha256').update(input).sign(privateKey, 'base64url')}`
}

/** A new P-256 key: quick to make. */
export function signer(kid: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }, privateKey }
}

export const sign = ({ privateKey }: Signer, input: string) =>
  createSign('sha256').update(input).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' })

export const pem = ({ jwk }: Signer) =>
  createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string

export const setOf = (...signers: readonly Signer[]) =>
  JSON.stringify({ keys: signers.map(({ jwk }) => jwk) })

/** How a host answers a request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void

/** A host on loopback that behaves as configured, and counts. */
interface Host {
  readonly url: string
  readonly origin: string
  behave: Behaviour
  requests: number
  readonly paths: string[]
  connections: number
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>
}

/** Starts a host that ends with the test. */
export async function host(t: Test, behave: Behaviour, server: Server = createServer()): Promise<Host> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    double.connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    double.requests++
    double.paths.push(request.url as string)
    double.behave(response, request)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const scheme = 'setSecureContext' in server ? 'https' : 'http'
  const origin = `${scheme}://127.0.0.1:${port}`
  const double: Host = {
    url: `${origin}/jwks.json`,
    origin,
    behave,
    requests: 0,
    paths: [],
    connections: 0,
    sockets,
  }
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return double
}

/** Answers with a text. */
export const say =
  (
    body: string | Buffer,
    {
      status = 200,
      headers = {},
      after = 0,
    }: { status?: number; headers?: Record<string, string>; after?: number } = {},
  ): Behaviour =>
  response => {
    const answer = () =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    if (after) setTimeout(answer, after)
    else answer()
  }

export const status = (code: number, headers: Record<string, string> = {}) =>
  say('{}', { status: code, headers })

/** A wall clock and a monotonic clock that advance together. They start at a real date. */
export function clocks() {
  const start = Date.UTC(2026, 0, 5)
  const hands = {
    now: start,
    monotonic: { now: () => hands.uptime },
    uptime: 5_000,
    /** Advances the time, in seconds. */
    pass(seconds: number) {
      hands.now += seconds * 1_000
      hands.uptime += seconds * 1_000
    },
  }
  return hands
}
