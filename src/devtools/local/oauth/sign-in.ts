import { field } from '../form.js'
import type { Local } from '../local.js'
import { confirmPage, errorPage, signInPage, signUpFields, signUpPage } from '../pages/sign-in-pages.js'
import type { Authorization } from '../types.js'
import { authenticate, confirm, signUp } from '../user-pool/accounts.js'
import {
  authorizationOf,
  clientOf,
  cookieName,
  cookieOf,
  grant,
  isHere,
  noClient,
  ofThisMachine,
  redirect,
  refuse,
  urlsOf,
} from './authorization.js'
import { startFederation } from './federation.js'

/**
 * Answers `/oauth2/authorize`: at once for a browser with a session, else through the sign-in page.
 * With `login_hint=<user>&auto=1`, which Cognito does not know, the user is signed in without a page: for tests in a browser.
 */
export function authorizeEndpoint(local: Local, request: Request): Response | Promise<Response> {
  const { searchParams: query } = new URL(request.url)
  const authorization = authorizationOf(local, query)
  if (authorization instanceof Response) return authorization
  const providerName = query.get('identity_provider') ?? query.get('idp_identifier') ?? 'COGNITO'
  if (providerName !== 'COGNITO') {
    const provider = local.config.identityProviders.find(({ name }) => name === providerName)
    if (!provider) return refuse(authorization, 'invalid_request', 'identity_provider is not one of the pool')
    return startFederation(local, provider, authorization, query)
  }
  const hinted = query.get('auto') === '1' ? local.users.find(field(query, 'login_hint')) : undefined
  const prompt = query.get('prompt')
  const user = hinted ?? (prompt === 'login' ? undefined : local.sessions.userOfBrowser(cookieOf(request)))
  if (user) return grant(local, authorization, user)
  if (prompt === 'none') return refuse(authorization, 'login_required')
  return redirect(new URL(`/login${new URL(request.url).search}`, request.url), {})
}

/** Answers `/login`: the page, and its form. */
export const loginEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, (authorization, form, query) => {
    const view = {
      local,
      authorization,
      query: query.toString(),
      users: local.users
        .all()
        .filter(({ password, status, enabled }) => password && enabled && status === 'CONFIRMED'),
      hint: field(form ?? query, form ? 'username' : 'login_hint'),
      formTarget: formTarget(authorization),
    }
    if (!form) return signInPage(view)
    try {
      const as = field(form, 'as')
      const clicked = as === '' ? undefined : view.users.find(user => user === local.users.find(as))
      const user = clicked ?? authenticate(local, field(form, 'username'), form.get('password'))
      return grant(local, authorization, user)
    } catch (error) {
      const { name, message } = error as Error
      const user = local.users.find(view.hint)
      if (name === 'UserNotConfirmedException' && user)
        return confirmPage(view.query, user, view.formTarget, message)
      return signInPage({ ...view, error: message })
    }
  })

/** Answers `/signup`: the page, and then the one that asks for the code. */
export const signUpEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, (authorization, form, query) => {
    if (!form) return signUpPage(local.config, query.toString())
    try {
      const asked = signUpFields(local.config).filter(name => name !== 'username')
      const attributes = Object.fromEntries(asked.map(name => [name, field(form, name)]))
      const user = signUp(local, field(form, 'username'), field(form, 'password'), attributes)
      return confirmPage(query.toString(), user, formTarget(authorization))
    } catch (error) {
      return signUpPage(local.config, query.toString(), form, (error as Error).message)
    }
  })

/** Answers `/confirm`: the right code signs the user in. */
export const confirmEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, (authorization, form, query) => {
    const user = local.users.find(field(form, 'username'))
    if (!user) return errorPage('There is nobody to confirm.')
    try {
      return grant(local, authorization, confirm(local, user, field(form, 'code')))
    } catch (error) {
      return confirmPage(query.toString(), user, formTarget(authorization), (error as Error).message)
    }
  })

/** Answers `/logout` (Managed login sign-out endpoint, Amazon Cognito Developer Guide). */
export function logoutEndpoint(local: Local, request: Request): Response {
  const { searchParams: query, search } = new URL(request.url)
  const client = clientOf(local, query)
  if (!client) return noClient(local, query)
  local.sessions.forget(cookieOf(request))
  const headers = { 'set-cookie': `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0` }
  const target = query.get('logout_uri')
  if (target === null && (query.has('redirect_uri') || query.has('response_type')))
    return redirect(new URL(`/login${search}`, request.url), {}, headers)
  const { logoutUrls, callbackUrls } = client
  if (target && (logoutUrls?.includes(target) ?? (callbackUrls?.includes(target) || isHere(local, target))))
    return redirect(target, {}, headers)
  return errorPage(
    target === null
      ? 'logout_uri is missing, or redirect_uri for signing in again.'
      : 'logout_uri is not one of the sign-out URLs of the app client.',
    {
      sent: ['logout_uri', target],
      known: urlsOf('logout', client, logoutUrls ?? [...(callbackUrls ?? []), ofThisMachine]),
    },
  )
}

/** The final target of a form, for the Content Security Policy of the page. */
export const formTarget = ({ redirectUri }: Authorization): string => {
  const { origin, protocol } = new URL(redirectUri)
  return origin === 'null' ? protocol : origin
}

/** Answers for the app that asks, with the form if there is one. */
export async function withForm(
  local: Local,
  request: Request,
  answer: (
    authorization: Authorization,
    form: URLSearchParams | undefined,
    query: URLSearchParams,
  ) => Response,
): Promise<Response> {
  const { searchParams: query } = new URL(request.url)
  const authorization = authorizationOf(local, query)
  if (authorization instanceof Response) return authorization
  const form = request.method === 'POST' ? new URLSearchParams(await request.text()) : undefined
  return answer(authorization, form, query)
}
