import { type AuthError, asRefusal, isAuthError, refusal } from '../../errors.js'
import type { TokenSource } from '../../guard/token-source.js'
import { identityPool } from '../../issuers/identity-pool.js'
import { loadBalancer } from '../../issuers/load-balancer.js'
import { userPool } from '../../issuers/user-pool.js'
import type { Fetch, KeySetEvent } from '../../jwks/jwks.js'
import { hasRegisteredClaims, refusedAt } from '../../token/claims.js'
import { malformed, parseClaims, parseHeader, splitJws } from '../../token/jws.js'
import type { RequestView, TrustedIssuer } from '../../types.js'
import { createVerifier } from '../../verifier/verifier.js'
import { decode } from './decode.js'
import { isSignedByAws } from './kind.js'
import type { InspectOptions } from './types.js'

/** An API to try a request on. */
export interface Api {
  /** Resolves to the error that it refuses a request with; to `undefined` when it accepts the request. */
  readonly refusal: (request: RequestView, source: TokenSource) => Promise<AuthError | undefined>
  /** As configured, or the default. */
  readonly tolerance: number
  /** Empty when nothing is configured: then no token is accepted. */
  readonly issuers: readonly Configured[]
  readonly close: () => void
}

/** An issuer of the configuration. */
export interface Configured {
  readonly issuer: TrustedIssuer
  readonly isUserPool: boolean
}

/** Returns an API as the options configure it: the library's own verifier. */
export function apiOf(options: InspectOptions, now: number, onEvent: (event: KeySetEvent) => void): Api {
  const { clockTolerance: tolerance = 5 } = options
  const issuers = issuersOf(options, onEvent)
  if (issuers.length === 0)
    return { issuers, tolerance, refusal: formalRefusal(now, tolerance), close: () => {} }
  const verifier = createVerifier({
    issuers: issuers.map(({ issuer }) => issuer),
    clockTolerance: tolerance,
    clock: { now: () => now * 1_000 },
    cache: false,
  })
  return {
    issuers,
    tolerance,
    // Not through a guard: its policy refuses guests, although their tokens are valid.
    refusal: async (request, source) => {
      const token = tokenIn(request, source)
      if (isAuthError(token)) return token
      const verdict = await verifier.check(token)
      return isAuthError(verdict) ? verdict : undefined
    },
    close: verifier.close,
  }
}

function issuersOf(options: InspectOptions, onEvent: (event: KeySetEvent) => void): Configured[] {
  const { userPool: pool, identityPool: identities, loadBalancer: balancer, network } = options
  const keysOf = (jwks: unknown) =>
    network ? { onEvent } : { onEvent, ...(jwks ? { offline: true } : { fetch: noFetch }) }
  return [
    ...(pool ? [{ issuer: userPool({ ...pool, ...keysOf(pool.jwks) }), isUserPool: true }] : []),
    ...(identities
      ? [{ issuer: identityPool({ ...identities, ...keysOf(identities.jwks) }), isUserPool: false }]
      : []),
    ...(balancer ? [{ issuer: loadBalancer({ ...balancer, ...keysOf(undefined) }), isUserPool: false }] : []),
  ]
}

function tokenIn(request: RequestView, source: TokenSource): string | AuthError {
  try {
    return source(request) ?? refusal('ERR_TOKEN_MISSING')
  } catch (error) {
    return asRefusal(error)
  }
}

const noFetch: Fetch = async () => {
  throw new Error('not to be fetched')
}

/** The steps of the verifier that need no configuration: what fails here fails with any. */
const formalRefusal =
  (now: number, tolerance: number): Api['refusal'] =>
  async (request, source) => {
    const token = tokenIn(request, source)
    if (isAuthError(token)) return token
    // Load balancers sign padded parts, and say in the header when they expire.
    const parts = splitJws(token, isSignedByAws(decode(token)))
    const header = parts && parseHeader(parts.header)
    if (!header) return malformed(token, parts)
    const parsed = parseClaims(parts, header)
    if (typeof parsed !== 'object') return malformed(token, parts, parsed)
    const claims = Object.assign({ exp: Number(header.exp) }, parsed)
    if (!hasRegisteredClaims(claims)) return refusal('ERR_TOKEN_CLAIM')
    const late = refusedAt(claims, now * 1_000, tolerance)
    return late && refusal(late)
  }
