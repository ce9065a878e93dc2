/**
 * The adapter for handlers of a `Request`: Next.js, Bun, Deno, Cloudflare Workers.
 *
 * @module
 */
import type { Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { andThen } from '../src/maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken } from '../src/types.js'
import { fetchRequestView, refusalResponse } from './fetch-http.js'
import { checkArguments } from './protect.js'

export { fetchRequestView, refusalResponse } from './fetch-http.js'

/** Puts a guard before a handler, which gets the verified token after the request. */
export type ProtectHandler<A> = <R extends Request, Rest extends readonly unknown[]>(
  handler: (request: R, auth: A, ...rest: Rest) => MaybePromise<Response>,
) => (request: R, ...rest: Rest) => MaybePromise<Response>

/**
 * Returns a function that wraps a handler with the guard. The handler is called for authorized requests only, with the verified token after
 * the request, and then with what the platform passes: `env` and `ctx` in Workers, `{ params }` in Next.js.
 * So no handler can skip the decision, and the platform's objects are not written to.
 *
 * A `Headers` object joins headers of the same name: two `Authorization` headers become one with a comma, which is refused. Where a framework
 * builds the `Request` from Node's `headers`, as Next.js does, Node has dropped the second one.
 *
 * @throws TypeError for anything but a guard and a policy
 * @example
 * export const GET = protect(guard, hasScope('orders/read'))((request, auth) => Response.json(auth.principal))
 */
export function protect<C extends JwtClaims, A extends VerifiedToken<C> | undefined>(
  guard: Guard<C, A>,
  ...policy: readonly [policy?: Policy<C>]
): ProtectHandler<A> {
  checkArguments(guard, policy)
  return handler =>
    (request, ...rest) =>
      andThen(guard(fetchRequestView(request), ...policy), (decision: Decision<A>) =>
        decision.authorized ? handler(request, decision.auth, ...rest) : refusalResponse(decision),
      )
}
