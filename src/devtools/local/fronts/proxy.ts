import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { schemeOf } from '../../../testing/loopback.js'

/**
 * Passes a request on to a server on this machine, and its answer back, as they come. Whatever the server does ends this request at most: with 502 as
 * long as nothing of an answer is sent, else with a broken connection.
 *
 * @param strip names of headers that a client may not send
 * @param added headers to add
 */
export function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  strip: RegExp,
  added: Readonly<Record<string, string>>,
): void {
  const kept = Object.entries(incoming.headers).filter(([name]) => !strip.test(name))
  const headers = { ...Object.fromEntries(kept), ...forwarded(incoming), ...added }
  const { method, url } = incoming
  const fail = () => {
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
    else outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>')
  }
  const request = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, answer => {
    try {
      outgoing.writeHead(answer.statusCode as number, answer.rawHeaders)
      pipeline(answer, outgoing, () => {})
    } catch {
      outgoing.destroy() // a status or headers that Node.js reads and does not write
    }
  })
  // `close` alone comes after a switch of protocols that nobody asked for
  request.on('error', fail).on('close', () => outgoing.headersSent || fail())
  outgoing.on('close', () => request.destroy())
  incoming.pipe(request)
}

/** Appends to the client's value, as load balancers do. */
const forwarded = (request: IncomingMessage) => ({
  'x-forwarded-for': [request.headers['x-forwarded-for'] ?? [], request.socket.remoteAddress]
    .flat()
    .join(', '),
  'x-forwarded-proto': schemeOf(request),
  'x-forwarded-port': String(request.socket.localPort),
})
