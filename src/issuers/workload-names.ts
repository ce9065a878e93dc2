import { isText } from '../token/claims.js'
import type { JwtClaims } from '../types.js'

/** Who called STS. */
interface Caller {
  readonly account: string
  /** The ARN without a path. Of a session: that of its role. */
  readonly bare: string
  /** Whether it is a role's session, whose ARN never has the path of the role. */
  readonly isSession: boolean
}

/**
 * Whether this is the `iss` of an AWS account. China's is not documented; it was seen in its tokens. GovCloud's is neither, and not guessed.
 */
export const isOfSts = (issuer: unknown): issuer is string => typeof issuer === 'string' && sts.test(issuer)

/** Whether this is the `iss` of an EKS cluster (Amazon EKS User Guide, "Fetch signing keys …", and "View Amazon EKS networking requirements …"). */
export const isOfCluster = (issuer: unknown): issuer is string =>
  typeof issuer === 'string' && cluster.test(issuer)

/** Whether this is the `iss` of an AWS account or of an EKS cluster. */
export const isOfWorkload = (issuer: unknown): issuer is string => isOfSts(issuer) || isOfCluster(issuer)

/** Returns who an ARN names: a role, a role's session or an IAM user; `undefined` for any other text. */
export function callerOf(arn: unknown): Caller | undefined {
  if (!isText(arn)) return undefined
  const [, partition, service, account, type, name] = identity.exec(arn) ?? session.exec(arn) ?? []
  if (account === undefined) return undefined
  const isSession = service === 'sts'
  const bare = `arn:${partition}:iam::${account}:${isSession ? 'role' : type}/${name}`
  return { account, bare, isSession }
}

/** Whether this is the exact ARN of a role. */
export const isRole = (arn: unknown): arn is string => {
  const caller = callerOf(arn)
  return caller !== undefined && !caller.isSession && caller.bare.includes(':role/')
}

/**
 * Returns the ARN of the role that STS has called by this subject; that of an IAM user is its own. A session's ARN has no path: where STS names
 * the role beside it, that is the role, else it is one without a path.
 */
export function roleOf(subject: string, claims: JwtClaims): unknown {
  const caller = callerOf(subject)
  return caller?.isSession ? (factsOf(claims).principal_id ?? caller.bare) : subject
}

/** What STS knows of the caller; nothing where that is no object. */
export const factsOf = ({ [stsFacts]: facts }: JwtClaims): Readonly<Record<string, unknown>> => Object(facts)

/** Returns the service account that a subject names (Kubernetes, "Object Names and IDs": DNS label and subdomain). */
export function serviceAccountOf(
  sub: unknown,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = (isText(sub) && serviceAccount.exec(sub)) || []
  return namespace && name && name.length <= 253 ? { namespace, name } : undefined
}

const stsFacts = 'https://sts.amazonaws.com/'

const sts =
  /^https:\/\/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.tokens\.sts\.global\.api\.(?:aws|amazonwebservices\.com\.cn)$/

const cluster =
  /^https:\/\/(?:oidc\.eks\.(?!cn-)(?:[a-z]+-){2,4}\d\.amazonaws\.com|oidc\.eks\.cn-[a-z]+-\d\.amazonaws\.com\.cn|oidc-eks\.(?!cn-)(?:[a-z]+-){2,4}\d\.api\.aws|oidc-eks\.cn-[a-z]+-\d\.api\.amazonwebservices\.com\.cn)\/id\/[0-9A-Z]{1,64}$/

/** AWS IAM User Guide, "IAM identifiers" and "IAM and AWS STS quotas, name requirements, and character limits". */
const identity =
  /^arn:(aws|aws-cn|aws-us-gov):(iam)::(\d{12}):(role|user)\/(?:[\x21-\x7e]{1,510}\/)?([\w+=,.@-]{1,64})$/
const session =
  /^arn:(aws|aws-cn|aws-us-gov):(sts)::(\d{12}):(assumed-role)\/([\w+=,.@-]{1,64})\/[\w+=,.@-]{2,64}$/

const serviceAccount =
  /^system:serviceaccount:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/
