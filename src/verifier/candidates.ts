import { type AuthError, asRefusal, isAuthError, refusal } from '../errors.js'
import { andThen } from '../maybe-promise.js'
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
    if (!closest || closest.code === 'ERR_TOKEN_USE') closest = selected
  }
  return closest ?? refusal(candidates.length > 0 ? 'ERR_TOKEN_ALGORITHM' : 'ERR_TOKEN_ISSUER')
}

/** An issuer that accepts a token, and its typed claims. */
export interface Selected {
  readonly issuer: TrustedIssuer
  readonly claims: JwtClaims
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
    return claims.iss === claimedIssuer(header, unverified) ? { issuer, claims } : refusal('ERR_TOKEN_ISSUER')
  } catch (error) {
    return asRefusal(error)
  }
}
