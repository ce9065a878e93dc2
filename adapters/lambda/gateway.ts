// Over 150 lines: both gateways share one authorizer, and a quarter documents its options and what API Gateway makes of its answers.
import type { Guard } from '../../src/guard/guard.js'
import { aPolicy, type Policy, refusedBy, withGuestsOf } from '../../src/guard/policy.js'
import { aFunction, checkOptions, valuesByName } from '../../src/options.js'
import type { Clock, JwtClaims, RequestView, VerifiedToken } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { authorizedBy, isTokenIn, tokenAlone, tokenView } from './authorizer.js'
import { type ContextOption, contextOf, longestResult } from './context.js'
import { eventView, type KnownRequest } from './event-view.js'
import type {
  AuthorizerPolicy,
  HttpAuthorizerEvent,
  RestAuthorizerEvent,
  SimpleAuthorizerResult,
} from './events.js'
import { denial, grant, isPlain, parseMethodArn } from './policy-document.js'
import { grantsOf, parseRoutes, type Route, routeOf } from './routes.js'

/** The options of {@link restAuthorizer} and {@link httpAuthorizer}. */
export interface GatewayAuthorizerOptions<C extends JwtClaims = JwtClaims> {
  /**
   * The policy for the whole API. Sees the token alone, and so should a policy of the guard itself: the result is cached for all routes.
   * Default: any verified token but a guest's.
   */
  readonly policy?: Policy<C>
  /**
   * Policies of routes, such as `{ 'GET /admin/{proxy+}': inGroup('admin') }`; the most specific route decides, and all others are denied.
   * The policies see the token alone. Paths are compared as sent, without normalization: list what is allowed, not what is denied.
   * Default: all routes are allowed to tokens that `policy` permits.
   */
  readonly routes?: Readonly<Record<string, Policy<C>>>
  /** Additions to the context that functions behind the authorizer get besides the principal. Default: none. */
  readonly context?: ContextOption
  /** Called once for each route that no policy for all routes can cover, and for identity sources without the token. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void
}

/**
 * Returns a Lambda authorizer of a REST API, for TOKEN and REQUEST events. Its policy is right for every route, so it can be cached: one Allow for
 * the stage, or one policy made of `routes`. A route with a wildcard in the middle is allowed request by request: turn the cache off then.
 *
 * The events do not say by what the answer is cached: make the place of the token an identity source of a REQUEST authorizer.
 *
 * A bad token throws `Unauthorized` (401), a refusal by a policy is a Deny (403), an outage throws something else (500) and is never cached.
 *
 * @throws TypeError for a wrong option or route, naming it
 * @example
 * export const handler = restAuthorizer(guard, { routes: { 'GET /orders': hasScope('orders/read'), 'ANY /admin/{proxy+}': inGroup('admin') } })
 */
export function restAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: GatewayAuthorizerOptions<C> = {},
) {
  const authorize = policyAuthorizer('restAuthorizer', guard, options)
  return async (event: RestAuthorizerEvent): Promise<AuthorizerPolicy> =>
    authorize(
      event?.methodArn,
      // TOKEN events hold what was in the header, by whatever name; some clients send it without a scheme
      request => (event.type === 'TOKEN' ? tokenView(event.authorizationToken) : eventView(event, request)),
    )
}

/**
 * Returns a Lambda authorizer of an HTTP API. Events of payload 2.0 get the simple response, those of payload 1.0 a policy.
 * With `routes` both get a policy as {@link restAuthorizer}'s: leave simple responses off then.
 *
 * The values of the identity sources are the key by which the API caches the answer. Where it has identity sources and none of them holds the token
 * that was verified, the request is refused as `Unauthorized`, with one warning: a client that sends the same values would get the same answer.
 * (API Gateway Developer Guide, "Control access to HTTP APIs with AWS Lambda authorizers")
 *
 * @throws TypeError for a wrong option or route, naming it
 */
export function httpAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: GatewayAuthorizerOptions<C> = {},
) {
  const authorize = policyAuthorizer('httpAuthorizer', guard, options)
  return async (event: HttpAuthorizerEvent): Promise<SimpleAuthorizerResult | AuthorizerPolicy> => {
    const { routeArn, methodArn, identitySource } = event ?? {}
    const result = await authorize(
      routeArn ?? methodArn,
      request => eventView(event, request),
      [identitySource || []].flat(),
    )
    if (routeArn === undefined || options.routes) return result
    const isAuthorized = result.policyDocument.Statement[0]?.Effect === 'Allow'
    return { isAuthorized, context: result.context ?? {} }
  }
}

function policyAuthorizer<C extends JwtClaims>(
  factory: string,
  guard: Guard<C>,
  options: GatewayAuthorizerOptions<C>,
) {
  // Over 40 lines: one call of the guard, and the policy document that follows from its decision.
  checkArguments(guard, [], factory)
  checkOptions(factory, options, gatewayChecks)
  const { policy, context, onWarning = emitWarning } = options
  const routes = parseRoutes(options.routes as GatewayAuthorizerOptions['routes'])
  const warned = new Set<string>()
  const warn = (message: string) => {
    if (!warned.has(message)) onWarning(`${factory}: ${message}`)
    warned.add(message)
  }
  const warnOf = ({ name }: Route) => warn(`${name} ${cannotBeShared}`)
  routes?.filter(({ kind }) => kind === 'middle').forEach(warnOf)

  return async (
    methodArn = '',
    viewOf: (request: KnownRequest) => RequestView,
    cacheKey: readonly unknown[] = [],
  ): Promise<AuthorizerPolicy> => {
    const { stage, method, path } = parseMethodArn(methodArn)
    const view = viewOf({ method, path: `/${path}` })
    const permitted = new Set<Route>()
    const check = async (auth: VerifiedToken<C>, _request: RequestView, clock?: Clock) => {
      if (policy && (await refusedBy(policy, auth, tokenAlone, clock))) return false
      for (const route of routes ?? []) {
        if (!(await refusedBy(route.policy, auth, tokenAlone, clock))) permitted.add(route)
      }
      return true
    }
    const policies = [policy, ...(routes ?? []).map(route => route.policy)]
    const hasPolicies = policy !== undefined || routes !== undefined
    const auth = authorizedBy(await guard(view, hasPolicies ? withGuestsOf(check, ...policies) : undefined))
    const isKeyed = cacheKey.length === 0 || isTokenIn(cacheKey, guard, view)
    if (!isKeyed) {
      warn(isKeyed === undefined ? unknownGuard : notTheKey)
      throw new Error('Unauthorized')
    }
    if (!auth) return denial(stage)
    const authorizerContext = contextOf(auth, context, longestResult)
    if (!routes) return grant(auth.principal.subject, [`${stage}/*`], [], authorizerContext)
    const { allow, deny, separate } = grantsOf(routes, route => permitted.has(route))
    separate.forEach(warnOf)
    const resources = allow.map(resource => `${stage}/${resource}`)
    const current = routeOf(routes, method, path)
    // many backends ignore a slash at the end
    const bare = routeOf(routes, method, path.replace(/\/$/, ''))
    const isSeparate = current && bare && separate.includes(current) && permitted.has(bare)
    if (isSeparate && isPlain(methodArn)) resources.push(methodArn)
    if (resources.length === 0) return denial(stage)
    return grant(
      auth.principal.subject,
      resources,
      deny.map(resource => `${stage}/${resource}`),
      authorizerContext,
    )
  }
}

const emitWarning = (message: string) => process.emitWarning(message, 'CognitoGuardWarning')

const gatewayChecks = {
  'policy?': aPolicy,
  'routes?': valuesByName,
  'context?': aFunction,
  'onWarning?': aFunction,
}

const notTheKey =
  'no identity source holds the token, so one caller could get the answer cached for another; refused. Make an identity source of where the guard reads the token ($request.header.Authorization for bearer()), or remove all identity sources, which turns off the cache'

const unknownGuard =
  'the guard is not one of createGuard, so nobody can tell whether an identity source holds its token; refused. Pass what createGuard returned, or remove all identity sources, which turns off the cache'

const cannotBeShared =
  'cannot be part of a policy for all routes, so each request to it is allowed by itself: turn off the cache of the authorizer, or make the method and the path identity sources'
