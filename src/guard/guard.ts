// Over 150 lines: a third of it documents public types; the rest is one flow, from a request to a decision.

import { channelOf, decisionChannel } from '../diagnostics.js'
import { type AuthError, type AuthErrorCode, asError, asRefusal, isAuthError, refusal } from '../errors.js'
import { keyUrl } from '../jwks/options.js'
import { isPending, later, tell } from '../maybe-promise.js'
import { aBoolean, aFunction, checkOptions, type OptionCheck } from '../options.js'
import type {
  CheckDetails,
  JwtClaims,
  MaybePromise,
  Principal,
  RequestView,
  VerifiedToken,
  Verifier,
} from '../types.js'
import { answer, askedBy, notPermitted, type Refusal } from './answer.js'
import { missingHint } from './hints.js'
import { aPolicy, every, joinScopes, type Policy, refusedBy } from './policy.js'
import { bearer, type TokenSource } from './token-source.js'

/** The options of {@link createGuard}. */
export interface GuardOptions<C extends JwtClaims = JwtClaims> {
  /** Checks the tokens: `createVerifier({ ... })`. */
  readonly verifier: Verifier<C>
  /** The policy for every request, before the one of its route. Default: any verified token but a guest's, see {@link isGuest}. */
  readonly policy?: Policy<C>
  /** Where the token is. Default `bearer()`: the `Authorization` header. */
  readonly token?: TokenSource
  /** The realm in challenges. Default `'api'`. */
  readonly realm?: string
  /**
   * The URL of this API's protected resource metadata (RFC 9728), for clients that find out by themselves where to get a token, as those of MCP
   * do. It is then in every challenge (section 5.1), and the challenge of a 401 names the scopes that the policies require. An `https:` URL,
   * or `http:` on loopback. Does not serve the document. Default: none.
   */
  readonly resourceMetadata?: string
  /**
   * Called with every decision, for logs and metrics. The event holds nothing of the token. What it throws or rejects with is ignored. The
   * channel `cognito-guard:decision` of `node:diagnostics_channel` gets the same event, of all guards.
   */
  readonly onDecision?: (event: DecisionEvent, request: RequestView) => unknown
  /** Sends the client the precise code and a hint. For development only: it helps attackers too. Default `false`. */
  readonly explain?: boolean
}

/** Decides whether requests are authorized. */
export interface Guard<
  C extends JwtClaims = JwtClaims,
  A extends VerifiedToken<C> | undefined = VerifiedToken<C>,
> {
  /**
   * Returns the decision: synchronously when nothing has to be awaited, else a promise of it.
   * A refusal is a decision; what is thrown is a fault.
   *
   * @param policy the policy of the route, besides the guard's own
   * @param anonymous whether a request without a token is accepted, see {@link allowAnonymous}; default `false`
   */
  (request: RequestView, policy?: Policy<C>, anonymous?: boolean): MaybePromise<Decision<A>>
}

/**
 * The verified token of the requests that a guard authorizes, typed by its issuers' claims and their schemas: `AuthOf<typeof guard>`. For
 * {@link allowAnonymous} it is that of a request with a token.
 */
export type AuthOf<G> = G extends (...args: never) => MaybePromise<Decision<infer A>> ? NonNullable<A> : never

/** A guard, or what {@link allowAnonymous} makes of one. */
export type AnyGuard<C extends JwtClaims = JwtClaims> = Guard<C> | Guard<C, VerifiedToken<C> | undefined>

/** What to do with a request. */
export type Decision<A extends VerifiedToken | undefined = VerifiedToken> =
  | {
      /** Tells it from a refusal. */
      readonly authorized: true
      /** The verified token; `undefined` for an anonymous request, see {@link allowAnonymous}. */
      readonly auth: A
    }
  | Refusal

/** A decision for logs and metrics: few distinct values and a time, nothing of a token. It is made only where somebody listens. */
export interface DecisionEvent extends Readonly<CheckDetails> {
  /** Whether the request is authorized. */
  readonly authorized: boolean
  /** 200 for an authorized request. */
  readonly status: 200 | AuthError['status']
  /** The code of the refusal; `undefined` where there is none. */
  readonly code: AuthErrorCode | undefined
  /** How to fix it, a fixed sentence. */
  readonly hint: string | undefined
  /** Why keys or revocations are unavailable. */
  readonly cause: unknown
  /** The kind of principal; `anonymous` for an accepted request without a token, `undefined` for a refused one. */
  readonly kind: Principal['kind'] | 'anonymous' | undefined
  /**
   * Seconds that the verification took, with what it waited for, without the policies. `undefined` where no token was verified, and for a cached
   * one that waited for nothing: to read a clock takes as long as to find it.
   */
  readonly duration?: number | undefined
}

/**
 * Returns a guard: it finds the token of a request, verifies it, evaluates the policies, and makes the response to a refused request.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const guard = createGuard({ verifier })
 * app.get('/orders', protect(guard, hasScope('orders/read')), handler)
 */
export function createGuard<C extends JwtClaims>(options: GuardOptions<C>): Guard<C> {
  // Over 40 lines: the steps of a request share the options, and each may be synchronous or pending.
  checkOptions('createGuard', options, checks)
  const {
    verifier,
    policy: general,
    token: tokenOf = bearer(),
    realm = 'api',
    resourceMetadata,
    onDecision,
    explain = false,
  } = options

  const channel = channelOf(decisionChannel)
  const combine = general && combinedWith(general)
  const effective = (policy: Policy<C> | undefined) =>
    policy && combine ? combine(policy) : (policy ?? general)
  const answering = { realm, resourceMetadata, explain }
  const refuse = (error: AuthError, policy: Policy<C> | undefined) =>
    answer(error, {}, effective(policy)?.challenge, answering)
  const refuseThrown = (thrown: unknown, policy: Policy<C> | undefined) =>
    refuse(asRefusal(asError(thrown)), policy)

  const guard = (request: RequestView, policy?: Policy<C>, anonymous = false): MaybePromise<Decision> => {
    const seen = onDecision || channel?.hasSubscribers ? nothingSeen() : undefined
    try {
      const decision = decide(request, policy, anonymous, seen)
      const settled = isPending(decision)
        ? decision.catch((thrown: unknown) => refuseThrown(thrown, policy))
        : decision
      if (!seen) return settled
      return isPending(settled) ? later(settled, report, request, seen) : report(settled, request, seen)
    } catch (error) {
      const refused = refuseThrown(error, policy)
      return seen ? report(refused, request, seen) : refused
    }
  }

  function decide(
    request: RequestView,
    policy: Policy<C> | undefined,
    anonymous: boolean,
    seen: Seen | undefined,
  ): MaybePromise<Decision> {
    const token = tokenOf(request)
    if (token === undefined) {
      return anonymous
        ? anonymousDecision
        : refuse(refusal('ERR_TOKEN_MISSING', missingHint(tokenOf, request)), policy)
    }
    const verdict = verifier.check(token, seen)
    if (!isPending(verdict)) return authorize(verdict, request, policy, seen)
    if (seen) seen.startedAt ??= performance.now()
    return later(verdict, authorize, request, policy, seen)
  }

  function authorize(
    auth: VerifiedToken<C> | AuthError,
    request: RequestView,
    policy: Policy<C> | undefined,
    seen: Seen | undefined,
  ): MaybePromise<Decision> {
    if (seen) stop(seen)
    if (isAuthError(auth)) return refuse(auth, policy)
    if (auth.principal.kind === 'guest' && !(policy ?? general)?.guests) {
      return refuse(refusal('ERR_PERMISSION_DENIED', guestHint), policy)
    }
    const asked = effective(policy)
    const refusing = asked && refusedBy(asked, auth, request, verifier.clock)
    return isPending(refusing) ? later(refusing, conclude, auth, asked) : conclude(refusing, auth, asked)
  }

  const conclude = (
    refusing: Policy<C> | undefined,
    auth: VerifiedToken<C>,
    asked: Policy<C> | undefined,
  ): Decision =>
    refusing ? notPermitted(refusing, auth, asked?.challenge, answering) : { authorized: true, auth }

  function report(decision: Decision, request: RequestView, event: Seen): Decision {
    finish(event, decision)
    if (channel?.hasSubscribers) channel.publish(event)
    if (onDecision) tell(onDecision, event, request)
    return decision
  }

  const answerTo: AnswerTo = error => {
    const { challenge = {}, required } = askedBy(error)
    const scope = joinScopes([general?.challenge?.scope, required?.scope])
    return answer(error, challenge, { scope }, answering)
  }

  sources.set(guard, tokenOf)
  verifiers.set(guard, verifier)
  return answeringBy(answerTo, guard as Guard<C>)
}

/**
 * Returns the token source of a guard that {@link createGuard} made; `undefined` for any other function. For adapters whose response is cached
 * by something that must contain the token.
 */
export const tokenSourceOf = (guard: object): TokenSource | undefined => sources.get(guard)

/**
 * Returns the verifier of a guard that {@link createGuard} or {@link allowAnonymous} made; `undefined` for any other function. For adapters that
 * tell whether they are ready.
 */
export const verifierOf = (guard: object): Pick<Verifier, 'clock' | 'ready' | 'health'> | undefined =>
  verifiers.get(guard)

/**
 * Returns a guard that also accepts requests without a token; `auth` is `undefined` then, and no policy is evaluated, not even one that
 * reads the request only: `protect(allowAnonymous(guard), isRead)` lets an anonymous DELETE through. Use it on routes and methods that
 * are open to everybody. A bad token is still refused: it never counts as no token.
 *
 * @throws TypeError for anything but a guard
 */
export function allowAnonymous<C extends JwtClaims>(guard: Guard<C>): Guard<C, VerifiedToken<C> | undefined> {
  if (typeof guard !== 'function')
    throw new TypeError('allowAnonymous: guard must be a guard, such as createGuard({ ... })')
  const open: Guard<C, VerifiedToken<C> | undefined> = (request, policy) => guard(request, policy, true)
  const verifier = verifiers.get(guard)
  if (verifier) verifiers.set(open, verifier)
  return answeringBy(answerToOf(guard), open)
}

/** Returns how a guard answers an error; `undefined` for what is none of {@link createGuard} or {@link allowAnonymous}, of any copy of this package. */
export const answerToOf = (guard: unknown): AnswerTo | undefined =>
  (guard as { [answers]?: AnswerTo } | null | undefined)?.[answers]

type AnswerTo = (error: AuthError) => Refusal

/** Returns the guard, with how it answers an error. */
export const answeringBy = <G extends object>(answerTo: AnswerTo | undefined, guard: G): G =>
  Object.defineProperty(guard, answers, { value: answerTo })

/** Combines the general policy with one of a route. The result is cached by route policy. */
function combinedWith<C extends JwtClaims>(general: Policy<C>): (policy: Policy<C>) => Policy<C> {
  const pairs = new WeakMap<Policy<C>, Policy<C>>()
  return policy => {
    const pair = pairs.get(policy) ?? every(general, policy)
    pairs.set(policy, pair)
    return pair
  }
}

/** The event of a decision until that is made: the verifier fills in what it knows, so that a cached token costs one object. */
type Seen = { -readonly [K in keyof DecisionEvent]: DecisionEvent[K] }

const nothingSeen = (): Seen => ({
  authorized: false,
  status: 200,
  code: undefined,
  hint: undefined,
  cause: undefined,
  kind: undefined,
  cached: undefined,
  issuer: undefined,
  startedAt: undefined,
  duration: undefined,
})

/** The first time counts: policies are not verification. */
function stop(seen: Seen): void {
  if (seen.startedAt !== undefined) seen.duration ??= (performance.now() - seen.startedAt) / 1_000
}

function finish(seen: Seen, decision: Decision): void {
  // A verifier of the application may reject with its refusals.
  stop(seen)
  seen.authorized = decision.authorized
  if (decision.authorized) {
    const { auth } = decision as { readonly auth: VerifiedToken | undefined }
    seen.kind = auth ? auth.principal.kind : 'anonymous'
    return
  }
  const { code, hint, cause } = decision.error
  seen.status = decision.status
  seen.code = code
  seen.hint = hint
  seen.cause = cause
}

const guestHint =
  'This is the token of a guest: sign in, or name guests in the policy of this route with isGuest.'

const sources = new WeakMap<object, TokenSource>()

const answers = Symbol.for('cognito-guard.answers')

const verifiers = new WeakMap<object, Pick<Verifier, 'clock' | 'ready' | 'health'>>()

const anonymousDecision = /* @__PURE__ */ Object.freeze({
  authorized: true,
  auth: undefined,
}) as unknown as Decision

const aVerifier: OptionCheck = value =>
  typeof (value as Partial<Verifier> | null)?.check === 'function'
    ? undefined
    : 'must be a verifier, such as createVerifier({ ... })'

/** No character that could end the quoted string it stands in, or the header. */
const aRealm: OptionCheck = value =>
  typeof value === 'string' && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'must be printable ASCII without quotes and backslashes'

/** RFC 9728 section 2: https; stands in a quoted string. */
export const aMetadataUrl: OptionCheck = value =>
  keyUrl({ insecureLoopbackHttp: true })(value) || aRealm(value) || String(value).includes(' ')
    ? 'must be an https URL without credentials and fragment (http only for a loopback host)'
    : undefined

const checks = {
  verifier: aVerifier,
  'policy?': aPolicy,
  'token?': aFunction,
  'realm?': aRealm,
  'resourceMetadata?': aMetadataUrl,
  'onDecision?': aFunction,
  'explain?': aBoolean,
}
