// Over 150 lines: half of it documents public options and claims.
import { refusal } from '../errors.js'
import { type KeySetOptions, keySet, keySetOptionChecks, keyUrl } from '../jwks/jwks.js'
import { aString, checkOptions, listOf, type OptionCheck, oneOrMore, optionsIn } from '../options.js'
import type { Algorithm, JwtClaims, TrustedIssuer } from '../types.js'
import { validateAudience } from './oidc-provider.js'
import { scopesOf } from './principal.js'
import { callerOf, factsOf, isOfSts, isOfWorkload, isRole, serviceAccountOf } from './workload-names.js'

/** The claims of a workload's token: of STS, or of an EKS service account. Claims that are not named here are as they are signed. */
export interface AwsWorkloadClaims extends JwtClaims {
  /** The ARN of a role, a role's session or an IAM user; of EKS `system:serviceaccount:<namespace>:<name>`. */
  readonly sub: string
  /** Whom the token is meant for. */
  readonly aud: string | readonly string[]
  /** The scopes, separated by spaces; of STS only. */
  readonly scope?: string
  /** What STS knows of the caller (AWS IAM User Guide, "Understanding token claims"). `request_tags` are what the caller says of itself. */
  readonly 'https://sts.amazonaws.com/'?: {
    readonly aws_account?: string
    readonly principal_id?: string
    readonly org_id?: unknown
    readonly ou_path?: unknown
    readonly source_region?: unknown
    readonly principal_tags?: unknown
    readonly request_tags?: unknown
    readonly [claim: string]: unknown
  }
  /** What the cluster knows of the caller (Kubernetes, "Managing Service Accounts"). */
  readonly 'kubernetes.io'?: {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid?: unknown }
    readonly pod?: unknown
    readonly node?: unknown
    readonly [claim: string]: unknown
  }
}

/** The options of {@link awsWorkload}. */
export interface AwsWorkloadOptions extends KeySetOptions {
  /**
   * The exact `iss`: of an AWS account, `https://<uuid>.tokens.sts.global.api.aws` (`aws iam get-outbound-web-identity-federation-info`), or of
   * an EKS cluster, `https://oidc.eks.<region>.amazonaws.com/id/<ID>` (`aws eks describe-cluster`, `identity.oidc.issuer`).
   */
  readonly issuer: string
  /** The accepted `aud`: what callers name this API when they ask for a token. One of its own: the holder of a token can use it wherever its `aud` is accepted. */
  readonly audience: string | readonly string[]
  /** Where the key set is, for a proxy or a VPC endpoint. Default: `<issuer>/.well-known/jwks.json` of STS, `<issuer>/keys` of EKS. */
  readonly jwksUri?: string
  /** Seconds after which keys are fetched again, in the background. Default 300 for STS; 3,600 for EKS, which limits requests and rotates keys weekly. */
  readonly refreshAfter?: number
}

/**
 * Returns an AWS account or an EKS cluster as a trusted issuer of tokens of workloads, which need no secret to get one: of STS
 * `GetWebIdentityToken` (IAM outbound identity federation; RS256 or ES384), or of Kubernetes service accounts (projected volumes, IRSA; RS256).
 *
 * The principal is a `machine`, whose subject is `sub`; the tokens name neither a client ID nor a username. Scopes are those of `scope` (STS).
 * Refuses any other `sub`, such as that of STS with `SubjectMode: OriginIdentity`, which speaks for somebody else. Any workload of the account
 * or cluster may ask for a token with this `aud`, unless IAM forbids it: authorize with {@link byRole} or {@link byServiceAccount}.
 *
 * Source: AWS IAM User Guide, "Federating AWS identities to external services"; AWS STS API Reference, "GetWebIdentityToken"; Amazon EKS User
 * Guide, "Fetch signing keys to validate OIDC tokens".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const callers = awsWorkload({ issuer: 'https://a1b2c3d4-….tokens.sts.global.api.aws', audience: 'https://billing.example.com' })
 * const guard = createGuard({ verifier: createVerifier({ issuers: [callers] }), policy: byRole('arn:aws:iam::111122223333:role/orders') })
 */
export function awsWorkload(options: AwsWorkloadOptions): TrustedIssuer<AwsWorkloadClaims> {
  checkOptions('awsWorkload', options, {
    ...keySetOptionChecks,
    issuer: aWorkloadIssuer,
    audience: oneOrMore(aString),
    'jwksUri?': keyUrl(options),
  })
  const { issuer, jwksUri } = options
  const { path, algorithms, refreshAfter, validate } = isOfSts(issuer) ? sts : eks
  const audiences = listOf(options.audience)
  return {
    issuers: [issuer],
    algorithms,
    keys: keySet({
      ...optionsIn(options, keySetOptionChecks),
      refreshAfter: options.refreshAfter ?? refreshAfter,
      url: jwksUri ?? `${issuer}${path}`,
      algorithms,
      factory: 'awsWorkload',
    }),
    validate(_header, claims) {
      validateAudience(claims, audiences)
      if (claims.scope !== undefined && typeof claims.scope !== 'string') throw refusal('ERR_TOKEN_CLAIM')
      validate(claims)
      return claims as AwsWorkloadClaims
    },
    principal: ({ sub, iss, exp, scope }) => ({
      kind: 'machine',
      subject: sub,
      issuer: iss,
      groups: [],
      scopes: scopesOf(scope),
      expiresAt: exp,
    }),
  }
}

function validateSts(claims: JwtClaims): void {
  const { sub, 'https://sts.amazonaws.com/': facts = {} } = claims
  const caller = callerOf(sub)
  const { aws_account: account, principal_id: principal } = factsOf(claims)
  const isConsistent =
    caller !== undefined &&
    Object(facts) === facts &&
    !Array.isArray(facts) &&
    (account === undefined || account === caller.account) &&
    // Names of roles are unique in an account, whatever their paths: the role of a session is known by its name.
    (principal === undefined ||
      principal === sub ||
      (caller.isSession && isRole(principal) && callerOf(principal)?.bare === caller.bare))
  if (!isConsistent) throw refusal('ERR_TOKEN_CLAIM', stsHint)
}

function validateEks({ sub, 'kubernetes.io': facts }: JwtClaims): void {
  const account = serviceAccountOf(sub)
  const { namespace, serviceaccount } = Object(facts) as Record<string, unknown>
  const isConsistent =
    account !== undefined &&
    (facts === undefined || (namespace === account.namespace && Object(serviceaccount).name === account.name))
  if (!isConsistent) throw refusal('ERR_TOKEN_CLAIM', eksHint)
}

const aWorkloadIssuer: OptionCheck = value => (isOfWorkload(value) ? undefined : notAWorkloadIssuer)

interface IssuerKind {
  readonly path: string
  readonly algorithms: readonly Algorithm[]
  readonly refreshAfter: number
  readonly validate: (claims: JwtClaims) => void
}

const sts: IssuerKind = {
  path: '/.well-known/jwks.json',
  algorithms: ['RS256', 'ES384'],
  refreshAfter: 300,
  validate: validateSts,
}

const eks: IssuerKind = {
  path: '/keys',
  algorithms: ['RS256'],
  refreshAfter: 3_600,
  validate: validateEks,
}

const notAWorkloadIssuer =
  'must be the issuer of an AWS account, such as https://<uuid>.tokens.sts.global.api.aws, or of an EKS cluster, such as ' +
  'https://oidc.eks.eu-west-1.amazonaws.com/id/<ID>; for a user pool use userPool, for an identity pool identityPool, for any other issuer oidcProvider'

const stsHint =
  'The "sub" claim of a workload is the ARN of a role, of its session or of an IAM user, and what STS adds agrees with it. A token of the SubjectMode OriginIdentity speaks for somebody else: trust it with oidcProvider.'

const eksHint =
  'The "sub" claim of a workload is system:serviceaccount:<namespace>:<name>, and what the cluster adds agrees with it.'
