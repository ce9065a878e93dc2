import { isOneOf } from '../../../testing/loopback.js'
import { allScopes } from '../config.js'
import type { Local } from '../local.js'
import { errorPage } from '../pages/sign-in-pages.js'
import type { Authorization, LocalClient } from '../types.js'
import type { LocalUser } from '../user-pool/users.js'

/**
 * The authorization that a query requests, or the answer that refuses it. Never redirects to a URL that is not the client's.
 * Source: "Redirect and authorization endpoint", Amazon Cognito Developer Guide.
 */
export function authorizationOf(local: Local, query: URLSearchParams): Authorization | Response {
  const client = clientOf(local, query)
  if (!client) return noClient(local, query)
  const redirectUri = query.get('redirect_uri') ?? client.callbackUrls?.[0]
  if (
    redirectUri === undefined ||
    !(client.callbackUrls?.includes(redirectUri) ?? isHere(local, redirectUri))
  )
    return errorPage('redirect_mismatch: redirect_uri is not one of the callback URLs of the app client.', {
      sent: ['redirect_uri', query.get('redirect_uri')],
      known: urlsOf('callback', client, client.callbackUrls),
    })

  const read = (name: string) => query.get(name) ?? undefined
  const authorization = {
    client,
    redirectUri,
    scopes: read('scope')?.split(/[ +]/) ?? client.scopes ?? allScopes(local.config),
    state: read('state'),
    nonce: read('nonce'),
    resource: read('resource'),
    codeChallenge: read('code_challenge'),
  }
  const problem = problemOf(local, query, authorization)
  return problem ? refuse(authorization, ...problem) : authorization
}

/** The app client that a query names. */
export const clientOf = ({ clients }: Local, query: URLSearchParams): LocalClient | undefined =>
  clients.find(({ clientId }) => clientId === query.get('client_id'))

/** The page for a request of no app client. */
export const noClient = ({ clients }: Local, query: URLSearchParams): Response =>
  errorPage(query.get('client_id') ? 'There is no app client of this client_id.' : 'client_id is missing.', {
    sent: ['client_id', query.get('client_id')],
    known: ['App clients', clients.map(({ clientId }) => clientId)],
  })

/** The URLs of a client, for that page. */
export const urlsOf = (kind: string, { clientId }: LocalClient, urls: readonly string[] = [ofThisMachine]) =>
  [`URLs of ${clientId} (${kind})`, urls] as const

/** What is accepted where none are listed. */
export const ofThisMachine = 'any URL of this machine'

/** Sends the browser back with a code for the user, and a cookie that keeps them signed in. */
export function grant(local: Local, authorization: Authorization, user: LocalUser): Response {
  const { client, redirectUri, scopes, state, nonce, resource, codeChallenge } = authorization
  const code = local.sessions.code({
    client,
    redirectUri,
    codeChallenge,
    session: { user, clientId: client.clientId, scopes, isManagedLogin: true, resource, nonce },
  })
  return redirect(redirectUri, { code, state }, { 'set-cookie': browserCookie(local, user) })
}

/** Sends the browser back with an error (RFC 6749 section 4.1.2.1). */
export const refuse = (
  { redirectUri, state }: Authorization,
  error: string,
  error_description?: string,
): Response => redirect(redirectUri, { error, error_description, state })

/** Sends the browser to a URL with more in its query. */
export function redirect(
  url: string | URL,
  parameters: Readonly<Record<string, string | undefined>>,
  headers: Record<string, string> = {},
): Response {
  const target = new URL(url)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) target.searchParams.set(name, value)
  return new Response(null, { status: 302, headers: { location: target.href, ...headers } })
}

/** A new cookie of managed login. */
export const browserCookie = ({ sessions }: Local, user: LocalUser): string =>
  `${cookieName}=${sessions.addBrowser(user)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600`

/** The cookie of managed login in a request. */
export const cookieOf = (request: Request): string | undefined =>
  request.headers.get('cookie')?.match(new RegExp(`(?:^|; )${cookieName}=([^;]*)`))?.[1]

export const cookieName = 'cognito'

/** Whether a URL leads to this machine, by one of the names that this server answers to. */
export const isHere = ({ reach }: Local, url: string): boolean => isOneOf(reach.names, url)

function problemOf(
  local: Local,
  query: URLSearchParams,
  { client, scopes, resource }: Authorization,
): readonly [error: string, description?: string] | undefined {
  const allowed = client.scopes ?? allScopes(local.config)
  if (query.get('response_type') !== 'code')
    return ['unsupported_response_type', 'response_type must be code']
  if (!scopes.every(scope => allowed.includes(scope))) return ['invalid_scope']
  if (query.has('code_challenge') && query.get('code_challenge_method') !== 'S256')
    return ['invalid_request', 'code_challenge_method must be S256']
  if (query.has('code_challenge_method') && !query.has('code_challenge'))
    return ['invalid_request', 'code_challenge is missing']
  if (resource !== undefined && (query.getAll('resource').length > 1 || !URL.canParse(resource)))
    return ['invalid_request', 'resource must be one URL']
  return undefined
}
