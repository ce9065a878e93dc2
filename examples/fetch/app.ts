import { type Guard, hasScope, inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/fetch'

/**
 * Returns an API as a function of the request: one route for any valid token, one for a scope, one for a group.
 *
 * In Next.js each handler is an export of its own: `export const GET = protect(guard)((request, auth) => Response.json(auth.principal))`.
 */
export function createApp(guard: Guard): (request: Request) => Promise<Response> {
  const routes: Record<string, (request: Request) => Response | Promise<Response>> = {
    '/me': protect(guard)((_request, auth) => Response.json(auth.principal)),
    '/orders': protect(guard, hasScope('orders/read'))(() => Response.json([])),
    '/admin': protect(
      guard,
      inGroup('admin'),
    )((_request, auth) => Response.json({ welcome: auth.principal.username })),
  }
  // CORS goes around the guard: it answers preflights, which carry no token, and lets browsers read a refusal
  return async request => {
    const isPreflight = request.method === 'OPTIONS'
    const route = isPreflight
      ? () => new Response(null, { status: 204 })
      : routes[new URL(request.url).pathname]
    const response = (await route?.(request)) ?? new Response(null, { status: 404 })
    response.headers.set('Access-Control-Allow-Origin', 'https://app.example.com')
    response.headers.set('Access-Control-Allow-Headers', 'Authorization')
    response.headers.set('Access-Control-Expose-Headers', 'WWW-Authenticate')
    return response
  }
}
