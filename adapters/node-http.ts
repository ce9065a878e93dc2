import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '../src/guard/answer.js'
import type { RequestView } from '../src/types.js'

/** What is read of a request: that of a server, by HTTP/1.1 or HTTP/2, or what an adapter for functions or a mock makes of an event. */
export type NodeRequest = {
  readonly [K in 'rawHeaders' | 'headers' | 'method' | 'url']?: IncomingMessage[K] | undefined
}

/**
 * A Node request as the guard sees it: its headers as a middleware left them, and each of those that came twice.
 *
 * @param url path and query as sent; default `request.url`, which some frameworks rewrite
 */
export const nodeRequestView = (request: NodeRequest, url = request.url as string): RequestView => ({
  header: name => (name === 'host' ? hostOf(request) : headerOf(request, name)),
  method: request.method as string,
  url,
})

/** Answers a refused request, unless somebody has answered it already. Headers that others have set, such as those of CORS, stay. */
export function refuse(response: ServerResponse, { status, headers, body }: Refusal): void {
  if (response.headersSent) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(JSON.stringify(body))
}

/** HTTP/2 has the host in a field of its own (RFC 9113 section 8.3.1), which must not contradict the header. */
function hostOf(request: NodeRequest): string | readonly string[] | undefined {
  const named = [headerOf(request, 'host') ?? [], headerOf(request, ':authority') ?? []].flat()
  return only([...new Set(named)])
}

/**
 * Node's own `headers` lose a second `Authorization` and join most others, so they are compared with what came: where they are what Node makes of
 * it, all that came counts. Else a middleware has added, changed or removed the header, or there is no record of what came: then they count.
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
