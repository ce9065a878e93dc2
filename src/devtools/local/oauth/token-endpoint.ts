import { createHash } from 'node:crypto'
import type { MaybePromise } from '../../../types.js'
import { isFault } from '../aws.js'
import { field } from '../form.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { lifetimesOf, machineScopes } from '../user-pool/clients.js'
import { refreshTokenFor, revoke, sessionToRefresh } from '../user-pool/refresh.js'
import type { Session } from '../user-pool/sessions.js'
import { issueMachineToken, issueTokens } from '../user-pool/tokens.js'
import type { LocalUser } from '../user-pool/users.js'

/** Answers `/oauth2/token` (Token endpoint, Amazon Cognito Developer Guide). */
export async function tokenEndpoint(local: Local, request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  const client = authenticatedClient(local, request, form)
  if (!client) return oauthError('invalid_client')
  try {
    return await grantFor(local, client, form)
  } catch (error) {
    // a trigger refuses, or is wrong
    if (!isFault(error)) throw error
    return oauthError('invalid_request', error.message)
  }
}

function grantFor(local: Local, client: LocalClient, form: URLSearchParams): MaybePromise<Response> {
  const grantType = form.get('grant_type')
  const isComplete = ['grant_type', ...(required.get(grantType) ?? [])].every(name => form.get(name))
  if (!isComplete || isForAnother(client, form)) return oauthError('invalid_request')
  switch (grantType) {
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
  if (!token || isForAnother(client, form)) return oauthError('invalid_request')
  return revoke(local, client, token) ? new Response(null) : oauthError('unsupported_token_type')
}

function codeGrant(local: Local, client: LocalClient, form: URLSearchParams): MaybePromise<Response> {
  const given = local.sessions.redeem(field(form, 'code'))
  const isRight =
    given?.client === client &&
    isThere(local, given.session.user) &&
    given.redirectUri === form.get('redirect_uri') &&
    given.codeChallenge === challengeOf(form.get('code_verifier'))
  if (!isRight) return oauthError('invalid_grant')
  const session = local.sessions.open(given.session)
  const { refresh } = lifetimesOf(local, client.clientId)
  return tokens(local, session, 'HostedAuth', local.sessions.refreshToken(session, refresh))
}

/** Whether a user is neither disabled nor removed, which can happen while a code is on its way: such a user gets no tokens. */
export const isThere = ({ users }: Local, user: LocalUser): boolean =>
  user.enabled && users.find(user.username) === user

function refreshGrant(local: Local, client: LocalClient, form: URLSearchParams): MaybePromise<Response> {
  const token = field(form, 'refresh_token')
  let session: Session
  try {
    session = sessionToRefresh(local, client, token)
  } catch {
    return oauthError('invalid_grant')
  }
  return tokens(local, session, 'RefreshTokens', refreshTokenFor(local, client, session, token))
}

async function clientCredentialsGrant(
  local: Local,
  client: LocalClient,
  form: URLSearchParams,
): Promise<Response> {
  if (client.secret === undefined) return oauthError('unauthorized_client')
  const allowed = machineScopes(local, client)
  const scopes = form.get('scope')?.split(' ') ?? allowed
  if (!scopes.every(scope => allowed.includes(scope))) return oauthError('invalid_scope')
  const { accessToken, expiresIn } = await issueMachineToken(local, client.clientId, scopes, metadataIn(form))
  return noStore({ access_token: accessToken, expires_in: expiresIn, token_type: 'Bearer' })
}

async function tokens(
  local: Local,
  session: Session,
  source: string,
  refreshToken?: string,
): Promise<Response> {
  const { accessToken, idToken, expiresIn } = await issueTokens(local, session, source)
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
  { clients }: Local,
  request: Request,
  form: URLSearchParams,
): LocalClient | undefined {
  const basic = request.headers.get('authorization')?.match(/^Basic (.+)$/i)?.[1]
  const [id, secret] = basic
    ? Buffer.from(basic, 'base64').toString().split(':').map(formDecoded)
    : [form.get('client_id'), form.get('client_secret') ?? undefined]
  return clients.find(client => client.clientId === id && client.secret === secret)
}

/** Whether the body names a client that is not the one of the Authorization header. */
const isForAnother = ({ clientId }: LocalClient, form: URLSearchParams) =>
  form.has('client_id') && form.get('client_id') !== clientId

/** What a grant requires. */
const required: ReadonlyMap<string | null, readonly string[]> = new Map([
  ['authorization_code', ['code', 'redirect_uri']],
  ['refresh_token', ['refresh_token']],
])

const formDecoded = (text: string) => field(new URLSearchParams(`v=${text}`), 'v')

const challengeOf = (verifier: string | null) =>
  verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url')

/** `aws_client_metadata`, JSON that only triggers read. */
function metadataIn(form: URLSearchParams): unknown {
  try {
    return JSON.parse(form.get('aws_client_metadata') ?? '{}')
  } catch {
    return {}
  }
}

const noStore = (document: object) => Response.json(document, { headers: { 'cache-control': 'no-store' } })

const oauthError = (error: string, error_description?: string) =>
  Response.json({ error, error_description }, { status: 400 })
