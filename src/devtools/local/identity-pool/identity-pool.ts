import { chooseRole, type IdentityPoolRoles } from '../../../credentials/role.js'
import { type AuthErrorCode, isAuthError } from '../../../errors.js'
import { identityClaims, roleDenial } from '../../../testing/identity-answers.js'
import type { JwtClaims } from '../../../types.js'
import { type Call, fault, members, type Operations, required, textOf } from '../aws.js'
import type { Local } from '../local.js'

/**
 * The calls of an identity pool that take no AWS signature (Amazon Cognito Federated Identities API reference), with the errors of AWS.
 */
export const identityPoolApi: Operations = {
  async GetId(local, { input }) {
    const { identityPoolId } = local.config.identityPool
    const id = required(input, 'IdentityPoolId')
    if (id !== identityPoolId) throw fault('ResourceNotFoundException', `IdentityPool '${id}' not found.`)
    const claims = await loginOf(local, input)
    return { IdentityId: local.identities.of(claims?.sub) }
  },

  async GetCredentialsForIdentity(local, { input }) {
    const { identityId, claims } = await identify(local, input)
    const custom = typeof input.CustomRoleArn === 'string' ? input.CustomRoleArn : undefined
    const { role, reason } = chooseRole(rolesOf(local), claims, custom)
    if (role === undefined) throw roleDenial(reason, hostOf(local.issuer))
    const given = local.identities.credentials(identityId, role)
    return {
      IdentityId: identityId,
      Credentials: {
        AccessKeyId: given.accessKeyId,
        SecretKey: given.secretKey,
        SessionToken: given.sessionToken,
        Expiration: given.expiration,
      },
    }
  },

  async GetOpenIdToken(local, { input }) {
    const { identityId, claims } = await identify(local, input)
    return { IdentityId: identityId, Token: openIdToken(local, identityId, claims) }
  },
}

/** A token that says who an identity is. */
function openIdToken(
  { config, clock, keys }: Local,
  identityId: string,
  claims: JwtClaims | undefined,
): string {
  const { identityPoolId, accountId } = config.identityPool
  const iat = Math.floor(clock.now() / 1000)
  const login = claims && { provider: hostOf(claims.iss), userId: String(claims.sub) }
  return keys.signForIdentityPool(identityClaims({ identityPoolId, accountId, identityId, login, iat }))
}

/** The identity of a call and the user it belongs to, who must be the one that signs in. A guest who signs in takes their identity along. */
async function identify(local: Local, input: Call['input']) {
  const identityId = required(input, 'IdentityId')
  const owner = local.identities.ownerOf(identityId)
  if (owner === undefined) throw fault('ResourceNotFoundException', `Identity '${identityId}' not found.`)
  const claims = await loginOf(local, input)
  if (owner !== null && !claims)
    throw fault('NotAuthorizedException', `Access to Identity '${identityId}' is forbidden.`)
  if (owner !== null && owner !== claims?.sub)
    throw fault(
      'NotAuthorizedException',
      "Logins don't match. Please include at least one valid login for this identity or identity pool.",
    )
  if (owner === null && claims) local.identities.link(identityId, String(claims.sub))
  return { identityId, claims }
}

/** The verified claims of the ID token in `Logins`, `undefined` for a guest. */
async function loginOf(local: Local, { Logins }: Call['input']): Promise<JwtClaims | undefined> {
  const [login] = Object.entries(members(Logins))
  if (!login) {
    if (local.config.identityPool.allowGuests) return undefined
    throw fault('NotAuthorizedException', 'Unauthenticated access is not supported for this identity pool.')
  }
  const [provider, token] = login
  if (![...local.issuers].some(issuer => hostOf(issuer) === provider))
    throw fault('NotAuthorizedException', 'Token is not from a supported provider of this identity pool.')
  try {
    const { claims, principal } = await local.verifier.verify(textOf(token))
    if (principal.tokenUse === 'id') return claims
  } catch (error) {
    if (!isAuthError(error)) throw error
    throw fault('NotAuthorizedException', `Invalid login token. ${loginFaults[error.code] ?? notAToken}`)
  }
  throw fault('NotAuthorizedException', 'Invalid login token. Missing a required claim: aud')
}

const rolesOf = ({ config: { identityPool: pool } }: Local): IdentityPoolRoles => ({
  Roles: pool.roles,
  RoleMappings: pool.roleMappings as IdentityPoolRoles['RoleMappings'],
})

const hostOf = (url: string) => url.replace(/^https?:\/\//, '')

const notAToken = 'Not a valid OpenId Connect identity token.'

const loginFaults: Partial<Readonly<Record<AuthErrorCode, string>>> = {
  ERR_TOKEN_EXPIRED: 'Token expired.',
  ERR_TOKEN_ISSUER: "Issuer doesn't match providerName",
  ERR_TOKEN_KEY: 'Token signature invalid.',
  ERR_TOKEN_SIGNATURE: 'Token signature invalid.',
  ERR_TOKEN_REVOKED: 'Token is revoked.',
}
