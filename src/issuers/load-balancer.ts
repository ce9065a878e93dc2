import { refusal } from '../errors.js'
import { aFunction, aString, checkOptions, listOf, oneOrMore } from '../options.js'
import { isText } from '../token/claims.js'
import { parseJson } from '../token/json.js'
import type { JwsHeader, JwtClaims, Principal, TrustedIssuer } from '../types.js'
import {
  type Arn,
  arnsOf,
  type FrontDoorOptions,
  frontDoorChecks,
  publicKeys,
  signedClaims,
} from './front-door.js'
import { type GroupsFrom, groupsBy } from './groups.js'
import { providerOf } from './principal.js'

/** The claims in `x-amzn-oidc-data`: those of the issuer's user info. A user pool's has no groups and no scopes. */
export interface LoadBalancerClaims extends JwtClaims {
  /** The user's ID at the issuer. */
  readonly sub: string
  /** The user's name at the issuer. */
  readonly username?: string
  /** The user's address. */
  readonly email?: string
}

/** The options of {@link loadBalancer}. */
export interface LoadBalancerOptions extends FrontDoorOptions {
  /** The trusted Application Load Balancers. All in a Region share keys: only the ARN tells yours from those of other accounts. */
  readonly loadBalancerArn: string | readonly string[]
  /** The issuer that the listener's rule signs users in with, exactly: `https://cognito-idp.<region>.amazonaws.com/<pool ID>` for a user pool. */
  readonly issuer: string
  /** The app clients in the listener's rules. */
  readonly clientId: string | readonly string[]
  /** Where groups are, for issuers that name them in their user info. Default: no groups. */
  readonly groupsFrom?: GroupsFrom
}

/**
 * Returns an Application Load Balancer that authenticates users as a trusted issuer: of the tokens in `x-amzn-oidc-data`, ES256.
 * Signer, client, issuer and expiry are in the header; all are checked before a key is fetched. Ignores `x-amzn-oidc-identity`,
 * which is not signed. See {@link behindLoadBalancer} for groups and scopes.
 *
 * The application must be reachable through the load balancer only: let its security group admit nothing else.
 *
 * Source: Application Load Balancers guide, "Authenticate users using an Application Load Balancer".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const verifier = createVerifier({ issuers: [loadBalancer({ loadBalancerArn, issuer, clientId })] })
 * const guard = createGuard({ verifier, token: headerToken('x-amzn-oidc-data') })
 */
export function loadBalancer(options: LoadBalancerOptions): TrustedIssuer<LoadBalancerClaims> {
  checkOptions('loadBalancer', options, {
    ...frontDoorChecks(options),
    loadBalancerArn: arnsOf(arn, options),
    clientId: oneOrMore(aString),
    'groupsFrom?': aFunction,
  })
  const { issuer, loadBalancerArn, groupsFrom } = options
  const signers = listOf(loadBalancerArn)
  const clients = listOf(options.clientId)
  return {
    name: options.name ?? 'loadBalancer',
    issuers: [issuer],
    algorithms: ['ES256'],
    padding: 'required',
    keys: publicKeys(loadBalancerArn, options, arn, 'ES256', 'loadBalancer'),
    validate(header, unverified) {
      const claims = signedClaims(header, unverified, { signers, issuer })
      if (!clients.includes(header.client as string)) throw refusal('ERR_TOKEN_CLIENT')
      const { sub, username } = claims
      if (!isText(sub) || (username !== undefined && typeof username !== 'string'))
        throw refusal('ERR_TOKEN_CLAIM')
      return claims as LoadBalancerClaims
    },
    principal: (claims, header) => principalOf(claims, header, groupsFrom),
  }
}

function principalOf(
  claims: LoadBalancerClaims,
  { client }: JwsHeader,
  groupsFrom: GroupsFrom | undefined,
): Principal {
  const provider = providerOf(listIn(claims.identities))
  return {
    kind: 'user',
    subject: claims.sub,
    issuer: claims.iss,
    clientId: client as string,
    ...(claims.username !== undefined && { username: claims.username }),
    groups: groupsBy(groupsFrom, claims),
    scopes: [],
    ...(provider && { provider }),
    expiresAt: claims.exp,
  }
}

/** The user info endpoint returns the list as JSON text. */
const listIn = (identities: unknown): unknown =>
  typeof identities === 'string' ? parseJson(identities) : identities

const arn: Arn = {
  pattern:
    /^arn:aws[a-z-]*:elasticloadbalancing:[a-z]+(?:-[a-z]+)+-\d+:\d{12}:loadbalancer\/app\/[\w-]+\/[0-9a-f]+$/,
  example: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/my-app/0123456789abcdef',
  keysUrl(partition, region) {
    if (partition === 'aws') return `https://public-keys.auth.elb.${region}.amazonaws.com`
    if (partition === 'aws-us-gov')
      return `https://s3-${region}.amazonaws.com/aws-elb-public-keys-prod-${region}`
    return undefined
  },
}
