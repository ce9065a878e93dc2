import type { Refusal } from '../src/guard/answer.js'
import type { RequestView } from '../src/types.js'

/** A `Request` as the guard sees it. What is not asked for is not read: some runtimes make headers and URL on demand. */
export const fetchRequestView = (request: Request): RequestView => ({
  header: name => request.headers.get(name) ?? (name === 'host' ? hostOf(request) : undefined),
  method: request.method,
  get url() {
    return request.url.slice(request.url.indexOf('/', request.url.indexOf('://') + 3))
  },
})

/** A request that was made in process, or came by HTTP/2, has its host in the URL alone. */
const hostOf = ({ url }: Request) => new URL(url).host

/** The answer to a refused request. Whoever gets it may add headers, such as those of CORS. */
export const refusalResponse = ({ status, headers, body }: Refusal): Response =>
  new Response(JSON.stringify(body), { status, headers })
