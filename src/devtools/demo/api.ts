import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeRequestView, refuse } from '../../../adapters/node-http.js'
import { createGuard, type DecisionEvent } from '../../guard/guard.js'
import { type UserPoolOptions, userPool } from '../../issuers/user-pool.js'
import { loopback } from '../../testing/loopback.js'
import type { Clock, RequestView } from '../../types.js'
import { createVerifier } from '../../verifier/verifier.js'
import { routes } from './routes.js'

/** The options of the demo's API. */
interface ApiOptions {
  readonly pool: UserPoolOptions
  readonly clock: Clock
  /** The origin whose pages may call it (CORS). */
  readonly origin: string
  readonly onDecision?: (event: DecisionEvent, request: RequestView) => void
}

export type Api = Awaited<ReturnType<typeof startApi>>

/** Resolves to an API of three routes on loopback, with a verifier of its own whose key cache is empty. */
export async function startApi({ pool, clock, origin, onDecision }: ApiOptions) {
  let reason = ''
  const verifier = createVerifier({ issuers: [userPool(pool)], clock })
  const guard = createGuard({
    verifier,
    explain: true,
    onDecision(event, request) {
      reason = event.code ?? 'authorized'
      onDecision?.(event, request)
    },
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allowPage(response, origin)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    const route = routes.get(request.url as string)
    if (!route) return void response.writeHead(404).end()
    const decision = await guard(nodeRequestView(request), route.policy)
    if (!decision.authorized) return refuse(response, decision)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(decision.auth.principal))
  }

  const server = await loopback(handle, 0)
  return {
    url: server.url,
    /** The answer to a request, with the denial reason that only the API knows. */
    async get(path: string, token?: string): Promise<Answer> {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      const response = await fetch(server.url + path, { headers })
      await response.arrayBuffer()
      return { status: response.status, reason }
    },
    close() {
      verifier.close()
      return server.close()
    },
  }
}

/** The API's answer to a request. */
export interface Answer {
  readonly status: number
  /** The code that `onDecision` is called with, or `authorized`. */
  readonly reason: string
}

/** Refusals carry these too: without them a browser hides even the status from the page, and of the headers all but a few. */
function allowPage(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-headers', 'authorization')
  response.setHeader('access-control-expose-headers', 'www-authenticate, retry-after')
}
