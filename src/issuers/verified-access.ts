import { refusal } from '../errors.js'
import { checkOptions, listOf } from '../options.js'
import { isText } from '../token/claims.js'
import type { JwtClaims, TrustedIssuer } from '../types.js'
import {
  type Arn,
  arnsOf,
  type FrontDoorOptions,
  frontDoorChecks,
  publicKeys,
  signedClaims,
} from './front-door.js'

/** The claims in `x-amzn-ava-user-context`: those of an OIDC provider, or `user` of IAM Identity Center. */
export interface VerifiedAccessClaims extends JwtClaims {
  /** The user in IAM Identity Center. */
  readonly user?: { readonly user_id: string; readonly user_name?: string }
  /** What else the trust provider says. */
  readonly additional_user_context?: unknown
}

/** The options of {@link verifiedAccess}. */
export interface VerifiedAccessOptions extends FrontDoorOptions {
  /** The trusted Verified Access instances. */
  readonly instanceArn: string | readonly string[]
  /** The `iss` of their tokens, exactly: the OIDC issuer, or the ARN of the trust provider where that is IAM Identity Center. */
  readonly issuer: string
}

/**
 * Returns a Verified Access instance as a trusted issuer: of the tokens in `x-amzn-ava-user-context`, ES384, which are valid for two minutes.
 * Signer, issuer and expiry are in the header; all are checked before a key is fetched.
 *
 * Source: AWS Verified Access User Guide, "User claims passing and signature verification".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const verifier = createVerifier({ issuers: [verifiedAccess({ instanceArn, issuer })] })
 * const guard = createGuard({ verifier, token: headerToken('x-amzn-ava-user-context') })
 */
export function verifiedAccess(options: VerifiedAccessOptions): TrustedIssuer<VerifiedAccessClaims> {
  checkOptions('verifiedAccess', options, {
    ...frontDoorChecks(options),
    instanceArn: arnsOf(arn, options),
  })
  const { issuer, instanceArn } = options
  const signers = listOf(instanceArn)
  return {
    name: options.name ?? 'verifiedAccess',
    issuers: [issuer],
    algorithms: ['ES384'],
    // Not documented. Either way a token has one spelling: a signature of 96 bytes takes no padding, and the rest is signed as it is sent.
    padding: 'allowed',
    keys: publicKeys(instanceArn, options, arn, 'ES384', 'verifiedAccess'),
    validate(header, unverified) {
      const claims = signedClaims(header, unverified, { signers, issuer }) as VerifiedAccessClaims
      if (!isText(subjectOf(claims))) throw refusal('ERR_TOKEN_CLAIM')
      return claims
    },
    principal: claims => ({
      kind: 'user',
      subject: subjectOf(claims) as string,
      issuer: claims.iss,
      ...(typeof claims.user?.user_name === 'string' && { username: claims.user.user_name }),
      groups: [],
      scopes: [],
      expiresAt: claims.exp,
    }),
  }
}

const subjectOf = ({ sub, user }: VerifiedAccessClaims): unknown => (sub === undefined ? user?.user_id : sub)

const arn: Arn = {
  pattern: /^arn:aws[a-z-]*:ec2:[a-z]+(?:-[a-z]+)+-\d+:\d{12}:verified-access-instance\/vai-[0-9a-z]+$/,
  example: 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0',
  keysUrl: (partition, region) =>
    partition === 'aws' ? `https://public-keys.prod.verified-access.${region}.amazonaws.com` : undefined,
}
