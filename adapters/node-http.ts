import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '../src/guard/answer.js'
import type { RequestView } from '../src/types.js'

/** The part of a server's request, by HTTP/1.1 or HTTP/2, that is read here. Method and URL are always set, though Node.js types them as optional. */
export type NodeRequest = Pick<IncomingMessage, 'rawHeaders' | 'method' | 'url'>

/**
 * Returns the guard's view of a Node.js request.
 *
 * @param url path and query as sent; default `request.url`, which some frameworks rewrite
 */
export const nodeRequestView = (request: NodeRequest, url = request.url as string): RequestView => ({
  header: name => rawHeader(request, name),
  method: request.method as string,
  url,
})

/** Responds to a refused request. Headers that are set already, such as those of CORS, stay. */
export function refuse(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(JSON.stringify(body))
}

/** Reads the raw headers: Node.js itself drops a second `Authorization` and joins most others. */
function rawHeader({ rawHeaders }: NodeRequest, name: string): string | readonly string[] | undefined {
  let found: string | string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    const value = rawHeaders[i + 1] as string
    found = found === undefined ? value : [found, value].flat()
  }
  return found
}
