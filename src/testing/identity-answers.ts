import type { RoleReason } from '../credentials/role.js'
import { issuerOf } from '../issuers/identity-pool.js'
import { refused } from './login-check.js'

/** What the token of an identity says. */
interface IdentityTokenFacts {
  readonly identityPoolId: string
  readonly accountId: string
  readonly identityId: string
  /** The provider and the ID of the user there; `undefined` for a guest. */
  readonly login: { readonly provider: string; readonly userId: string } | undefined
  /** In seconds. */
  readonly iat: number
}

/** The claims of an identity pool's OpenID token, which is valid for ten minutes. */
export function identityClaims({ identityPoolId, accountId, identityId, login, iat }: IdentityTokenFacts) {
  const iss = issuerOf(identityPoolId)
  const region = identityPoolId.replace(/:.*/, '')
  return {
    sub: identityId,
    aud: identityPoolId,
    amr: login
      ? ['authenticated', login.provider, `${login.provider}:CognitoSignIn:${login.userId}`]
      : ['unauthenticated'],
    iss,
    [`${iss}/identity-pool-arn`]: `arn:aws:cognito-identity:${region}:${accountId}:identitypool/${identityPoolId}`,
    exp: iat + 600,
    iat,
  }
}

/** The error that a denied role is answered with, in the words of AWS. Of a role that is asked for and denied, they are not known. */
export const roleDenial = (reason: RoleReason, provider: string): Error =>
  reason === 'not_configured' || reason === 'guest_denied'
    ? refused('InvalidIdentityPoolConfigurationException', noRole)
    : refused(
        'NotAuthorizedException',
        `The ambiguous role mapping rules for: ${provider} denied this request.`,
      )

const noRole = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.'
