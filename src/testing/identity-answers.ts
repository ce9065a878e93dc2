import type { RoleReason } from '../credentials/role.js'
import { issuerOf } from '../issuers/identity-pool.js'
import { refused } from './login-check.js'

/** The content of an identity's token. */
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

/** The error for a denied role, with the message of AWS. Its message for a requested role that is denied is not known. */
export const roleDenial = (reason: RoleReason, provider: string): Error =>
  reason === 'not_configured' || reason === 'guest_denied'
    ? refused('InvalidIdentityPoolConfigurationException', noRole)
    : refused(
        'NotAuthorizedException',
        `The ambiguous role mapping rules for: ${provider} denied this request.`,
      )

const noRole = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.'
