import { createHash } from 'node:crypto'
import { allScopes, userScopes } from './config.js'
import { field } from './form.js'
import type { Local } from './local.js'
import { accessOf } from './own-tokens.js'
import type { Session } from './sessions.js'
import { issueMachineToken, issueTokens, isVisible } from './tokens.js'
import type { LocalClient } from './types.js'
import { revoke, sessionToRefresh } from './user-pool-api.js'

/** Answers `/oauth2/token` (Token endpoint, Amazon Cognito Developer Guide). */
export async function tokenEndpoint(local: Local, request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  const client = authenticatedClient(local, request, form)
  if (!client) return oauthError('invalid_client')
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return codeGrant(local, client, form)
    case 'refresh_token':
      return refreshGrant(local, client, form)
    case 'client_credentials':
      return clientCredentialsGrant(local, client, form)
    default:
      return oauthError('unsupported_grant_type')
  }
}

/** Answers `/oauth2/revoke` (Revoke endpoint, Amazon Cognito Developer Guide). */
export async function revokeEndpoint(local: Local, request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  const client = authenticatedClient(local, request, form)
  if (!client) return oauthError('invalid_client')
  const token = form.get('token')
  if (!token) return oauthError('invalid_request')
  return revoke(local, client, token) ? new Response(null) : oauthError('unsupported_token_type')
}

/** Answers `/oauth2/userInfo`, where what is a boolean in the ID token is text (userInfo endpoint, Amazon Cognito Developer Guide). */
export async function userInfoEndpoint(local: Local, request: Request): Promise<Response> {
  const token = request.headers.get('authorization')?.match(/^Bearer (.+)$/i)?.[1]
  if (token === undefined) return challenge('invalid_request', 400)
  const access = await accessOf(local, token)
  if (typeof access === 'string' || !access.scopes.includes('openid')) return challenge('invalid_token', 401)
  return Response.json(userInfo(access.session))
}

/** What the userInfo endpoint, and after it a load balancer, says of a user. */
export function userInfo({ user, scopes }: Session): Record<string, string> {
  const attributes = Object.entries(user.attributes).filter(([name]) => isVisible(name, scopes))
  return {
    sub: user.sub,
    ...Object.fromEntries(attributes),
    ...(user.identities ? { identities: JSON.stringify(user.identities.map(asAttribute)) } : {}),
    username: user.username,
  }
}

/** The discovery document: of the issuer, with the endpoints of this server (OpenID Connect Discovery 1.0 section 3). */
export const discoveryDocument = ({ issuer, url, config }: Local) => ({
  issuer,
  authorization_endpoint: `${url}/oauth2/authorize`,
  token_endpoint: `${url}/oauth2/token`,
  userinfo_endpoint: `${url}/oauth2/userInfo`,
  revocation_endpoint: `${url}/oauth2/revoke`,
  end_session_endpoint: `${url}/logout`,
  jwks_uri: `${url}/${config.userPoolId}/.well-known/jwks.json`,
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code'],
  scopes_supported: ['openid', 'email', 'phone', 'profile'],
  subject_types_supported: ['public'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
})

function codeGrant(local: Local, client: LocalClient, form: URLSearchParams): Response {
  const given = local.sessions.redeem(field(form, 'code'))
  const isRight =
    given?.client === client &&
    given.redirectUri === form.get('redirect_uri') &&
    given.codeChallenge === challengeOf(form.get('code_verifier'))
  if (!isRight) return oauthError('invalid_grant')
  const session = local.sessions.open(given.session)
  return tokens(local, session, local.sessions.refreshToken(session, local.lifetimes.refresh))
}

function refreshGrant(local: Local, client: LocalClient, form: URLSearchParams): Response {
  const token = field(form, 'refresh_token')
  let session: Session
  try {
    session = sessionToRefresh(local, client, token)
  } catch {
    return oauthError('invalid_grant')
  }
  if (!client.refreshTokenRotation) return tokens(local, session)
  local.sessions.spend(token)
  return tokens(local, session, local.sessions.refreshToken(session, local.lifetimes.refresh))
}

function clientCredentialsGrant(local: Local, client: LocalClient, form: URLSearchParams): Response {
  if (client.secret === undefined) return oauthError('unauthorized_client')
  const allowed = (client.scopes ?? allScopes(local.config)).filter(scope => !isUserScope(scope))
  const scopes = form.get('scope')?.split(' ') ?? allowed
  if (!scopes.every(scope => allowed.includes(scope))) return oauthError('invalid_scope')
  return noStore({
    access_token: issueMachineToken(local, client.clientId, scopes),
    expires_in: local.lifetimes.access,
    token_type: 'Bearer',
  })
}

function tokens(local: Local, session: Session, refreshToken?: string): Response {
  const { accessToken, idToken, expiresIn } = issueTokens(local, session)
  return noStore({
    id_token: idToken,
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    token_type: 'Bearer',
  })
}

/** The client that a request comes from, by either of the two ways (RFC 6749 section 2.3.1); a public client only names itself. */
function authenticatedClient(
  { config }: Local,
  request: Request,
  form: URLSearchParams,
): LocalClient | undefined {
  const basic = request.headers.get('authorization')?.match(/^Basic (.+)$/i)?.[1]
  const [id, secret] = basic
    ? Buffer.from(basic, 'base64').toString().split(':').map(formDecoded)
    : [form.get('client_id'), form.get('client_secret') ?? undefined]
  return config.clients.find(client => client.clientId === id && client.secret === secret)
}

const formDecoded = (text: string) => field(new URLSearchParams(`v=${text}`), 'v')

const challengeOf = (verifier: string | null) =>
  verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url')

const isUserScope = (scope: string) => userScopes.some(own => own === scope)

/** As an attribute, `identities` has a boolean and a number where the claim has strings. */
const asAttribute = (identity: Readonly<Record<string, string | null>>) => ({
  ...identity,
  primary: identity.primary === 'true',
  dateCreated: Number(identity.dateCreated),
})

const noStore = (document: object) => Response.json(document, { headers: { 'cache-control': 'no-store' } })

const oauthError = (error: string) => Response.json({ error }, { status: 400 })

const challenge = (error: string, status: number) =>
  Response.json({ error }, { status, headers: { 'www-authenticate': `Bearer error="${error}"` } })
