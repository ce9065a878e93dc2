/**
 * The adapter for proxies that ask before they pass a request on: nginx, Traefik, Caddy, HAProxy, Envoy. So backends in any language are guarded.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPending } from '../../src/maybe-promise.js'
import { fetchRequestView } from '../fetch-http.js'
import { nodeRequestView } from '../node-http.js'
import type { Answer } from './answers.js'
import { createEndpoint } from './endpoint.js'
import type { ForwardAuthGuard, ForwardAuthOptions } from './options.js'
import { peerOf } from './peers.js'

export type { AssertionKey, AssertionOptions } from './assertion.js'
export type { Dialect as ForwardAuthDialect } from './dialects.js'
export type { ForwardAuthEvent } from './events.js'
export type { ForwardAuthGuard, ForwardAuthOptions } from './options.js'

/** The handlers of {@link createForwardAuth}. */
export interface ForwardAuth {
  /** For `node:http`: answers every request, and reads no body. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /**
   * For servers of a `Request`. Not for Envoy: a `Request` has its path normalised, and a client's path would choose the guard.
   *
   * @param peer who asks: `remoteAddress` as the server says it, `'unix'` for a Unix socket. Unknown, the check is refused.
   */
  readonly fetch: (
    request: Request,
    peer: { readonly remoteAddress?: string | undefined },
  ) => Promise<Response>
  /**
   * Fetches all keys and reads the lists of revocations, once; `/readyz` does so too.
   * @throws AuthError (as a rejection) `ERR_KEYS_UNAVAILABLE`, `ERR_REVOCATION_UNAVAILABLE`
   */
  readonly ready: () => Promise<void>
  /** The names of the identity headers, which every 200 has, and which a proxy must not let a client send. */
  readonly identityHeaders: readonly string[]
}

/**
 * Returns handlers that answer the checks of proxies with the decision of a guard: 200 with the identity of the caller in headers, or the guard's
 * refusal. Each dialect has its own path: `/auth-request` (nginx), `/forward-auth` (Traefik, Caddy) and `/haproxy`, with the name of a guard
 * after a slash, and `/ext-authz/<name>/<original path>` (Envoy). Without a name it is the guard `default`. Also answers `/healthz`,
 * `/readyz`, and with `assertion` `/.well-known/jwks.json`, for everybody.
 *
 * Guards see the original request, as the proxy says it: its method, its path, its headers.
 *
 * @param guards one guard, or several by name (a-z, 0-9, `-`)
 * @throws TypeError for a missing, unknown or unusable argument, naming it
 * @example
 * const auth = createForwardAuth({ default: guard, admin: createGuard({ verifier, policy: inGroup('admin') }) })
 * await auth.ready()
 * http.createServer(auth.handler).listen(4180, '127.0.0.1')
 */
export function createForwardAuth(
  guards: ForwardAuthGuard | Readonly<Record<string, ForwardAuthGuard>>,
  options: ForwardAuthOptions = {},
): ForwardAuth {
  const { answer, ready, identityHeaders } = createEndpoint(guards, options)
  return {
    handler(request, response) {
      const { method, url = '', header } = nodeRequestView(request)
      const answered = answer({ method, url, header, peer: peerOf(request), isRaw: true })
      if (isPending(answered)) void answered.then(made => write(response, made))
      else write(response, answered)
    },
    async fetch(request, { remoteAddress }) {
      const { method, url = '', header } = fetchRequestView(request)
      const { status, headers, body } = await answer({
        method,
        url,
        header,
        peer: remoteAddress,
        isRaw: false,
      })
      return new Response(body, { status, headers })
    },
    ready,
    identityHeaders,
  }
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
