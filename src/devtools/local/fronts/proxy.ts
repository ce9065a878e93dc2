import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { schemeOf } from '../../../testing/loopback.js'
import type { Local } from '../local.js'

/** What stands behind a front, on this machine. */
export interface App {
  readonly port: number
  /** Says something on the console, once. Default: nowhere. */
  readonly notice?: Local['notice'] | undefined
}

/**
 * Passes a request on to a server on this machine, and its answer back, as they come. Whatever the server does ends this request at most: with 502 as
 * long as nothing of an answer is sent, else with a broken connection.
 *
 * @param strip names of headers that a client may not send
 * @param added headers to add
 * @param owned names of headers of the answer that are not the server's to decide
 */
export function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  app: App,
  strip: RegExp,
  added: Readonly<Record<string, string>>,
  owned?: RegExp,
): void {
  const request = httpRequest(targetOf(incoming, app, [strip, ofOneConnection], added))
  answerWith(request, outgoing, app, owned)
  incoming.pipe(request)
}

/** Passes a WebSocket on to a server on this machine: once it agrees, every byte both ways. */
export function forwardSocket(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  head: Buffer,
  app: App,
  strip: RegExp,
  added: Readonly<Record<string, string>>,
): void {
  const socket = outgoing.socket as Socket
  const request = httpRequest({ ...targetOf(incoming, app, [strip], added), agent: false })
  const stop = answerWith(request, outgoing, app)
  request.on('upgrade', ({ rawHeaders }, upstream, first) => {
    stop()
    const lines = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}\r\n` : [],
    )
    outgoing.detachSocket(socket)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`, 'latin1')
    upstream.unshift(first)
    socket.unshift(head)
    pipeline(socket, upstream, socket, () => upstream.destroy())
  })
  request.end()
}

/** Whether a client asks for a WebSocket (RFC 6455 section 4.1). */
export const isUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

const targetOf = (
  incoming: IncomingMessage,
  { port }: App,
  strip: readonly RegExp[],
  added: Readonly<Record<string, string>>,
) => {
  const kept = Object.entries(incoming.headers).filter(([name]) => !strip.some(names => names.test(name)))
  const headers = { ...Object.fromEntries(kept), ...forwarded(incoming), ...added }
  return { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers }
}

/** Returns what stops it from answering, for a request that becomes something else. */
function answerWith(
  request: ClientRequest,
  outgoing: ServerResponse,
  { port, notice }: App,
  owned?: RegExp,
): () => void {
  const fail = (error?: NodeJS.ErrnoException) => {
    const why =
      error?.code === 'ECONNREFUSED' ? `Nothing answers on 127.0.0.1:${port}: start your app there` : ''
    if (why) notice?.(why)
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
    else outgoing.writeHead(502, { 'content-type': 'text/html' }).end(`<h1>502 Bad Gateway</h1>${why}`)
  }
  const lost = () => outgoing.headersSent || fail()
  request.on('response', answer => {
    const { rawHeaders } = answer
    const headers = owned
      ? rawHeaders.filter((_, index) => !owned.test(rawHeaders[index & ~1] as string))
      : rawHeaders
    try {
      outgoing.writeHead(answer.statusCode as number, headers)
      pipeline(answer, outgoing, () => {})
    } catch {
      outgoing.destroy() // a status or headers that Node.js reads and does not write
    }
  })
  // `close` alone comes after a switch of protocols that nobody asked for
  request.on('error', fail).on('close', lost)
  outgoing.on('close', () => request.destroy())
  return () => request.off('close', lost)
}

/** Appends to the client's value, as load balancers do. */
const forwarded = (request: IncomingMessage) => ({
  'x-forwarded-for': [request.headers['x-forwarded-for'] ?? [], request.socket.remoteAddress]
    .flat()
    .join(', '),
  'x-forwarded-proto': schemeOf(request),
  'x-forwarded-port': String(request.socket.localPort),
})

/** What a client says about its connection is not about ours (RFC 9110 section 7.6.1). */
const ofOneConnection = /^(?:connection|upgrade|http2-settings)$/
