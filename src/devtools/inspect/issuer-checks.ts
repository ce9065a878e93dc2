import type { Algorithm, JwsHeader, JwtClaims, TrustedIssuer } from '../../types.js'
import { claimedIssuer, isBound } from '../../verifier/candidates.js'
import type { Configured } from './api.js'
import { type CheckContext, check, known, objectCheck, unreadable } from './checks.js'
import type { Decoded, Json } from './decode.js'
import { issuerFix } from './issuer-fix.js'
import { refusalOf } from './outcome.js'
import { either, poolChecks, unconfigured } from './pool-checks.js'
import type { Show } from './show.js'
import type { Check, InspectOptions } from './types.js'

/** The checks of a token's issuer, and their result. */
interface IssuerChecks {
  readonly checks: readonly Check[]
  /** The issuer that the token names, when it is configured and signs like this. */
  readonly issuer: TrustedIssuer | undefined
  /** The claims as the issuer returns them, or as they are in the token when it refuses them. */
  readonly claims: Json | undefined
}

/** Returns the checks from the algorithm to those of the issuer itself, in the order of the verifier. */
export function issuerChecks(
  token: string,
  decoded: Decoded,
  issuers: readonly Configured[],
  options: InspectOptions,
  context: CheckContext,
): IssuerChecks {
  // Over 40 lines: a flat list of checks, each with its texts.
  const { header, claims } = decoded
  const { show } = context
  const alg = header?.alg as Algorithm
  const iss = claims && claimedIssuer((header ?? {}) as JwsHeader, claims as unknown as JwtClaims)
  const algorithms = [...new Set(issuers.flatMap(({ issuer }) => issuer.algorithms))]
  const named = issuers.filter(({ issuer }) => issuer.issuers.includes(iss as string))
  const own = named.find(({ issuer }) => issuer.algorithms.includes(alg))
  const isConfigured = issuers.length > 0
  const common = [
    check(
      'algorithm',
      isConfigured && header ? algorithms.includes(alg) : undefined,
      isConfigured ? algorithms.join(' or ') : unconfigured,
      header ? known(alg, show) : unreadable,
      'ERR_TOKEN_ALGORITHM',
      'No configured issuer signs like this: take the access token that Cognito gives to the app.',
    ),
    objectCheck('claims', claims),
    check(
      'issuer',
      isConfigured && claims ? named.length > 0 : undefined,
      isConfigured
        ? either(
            issuers.flatMap(({ issuer }) => issuer.issuers),
            show,
          )
        : unconfigured,
      claims ? show(iss) : unreadable,
      'ERR_TOKEN_ISSUER',
      issuerFix(iss, options, show),
    ),
    ...(own || named.length === 0 ? [] : [ofOtherAlgorithm(named, alg, show)]),
    ...(own?.issuer.padding === 'required' ? [paddingCheck(token)] : []),
  ]
  const bound = own && claims && isBound(own.issuer, claims as unknown as JwtClaims) ? [boundCheck] : []
  if (!own || own.isUserPool)
    return {
      checks: [...common, ...poolChecks(decoded, options.userPool, context), ...bound],
      issuer: own?.issuer,
      claims,
    }
  const { issuer } = own
  let validated = claims
  const refusal = refusalOf(() => {
    validated = issuer.validate(header as JwsHeader, claims as unknown as JwtClaims)
  })
  const its = check(
    'checks of the issuer',
    refusal === undefined,
    'signer, client, audience and claims as configured',
    refusal?.message ?? 'as expected',
    refusal?.code ?? 'ERR_TOKEN_CLAIM',
    refusal?.hint,
  )
  return { checks: [...common, its, ...bound], issuer, claims: validated }
}

const ofOtherAlgorithm = (named: readonly Configured[], alg: string, show: Show) =>
  check(
    'algorithm of the issuer',
    false,
    either(
      named.flatMap(({ issuer }) => issuer.algorithms),
      String,
    ),
    known(alg, show),
    'ERR_TOKEN_ALGORITHM',
  )

/** A token has one spelling: load balancers sign with padding. A padded one of another issuer is repaired before this check. */
const paddingCheck = (token: string) =>
  check('padding', token.includes('='), 'some', token.includes('=') ? 'some' : 'none', 'ERR_TOKEN_MALFORMED')

const boundCheck = check('binding', false, 'no cnf', 'cnf', 'ERR_TOKEN_BOUND')
