import { andThen } from '../../src/maybe-promise.js'
import type { MaybePromise } from '../../src/types.js'
import { fetchRequestView } from '../fetch-http.js'
import type { Answer } from './answer.js'
import type { Admission, Endpoint } from './endpoint.js'

/** A handler of an MCP server: `createMcpHandler(...).fetch` of SDK v2 is one. */
export type McpFetchHandler<Rest extends readonly unknown[]> = (
  request: Request,
  admission: Admission,
  ...rest: Rest
) => MaybePromise<Response>

/** Returns the adapter for handlers of a `Request`. */
export const fetchAdapter =
  (endpoint: Endpoint) =>
  <Rest extends readonly unknown[]>(handler: McpFetchHandler<Rest>) =>
  (request: Request, ...rest: Rest): MaybePromise<Response> =>
    andThen(decideFetch(endpoint, request), ({ headers, answer, admission }) =>
      answer
        ? responseOf(answer, headers)
        : andThen(handler(request, admission as Admission, ...rest), response =>
            withHeaders(response, headers),
          ),
    )

export const decideFetch = (endpoint: Endpoint, request: Request) =>
  endpoint(fetchRequestView(request), () => jsonOf(request.clone()))

export const responseOf = ({ status, headers, body }: Answer, more: Answer['headers']): Response =>
  new Response(body || null, { status, headers: { ...headers, ...more } })

/** Some runtimes have responses whose headers cannot be changed. */
function withHeaders(response: Response, headers: Answer['headers']): Response {
  const entries = Object.entries(headers)
  if (entries.length === 0) return response
  const changed = new Response(response.body, response)
  for (const [name, value] of entries) changed.headers.set(name, value)
  return changed
}

/** `undefined` for what is no JSON, or longer than any message should be. The reader of the other half of the clone gets it all the same. */
async function jsonOf({ body }: Request): Promise<unknown> {
  if (!body) return undefined
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let read = await reader.read(); read.value; read = await reader.read()) {
    text += decoder.decode(read.value, { stream: true })
    if (text.length <= longestBody) continue
    // not awaited: half of a clone is cancelled when the other half is
    reader.cancel().catch(() => {})
    return undefined
  }
  return parsed(text + decoder.decode())
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Characters; the limit of the SDK's servers is as many bytes. */
const longestBody = 4 * 1024 * 1024
