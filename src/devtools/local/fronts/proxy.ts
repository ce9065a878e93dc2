import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/**
 * Passes a request on to a server on this machine, and its answer back, as they come.
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
  const request = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, answer => {
    outgoing.writeHead(answer.statusCode as number, answer.rawHeaders)
    pipeline(answer, outgoing, () => {})
  })
  request.on('error', () => {
    outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>')
  })
  incoming.pipe(request)
}

/** Appends to the client's value, as load balancers do. */
const forwarded = ({ headers, socket }: IncomingMessage) => ({
  'x-forwarded-for': [headers['x-forwarded-for'] ?? [], socket.remoteAddress].flat().join(', '),
  'x-forwarded-proto': 'http',
  'x-forwarded-port': String(socket.localPort),
})
