import type { AppSyncAuthorizerEvent, AppSyncAuthorizerResult } from 'aws-lambda'
import type { Guard } from '../../src/guard/guard.js'
import { aPolicy, asking, type Policy, refusedBy } from '../../src/guard/policy.js'
import { aFunction, anObject, aString, checkOptions, seconds } from '../../src/options.js'
import type { Clock, JwtClaims, RequestView } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { isTokenIn, tokenAlone, tokenView } from './authorizer.js'
import { type AuthorizerContext, type ContextOption, contextOf } from './context.js'

/** The options of {@link appSyncEventsAuthorizer}, and of {@link appSyncAuthorizer} too. */
export interface AppSyncOptions<C extends JwtClaims = JwtClaims> {
  /** Who may. Default: any verified token but a guest's. */
  readonly policy?: Policy<C>
  /**
   * Seconds for which AppSync may remember a yes, 0 to 3600; never past the token's expiry, and not where the guard finds the token elsewhere
   * than in `authorizationToken`. Default 0: it asks every time.
   */
  readonly ttl?: number
  /**
   * What stands before the token, for an API that has a Cognito or OIDC mode too: such an API takes a bare token for that mode
   * (AWS AppSync Developer Guide, "AWS_LAMBDA authorization"). Without it a token is none. Default: nothing, or `Bearer `.
   */
  readonly prefix?: string
  /** What resolvers and handlers are told besides who calls. Default: nothing. */
  readonly context?: ContextOption
}

/** The options of {@link appSyncAuthorizer}. */
export interface AppSyncAuthorizerOptions<C extends JwtClaims = JwtClaims> extends AppSyncOptions<C> {
  /** Who may use which field, such as `{ 'Mutation.deleteOrder': inGroup('admin') }`. Default: all fields. */
  readonly fields?: Readonly<Record<string, Policy<C>>>
}

/**
 * Returns a Lambda authorizer of an AppSync GraphQL API. `resolverContext` says who calls; `principalFromEvent` reads it in a resolver.
 * With a `ttl` the policies see the token alone, since AppSync remembers the answer for it whatever it asks for next.
 *
 * A bad token and a refusal by a policy are `isAuthorized: false`. An outage throws: AppSync refuses the request then, and remembers nothing.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function appSyncAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: AppSyncAuthorizerOptions<C> = {},
) {
  checkArguments(guard, [])
  checkOptions('appSyncAuthorizer', options, { ...appSyncChecks, 'fields?': anObject })
  const { policy, fields = {}, ttl = 0, prefix, context } = options
  for (const [field, asked] of Object.entries(fields)) {
    if (!/^\w+\.\w+$/.test(field) || typeof asked !== 'function')
      throw new TypeError(`appSyncAuthorizer: fields must be policies by "Type.field"; ${field} is not`)
  }
  return async (event: AppSyncAuthorizerEvent): Promise<AppSyncAuthorizerResult<AuthorizerContext>> => {
    const deniedFields: string[] = []
    const asked = await ask(
      guard,
      event,
      tokenView(event.authorizationToken, event.requestHeaders, prefix),
      ttl,
      asking(async (auth, request, clock) => {
        const seen = ttl > 0 ? tokenAlone : request
        if (policy && (await refusedBy(policy, auth, seen, clock))) return false
        for (const [field, mayUse] of Object.entries(fields)) {
          if (await refusedBy(mayUse, auth, seen, clock)) deniedFields.push(field)
        }
        return true
      }, policy),
    )
    if (!asked) return refused
    const resolverContext = contextOf(asked.auth, context, longestContext)
    return { isAuthorized: true, resolverContext, deniedFields, ttlOverride: asked.ttlOverride }
  }
}

/**
 * The verified token and for how long the answer holds; `undefined` when it is no.
 *
 * @throws AuthError for an outage of ours
 */
export async function ask<C extends JwtClaims>(
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
  const decision = await guard(view, asking(timed, policy))
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
