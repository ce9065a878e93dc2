// Over 150 lines: the endpoints of the pages share how a sign-in goes on.
import type { MaybePromise } from '../../../types.js'
import { field } from '../form.js'
import type { Local } from '../local.js'
import { questionPage, responsesOf } from '../pages/question-pages.js'
import { confirmPage, errorPage, signInPage, signUpFields, signUpPage } from '../pages/sign-in-pages.js'
import type { Authorization } from '../types.js'
import { confirm, signUp } from '../user-pool/accounts.js'
import { answered, ask, askedBy } from '../user-pool/challenges.js'
import { verifyApp } from '../user-pool/factors.js'
import { begin, byPassword } from '../user-pool/first-factors.js'
import type { SignIn, Step } from '../user-pool/question.js'
import { levelFor, proceed } from '../user-pool/second-factors.js'
import type { Browser } from '../user-pool/sessions.js'
import { applyVerdict, postConfirmation, preSignUp } from '../user-pool/triggers.js'
import type { LocalUser } from '../user-pool/users.js'
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
export function authorizeEndpoint(local: Local, request: Request): MaybePromise<Response> {
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
  if (hinted) {
    const methods = authorization.acrValues === undefined ? ['pwd' as const] : (['pwd', 'otp'] as const)
    return grant(local, authorization, { user: hinted, methods })
  }
  const prompt = query.get('prompt')
  const browser = prompt === 'login' ? undefined : browserOf(local, request, authorization)
  const step = browser && stepUp(local, authorization, browser)
  if (browser && step && step.name === undefined) return grant(local, authorization, { browser })
  if (prompt === 'none')
    return refuse(authorization, browser ? 'unmet_authentication_requirements' : 'login_required')
  if (step) return next(local, authorization, step, query)
  return redirect(new URL(`/login${new URL(request.url).search}`, request.url), {})
}

/** Answers `/login`: the page, and its form. */
export const loginEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, async (authorization, form, query) => {
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
      const step = clicked
        ? proceed(local, signInOf(local, authorization, { user: clicked, methods: ['pwd'] }))
        : await byForm(local, authorization, form)
      return await next(local, authorization, step, query)
    } catch (error) {
      const { name, message } = error as Error
      const user = local.users.find(view.hint)
      if (name === 'UserNotConfirmedException' && user)
        return confirmPage(view.query, user, view.formTarget, message)
      return signInPage({ ...view, error: message })
    }
  })

/** Answers `/challenge`: what is asked for between the password and the app. */
export const challengeEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, async (authorization, form, query) => {
    const session = field(form, 'session')
    const name = field(form, 'challenge')
    try {
      const asked = askedBy(local, session, name, authorization.client.clientId)
      const { challenge } = asked
      try {
        if (challenge.app) verifyApp(local, challenge, field(form, 'code'))
        const step = await answered(local, asked, responsesOf(challenge, form as URLSearchParams))
        return await next(local, authorization, step, query)
      } catch (error) {
        if (asked.isAnswered) throw error
        return questionPage(
          local,
          challenge,
          session,
          query,
          formTarget(authorization),
          (error as Error).message,
        )
      }
    } catch (error) {
      return errorPage((error as Error).message)
    }
  })

/** Answers `/signup`: the page, and then the one that asks for the code. */
export const signUpEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, async (authorization, form, query) => {
    if (!form) return signUpPage(local.config, query.toString())
    try {
      const { client } = authorization
      const asked = signUpFields(local.config).filter(name => name !== 'username')
      const attributes = Object.fromEntries(asked.map(name => [name, field(form, name)]))
      const username = field(form, 'username')
      const verdict = await preSignUp(local, client, username, attributes)
      const user = signUp(local, username, field(form, 'password'), attributes)
      if (applyVerdict(local, user, verdict)) {
        await postConfirmation(local, client, user, undefined)
        return await arrive(local, authorization, user, query)
      }
      return confirmPage(query.toString(), user, formTarget(authorization))
    } catch (error) {
      return signUpPage(local.config, query.toString(), form, (error as Error).message)
    }
  })

/** Answers `/confirm`: the right code signs the user in. */
export const confirmEndpoint = (local: Local, request: Request): Promise<Response> =>
  withForm(local, request, async (authorization, form, query) => {
    const user = local.users.find(field(form, 'username'))
    if (!user) return errorPage('There is nobody to confirm.')
    try {
      confirm(local, user, field(form, 'code'))
      await postConfirmation(local, authorization.client, user, undefined)
      return await arrive(local, authorization, user, query)
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

/** The browser's session, unless it is older than the app accepts. */
function browserOf(local: Local, request: Request, { maxAge }: Authorization): Browser | undefined {
  const browser = local.sessions.browser(cookieOf(request))
  const isFresh = browser && (maxAge === undefined || local.clock.now() / 1000 - browser.signedInAt <= maxAge)
  return isFresh && browser.user.enabled ? browser : undefined
}

/** What is missing for the level that the app asks for, `undefined` where it is out of reach. What was proven in this browser before counts. */
function stepUp(local: Local, authorization: Authorization, browser: Browser): Step | undefined {
  const { user, methods } = browser
  if (authorization.acrValues === undefined)
    return { signIn: { user, methods, client: authorization.client, level: 0 } }
  try {
    return proceed(local, signInOf(local, authorization, browser))
  } catch {
    return undefined
  }
}

const signInOf = (
  local: Local,
  { client, acrValues }: Authorization,
  { user, methods }: Pick<SignIn, 'user' | 'methods'>,
): SignIn => ({
  user,
  client,
  methods,
  level: acrValues === undefined ? 0 : levelFor(local, user, acrValues),
})

/** What follows from a name and a password. */
async function byForm(local: Local, authorization: Authorization, form: URLSearchParams): Promise<Step> {
  const password = form.get('password')
  const begun = await begin(local, authorization.client, { username: field(form, 'username'), password })
  return byPassword(local, signInOf(local, authorization, begun), password)
}

/** What follows for a user who has just set a password. */
export const arrive = (
  local: Local,
  authorization: Authorization,
  user: LocalUser,
  query: URLSearchParams,
): MaybePromise<Response> =>
  next(
    local,
    authorization,
    proceed(local, signInOf(local, authorization, { user, methods: ['pwd'] })),
    query,
  )

/** The next page of a sign-in, or the way back to the app. */
function next(
  local: Local,
  authorization: Authorization,
  step: Step,
  query: URLSearchParams,
): MaybePromise<Response> {
  if (step.name === undefined) return grant(local, authorization, step.signIn)
  return questionPage(local, step, ask(local, step), query, formTarget(authorization))
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
  ) => MaybePromise<Response>,
): Promise<Response> {
  const { searchParams: query } = new URL(request.url)
  const authorization = authorizationOf(local, query)
  if (authorization instanceof Response) return authorization
  const form = request.method === 'POST' ? new URLSearchParams(await request.text()) : undefined
  return answer(authorization, form, query)
}
