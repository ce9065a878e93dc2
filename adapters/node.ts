/**
 * The adapter for servers of Node.js: plain `http`, `https` and `http2`, Connect, Polka, and anything else with middleware of
 * `(request, response, next)`. And the parts that an adapter of your own is made of.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { isPending } from '../src/maybe-promise.js'
import type { JwtClaims, VerifiedToken } from '../src/types.js'
import { authorize, authorizedBy } from './authorized.js'
import { nodeRequestView, refuse } from './node-http.js'
import { checkArguments } from './protect.js'

export { markAuthorized } from './authorized.js'
export { type NodeRequest, nodeRequestView, refuse } from './node-http.js'

/** A middleware. It names no type of a framework, so that a route's parameters, body and query stay as the route declares them. */
export type GuardMiddleware = (
  req: IncomingMessage & { readonly originalUrl?: string },
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Returns a middleware that sets the verified token as `req.auth` and calls `next()`, or responds to a refused request.
 * Faults, which are not refusals, go to `next(error)`.
 *
 * @throws TypeError for anything but a guard and a policy
 * @example
 * const secure = protect(guard, hasScope('orders/read'))
 * http.createServer((req, res) => secure(req, res, error => (error ? fail(res, error) : res.end(authOf(req).principal.subject))))
 */
export function protect<C extends JwtClaims>(
  guard: Guard<C> | Guard<C, VerifiedToken<C> | undefined>,
  ...policy: readonly [policy?: Policy<C>]
): GuardMiddleware {
  checkArguments(guard, policy)
  return function cognitoGuard(req, res, next) {
    const settle = (decision: Decision<VerifiedToken<C> | undefined>) => {
      if (!decision.authorized) return refuse(res, decision)
      authorize(req, decision.auth)
      next()
    }
    const decision = guard(nodeRequestView(req, req.originalUrl), ...policy)
    if (isPending(decision)) decision.then(settle).catch(next)
    else settle(decision)
  }
}

/**
 * Returns the verified token of a request that `protect` authorized, or {@link markAuthorized} marked. Throws for any other request, whatever other middleware left in `req.auth`,
 * and for an anonymous one.
 *
 * @throws TypeError when no guard authorized the request by a token: the route is not protected
 */
export function authOf(req: object): VerifiedToken {
  return authorizedBy(req, 'put protect(guard) before the handler')
}
