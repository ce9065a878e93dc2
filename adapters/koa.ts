/**
 * The adapter for Koa 2 and 3.
 *
 * @module
 */
import type { Middleware } from 'koa'
import type { Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { andThen } from '../src/maybe-promise.js'
import type { JwtClaims, VerifiedToken } from '../src/types.js'
import { nodeRequestView } from './node-http.js'
import { checkArguments } from './protect.js'

/**
 * Returns a middleware that sets the verified token as `ctx.state.auth`, or responds to a refused request.
 * Faults, which are not refusals, are thrown, for Koa to handle.
 *
 * @throws TypeError for anything but a guard and a policy
 * @example
 * router.get('/orders', protect(guard, hasScope('orders/read')), ctx => { ctx.body = ctx.state.auth.principal })
 */
export function protect<C extends JwtClaims, A extends VerifiedToken<C> | undefined>(
  guard: Guard<C, A>,
  ...policy: readonly [policy?: Policy<C>]
): Middleware<{ auth: A }> {
  checkArguments(guard, policy)
  return function cognitoGuard(ctx, next) {
    return andThen(guard(nodeRequestView(ctx.req, ctx.originalUrl), ...policy), (decision: Decision<A>) => {
      if (decision.authorized) {
        ctx.state.auth = decision.auth
        return next()
      }
      // somebody else has answered meanwhile
      if (ctx.headerSent) return undefined
      ctx.status = decision.status
      ctx.set(decision.headers)
      ctx.body = JSON.stringify(decision.body)
      return undefined
    })
  }
}
