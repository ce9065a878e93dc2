// Over 150 lines: a third of it documents the options.
import { LRUCache } from 'lru-cache'
import { AuthError, isAuthError, refusal } from '../errors.js'
import { tokenBucket } from '../jwks/token-bucket.js'
import { andThen, isPending, later } from '../maybe-promise.js'
import { aCount, aFunction, checkOptions, listOf, seconds, someAlgorithms } from '../options.js'
import type {
  Algorithm,
  JwtClaims,
  KeyResolver,
  MaybePromise,
  TrustedIssuer,
  VerificationKey,
} from '../types.js'

/**
 * Finds the issuer whose `iss` is exactly this one, or nobody. The text comes from a token that is not verified: look it up among those
 * you trust, never build a URL or an issuer from it. Where the answer has not changed, the same value may be returned.
 */
export type TenantResolver<C extends JwtClaims = JwtClaims> = (
  iss: string,
) => MaybePromise<TrustedIssuer<C> | undefined>

/** The options of {@link tenants}. */
export interface TenantsOptions {
  /** How many tenants are remembered, and as many unknown ones; the least recently used goes first. Default 10,000. */
  readonly maxTenants?: number
  /** Seconds after which the resolver is asked again, in the background. Default 300. */
  readonly refreshAfter?: number
  /** Seconds for which a tenant is remembered while the resolver fails. Default 86,400: a day. */
  readonly maxAge?: number
  /** Seconds for which it is remembered that nobody has an `iss`. Default 60. */
  readonly unknownFor?: number
  /**
   * Whether an `iss` may be a tenant's: asked before the resolver is, and at once, so that a made-up one costs no question to a database. Such as
   * `iss => userPoolIssuers.test(iss)`. What it throws, or returns that is no boolean, is a fault. Default: any may be.
   */
  readonly accepts?: (iss: string) => boolean
  /** What the tenants sign with. Default `'RS256'`: user pools. */
  readonly algorithms?: Algorithm | readonly Algorithm[]
}

/**
 * Returns a value that stands for issuers that are too many to list, or come and go: those that a resolver knows.
 *
 * An issuer is found once and remembered; a new answer takes its place when its keys are there. What is verified already ends
 * with its tenant. Nobody is asked for keys of an unknown `iss`. A resolver that fails is an outage (503), not a refusal.
 * Unknown `iss` values, which anybody can make up, share a budget of 100 questions and one more every 100 ms; a question whose answer is a tenant
 * costs nothing. Beyond it, and while 100 answers are awaited, the answer is 503 for an `iss` that is not cached; tenants that are stay served.
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
  // Over 40 lines: its functions share what is known, and nothing else does.
  checkOptions('tenants', { resolve, ...options }, checks)
  const { maxTenants = 10_000, refreshAfter = 300, maxAge = 86_400, unknownFor = 60, accepts } = options
  if (maxAge < refreshAfter) throw new TypeError('tenants: maxAge must be at least refreshAfter')
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const known = new LRUCache<string, Tenant<C>>({ max: maxTenants })
  const unknownUntil = new LRUCache<string, number>({ max: maxTenants })
  const flights = new Map<string, Promise<Tenant<C> | undefined>>()
  const time = forward()
  const budget = tokenBucket(100, [100])

  function tenantOf(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const tenant = known.get(iss)
    if (tenant && now < tenant.due) return tenant
    if (tenant && now < tenant.end) {
      tenant.due = now + retryAfter
      new Promise(done => done(ask(iss, now))).catch(() => {})
      return tenant
    }
    return iss.length > longestIss || now < (unknownUntil.get(iss) ?? 0) ? undefined : ask(iss, now)
  }

  /** One question at a time about an issuer, for all who wait. */
  function ask(iss: string, now: number): MaybePromise<Tenant<C> | undefined> {
    const flight = flights.get(iss)
    if (flight) return flight
    if (!isAccepted(iss)) {
      known.delete(iss)
      return undefined
    }
    // A flood of unknown issuers must not keep a tenant who has left cached.
    if (!known.has(iss) && (flights.size >= maxFlights || !budget.take(time(now))))
      throw refusal('ERR_KEYS_UNAVAILABLE', tooManyHint)
    const answer = andThen(answerOf(resolve, iss), issuer => settle(iss, issuer, now))
    if (!isPending(answer)) return answer
    const asked = answer.finally(() => flights.delete(iss))
    flights.set(iss, asked)
    return asked
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
    return andThen(isReplaced ? issuer.keys.ready?.(now) : undefined, () => remember(iss, issuer, now))
  }

  function remember(iss: string, issuer: TrustedIssuer<C>, now: number): Tenant<C> {
    const lent = Object.create(issuer, { keys: { value: keysFor(issuer) } }) as TrustedIssuer<C>
    const tenant = { issuer, lent, due: now + refreshAfter * 1_000, end: now + maxAge * 1_000 }
    known.set(iss, tenant)
    return tenant
  }

  /**
   * The keys of a tenant as it is now, also for tokens that were verified when it was `asked`. Those are verified afresh where the key is another, so
   * a tenant that has changed has other keys than before even where it has the same.
   */
  function keysFor(asked?: TrustedIssuer<C>): KeyResolver {
    const keyOf: KeyResolver = (kid, algorithm, now, iss = '') => {
      const tenant = tenantOf(iss, now)
      return isPending(tenant)
        ? later(tenant, keyIn, kid, algorithm, now, iss, asked)
        : keyIn(tenant, kid, algorithm, now, iss, asked)
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
    issuers: [],
    algorithms,
    keys: keysFor(),
    find: (iss, now) => andThen(tenantOf(iss, now), tenant => tenant?.lent),
    validate() {
      throw refusal('ERR_TOKEN_ISSUER')
    },
  }
}

/** A tenant that is known. Times are in milliseconds. */
interface Tenant<C extends JwtClaims> {
  readonly issuer: TrustedIssuer<C>
  /** The issuer, with the keys of whoever the tenant is when they are asked for. */
  readonly lent: TrustedIssuer<C>
  /** When the resolver is asked again. */
  due: number
  /** When it is not a tenant any more unless the resolver says so. */
  readonly end: number
}

function keyIn<C extends JwtClaims>(
  tenant: Tenant<C> | undefined,
  kid: string | undefined,
  algorithm: Algorithm,
  now: number,
  iss: string,
  asked: TrustedIssuer<C> | undefined,
): MaybePromise<VerificationKey | undefined> {
  if (!tenant) throw refusal('ERR_TOKEN_ISSUER')
  const key = tenant.issuer.keys(kid, algorithm, now, iss)
  return !asked || asked === tenant.issuer ? key : andThen(key, twin)
}

/** Another key that verifies the same. */
const twin = (key: VerificationKey | undefined): VerificationKey | undefined =>
  key && {
    algorithm: key.algorithm,
    verify: (input, signature, canWait) => key.verify(input, signature, canWait),
  }

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
  'More unknown issuers were asked about than is usual: the option accepts of tenants keeps made-up ones from the resolver.'

/** In milliseconds. */
const retryAfter = 10_000
const maxFlights = 100

/** In characters. Nobody's is nearly as long; strangers' would fill the memory. */
const longestIss = 512

const checks = {
  resolve: aFunction,
  'maxTenants?': aCount(1, 1_000_000),
  'refreshAfter?': seconds(1, 86_400),
  'maxAge?': seconds(1, 2_592_000),
  'unknownFor?': seconds(1, 86_400),
  'accepts?': aFunction,
  'algorithms?': someAlgorithms,
}
