import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Loopback, loopback, readBody } from '../../testing/loopback.js'
import type { MaybePromise } from '../../types.js'

/** Answers a request. `Response.error()` closes the connection without an answer. */
export type Handler = (request: Request) => MaybePromise<Response>

/**
 * Resolves when a server listens on 127.0.0.1. It refuses any host name that is not loopback, so that no other site reaches
 * it through a name that resolves to this machine (DNS rebinding).
 */
export function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  port: number,
): Promise<Loopback> {
  return loopback((request, response) => {
    if (isLoopback(`http://${request.headers.host}`)) return handle(request, response)
    response
      .writeHead(421, { 'content-type': 'text/plain' })
      .end('This server answers to loopback names only.')
  }, port)
}

/** Answers Node's requests with a function from `Request` to `Response`. */
export const answerWith =
  (handler: Handler, url: () => string) => (incoming: IncomingMessage, outgoing: ServerResponse) => {
    respond(handler, url(), incoming, outgoing).catch((error: Error) => {
      if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(error.stack)
    })
  }

/** Whether a URL names this machine. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) || hostname.endsWith('.localhost')
}

async function respond(
  handler: Handler,
  url: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming)
  if (body === undefined) return void outgoing.writeHead(413).end()
  const { method, headers } = incoming as IncomingMessage & { readonly method: string }
  const isBodiless = method === 'GET' || method === 'HEAD'
  const request = new Request(`${url}${incoming.url}`, {
    method,
    headers: headers as Record<string, string>,
    ...(isBodiless ? {} : { body }),
  })
  const response = await handler(request)
  if (response.type === 'error') return void outgoing.destroy()
  for (const cookie of response.headers.getSetCookie()) outgoing.appendHeader('set-cookie', cookie)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  outgoing.writeHead(response.status)
  if (response.body) await pipeline(Readable.fromWeb(response.body as never), outgoing)
  else outgoing.end()
}
