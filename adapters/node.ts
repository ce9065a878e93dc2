/**
 * The adapter for servers of Node.js: plain `http`, `https` and `http2`, Connect, Polka, and anything else with middleware of
 * `(request, response, next)`. And the parts that an adapter of your own is made of.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { asError } from '../src/errors.js'
import type { AnyGuard, AuthOf, Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { isPending } from '../src/maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken } from '../src/types.js'
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
  guard: AnyGuard<C>,
  ...policy: readonly [policy?: Policy<C>]
): GuardMiddleware {
  checkArguments(guard, policy)
  return function cognitoGuard(req, res, next) {
    const settle = (decision: Decision<VerifiedToken<C> | undefined>) => {
      if (!decision.authorized) return refuse(res, decision)
      authorize(req, decision.auth)
      next()
    }
    let decision: MaybePromise<Decision<VerifiedToken<C> | undefined>>
    try {
      decision = guard(nodeRequestView(req, req.originalUrl), ...policy)
    } catch (error) {
      return next(asError(error))
    }
    if (isPending(decision)) decision.then(settle).catch(error => next(asError(error)))
    else settle(decision)
  }
}

/**
 * Returns the verified token of a request that `protect` authorized, or {@link markAuthorized} marked. Throws for
 * any other request, also where other middleware has set `req.auth`, and for an anonymous one. `authOf<typeof guard>(req)` types its claims as the
 * issuers of that guard and their schemas do; name the guard of the route, since none is asked.
 *
 * @throws TypeError when no guard authorized the request by a token: the route is not protected
 * @example
 * app.get('/plan', protect(guard), (req, res) => res.json(authOf<typeof guard>(req).claims['custom:plan']))
 */
export function authOf<G extends (...args: never) => unknown = Guard>(req: object): AuthOf<G> {
  return authorizedBy(req, 'put protect(guard) before the handler') as AuthOf<G>
}
