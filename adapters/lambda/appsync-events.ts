import type { Guard } from '../../src/guard/guard.js'
import type { Policy } from '../../src/guard/policy.js'
import { checkOptions } from '../../src/options.js'
import type { JwtClaims } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { type AppSyncOptions, appSyncChecks, decide, longestContext, refused } from './appsync.js'
import { tokenView } from './authorizer.js'
import { type AuthorizerContext, contextOf } from './context.js'

/** The event of an authorizer of AppSync Events (AWS AppSync Events Developer Guide, "Configuring authorization"). */
export interface AppSyncEventsAuthorizerEvent {
  readonly authorizationToken: string
  readonly requestContext: {
    readonly apiId: string
    readonly accountId: string
    readonly requestId: string
    readonly operation: 'EVENT_CONNECT' | 'EVENT_SUBSCRIBE' | 'EVENT_PUBLISH'
    readonly channelNamespaceName: string | null
    readonly channel: string | null
  }
  readonly requestHeaders: Readonly<Record<string, string | undefined>>
}

/** The result of an authorizer of AppSync Events. */
export interface AppSyncEventsAuthorizerResult {
  readonly isAuthorized: boolean
  readonly handlerContext?: AuthorizerContext
  readonly ttlOverride: number
}

/**
 * Returns a Lambda authorizer of an AppSync Events API. Policies see the operation as the request's method and the channel as its URL:
 * {@link inChannel} is one. AppSync caches results by token, operation and channel, so that policies may depend on all three.
 * Refusals and outages are as in {@link appSyncAuthorizer}.
 *
 * @throws TypeError for a wrong option, naming it
 * @example
 * export const handler = appSyncEventsAuthorizer(guard, { policy: inChannel('/sync/{sub}/*') })
 */
export function appSyncEventsAuthorizer<C extends JwtClaims>(
  guard: Guard<C>,
  options: AppSyncOptions<C> = {},
) {
  checkArguments(guard, [], 'appSyncEventsAuthorizer')
  checkOptions('appSyncEventsAuthorizer', options, appSyncChecks)
  const { policy = () => true, ttl = 0, prefix, context } = options
  return async (event: AppSyncEventsAuthorizerEvent): Promise<AppSyncEventsAuthorizerResult> => {
    const { operation, channel }: Partial<AppSyncEventsAuthorizerEvent['requestContext']> =
      event.requestContext ?? {}
    const { header } = tokenView(event.authorizationToken, event.requestHeaders, prefix)
    const view = { header, ...(operation && { method: operation }), ...(channel && { url: channel }) }
    const allowed = await decide(guard, event, view, ttl, policy)
    if (!allowed) return refused
    const handlerContext = contextOf(allowed.auth, context, longestContext)
    return { isAuthorized: true, handlerContext, ttlOverride: allowed.ttlOverride }
  }
}

/**
 * Permits connecting, and channels within this one: `{sub}` stands for the token's subject, `*` at the end for any channels below.
 * A subscription with a wildcard is permitted only when all channels that it covers are within.
 *
 * @throws TypeError for anything but a channel
 */
export function inChannel(pattern: string): Policy {
  const [start, ...segments] = typeof pattern === 'string' ? pattern.split('/') : []
  const isOpen = segments.at(-1) === '*'
  const fixed = isOpen ? segments.slice(0, -1) : segments
  if (start !== '' || fixed.length === 0 || !fixed.every(segment => channelSegment.test(segment)))
    throw new TypeError('inChannel: expected a channel such as "/sync/{sub}/*"')
  return ({ principal: { subject } }, { method, url }) => {
    if (method === 'EVENT_CONNECT') return true
    const [root, ...asked] = (url ?? '').split('/')
    return (
      root === '' &&
      (isOpen ? asked.length > fixed.length : asked.length === fixed.length) &&
      fixed.every((segment, index) => asked[index] === (segment === '{sub}' ? subject : segment))
    )
  }
}

const channelSegment = /^(\{sub\}|[A-Za-z0-9-]{1,50})$/
