// Over 150 lines: a third of it documents the options.
import { LRUCache } from 'lru-cache'
import { AuthError, isAuthError, refusal } from '../errors.js'
import { andThen, isPending } from '../maybe-promise.js'
import { aCount, aFunction, checkOptions, listOf, seconds, someAlgorithms } from '../options.js'
import type { Algorithm, JwtClaims, KeyResolver, MaybePromise, TrustedIssuer } from '../types.js'

/**
 * Returns the issuer whose `iss` is exactly this one, or `undefined`. The `iss` comes from a token that is not verified: look it up among
 * the issuers you trust, never build a URL or an issuer from it. May return the same value again while nothing has changed.
 */
export type TenantResolver<C extends JwtClaims = JwtClaims> = (
  iss: string,
) => MaybePromise<TrustedIssuer<C> | undefined>

/** The options of {@link tenants}. */
export interface TenantsOptions {
  /** How many tenants are cached, and as many unknown `iss`; the least recently used goes first. Default 10,000. */
  readonly maxTenants?: number
  /** Seconds after which the resolver is called again, in the background. Default 300. */
  readonly refreshAfter?: number
  /** Seconds for which a tenant stays cached while the resolver fails. Default 86,400: a day. */
  readonly maxAge?: number
  /** Seconds for which an unknown `iss` is cached. Default 60. */
  readonly unknownFor?: number
  /** The accepted algorithms of all tenants. Default `'RS256'`: user pools. */
  readonly algorithms?: Algorithm | readonly Algorithm[]
}

/**
 * Returns one trusted issuer for many, where they are too many to list or come and go: those that a resolver finds.
 *
 * An issuer is resolved once and cached; a new one replaces it when its keys are loaded. When a tenant is removed, its verified tokens are
 * refused too. No keys are fetched for an unknown `iss`. A resolver that fails is an outage (503), not a refusal; so is an `iss` that is not
 * cached while 100 calls of the resolver are in pending.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * tenants(async iss => {
 *   const tenant = await database.tenantOfIssuer(iss)
 *   return tenant && userPool({ userPoolId: tenant.userPoolId, clientId: tenant.clientId })
 * })
 */
export function tenants<C extends JwtClaims = JwtClaims>(
  resolve: TenantResolver<C>,
  options: TenantsOptions = {},
): TrustedIssuer<C> {
  // Over 40 lines: its functions share the cache.
  checkOptions('tenants', { resolve, ...options }, checks)
  const { maxTenants = 10_000, refreshAfter = 300, maxAge = 86_400, unknownFor = 60 } = options
  if (maxAge < refreshAfter) throw new TypeError('tenants: maxAge must be at least refreshAfter')
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const known = new LRUCache<string, Tenant<C>>({ max: maxTenants })
  const unknownUntil = new LRUCache<string, number>({ max: maxTenants })
  const inFlight = new Map<string, Promise<Tenant<C> | undefined>>()

  function tenantOf(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const tenant = known.get(iss)
    if (tenant && now < tenant.due) return tenant
    if (tenant && now < tenant.end) {
      tenant.due = now + retryAfter
      new Promise(done => done(resolveOnce(iss, now))).catch(() => {})
      return tenant
    }
    return iss.length > longestIss || now < (unknownUntil.get(iss) ?? 0) ? undefined : resolveOnce(iss, now)
  }

  /** One call of the resolver at a time per issuer, shared by all callers. */
  function resolveOnce(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const pending = inFlight.get(iss)
    if (pending) return pending
    // tokens with made-up issuers must not prevent the refresh of a tenant, which may have been removed
    if (inFlight.size >= maxInFlight && !known.has(iss)) throw new AuthError('ERR_KEYS_UNAVAILABLE')
    const answer = andThen(answerOf(resolve, iss), issuer => settle(iss, issuer, now))
    if (!isPending(answer)) return answer
    const call = answer.finally(() => inFlight.delete(iss))
    inFlight.set(iss, call)
    return call
  }

  function settle(iss: string, issuer: TrustedIssuer<C> | undefined, now: number) {
    if (!issuer) {
      known.delete(iss)
      unknownUntil.set(iss, now + unknownFor * 1_000)
      return undefined
    }
    if (!issuer.issuers.includes(iss))
      throw new TypeError('tenants: resolve found an issuer with another iss')
    if (!issuer.algorithms.every(algorithm => algorithms.includes(algorithm)))
      throw new TypeError('tenants: resolve found an issuer with an algorithm that is not in algorithms')
    const old = known.get(iss)
    const isReplaced = old && old.issuer !== issuer && now < old.end
    return andThen(isReplaced ? issuer.keys.ready?.(now) : undefined, () => store(iss, issuer, now))
  }

  function store(iss: string, issuer: TrustedIssuer<C>, now: number): Tenant<C> {
    const withCurrentKeys = Object.create(issuer, { keys: { value: keys } }) as TrustedIssuer<C>
    const tenant = { issuer, withCurrentKeys, due: now + refreshAfter * 1_000, end: now + maxAge * 1_000 }
    known.set(iss, tenant)
    return tenant
  }

  /** The keys of the tenant's current issuer, also for tokens that were verified with an earlier one. */
  const keyOf: KeyResolver = (kid, algorithm, now, iss = '') =>
    andThen(tenantOf(iss, now), tenant => {
      if (!tenant) throw refusal('ERR_TOKEN_ISSUER')
      return tenant.issuer.keys(kid, algorithm, now, iss)
    })
  const keys: KeyResolver = Object.assign(keyOf, {
    suspect: (kid: string | undefined, now: number, iss = '') =>
      known.get(iss)?.issuer.keys.suspect?.(kid, now, iss),
    close: () => known.forEach(({ issuer }) => issuer.keys.close?.()),
  })

  return {
    issuers: [],
    algorithms,
    keys,
    find: (iss, now) => andThen(tenantOf(iss, now), tenant => tenant?.withCurrentKeys),
    validate() {
      throw refusal('ERR_TOKEN_ISSUER')
    },
  }
}

/** A cached tenant. Times are in milliseconds. */
interface Tenant<C extends JwtClaims> {
  readonly issuer: TrustedIssuer<C>
  /** The issuer, with keys that are looked up in the tenant's issuer of the time. */
  readonly withCurrentKeys: TrustedIssuer<C>
  /** When the resolver is called again. */
  due: number
  /** When it is no longer used unless the resolver returns it again. */
  readonly end: number
}

/** Calls the resolver; its failure is an outage. */
function answerOf<C extends JwtClaims>(
  resolve: TenantResolver<C>,
  iss: string,
): MaybePromise<TrustedIssuer<C> | undefined> {
  try {
    const answer = resolve(iss)
    return isPending(answer) ? answer.catch(failed) : answer
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): never {
  throw isAuthError(error) ? error : new AuthError('ERR_KEYS_UNAVAILABLE', { cause: error })
}

/** In milliseconds. */
const retryAfter = 10_000
const maxInFlight = 100

/** In characters. No real one is nearly as long; an attacker's would fill the cache. */
const longestIss = 512

const checks = {
  resolve: aFunction,
  'maxTenants?': aCount(1, 1_000_000),
  'refreshAfter?': seconds(1, 86_400),
  'maxAge?': seconds(1, 2_592_000),
  'unknownFor?': seconds(1, 86_400),
  'algorithms?': someAlgorithms,
}
