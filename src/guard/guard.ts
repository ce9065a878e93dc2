// Over 150 lines: a third of it documents what a guard takes and says; the rest is one way, from a request to a decision.

import { type AuthError, type AuthErrorCode, asRefusal, isAuthError, refusal } from '../errors.js'
import { andThen, isPending, later } from '../maybe-promise.js'
import { aBoolean, aFunction, checkOptions, type OptionCheck } from '../options.js'
import type { JwtClaims, MaybePromise, Principal, RequestView, VerifiedToken, Verifier } from '../types.js'
import { answer, notPermitted, type Refusal } from './answer.js'
import { aPolicy, every, type Policy, refusedBy } from './policy.js'
import { bearer, type TokenSource } from './token-source.js'

/** The options of {@link createGuard}. */
export interface GuardOptions<C extends JwtClaims = JwtClaims> {
  readonly verifier: Verifier<C>
  /** What every request must be permitted by, before the policy of its route. Default: any verified token but a guest's, see {@link isGuest}. */
  readonly policy?: Policy<C>
  /** Where the token is. Default `bearer()`: the `Authorization` header. */
  readonly token?: TokenSource
  /** The realm that challenges name. Default `'api'`. */
  readonly realm?: string
  /** Told of every decision, for logs and metrics. Holds nothing of the token. What it throws or rejects with is ignored: an observer changes no decision. */
  readonly onDecision?: (event: DecisionEvent, request: RequestView) => unknown
  /** Tells the client the precise code and how to fix it. For development: it helps whoever probes the API too. Default `false`. */
  readonly explain?: boolean
}

/** Decides over requests. */
export interface Guard<
  C extends JwtClaims = JwtClaims,
  A extends VerifiedToken<C> | undefined = VerifiedToken<C>,
> {
  /**
   * The decision over a request: at once when all that it takes is at hand, else a promise of it.
   * What is thrown is a fault, never a refusal.
   *
   * @param policy what the request must be permitted by besides the guard's own policy
   * @param anonymous whether a request without a token is let through, see {@link allowAnonymous}; default `false`
   */
  (request: RequestView, policy?: Policy<C>, anonymous?: boolean): MaybePromise<Decision<A>>
}

/** What to do with a request. */
export type Decision<A extends VerifiedToken | undefined = VerifiedToken> =
  | { readonly authorized: true; readonly auth: A }
  | Refusal

/** A decision as logs and metrics may have it: a few values each, nothing of a token. */
export interface DecisionEvent {
  readonly authorized: boolean
  /** 200 for a request that is let through. */
  readonly status: 200 | AuthError['status']
  readonly code: AuthErrorCode | undefined
  readonly hint: string | undefined
  /** Why keys or revocations are out of reach. */
  readonly cause: unknown
  /** Whom the request is let through for; `anonymous` for one without a token. */
  readonly kind: Principal['kind'] | 'anonymous' | undefined
}

/**
 * Returns a guard: it finds the token of a request, verifies it, asks the policies, and knows the answer for whoever is refused.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const guard = createGuard({ verifier })
 * app.get('/orders', protect(guard, hasScope('orders/read')), handler)
 */
export function createGuard<C extends JwtClaims>(options: GuardOptions<C>): Guard<C> {
  // Over 40 lines: the steps of a request share the options, and each has an answer at hand or a later one.
  checkOptions('createGuard', options, checks)
  const {
    verifier,
    policy: general,
    token: tokenOf = bearer(),
    realm = 'api',
    onDecision,
    explain = false,
  } = options

  const both = general && together(general)
  const refuse = (error: AuthError) => answer(error, {}, realm, explain)
  const refuseThrown = (thrown: unknown) => refuse(asRefusal(thrown))

  const guard = (request: RequestView, policy?: Policy<C>, anonymous = false): MaybePromise<Decision> => {
    try {
      const decision = decide(request, policy, anonymous)
      const settled = isPending(decision) ? decision.catch(refuseThrown) : decision
      return onDecision ? andThen(settled, told => report(told, request, onDecision)) : settled
    } catch (error) {
      const refused = refuseThrown(error)
      return onDecision ? report(refused, request, onDecision) : refused
    }
  }

  function decide(
    request: RequestView,
    policy: Policy<C> | undefined,
    anonymous: boolean,
  ): MaybePromise<Decision> {
    const token = tokenOf(request)
    if (token === undefined) {
      return anonymous ? letThroughAnonymously : refuse(refusal('ERR_TOKEN_MISSING'))
    }
    const verdict = verifier.check(token)
    return isPending(verdict)
      ? later(verdict, authorize, request, policy)
      : authorize(verdict, request, policy)
  }

  function authorize(
    auth: VerifiedToken<C> | AuthError,
    request: RequestView,
    policy: Policy<C> | undefined,
  ): MaybePromise<Decision> {
    if (isAuthError(auth)) return refuse(auth)
    if (auth.principal.kind === 'guest' && !(policy ?? general)?.guests) {
      return refuse(refusal('ERR_PERMISSION_DENIED', guestHint))
    }
    const asked = policy && both ? both(policy) : (policy ?? general)
    const refusing = asked && refusedBy(asked, auth, request, verifier.clock)
    return isPending(refusing) ? later(refusing, conclude, auth) : conclude(refusing, auth)
  }

  const conclude = (refusing: Policy<C> | undefined, auth: VerifiedToken<C>): Decision =>
    refusing ? notPermitted(refusing.challenge, realm, explain) : { authorized: true, auth }

  return guard as Guard<C>
}

/**
 * Returns a guard that lets requests without a token through as well; `auth` is `undefined` then, and no policy is asked, not even one
 * that looks at the request only: `protect(allowAnonymous(guard), isRead)` lets an anonymous DELETE through. Use it on the routes and
 * methods that anybody may call. A bad token is refused as ever: it is never "no token".
 */
export const allowAnonymous =
  <C extends JwtClaims>(guard: Guard<C>): Guard<C, VerifiedToken<C> | undefined> =>
  (request, policy) =>
    guard(request, policy, true)

/** The general policy and another, put together once for each other. */
function together<C extends JwtClaims>(general: Policy<C>): (policy: Policy<C>) => Policy<C> {
  const pairs = new WeakMap<Policy<C>, Policy<C>>()
  return policy => {
    const pair = pairs.get(policy) ?? every(general, policy)
    pairs.set(policy, pair)
    return pair
  }
}

function report(
  decision: Decision,
  request: RequestView,
  onDecision: NonNullable<GuardOptions['onDecision']>,
): Decision {
  try {
    const told: unknown = onDecision(
      decision.authorized ? letThrough(decision.auth) : refused(decision),
      request,
    )
    if (isPending(told)) Promise.resolve(told).catch(() => {})
  } catch {}
  return decision
}

const guestHint =
  'This is the token of a guest: sign in, or name guests in the policy of this route with isGuest.'

const letThrough = (auth: VerifiedToken | undefined): DecisionEvent => ({
  authorized: true,
  status: 200,
  code: undefined,
  hint: undefined,
  cause: undefined,
  kind: auth ? auth.principal.kind : 'anonymous',
})

const refused = ({ status, error: { code, hint, cause } }: Refusal): DecisionEvent => ({
  authorized: false,
  status,
  code,
  hint,
  cause,
  kind: undefined,
})

const letThroughAnonymously = Object.freeze({ authorized: true, auth: undefined }) as unknown as Decision

const aVerifier: OptionCheck = value =>
  typeof (value as Partial<Verifier> | null)?.check === 'function'
    ? undefined
    : 'must be a verifier, such as createVerifier({ ... })'

/** No character that could end the quoted string it stands in, or the header. */
const aRealm: OptionCheck = value =>
  typeof value === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'must be printable ASCII without quotes and backslashes'

const checks = {
  verifier: aVerifier,
  'policy?': aPolicy,
  'token?': aFunction,
  'realm?': aRealm,
  'onDecision?': aFunction,
  'explain?': aBoolean,
}
