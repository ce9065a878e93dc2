import { type AuthError, asRefusal, isAuthError, refusal } from '../errors.js'
import { andThen } from '../maybe-promise.js'
import { hasOwn } from '../runtime.js'
import type { JwsParts } from '../token/jws.js'
import type { Algorithm, JwsHeader, JwtClaims, MaybePromise, TrustedIssuer } from '../types.js'

/** Returns a lookup of issuers by `iss`. Several may share one: a pool with two clients, a pool and the load balancer in front of it. */
export function finder(issuers: readonly TrustedIssuer[]) {
  const listed = new Map<unknown, TrustedIssuer[]>()
  for (const issuer of issuers) {
    for (const iss of issuer.issuers) listed.set(iss, [...(listed.get(iss) ?? []), issuer])
  }
  const directories = issuers.filter(issuer => issuer.find) as readonly Required<
    Pick<TrustedIssuer, 'find'>
  >[]

  return function find(iss: unknown, now: number, tried = 0): MaybePromise<readonly TrustedIssuer[]> {
    const known = listed.get(iss)
    const directory = directories[tried]
    if (known || !directory || typeof iss !== 'string') return known ?? []
    return andThen(directory.find(iss, now), found => (found ? [found] : find(iss, now, tried + 1)))
  }
}

/** Load balancers name the issuer in the header. The claim comes first: a header must not override a wrong claim. */
export const claimedIssuer = (header: JwsHeader, claims: JwtClaims): unknown =>
  claims.iss === undefined ? header.iss : claims.iss

/** Returns the first issuer that accepts the token, with its typed claims; else the refusal of the one that came closest. */
export function select(
  candidates: readonly TrustedIssuer[],
  { isPadded }: JwsParts,
  header: JwsHeader,
  unverified: JwtClaims,
): Selected | AuthError {
  let closest: AuthError | undefined
  for (const issuer of candidates) {
    if (!issuer.algorithms.includes(header.alg as Algorithm)) continue
    const selected = validated(issuer, isPadded, header, unverified)
    if (!isAuthError(selected)) return selected
    if (!closest || closest.code === 'ERR_TOKEN_USE' || selected.code === 'ERR_TOKEN_BOUND')
      closest = selected
  }
  return closest ?? refusal(candidates.length > 0 ? 'ERR_TOKEN_ALGORITHM' : 'ERR_TOKEN_ISSUER')
}

/**
 * Whether a token says that its sender must prove something (RFC 7800 section 3), whatever that is: no proof is checked here, and without
 * one a stolen token would be as good as any (RFC 9449 section 7.2, RFC 8705 section 3).
 */
export const isBound = ({ insecureIgnoreConfirmation }: TrustedIssuer, claims: JwtClaims): boolean =>
  hasOwn(claims, 'cnf') && insecureIgnoreConfirmation !== true

/** An issuer that accepts a token, and its typed claims. */
export interface Selected {
  readonly issuer: TrustedIssuer
  readonly claims: JwtClaims
  /** What code of the application threw at the claims, to be thrown once the token is genuine: no stranger can cause a fault. */
  readonly fault?: { readonly thrown: unknown }
}

function validated(
  issuer: TrustedIssuer,
  isPadded: boolean,
  header: JwsHeader,
  unverified: JwtClaims,
): Selected | AuthError {
  // A token has one spelling: an issuer signs with padding or without.
  if (isPadded ? !issuer.padding : issuer.padding === 'required') return refusal('ERR_TOKEN_MALFORMED')
  try {
    const claims = issuer.validate(header, unverified)
    if (claims.iss !== claimedIssuer(header, unverified)) return refusal('ERR_TOKEN_ISSUER')
    return isBound(issuer, unverified) ? refusal('ERR_TOKEN_BOUND') : { issuer, claims }
  } catch (thrown) {
    // Without an `iss` of its own the claims are not complete: the issuer would have added what the header has.
    if (isAuthError(thrown) || unverified.iss === undefined) return asRefusal(thrown)
    return { issuer, claims: unverified, fault: { thrown } }
  }
}
