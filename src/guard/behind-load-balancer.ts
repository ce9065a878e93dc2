import { type AuthError, isAuthError, refusal } from '../errors.js'
import { type LoadBalancerClaims, type LoadBalancerOptions, loadBalancer } from '../issuers/load-balancer.js'
import { andThen } from '../maybe-promise.js'
import type { CheckDetails, JwtClaims, TrustedIssuer, VerifiedToken, Verifier } from '../types.js'
import { promised, settled } from '../verifier/verdict.js'
import { createVerifier, type VerifierOptions } from '../verifier/verifier.js'
import { namedSource } from './hints.js'
import { headerToken, type TokenSource } from './token-source.js'

/** The options of {@link behindLoadBalancer}. */
export interface BehindLoadBalancerOptions extends LoadBalancerOptions, Omit<VerifierOptions, 'issuers'> {
  /**
   * The issuer of the access tokens in `x-amzn-oidc-accesstoken`, such as `userPool({ userPoolId, clientId })`. Makes that header required,
   * and adds its groups and scopes. It must list `issuer`, and its subject must be that of the data token: an equal subject of another issuer
   * may be another user. Default: that header is ignored.
   */
  readonly accessToken?: TrustedIssuer
}

/** The options of {@link createGuard} for an application behind a load balancer. */
export interface BehindLoadBalancer {
  /** Checks the load balancer's data, and the access token. */
  readonly verifier: Verifier<LoadBalancerClaims>
  /** Reads `x-amzn-oidc-data`. */
  readonly token: TokenSource
}

/**
 * Returns the verifier and the token source of an application behind an Application Load Balancer that authenticates users.
 * The token is `x-amzn-oidc-data`. With `accessToken`, `x-amzn-oidc-accesstoken` is verified as well, and must have the same subject. Then
 * the principal is that of the access token, and the claims are those of both; where both have one, it is the access token's.
 *
 * Where the listener allows unauthenticated requests, they carry none of the headers: see {@link allowAnonymous}.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const guard = createGuard(behindLoadBalancer({ loadBalancerArn, issuer, clientId, accessToken: userPool({ userPoolId, clientId }) }))
 * app.get('/orders', protect(guard, inGroup('sales')), handler)
 */
export function behindLoadBalancer(options: BehindLoadBalancerOptions): BehindLoadBalancer {
  const given = Object(options) as BehindLoadBalancerOptions
  const { accessToken, clockTolerance, cache, revocations, clock, ...balancer } = given
  const shared = { clockTolerance, cache, revocations, clock } as Omit<VerifierOptions, 'issuers'>
  const data = createVerifier({ ...shared, issuers: [loadBalancer(balancer)] })
  const dataToken = headerToken('x-amzn-oidc-data')
  if (accessToken === undefined) return { verifier: data, token: dataToken }
  const access = createVerifier({ ...shared, issuers: [accessToken] })
  if (!accessToken.issuers.includes(given.issuer))
    throw new TypeError('behindLoadBalancer: accessToken is not of the issuer that users sign in with')
  return {
    verifier: both(data, access),
    token: pairOf(dataToken, headerToken('x-amzn-oidc-accesstoken')),
  }
}

/** Joins both tokens with a space, which no token contains. */
function pairOf(dataToken: TokenSource, accessToken: TokenSource): TokenSource {
  return namedSource(
    'the headers x-amzn-oidc-data and x-amzn-oidc-accesstoken of a load balancer',
    request => {
      const data = dataToken(request)
      const access = accessToken(request)
      if (data === undefined && access === undefined) return undefined
      // a load balancer sends both or none
      if (data === undefined || access === undefined) throw refusal('ERR_REQUEST_INVALID')
      return `${data} ${access}`
    },
  )
}

/** Verifies both, and merges them only if they have the same subject. */
function both(data: Verifier<LoadBalancerClaims>, access: Verifier): Verifier<LoadBalancerClaims> {
  const check = (pair: string, details?: CheckDetails) => {
    const [dataToken, accessToken] = partsOf(pair)
    return andThen(data.check(dataToken, details), ofData => {
      if (isAuthError(ofData)) return ofData
      const isCached = details?.cached
      return andThen(access.check(accessToken, details), ofAccess => {
        if (details?.cached) details.cached = isCached
        return isAuthError(ofAccess) ? ofAccess : ofOneUser(ofData, ofAccess)
      })
    })
  }
  return {
    clock: data.clock,
    check,
    verify: pair => promised(check, pair),
    verifySync(pair) {
      const [dataToken, accessToken] = partsOf(pair)
      return settled(ofOneUser(data.verifySync(dataToken), access.verifySync(accessToken)))
    },
    ready: () => access.ready(),
    health: () => [...data.health(), ...access.health()],
    close() {
      data.close()
      access.close()
    },
  }
}

function partsOf(pair: string): readonly [data: string, access: string] {
  const [data = '', ...access] = typeof pair === 'string' ? pair.split(' ') : []
  return [data, access.join(' ')]
}

function ofOneUser(
  data: VerifiedToken<LoadBalancerClaims>,
  access: VerifiedToken,
): VerifiedToken<LoadBalancerClaims> | AuthError {
  const { provider } = data.principal
  if (data.principal.subject !== access.principal.subject) return refusal('ERR_TOKEN_CLAIM', otherUser)
  const expiresAt = Math.min(data.claims.exp, access.claims.exp)
  // The access token's `exp`, like its other claims: a revocation has to last as long as it does.
  const claims: JwtClaims = { ...data.claims, ...access.claims }
  return Object.freeze({
    header: data.header,
    claims: Object.freeze(claims as LoadBalancerClaims),
    principal: Object.freeze({ ...access.principal, ...(provider && { provider }), expiresAt }),
    ...(access.revokedBy && { revokedBy: access.revokedBy }),
  })
}

const otherUser =
  'x-amzn-oidc-data and x-amzn-oidc-accesstoken are of two users: only a load balancer may set these headers.'
