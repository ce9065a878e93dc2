import { type AuthError, isAuthError, refusal } from '../errors.js'
import { type LoadBalancerClaims, type LoadBalancerOptions, loadBalancer } from '../issuers/load-balancer.js'
import { andThen } from '../maybe-promise.js'
import type { JwtClaims, TrustedIssuer, VerifiedToken, Verifier } from '../types.js'
import { promised, settled } from '../verifier/verdict.js'
import { createVerifier, type VerifierOptions } from '../verifier/verifier.js'
import { headerToken, type TokenSource } from './token-source.js'

/** The options of {@link behindLoadBalancer}. */
export interface BehindLoadBalancerOptions extends LoadBalancerOptions, Omit<VerifierOptions, 'issuers'> {
  /**
   * Whose access tokens the load balancer passes on in `x-amzn-oidc-accesstoken`, such as `userPool({ userPoolId, clientId })`. Makes that
   * header required, and brings the groups and scopes of the user, who must be the one of the data token. Default: that header is ignored.
   */
  readonly accessToken?: TrustedIssuer
}

/** What {@link createGuard} takes to guard an application behind a load balancer. */
export interface BehindLoadBalancer {
  readonly verifier: Verifier<LoadBalancerClaims>
  readonly token: TokenSource
}

/**
 * Returns the verifier and the token source of an application behind an Application Load Balancer that authenticates users.
 * A request is one user's: `x-amzn-oidc-data`, and with `accessToken` also `x-amzn-oidc-accesstoken`, verified by itself. Then the
 * principal is that of the access token, and the claims are those of both; where both have one, it is the access token's.
 *
 * Where the listener lets unauthenticated requests through, they carry none of the headers: see {@link allowAnonymous}.
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
  if (!accessToken) return { verifier: data, token: dataToken }
  return {
    verifier: both(data, createVerifier({ ...shared, issuers: [accessToken] })),
    token: pairOf(dataToken, headerToken('x-amzn-oidc-accesstoken')),
  }
}

/** Both tokens as one text. A token has no space in it. */
function pairOf(dataToken: TokenSource, accessToken: TokenSource): TokenSource {
  return request => {
    const data = dataToken(request)
    const access = accessToken(request)
    if (data === undefined && access === undefined) return undefined
    // A load balancer sends both or none.
    if (data === undefined || access === undefined) throw refusal('ERR_REQUEST_INVALID')
    return `${data} ${access}`
  }
}

/** Verifies both, and lets one speak for the other only if they are of one user. */
function both(data: Verifier<LoadBalancerClaims>, access: Verifier): Verifier<LoadBalancerClaims> {
  const check = (pair: string) => {
    const [dataToken, accessToken] = partsOf(pair)
    return andThen(data.check(dataToken), ofData =>
      isAuthError(ofData)
        ? ofData
        : andThen(access.check(accessToken), ofAccess =>
            isAuthError(ofAccess) ? ofAccess : ofOneUser(ofData, ofAccess),
          ),
    )
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
  const claims: JwtClaims = { ...data.claims, ...access.claims, exp: expiresAt }
  return Object.freeze({
    header: data.header,
    claims: Object.freeze(claims as LoadBalancerClaims),
    principal: Object.freeze({ ...access.principal, ...(provider && { provider }), expiresAt }),
    ...(access.revokedBy && { revokedBy: access.revokedBy }),
  })
}

const otherUser =
  'x-amzn-oidc-data and x-amzn-oidc-accesstoken are of two users: only a load balancer may set these headers.'
