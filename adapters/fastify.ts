/**
 * The adapter for Fastify 4 and 5.
 *
 * @module
 */
import type { HookHandlerDoneFunction } from 'fastify'
import { asError } from '../src/errors.js'
import type { AnyGuard, AuthOf, Decision, Guard } from '../src/guard/guard.js'
import type { Policy } from '../src/guard/policy.js'
import { isPending } from '../src/maybe-promise.js'
import type { JwtClaims, MaybePromise, VerifiedToken } from '../src/types.js'
import { authorize, authorizedBy } from './authorized.js'
import { type NodeRequest, nodeRequestView } from './node-http.js'
import { checkArguments } from './protect.js'

/** A hook of a route or of all routes of a scope: `onRequest`, or any up to `preHandler`. It fits any generics of the route. */
export type GuardHook = (
  request: {
    readonly raw: NodeRequest
    readonly headers: NonNullable<NodeRequest['headers']>
    readonly originalUrl: string
  },
  reply: {
    readonly sent: boolean
    code(status: number): unknown
    headers(values: Record<string, string>): unknown
    send(payload: string): unknown
  },
  done: HookHandlerDoneFunction,
) => void

/**
 * Returns a hook that sets the verified token as `request.auth`, or responds to a refused request; as `onRequest`, before the body is read.
 * Faults, which are not refusals, go to `done(error)`.
 *
 * It is a hook and not a plugin, because a plugin guards all routes of a scope alike: `addHook('onRequest', protect(guard))` does that too.
 * `request.auth` gets its type from `import 'cognito-guard/fastify/request'`, where no other package claims that name;
 * {@link authOf} has it without that.
 *
 * @throws TypeError for anything but a guard and a policy
 * @example
 * app.get('/orders', { onRequest: protect(guard, hasScope('orders/read')) }, request => authOf(request).principal)
 */
export function protect<C extends JwtClaims>(
  guard: AnyGuard<C>,
  ...policy: readonly [policy?: Policy<C>]
): GuardHook {
  checkArguments(guard, policy)
  return function cognitoGuard(request, reply, done) {
    const settle = (decision: Decision<VerifiedToken<C> | undefined>) => {
      if (decision.authorized) {
        authorize(request, decision.auth)
        return done()
      }
      // somebody else has answered meanwhile
      if (reply.sent) return
      reply.code(decision.status)
      reply.headers(decision.headers)
      // a string, so that no response schema of the route removes members
      reply.send(JSON.stringify(decision.body))
    }
    // Fastify keeps headers that a hook replaces beside the raw request
    const { rawHeaders, method } = request.raw
    const view = nodeRequestView({ rawHeaders, headers: request.headers, method }, request.originalUrl)
    let decision: MaybePromise<Decision<VerifiedToken<C> | undefined>>
    try {
      decision = guard(view, ...policy)
    } catch (error) {
      return done(asError(error))
    }
    if (isPending(decision)) decision.then(settle).catch(error => done(asError(error)))
    else settle(decision)
  }
}

/**
 * Returns the verified token of a request that `protect` authorized. Throws for any other request, also where other hooks have set
 * `request.auth`, and for an anonymous one. `authOf<typeof guard>(request)` types its claims as the issuers of that guard and their schemas do; name
 * the guard of the route, since none is asked.
 *
 * @throws TypeError when no guard authorized the request by a token: the route is not protected
 */
export function authOf<G extends (...args: never) => unknown = Guard>(request: object): AuthOf<G> {
  return authorizedBy(request, 'put onRequest: protect(guard) on the route') as AuthOf<G>
}
