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
  const client = clientIn(local, query)
  if (client instanceof Response) return client
  const { clientId, callbackUrls } = client
  const redirectUri = query.get('redirect_uri') ?? callbackUrls?.[0]
  if (redirectUri === undefined || !(callbackUrls?.includes(redirectUri) ?? isHere(local, redirectUri)))
    return errorPage(
      `redirect_mismatch: redirect_uri is not one of the callback URLs of the app client. ${sentAndListed(redirectUri, clientId, callbackUrls)}`,
    )

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

/** Sends the browser back with a code for the user, and a cookie that keeps them signed in. */
export function grant(local: Local, authorization: Authorization, user: LocalUser): Response {
  const { client, redirectUri, scopes, state, nonce, resource, codeChallenge } = authorization
  const code = local.sessions.code({
    client,
    redirectUri,
    codeChallenge,
    session: { user, clientId: client.clientId, scopes, isManagedLogin: true, resource, nonce },
  })
  const cookie = `${cookieName}=${local.sessions.addBrowser(user)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600`
  return redirect(redirectUri, { code, state }, { 'set-cookie': cookie })
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

/** The cookie of managed login in a request. */
export const cookieOf = (request: Request): string | undefined =>
  request.headers.get('cookie')?.match(new RegExp(`(?:^|; )${cookieName}=([^;]*)`))?.[1]

export const cookieName = 'cognito'

/** The app client that a query names, or the answer that refuses it. */
export function clientIn({ clients }: Local, query: URLSearchParams): LocalClient | Response {
  const id = query.get('client_id')
  if (!id) return errorPage('client_id is missing.')
  const known = clients.map(({ clientId }) => clientId).join(', ')
  return (
    clients.find(({ clientId }) => clientId === id) ??
    errorPage(`There is no app client of this client_id. Sent: ${id}. There are: ${known}.`)
  )
}

/** Whether a URL leads to this machine, by one of the names that this server answers to. */
export const isHere = ({ reach }: Local, url: string): boolean => isOneOf(reach.names, url)

/** What a developer compares when a URL is refused: they must be the same to the letter. */
export const sentAndListed = (
  sent: string | undefined,
  clientId: string,
  listed: readonly string[] | undefined,
): string =>
  `Sent: ${sent ?? 'nothing'}. Listed for ${clientId}: ${listed?.join(', ') ?? 'none, which permits any URL of this machine'}.`

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
