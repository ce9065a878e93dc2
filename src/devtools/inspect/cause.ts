import { pageOf } from '../../errors.js'
import type { Cause, Check, Finding, InspectOptions, TokenKind } from './types.js'

/** What the cause of a refusal is found from. */
interface Evidence {
  readonly kind: TokenKind
  /** How to fix that a word came in place of a token. */
  readonly standIn: string | undefined
  readonly damages: readonly Finding[]
  readonly checks: readonly Check[]
}

/** Returns the one cause that the failed checks have; `undefined` when none has failed. What fails after it is not to be fixed by itself. */
export function causeOf(evidence: Evidence, options: InspectOptions): Cause | undefined {
  const [first, ...rest] = evidence.checks.filter(({ result }) => result === 'failed')
  if (first?.code === undefined || first.fix === undefined) return undefined
  const { kind, standIn, damages } = evidence
  const isFound = first.name !== 'request'
  const [damage] = isFound ? damages : []
  const made = isFound && !isConfigured(kind, options) ? kindFixes[kind] : undefined
  return {
    fix: standIn ?? (damage ? causeText(damage) : (made ?? first.fix)),
    code: first.code,
    page: pageOf(first.code),
    alsoFailed: rest.map(({ name }) => name),
  }
}

/** Whether tokens of this kind are expected: then what is wrong with one is in its checks. */
const isConfigured = (kind: TokenKind, { userPool, identityPool, loadBalancer }: InspectOptions) =>
  (kind === 'identity-pool' && identityPool !== undefined) ||
  (kind === 'load-balancer' && loadBalancer !== undefined) ||
  (ofPool.includes(kind) && (userPool !== undefined || !(identityPool ?? loadBalancer)))

const ofPool: readonly TokenKind[] = ['access', 'machine', 'id']

/** Returns the checks with one fix among them: what else fails follows from the cause, or shows once that is fixed. */
export function withOneFix(checks: readonly Check[], cause: Cause | undefined): readonly Check[] {
  if (!cause) return checks
  let isFirst = true
  return checks.map(({ fix, ...check }) => {
    if (fix === undefined || !isFirst) return check
    isFirst = false
    return { ...check, fix: cause.fix }
  })
}

/** What is wrong and how to fix it, in one sentence. */
export const causeText = ({ what, fix }: Finding) =>
  `${what.replace(/\.$/, '')}: ${fix.charAt(0).toLowerCase()}${fix.slice(1)}`

const noPool =
  'This is a token of a user pool, and none is configured: give --user-pool-id and --client-id, or send the token of what is configured.'

/** What Amazon Web Services made for another purpose, and what cannot be read. */
const kindFixes: Partial<Record<TokenKind, string>> = {
  access: noPool,
  machine: noPool,
  id: noPool,
  refresh:
    'This is a refresh token, which only Cognito can read: exchange it at /oauth2/token (or by InitiateAuth) and send the access token.',
  'load-balancer':
    'This is what a load balancer signs (x-amzn-oidc-data), not a token of the user pool: configure the load balancer (--load-balancer-arn), or send the access token.',
  'verified-access':
    'This is what AWS Verified Access signs (x-amzn-ava-user-context), not a token of the user pool: trust it with verifiedAccess, or send the access token.',
  'identity-pool':
    'This is an OpenID token of an identity pool, not of the user pool: configure the identity pool (--identity-pool-id), or send the access token of the user pool.',
  encrypted:
    'This token is encrypted and can be read by its receiver only: send the access token that Cognito gives to the app.',
  'authorization-code':
    'This looks like an authorization code, which is no token: exchange it once at /oauth2/token and send the access token.',
  opaque:
    'This is not a JWT, and nothing in it can be read: send the access token that Cognito gives to the app.',
  truncated: 'The token is cut off: send the whole token, not what a terminal, log or column has shortened.',
}
