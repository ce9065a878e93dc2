/**
 * The adapter for Hono 4, on Node.js and on any runtime with the Fetch API.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono'
import type { Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { andThen } from '../src/maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken } from '../src/types.js'
import { fetchRequestView } from './fetch-http.js'
import { checkArguments } from './protect.js'

/**
 * Returns a middleware that sets the verified token for `c.get('auth')`, or responds to a refused request.
 * Faults, which are not refusals, are thrown, for `app.onError`.
 *
 * It decides over `c.req.raw`: the request as other middleware left it, or that of a call of `app.request`, on every runtime. A `Headers` object
 * joins headers of the same name: of two `Authorization` headers it makes one with a comma, which is refused.
 *
 * @throws TypeError for anything but a guard and a policy
 * @example
 * app.get('/orders', protect(guard, hasScope('orders/read')), c => c.json(c.get('auth').principal))
 */
export function protect<C extends JwtClaims, A extends VerifiedToken<C> | undefined>(
  guard: Guard<C, A>,
  ...policy: readonly [policy?: Policy<C>]
): MiddlewareHandler<{ Variables: { auth: A } }> {
  checkArguments(guard, policy)
  return function cognitoGuard(c, next) {
    const settle = (decision: Decision<A>): MaybePromise<Response | void> => {
      if (!decision.authorized)
        return c.body(JSON.stringify(decision.body), decision.status, { ...decision.headers })
      c.set('auth', decision.auth)
      return next()
    }
    // Hono awaits what a middleware returns; its type knows promises only
    return andThen(guard(fetchRequestView(c.req.raw), ...policy), settle) as Promise<Response | void>
  }
}
