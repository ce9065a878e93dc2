import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type HandleRequest, readBody, schemeOf } from '../../testing/loopback.js'
import type { MaybePromise } from '../../types.js'
import { ownTurn } from './turn.js'

/** Answers a request. `Response.error()` closes the connection without an answer. */
export type Handler = (request: Request) => MaybePromise<Response>

/** Answers Node's requests with a function of the web's. A request's URL has the name that it was asked by, which {@link loopback} has checked. */
export const answerWith =
  (handler: Handler): HandleRequest =>
  (incoming, outgoing) =>
    respond(handler, incoming, outgoing)

async function respond(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method, headers, url } = incoming as IncomingMessage & { readonly method: string }
  const body = await readBody(incoming)
  if (body === undefined) return void outgoing.writeHead(413, tooLarge.headers).end(tooLarge.body)
  // methods that a web Request refuses
  if (/^(TRACE|TRACK|CONNECT)$/.test(method)) return void outgoing.writeHead(405).end()
  const isHead = method === 'HEAD'
  const hasBody = !isHead && method !== 'GET'
  if (hasBody) await ownTurn() // a sign-in signs two tokens
  const request = new Request(`${originOf(incoming)}${url}`, {
    method: isHead ? 'GET' : method,
    headers: headers as Record<string, string>,
    ...(hasBody && { body }),
  })
  const response = await handler(request)
  if (response.type === 'error') return void outgoing.destroy()
  for (const cookie of response.headers.getSetCookie()) outgoing.appendHeader('set-cookie', cookie)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  outgoing.writeHead(response.status)
  if (isHead) {
    await response.body?.cancel()
    outgoing.end()
  } else if (response.body) await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(left)
  else outgoing.end()
}

/** A client that leaves a stream, such as that of the decisions, is no fault, and the connection is closed by then. */
const left = () => {}

/** The scheme, name and port that a request was sent to. */
export const originOf = (request: IncomingMessage): string =>
  new URL(`${schemeOf(request)}://${request.headers.host}`).origin

/** In the form of AWS JSON, since the calls of an API are what may become so large. */
const tooLarge = {
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': 'RequestEntityTooLargeException',
  },
  body: '{"__type":"RequestEntityTooLargeException","message":"The body is larger than 64 KiB."}',
}
