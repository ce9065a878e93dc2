import type { Decision } from '../../src/guard/guard.js'
import {
  aBoolean,
  aFunction,
  anObject,
  checkOptions,
  type OptionCheck,
  oneOf,
  oneOrMore,
  valuesByName,
} from '../../src/options.js'
import type { MaybePromise, RequestView, VerifiedToken } from '../../src/types.js'
import type { AssertionOptions } from './assertion.js'
import type { ForwardAuthEvent } from './events.js'
import { families } from './identity.js'
import { aPeer } from './peers.js'

/** A guard, with its policy: one of `createGuard` or `allowAnonymous`. */
export type ForwardAuthGuard = (request: RequestView) => MaybePromise<Decision<VerifiedToken | undefined>>

/** The options of {@link createForwardAuth}. */
export interface ForwardAuthOptions {
  /** The family of identity headers. Default `'x-auth-request'`. */
  readonly headers?: 'x-auth-request' | 'remote'
  /**
   * Which proxies may ask: addresses, networks such as `10.0.0.0/16`, and `'unix'` for Unix sockets. They say what the original request
   * was. Replaces the default: loopback and Unix sockets. Never all addresses.
   */
  readonly peers?: string | readonly string[]
  /**
   * The guard by the path of the original request, for checks that name none: `{ '/*': 'users', '/admin/*': 'admin', '/status': 'open' }`. The
   * longest route decides; a path without one is refused. So is a path that proxies and backends may read in different ways, such as
   * `/x/../admin`. Default: such checks are for the guard `default`.
   */
  readonly routes?: Readonly<Record<string, string>>
  /** Adds a signed assertion to the identity headers, for backends that trust no header alone. Default: none. */
  readonly assertion?: AssertionOptions
  /** Has Envoy remove `Authorization` from what the backend gets (`x-envoy-auth-headers-to-remove`). Others do it in their configuration. Default `false`. */
  readonly removeAuthorization?: boolean
  /**
   * Whether to be ready in `/readyz`, besides the keys: asked each time once everything is loaded. For a list of revocations that is stale,
   * for instance. Anything but `true`, and what it throws, is no. Default: yes.
   */
  readonly isReady?: () => boolean
  /** Called with every answer to a check, for logs and metrics. Nothing of a token or a request is in it. What it throws is ignored. */
  readonly onAnswer?: (event: ForwardAuthEvent) => unknown
  /** Called once with each thing that is wrong with the way a proxy asks. What it throws is ignored. Default: a process warning. */
  readonly onWarning?: (message: string) => void
}

/** @throws TypeError naming the option */
export function checkedGuards(
  guards: ForwardAuthGuard | Readonly<Record<string, ForwardAuthGuard>>,
  options: ForwardAuthOptions,
): ReadonlyMap<string, ForwardAuthGuard> {
  checkOptions('createForwardAuth', options, checks)
  if (typeof guards === 'function') return new Map([['default', guards]])
  if (valuesByName(guards))
    throw new TypeError('createForwardAuth: guards must be a guard, or guards by their names')
  const named = new Map(Object.entries(guards))
  if (named.size === 0) throw new TypeError('createForwardAuth: guards: there is none')
  for (const [name, guard] of named) {
    if (!/^[a-z0-9-]{1,64}$/.test(name))
      throw new TypeError(`createForwardAuth: guards: a name must be of a-z, 0-9 and -, unlike ${name}`)
    if (typeof guard !== 'function') throw new TypeError(`createForwardAuth: guards: ${name} is not a guard`)
  }
  return named
}

const somePeers: OptionCheck = value => oneOrMore(aPeer)(value)

const checks = {
  'headers?': oneOf(...Object.keys(families)),
  'peers?': somePeers,
  'routes?': valuesByName,
  'assertion?': anObject,
  'removeAuthorization?': aBoolean,
  'isReady?': aFunction,
  'onAnswer?': aFunction,
  'onWarning?': aFunction,
}
