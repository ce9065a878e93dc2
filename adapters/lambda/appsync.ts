import type { Guard } from '../../src/guard/guard.js'
import { aPolicy, type Policy, refusedBy, withGuestsOf } from '../../src/guard/policy.js'
import { aFunction, aString, checkOptions, seconds, valuesByName } from '../../src/options.js'
import type { Clock, JwtClaims, RequestView } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { isTokenIn, tokenAlone, tokenView } from './authorizer.js'
import { type ContextOption, contextOf } from './context.js'
import type { AppSyncAuthorizerEvent, AppSyncAuthorizerResult } from './events.js'

/** The options of {@link appSyncEventsAuthorizer}, and of {@link appSyncAuthorizer} too. */
export interface AppSyncOptions<C extends JwtClaims = JwtClaims> {
  /** The policy for all requests. Default: any verified token but a guest's. */
  readonly policy?: Policy<C>
  /**
   * Seconds for which AppSync may cache an authorization, 0 to 3600; never past the token's expiry, and 0 where the guard finds the token elsewhere
   * than in `authorizationToken`, which AppSync caches by. Default 0: no caching.
   */
  readonly ttl?: number
  /**
   * The prefix of the token, for an API that has a Cognito or OIDC mode too: such an API takes a bare token for that mode
   * (AWS AppSync Developer Guide, "AWS_LAMBDA authorization"). A token without the prefix counts as none. Default: none, or `Bearer `.
   */
  readonly prefix?: string
  /** Additions to the context that resolvers and handlers get besides the principal. Default: none. */
  readonly context?: ContextOption
}

/** The options of {@link appSyncAuthorizer}. */
export interface AppSyncAuthorizerOptions<C extends JwtClaims = JwtClaims> extends AppSyncOptions<C> {
  /** Policies of fields, such as `{ 'Mutation.deleteOrder': inGroup('admin') }`. Default: all fields are permitted. */
  readonly fields?: Readonly<Record<string, Policy<C>>>
}

/**
 * Returns a Lambda authorizer of an AppSync GraphQL API. `resolverContext` holds the principal; `principalFromEvent` reads it in a resolver.
 * With a `ttl` the policies see the token alone, since AppSync caches the result for the token, whatever the next request is.
 *
 * A bad token and a refusal by a policy give `isAuthorized: false`. An outage throws: AppSync refuses the request then, and caches nothing.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function appSyncAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: AppSyncAuthorizerOptions<C> = {},
) {
  checkArguments(guard, [], 'appSyncAuthorizer')
  checkOptions('appSyncAuthorizer', options, { ...appSyncChecks, 'fields?': valuesByName })
  const { policy, fields = {}, ttl = 0, prefix, context } = options
  for (const [field, fieldPolicy] of Object.entries(fields)) {
    if (!/^\w+\.\w+$/.test(field) || typeof fieldPolicy !== 'function')
      throw new TypeError(`appSyncAuthorizer: fields must be policies by "Type.field"; ${field} is not`)
  }
  return async (event: AppSyncAuthorizerEvent): Promise<AppSyncAuthorizerResult> => {
    const deniedFields: string[] = []
    const allowed = await decide(
      guard,
      event,
      tokenView(event.authorizationToken, event.requestHeaders, prefix),
      ttl,
      withGuestsOf(async (auth, request, clock) => {
        const seen = ttl > 0 ? tokenAlone : request
        if (policy && (await refusedBy(policy, auth, seen, clock))) return false
        for (const [field, fieldPolicy] of Object.entries(fields)) {
          if (await refusedBy(fieldPolicy, auth, seen, clock)) deniedFields.push(field)
        }
        return true
      }, policy),
    )
    if (!allowed) return refused
    const resolverContext = contextOf(allowed.auth, context, longestContext)
    return { isAuthorized: true, resolverContext, deniedFields, ttlOverride: allowed.ttlOverride }
  }
}

/**
 * Returns the verified token and the seconds for which AppSync may cache it; `undefined` for a refusal.
 *
 * @throws AuthError for an outage (503)
 */
export async function decide<C extends JwtClaims>(
  guard: Guard<C>,
  { authorizationToken }: Pick<AppSyncAuthorizerEvent, 'authorizationToken'>,
  view: RequestView,
  ttl: number,
  policy: Policy<C>,
) {
  let now = 0
  const timed: Policy<C> = (auth, request, clock) => {
    now = (clock as Clock).now() / 1000
    return policy(auth, request, clock)
  }
  const decision = await guard(view, withGuestsOf(timed, policy))
  if (!decision.authorized) {
    if (decision.status === 503) throw decision.error
    return undefined
  }
  const left = Math.max(0, decision.auth.principal.expiresAt - now)
  // AppSync caches by this text, whatever header the guard has read
  const isKeyed = isTokenIn([authorizationToken], guard, view)
  return { auth: decision.auth, ttlOverride: isKeyed ? Math.floor(Math.min(ttl, left)) : 0 }
}

export const refused = Object.freeze({ isAuthorized: false, ttlOverride: 0 })

export const appSyncChecks = {
  'policy?': aPolicy,
  'ttl?': seconds(0, 3600),
  'prefix?': aString,
  'context?': aFunction,
}

/** Bytes (AWS AppSync Developer Guide, "AWS_LAMBDA authorization"). */
export const longestContext = 5 * 1024 * 1024
