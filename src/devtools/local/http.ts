import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type HandleRequest, readBody } from '../../testing/loopback.js'
import type { MaybePromise } from '../../types.js'

/** Answers a request. `Response.error()` closes the connection without an answer. */
export type Handler = (request: Request) => MaybePromise<Response>

/** Answers Node's requests with a function of the web's. */
export const answerWith =
  (handler: Handler, url: () => string): HandleRequest =>
  (incoming, outgoing) =>
    respond(handler, url(), incoming, outgoing)

async function respond(
  handler: Handler,
  url: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method, headers } = incoming as IncomingMessage & { readonly method: string }
  const body = await readBody(incoming)
  if (body === undefined) return void outgoing.writeHead(413, tooLarge.headers).end(tooLarge.body)
  // methods that a web Request refuses
  if (/^(TRACE|TRACK|CONNECT)$/.test(method)) return void outgoing.writeHead(405).end()
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

/** In the form of AWS JSON, since the calls of an API are what may become so large. */
const tooLarge = {
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': 'RequestEntityTooLargeException',
  },
  body: '{"__type":"RequestEntityTooLargeException","message":"The body is larger than 64 KiB."}',
}
