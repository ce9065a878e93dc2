import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '../src/guard/answer.js'
import type { RequestView } from '../src/types.js'

/** The part of a request that is read here: a server's, by HTTP/1.1 or HTTP/2, or one that an adapter for functions or a mock creates. */
export type NodeRequest = {
  readonly [K in 'rawHeaders' | 'headers' | 'method' | 'url']?: IncomingMessage[K] | undefined
}

/**
 * Returns the guard's view of a Node.js request: its headers as middleware left them, and all values of those that came twice.
 *
 * @param url path and query as sent; default `request.url`, which some frameworks rewrite
 */
export const nodeRequestView = (request: NodeRequest, url = request.url as string): RequestView => ({
  header: name => (name === 'host' ? hostOf(request) : headerOf(request, name)),
  method: request.method as string,
  url,
})

/** Responds to a refused request, unless a response has been sent. Headers that are set already, such as those of CORS, stay. */
export function refuse(response: ServerResponse, { status, headers, body }: Refusal): void {
  if (response.headersSent) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(JSON.stringify(body))
}

/** HTTP/2 has the host in a field of its own (RFC 9113 section 8.3.1). It must not contradict the header. */
function hostOf(request: NodeRequest): string | readonly string[] | undefined {
  const named = [headerOf(request, 'host') ?? [], headerOf(request, ':authority') ?? []].flat()
  return only([...new Set(named)])
}

/**
 * Node.js drops a second `Authorization` and joins most others, so its `headers` alone hide duplicates. Where they are what Node.js makes of the raw
 * headers, the raw ones count. Else a middleware has added, changed or removed the header, or there are no raw ones: then `headers` count.
 */
function headerOf({ rawHeaders = [], headers }: NodeRequest, name: string) {
  const sent = valuesIn(rawHeaders, name)
  if (!headers) return sent
  if (rawHeaders.length === 0) return only(Object.entries(headers).flatMap(valuesOf(name)))
  const current = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (typeof sent !== 'object' || Array.isArray(current)) return current
  const isAsSent = current === sent[0] || [', ', '; '].some(separator => current === sent.join(separator))
  return isAsSent ? sent : current
}

function valuesIn(rawHeaders: readonly string[], name: string): string | readonly string[] | undefined {
  let found: string | string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    const value = rawHeaders[i + 1] as string
    found = found === undefined ? value : [found, value].flat()
  }
  return found
}

/** An object that stands in for a request may have names in any case. */
const valuesOf =
  (name: string) =>
  ([key, value]: readonly [string, string | string[] | undefined]) =>
    key.toLowerCase() === name ? (value ?? []) : []

const only = (values: readonly string[]) => (values.length < 2 ? values[0] : values)
