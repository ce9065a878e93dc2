// Over 150 lines: what a request may ask, beside the words that refuse it.
import { randomUUID } from 'node:crypto'
import { isOneOf } from '../../../testing/loopback.js'
import { allScopes } from '../config.js'
import type { Local } from '../local.js'
import { errorPage } from '../pages/sign-in-pages.js'
import type { Authorization, LocalClient } from '../types.js'
import { levelsIn } from '../user-pool/assurance.js'
import { postAuthentication } from '../user-pool/auth-flows.js'
import type { Method } from '../user-pool/methods.js'
import type { Browser } from '../user-pool/sessions.js'
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
    acrValues: read('acr_values'),
    maxAge: query.has('max_age') ? Number(query.get('max_age')) : undefined,
  }
  const problem = problemOf(local, query, authorization)
  return problem ? refuse(authorization, ...problem) : authorization
}

/** How somebody signed in: now, or before in this browser. */
export type Arrival =
  | { readonly user: LocalUser; readonly methods: readonly Method[] }
  | { readonly browser: Browser }
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
export async function grant(local: Local, authorization: Authorization, arrival: Arrival): Promise<Response> {
  const { client, redirectUri, scopes, state, nonce, resource, codeChallenge } = authorization
  const isBack = 'browser' in arrival
  const { user } = isBack ? arrival.browser : arrival
  if (!user.enabled) return refuse(authorization, 'invalid_request', 'User is disabled.')
  if (!isBack) {
    try {
      await postAuthentication(local, { ...arrival, client, level: 0 })
    } catch (error) {
      return refuse(authorization, 'invalid_request', (error as Error).message)
    }
  }
  const browser = isBack ? arrival.browser : newBrowser(local, arrival)
  const code = local.sessions.code({
    client,
    redirectUri,
    codeChallenge,
    session: {
      user: browser.user,
      clientId: client.clientId,
      scopes,
      isManagedLogin: true,
      resource,
      nonce,
      methods: browser.methods,
      signedInAt: browser.signedInAt,
      browserId: browser.id,
    },
  })
  const cookie = isBack ? {} : { 'set-cookie': browserCookie(local, browser) }
  return redirect(redirectUri, { code, state }, cookie)
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

/** The session of a browser in which somebody signs in now. */
export const newBrowser = (
  { clock }: Local,
  { user, methods }: Pick<Browser, 'user' | 'methods'>,
): Browser => ({ id: randomUUID(), user, methods, signedInAt: Math.floor(clock.now() / 1000) })

/** A new cookie of managed login. */
export const browserCookie = ({ sessions }: Local, browser: Browser): string =>
  `${cookieName}=${sessions.addBrowser(browser)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600`

/** The cookie of managed login in a request. */
export const cookieOf = (request: Request): string | undefined =>
  request.headers.get('cookie')?.match(new RegExp(`(?:^|; )${cookieName}=([^;]*)`))?.[1]

export const cookieName = 'cognito'

/** Whether a URL leads to this machine, by one of the names that this server answers to. */
export const isHere = ({ reach }: Local, url: string): boolean => isOneOf(reach.names, url)

function problemOf(
  local: Local,
  query: URLSearchParams,
  { client, scopes, resource, acrValues, maxAge = 0 }: Authorization,
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
  if (acrValues !== undefined && levelsIn(local, acrValues).length === 0)
    return ['invalid_request', 'acr_values names no authentication level of the user pool']
  if (!(maxAge >= 0)) return ['invalid_request', 'max_age must be a number of seconds']
  return undefined
}
