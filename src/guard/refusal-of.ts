import { asRefusal } from '../errors.js'
import type { JwtClaims } from '../types.js'
import type { Refusal } from './answer.js'
import { type AnyGuard, answerToOf } from './guard.js'

/**
 * Returns the refusal for an {@link AuthError} that was thrown, as that guard's decision has it: status, headers and body. For answers in a form of
 * your own, such as an error handler's, a GraphQL error or an HTML page: take its `status` and the headers that do not describe the body, which are
 * `WWW-Authenticate`, `Retry-After` and `Cache-Control`. What {@link demand} throws still has the challenge of its policy: the scopes that are
 * missing (RFC 6750 section 3), or the sign-in that is required (RFC 9470 section 3).
 *
 * Throws anything else again, whatever its `cause` is: an unknown exception is never "unauthorized".
 *
 * @param guard one of {@link createGuard} or {@link allowAnonymous}: its `realm`, `resourceMetadata`, `explain` and the scopes of its policy
 * @throws TypeError for anything but such a guard
 * @example
 * app.use((error, _req, res, next) => refuse(res, refusalOf(error, guard))) // Express; a fault goes on to the next error handler
 */
export function refusalOf<C extends JwtClaims>(error: unknown, guard: AnyGuard<C>): Refusal {
  const answerTo = answerToOf(guard)
  if (!answerTo) throw new TypeError('refusalOf: guard must be a guard, such as createGuard({ ... })')
  return answerTo(asRefusal(error))
}
