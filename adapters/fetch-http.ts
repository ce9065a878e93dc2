import type { Refusal } from '../src/guard/answer.js'
import type { RequestView } from '../src/types.js'

/** Returns the guard's view of a `Request`. Reads headers and URL only when used: some runtimes create them on demand. */
export const fetchRequestView = (request: Request): RequestView => ({
  header: name => request.headers.get(name) ?? (name === 'host' ? hostOf(request) : undefined),
  method: request.method,
  get url() {
    return request.url.slice(request.url.indexOf('/', request.url.indexOf('://') + 3))
  },
})

/** A request that was created in process, or came by HTTP/2, has its host in the URL only. */
const hostOf = ({ url }: Request) => new URL(url).host

/** Returns the response to a refused request. Its headers are mutable, so that callers can add those of CORS. */
export const refusalResponse = ({ status, headers, body }: Refusal): Response =>
  new Response(JSON.stringify(body), { status, headers })
