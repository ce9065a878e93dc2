// Over 150 lines: a third of it documents the options.
import { LRUCache } from 'lru-cache'
import { AuthError, isAuthError, refusal } from '../errors.js'
import { andThen, isPending } from '../maybe-promise.js'
import { aCount, aFunction, checkOptions, listOf, seconds, someAlgorithms } from '../options.js'
import type { Algorithm, JwtClaims, KeyResolver, MaybePromise, TrustedIssuer } from '../types.js'

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
  /** What the tenants sign with. Default `'RS256'`: user pools. */
  readonly algorithms?: Algorithm | readonly Algorithm[]
}

/**
 * Returns a value that stands for issuers that are too many to list, or come and go: those that a resolver knows.
 *
 * An issuer is found once and remembered; a new answer takes its place when its keys are there. What is verified already ends
 * with its tenant. Nobody is asked for keys of an unknown `iss`. A resolver that fails is an outage (503), not a refusal; no more is asked
 * about who is not remembered while 100 answers are awaited.
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
  const { maxTenants = 10_000, refreshAfter = 300, maxAge = 86_400, unknownFor = 60 } = options
  if (maxAge < refreshAfter) throw new TypeError('tenants: maxAge must be at least refreshAfter')
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const known = new LRUCache<string, Tenant<C>>({ max: maxTenants })
  const unknownUntil = new LRUCache<string, number>({ max: maxTenants })
  const flights = new Map<string, Promise<Tenant<C> | undefined>>()

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
    // strangers who are many must not keep a tenant who has left remembered
    if (flights.size >= maxFlights && !known.has(iss)) throw new AuthError('ERR_KEYS_UNAVAILABLE')
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
    const isReplaced = old && old.issuer !== issuer && now < old.end
    return andThen(isReplaced ? issuer.keys.ready?.(now) : undefined, () => remember(iss, issuer, now))
  }

  function remember(iss: string, issuer: TrustedIssuer<C>, now: number): Tenant<C> {
    const lent = Object.create(issuer, { keys: { value: keys } }) as TrustedIssuer<C>
    const tenant = { issuer, lent, due: now + refreshAfter * 1_000, end: now + maxAge * 1_000 }
    known.set(iss, tenant)
    return tenant
  }

  /** Of a tenant as it is now, also for tokens that were verified when it was another. */
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
  'algorithms?': someAlgorithms,
}
