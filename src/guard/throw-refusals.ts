import type { AuthError } from '../errors.js'
import { andThen } from '../maybe-promise.js'
import type { JwtClaims, VerifiedToken } from '../types.js'
import { askedBy, asking } from './answer.js'
import { answeringBy, answerToOf, type Guard } from './guard.js'

/**
 * Returns a guard that throws its refusals, each an {@link AuthError}, so that `protect` leaves the answer to the error handler of the framework:
 * `next(error)` in Express and Connect, `setErrorHandler` in Fastify, `app.onError` in Hono, a middleware before it in Koa; elsewhere what `protect`
 * returns rejects. There {@link refusalOf} returns status, challenge and body, for problem+json or a page. Decides as the guard does, and reports to
 * its `onDecision`. An application without such a handler answers without the challenge. Not for the authorizers of `cognito-guard/lambda`.
 *
 * @throws TypeError for anything but a guard of {@link createGuard} or {@link allowAnonymous}
 * @example
 * app.get('/orders', protect(throwRefusals(guard), hasScope('orders/read')), handler)
 * app.use((error, _req, res, next) => refuse(res, inMyForm(refusalOf(error, guard))))
 */
export function throwRefusals<C extends JwtClaims, A extends VerifiedToken<C> | undefined>(
  guard: Guard<C, A>,
): Guard<C, A> {
  const answerTo = answerToOf(guard)
  if (!answerTo) throw new TypeError('throwRefusals: guard must be a guard, such as createGuard({ ... })')
  const throwing: Guard<C, A> = (request, policy, anonymous) =>
    andThen(guard(request, policy, anonymous), decision => {
      if (decision.authorized) return decision
      // of its own: requests that waited for the same keys are refused with one error
      const error = Object.create(decision.error) as AuthError
      const { challenge = {}, required = policy?.challenge } = askedBy(error)
      throw asking(error, challenge, required)
    })
  return answeringBy(answerTo, throwing)
}
