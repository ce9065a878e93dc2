import { refusal } from '../errors.js'
import { isText, isTextList } from '../token/claims.js'
import type { JwtClaims, Principal } from '../types.js'

/**
 * Who a token stands for, such as `claims => (claims.actor === 'service' ? 'machine' : 'user')`: `'user'`, `'machine'` or `'guest'`.
 * A token of which it says anything else is refused.
 */
export type KindFrom = (claims: JwtClaims) => unknown

/**
 * The kind that an application finds in claims; without a function of its own, what the claims themselves show. What shows no person is a
 * machine's, since most of what a client gets for itself says nothing at all of who it is.
 *
 * @throws AuthError `ERR_TOKEN_CLAIM` for anything but a kind
 */
export function kindBy(kindFrom: KindFrom | undefined, claims: JwtClaims): Principal['kind'] {
  const kind = kindFrom ? kindFrom(claims) : shownKind(claims)
  if (kind !== 'user' && kind !== 'machine' && kind !== 'guest') throw refusal('ERR_TOKEN_CLAIM', kindHint)
  return kind
}

/** The client that a token was issued to: `client_id` (RFC 9068), `azp` (OpenID Connect), `cid` (Okta), `appid` (Entra ID v1). */
export const clientOf = (claims: JwtClaims): string | undefined => clientsIn(claims)[0]

/** A machine's own signs come first: some providers describe the account of a machine like that of a person. */
function shownKind(claims: JwtClaims): Principal['kind'] {
  if (isShown(machineSigns, claims)) return 'machine'
  if (isShown(guestSigns, claims)) return 'guest'
  return isShown(personSigns, claims) ? 'user' : 'machine'
}

const clientsIn = ({ client_id, azp, cid, appid }: JwtClaims) => [client_id, azp, cid, appid].filter(isText)

const grantsIn = ({ gty, grant_type }: JwtClaims) =>
  [gty, grant_type].flat().map(grant => (isText(grant) ? grant.replaceAll('-', '_') : undefined))

type Sign = (claims: JwtClaims) => boolean

const isShown = (signs: readonly Sign[], claims: JwtClaims) => signs.some(sign => sign(claims))

const machineSigns: readonly Sign[] = [
  // RFC 9068 section 2.2, Okta, Google, UAA
  claims => clientsIn(claims).some(client => client === claims.sub),
  // Auth0, FusionAuth, UAA
  claims => grantsIn(claims).includes('client_credentials'),
  // Auth0, AWS (an ARN), EKS, SPIFFE
  ({ sub }) => isText(sub) && /@clients$|^arn:aws|^system:serviceaccount:|^spiffe:/.test(sub),
  // Entra ID: devices have a third value
  ({ idtyp }) => idtyp !== undefined && idtyp !== 'user',
  // Entra ID, where `idtyp` is not asked for: a user's access token has scopes, an application's has roles at most
  claims => {
    const { tid, oid, idtyp, scp } = claims
    return isText(tid) && isText(oid) && clientOf(claims) !== undefined && idtyp !== 'user' && !isText(scp)
  },
  // Keycloak, authentik
  ({ preferred_username: name }) => isText(name) && /^service-account-|^ak-.+-client_credentials$/.test(name),
  // Keycloak, without the scope profile
  ({ clientHost, clientAddress }) => isText(clientHost) && isText(clientAddress),
  // Google
  ({ email }) => isText(email) && /[@.]gserviceaccount\.com$/.test(email),
  // WSO2
  ({ aut }) => aut === 'APPLICATION',
  // AWS STS, GetWebIdentityToken
  claims => Object.hasOwn(claims, 'https://sts.amazonaws.com/'),
]

const guestSigns: readonly Sign[] = [
  // Firebase
  ({ firebase }) => (firebase as { sign_in_provider?: unknown } | null)?.sign_in_provider === 'anonymous',
  // Supabase
  ({ is_anonymous }) => is_anonymous === true,
]

const personSigns: readonly Sign[] = [
  // OpenID Connect Core 1.0 sections 2 and 5.1, Front-Channel Logout 1.0 section 3
  ({ nonce, sid, email, preferred_username, given_name, family_name }) =>
    [nonce, sid, email, preferred_username, given_name, family_name].some(isText),
  // RFC 9068 section 2.2.1; Keycloak gave service accounts a time of 0
  ({ auth_time }) => typeof auth_time === 'number' && auth_time > 0,
  ({ amr }) => isTextList(amr) && amr.some(isText),
  // Entra ID: scopes that a user has consented to
  ({ idtyp }) => idtyp === 'user',
  ({ scp, tid, oid, tfp }) => isText(scp) && [tid, oid, tfp].some(isText),
  // Okta: a user's ID and the client's
  ({ uid, cid }) => isText(uid) && isText(cid),
  // Auth0, FusionAuth, UAA
  claims => grantsIn(claims).some(grant => userGrants.has(grant)),
  // Auth0: a connection and the user there
  ({ sub }) => isText(sub) && connection.test(sub),
  // Google: a service account is its own `azp`
  ({ iss, azp }) =>
    iss === 'https://accounts.google.com' && isText(azp) && azp.endsWith('.apps.googleusercontent.com'),
  // WSO2
  ({ aut }) => aut === 'APPLICATION_USER',
]

const userGrants = new Set<string | undefined>([
  'authorization_code',
  'implicit',
  'password',
  'device_code',
  'urn:ietf:params:oauth:grant_type:device_code',
])

/** Auth0, "User profile structure" and "Connection strategies": others may put a bar into the name of a machine. */
const connection =
  /^(?:auth0|ad|adfs|apple|amazon|email|facebook|github|google-apps|google-oauth2|linkedin|oauth2|oidc|okta|pingfederate|samlp|sms|twitter|waad|windowslive)\|./

const kindHint = "The option kindFrom says something else than 'user', 'machine' or 'guest' of the claims."
