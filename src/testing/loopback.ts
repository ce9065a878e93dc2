// Over 150 lines: a server, with upgrades and the names that it answers to, and how to tell a URL of this machine.
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import type { MaybePromise } from '../types.js'

/** The answer of a server on loopback. */
export interface LoopbackAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A server on loopback. */
export interface Loopback {
  /** `http://127.0.0.1:<port>`, or `https:` */
  readonly url: string
  /** The port that it listens on, chosen by the system where none was named. */
  readonly port: number
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/** From where a server is reached, besides this machine. */
export interface Reach {
  /** The IP address to listen on. Default 127.0.0.1. */
  readonly address?: string
  /** Host names to answer to, besides those of loopback. Default none. */
  readonly names?: readonly string[]
  /** The key and certificate of TLS, in PEM. Default: plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/** Answers a request. What it throws is answered with 500. */
export type HandleRequest = (request: IncomingMessage, response: ServerResponse) => MaybePromise<void>

/** Answers a request for another protocol: takes the socket from the response, or answers as any request. */
export type HandleUpgrade = (request: IncomingMessage, response: ServerResponse, head: Buffer) => void

/**
 * Resolves to a server on 127.0.0.1, once it listens on a port: 0 for one that the system picks. It answers only to names of
 * loopback, so that no page elsewhere reaches it by a name of its own that resolves here (DNS rebinding), and to those it is told.
 */
export async function loopback(
  handle: HandleRequest,
  port: number,
  { address = '127.0.0.1', names, tls, upgrade }: Reach & { readonly upgrade?: HandleUpgrade } = {},
): Promise<Loopback> {
  const answer = (request: IncomingMessage, response: ServerResponse, by: HandleRequest) =>
    settle(request, response, by, names).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else response.writeHead(500, plain).end('Internal Server Error: see the console of this server.')
    })
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void answer(request, response, handle)
  const server = tls ? createSecureServer(tls, listener) : createServer(listener)
  const upgraded = new Set<Socket>()
  if (upgrade)
    server.on('upgrade', (request, socket: Socket, head) => {
      upgraded.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => upgraded.delete(socket))
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket)
      response.on('finish', () => socket.end())
      void answer(request, response, () => upgrade(request, response, head))
    })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve)
  })
  const { port: given } = server.address() as AddressInfo
  const host = isIPv6(address) ? `[${address}]` : address
  return {
    url: `${tls ? 'https' : 'http'}://${isEvery(address) ? '127.0.0.1' : host}:${given}`,
    port: given,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of upgraded) socket.destroy()
      }),
  }
}

async function settle(
  request: IncomingMessage,
  response: ServerResponse,
  handle: HandleRequest,
  names: readonly string[] | undefined,
) {
  if (!hasOriginForm(request)) return void response.writeHead(400, plain).end('Bad Request')
  if (isOneOf(names, `http://${request.headers.host}`)) return handle(request, response)
  response
    .writeHead(421, plain)
    .end('This server answers to loopback names only, and to those of --allow-host.')
}

/** Whether an http(s) URL names this machine, or has one of these host names, exactly. */
export const isOneOf = (names: readonly string[] | undefined, url: string): boolean =>
  isLoopback(url) ||
  (/^https?:/i.test(url) && URL.canParse(url) && names?.includes(new URL(url).hostname) === true)

/** A target may be a whole URL, whose host then counts and not the header's (RFC 9112 section 3.2.2). Every handler reads a path. */
function hasOriginForm(request: IncomingMessage): boolean {
  const { url = '' } = request
  if (!url.startsWith('/') && URL.canParse(url)) {
    const { protocol, host, pathname, search } = new URL(url)
    if (protocol !== `${schemeOf(request)}:`) return false
    request.headers.host = host
    request.url = `${pathname}${search}`
  }
  return request.url?.startsWith('/') === true && URL.canParse(`http://127.0.0.1${request.url}`)
}

/** Whether a server that listens on this address is on all of the machine. */
export const isEvery = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** `https` for a request that came by TLS. */
export const schemeOf = ({ socket }: IncomingMessage): 'http' | 'https' =>
  'encrypted' in socket ? 'https' : 'http'

/** Whether an http(s) URL names this machine, by a name that is nothing but a name. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return /^https?:$/.test(protocol) && /^(?:127(?:\.\d+){3}|\[::1\]|(?:[\w-]+\.)*localhost)$/.test(hostname)
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

const plain = { 'content-type': 'text/plain' }

const bodyLimit = 64 * 1024
