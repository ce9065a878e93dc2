import { refusal } from '../errors.js'
import { andThen } from '../maybe-promise.js'
import type { Clock, JwtClaims, MaybePromise, RequestView, VerifiedToken } from '../types.js'
import { asking, refusalBy } from './answer.js'
import { isPolicy, type Policy, refusedBy } from './policy.js'

/**
 * Asks a policy about a token that is verified already: in a GraphQL resolver, a tRPC procedure, a message of a WebSocket. Returns when the policy
 * permits; `await` it, for policies that take their time. Does not verify anything: call it with what a guard or a verifier returned.
 * {@link refusalOf} makes the response of what it throws.
 *
 * @param auth `undefined` for an anonymous request, which no policy permits
 * @param request for policies that look at it; default one without a method, a URL and headers, which they refuse
 * @param clock for policies of time; default `Date`
 * @throws AuthError `ERR_TOKEN_MISSING`, `ERR_PERMISSION_DENIED` or `ERR_STEP_UP_REQUIRED`, with its status
 * @throws TypeError for anything but a policy
 * @example
 * resolve: async (_source, _args, { auth }) => { await demand(auth, hasScope('orders/read')); return orders() }
 */
export function demand<C extends JwtClaims>(
  auth: VerifiedToken<C> | undefined,
  policy: Policy<C>,
  request: RequestView = noRequest,
  clock?: Clock,
): MaybePromise<void> {
  if (!isPolicy(policy)) throw new TypeError('demand: policy is not a policy')
  if (auth === undefined) throw asking(refusal('ERR_TOKEN_MISSING'), {}, policy.challenge)
  return andThen(refusedBy(policy, auth, request, clock), refusing => {
    if (refusing) throw refusalBy(refusing, auth, policy.challenge)
  })
}

const noRequest: RequestView = { header: () => undefined }
