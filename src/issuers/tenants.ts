// Over 150 lines: a third of it documents the options.
import { LRUCache } from 'lru-cache'
import { AuthError, isAuthError, refusal } from '../errors.js'
import { tokenBucket } from '../jwks/token-bucket.js'
import { andThen, isPending, later } from '../maybe-promise.js'
import { aCount, aFunction, aName, checkOptions, listOf, seconds, someAlgorithms } from '../options.js'
import type {
  Algorithm,
  JwtClaims,
  KeyResolver,
  MaybePromise,
  TrustedIssuer,
  VerificationKey,
} from '../types.js'

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
  /**
   * Whether an `iss` may be a tenant's: called before the resolver and synchronous, so that a made-up `iss` costs no database query. Such as
   * `iss => iss.startsWith('https://cognito-idp.eu-west-1.')`. What it throws, or returns that is no boolean, is a fault. Default: any may be.
   */
  readonly accepts?: (iss: string) => boolean
  /** The accepted algorithms of all tenants. Default `'RS256'`: user pools. */
  readonly algorithms?: Algorithm | readonly Algorithm[]
  /**
   * What decisions call all of them, in place of the `name` of each, so that no metric has as many labels as there are tenants. 1 to 64 printable
   * ASCII characters. What happens to the keys of a tenant is reported with its issuer's `name`. Default `'tenants'`.
   */
  readonly name?: string
}

/**
 * Returns one trusted issuer for many, where they are too many to list or come and go: those that a resolver finds.
 *
 * An issuer is resolved once and cached; a new one replaces it when its keys are loaded. When a tenant is changed or removed, its cached tokens
 * are verified afresh or refused. No keys are fetched for an unknown `iss`. A resolver that fails is an outage (503), not a refusal. Calls that find
 * nobody, which anybody can cause, have a limit: 100, and one more every 100 ms. Beyond it, and while 100 calls are pending, an `iss` that is not
 * cached is answered 503; cached tenants are served and refreshed all the same.
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
  const {
    maxTenants = 10_000,
    refreshAfter = 300,
    maxAge = 86_400,
    unknownFor = 60,
    accepts,
    name = 'tenants',
  } = options
  if (maxAge < refreshAfter) throw new TypeError('tenants: maxAge must be at least refreshAfter')
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const known = new LRUCache<string, Tenant<C>>({ max: maxTenants })
  const unknownUntil = new LRUCache<string, number>({ max: maxTenants })
  const inFlight = new Map<string, Promise<Tenant<C> | undefined>>()
  const time = forward()
  const budget = tokenBucket(100, [100])
  const wait = Math.max(refreshAfter * 1_000, retryAfter)

  function tenantOf(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const tenant = known.get(iss)
    if (tenant && isUntil(tenant.due, now, wait)) return tenant
    if (tenant && now < tenant.end) {
      tenant.due = now + retryAfter
      tenant.end = Math.min(tenant.end, now + maxAge * 1_000)
      new Promise(done => done(resolveOnce(iss, now))).catch(() => {})
      return tenant
    }
    const isUnknown = isUntil(unknownUntil.get(iss) ?? 0, now, unknownFor * 1_000)
    return iss.length > longestIss || isUnknown ? undefined : resolveOnce(iss, now)
  }

  /** One call of the resolver at a time per issuer, shared by all callers. */
  function resolveOnce(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const pending = inFlight.get(iss)
    if (pending) return pending
    if (!isAccepted(iss)) {
      known.delete(iss)
      return undefined
    }
    // tokens with made-up issuers must not prevent the refresh of a tenant, which may have been removed
    if (!known.has(iss) && (inFlight.size >= maxInFlight || !budget.take(time(now))))
      throw refusal('ERR_KEYS_UNAVAILABLE', tooManyHint)
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
    if (!old) budget.giveBack()
    const isReplaced = old && old.issuer !== issuer && now < old.end
    return andThen(isReplaced ? issuer.keys.ready?.(now) : undefined, () => store(iss, issuer, now))
  }

  function store(iss: string, issuer: TrustedIssuer<C>, now: number): Tenant<C> {
    const withCurrentKeys = Object.create(issuer, {
      keys: { value: keysFor(issuer) },
      name: { value: name },
    }) as TrustedIssuer<C>
    const tenant = { issuer, withCurrentKeys, due: now + refreshAfter * 1_000, end: now + maxAge * 1_000 }
    known.set(iss, tenant)
    return tenant
  }

  /**
   * The keys of the tenant's current issuer, also for tokens that were verified with an `earlier` one. A cached token is verified afresh where its key
   * is another object, so the keys of a changed issuer are other objects even where they are the same keys.
   */
  function keysFor(earlier?: TrustedIssuer<C>): KeyResolver {
    const keyOf: KeyResolver = (kid, algorithm, now, iss = '') => {
      const tenant = tenantOf(iss, now)
      return isPending(tenant)
        ? later(tenant, keyIn, kid, algorithm, now, iss, earlier)
        : keyIn(tenant, kid, algorithm, now, iss, earlier)
    }
    return Object.assign(keyOf, {
      loaded: (kid: string | undefined, algorithm: Algorithm, now: number, iss = '') =>
        known.get(iss)?.issuer.keys.loaded?.(kid, algorithm, now, iss),
      suspect: (kid: string | undefined, now: number, iss = '') =>
        known.get(iss)?.issuer.keys.suspect?.(kid, now, iss),
      close: () => known.forEach(({ issuer }) => issuer.keys.close?.()),
    })
  }

  function isAccepted(iss: string): boolean {
    const answer: unknown = accepts ? accepts(iss) : true
    if (typeof answer !== 'boolean') throw new TypeError('tenants: accepts must return true or false')
    return answer
  }

  return {
    name,
    issuers: [],
    algorithms,
    keys: keysFor(),
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
  end: number
}

function keyIn<C extends JwtClaims>(
  tenant: Tenant<C> | undefined,
  kid: string | undefined,
  algorithm: Algorithm,
  now: number,
  iss: string,
  earlier: TrustedIssuer<C> | undefined,
): MaybePromise<VerificationKey | undefined> {
  if (!tenant) throw refusal('ERR_TOKEN_ISSUER')
  const key = tenant.issuer.keys(kid, algorithm, now, iss)
  return !earlier || earlier === tenant.issuer ? key : andThen(key, twin)
}

/** Another key that verifies the same. */
const twin = (key: VerificationKey | undefined): VerificationKey | undefined =>
  key && {
    algorithm: key.algorithm,
    verify: (input, signature, canWait) => key.verify(input, signature, canWait),
  }

/**
 * Whether it is before the end of a time that lasts so long. What ends later than that was noted by a clock that has been set back since: it
 * is over, lest a tenant that was removed stay for as long as the clock was ahead. Calls overtake each other, hence the margin.
 */
const isUntil = (end: number, now: number, length: number) => now < end && end - now <= length + margin

/** What the resolver says; its failure is an outage. */
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

/** Returns a time that goes on with a clock, and stands still while that goes back. */
function forward(): (now: number) => number {
  let time = 0
  let last = 0
  return now => {
    time += Math.max(0, now - last)
    last = now
    return time
  }
}

const tooManyHint =
  'More tokens than usual name issuers that are not cached: with the option accepts, made-up ones do not reach the resolver.'

/** In milliseconds. */
const retryAfter = 10_000
const margin = 60_000

const maxInFlight = 100

/** In characters. No real one is nearly as long; an attacker's would fill the cache. */
const longestIss = 512

const checks = {
  resolve: aFunction,
  'maxTenants?': aCount(1, 1_000_000),
  'refreshAfter?': seconds(1, 86_400),
  'maxAge?': seconds(1, 2_592_000),
  'unknownFor?': seconds(1, 86_400),
  'accepts?': aFunction,
  'algorithms?': someAlgorithms,
  'name?': aName,
}
