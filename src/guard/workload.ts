import { isOfCluster, isOfSts, isRole, roleOf, serviceAccountOf } from '../issuers/workload-names.js'
import type { Policy } from './policy.js'

/**
 * Permits workloads in any of these IAM roles, by tokens of STS (see {@link awsWorkload}), in any session. Compares whole ARNs, path and
 * partition included: there are no patterns. People who can assume a role are that role, too. The `sub` of another issuer permits nothing.
 *
 * A token whose `sub` is a session's ARN (`arn:aws:sts::111122223333:assumed-role/billing/session`) is of the role that STS names in
 * `principal_id`, else of the role of this name without a path.
 *
 * @throws TypeError without a role, or for anything but the exact ARN of one
 * @example
 * app.post('/invoices', protect(guard, byRole('arn:aws:iam::111122223333:role/orders')), handler)
 */
export function byRole(...any: readonly [string, ...string[]]): Policy {
  if (any.length === 0 || !any.every(isExactRole))
    throw new TypeError(
      'byRole: expected exact ARNs of roles, such as arn:aws:iam::111122223333:role/billing',
    )
  return ({ principal: { kind, issuer, subject }, claims }) =>
    kind === 'machine' && isOfSts(issuer) && any.includes(roleOf(subject, claims) as string)
}

/**
 * Permits workloads that run as this Kubernetes service account of an EKS cluster (see {@link awsWorkload}). Compares whole names.
 *
 * @param issuers the clusters, by their exact `iss`. Default: any that the verifier trusts; where it trusts several, the service account of this
 *   name in any of them
 * @throws TypeError for anything but a namespace, a name and issuers of EKS clusters
 * @example
 * app.post('/invoices', protect(guard, byServiceAccount('shop', 'orders')), handler)
 */
export function byServiceAccount(namespace: string, name: string, ...issuers: readonly string[]): Policy {
  const permitted = `system:serviceaccount:${namespace}:${name}`
  const named = serviceAccountOf(permitted)
  if (named?.namespace !== namespace || named.name !== name)
    throw new TypeError(
      'byServiceAccount: expected the namespace and the name of a Kubernetes service account',
    )
  if (!issuers.every(isOfCluster))
    throw new TypeError(
      'byServiceAccount: expected issuers of EKS clusters, such as https://oidc.eks.eu-west-1.amazonaws.com/id/<ID>',
    )
  return ({ principal: { kind, issuer, subject } }) =>
    kind === 'machine' &&
    subject === permitted &&
    isOfCluster(issuer) &&
    (issuers.length === 0 || issuers.includes(issuer))
}

/** A path may hold what IAM policies take for a pattern; whoever writes one here means a pattern. */
const isExactRole = (arn: unknown) => isRole(arn) && !/[*?]/.test(arn)
