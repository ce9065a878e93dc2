import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '../types.js'
import { answerCall, type Operations } from './aws.js'
import { controlPage } from './control-page.js'
import { control, stateOf } from './controls.js'
import { callbackEndpoint, providerEndpoint } from './federation.js'
import { answerWith, type Handler, isLoopback, listen } from './http.js'
import { identityPoolApi } from './identity-pool.js'
import { inspectEndpoint } from './inspect-page.js'
import { createKeyRing } from './keys.js'
import { createLocal, type Local } from './local.js'
import {
  authorizeEndpoint,
  confirmEndpoint,
  loginEndpoint,
  logoutEndpoint,
  signUpEndpoint,
} from './sign-in.js'
import { stsEndpoint } from './sts.js'
import { discoveryDocument, revokeEndpoint, tokenEndpoint, userInfoEndpoint } from './token-endpoint.js'
import type { LocalConfig } from './types.js'
import { userPoolApi } from './user-pool-api.js'

/** A local Cognito that runs. */
export interface LocalCognito {
  readonly url: string
  readonly local: Local
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/**
 * Resolves to a local Cognito on 127.0.0.1, once it listens.
 *
 * @param port 0 for one that the system picks
 * @param more what it answers besides, by method and path
 */
export async function startLocalCognito(
  config: LocalConfig,
  port: number,
  more: (local: Local) => Routes = () => ({}),
): Promise<LocalCognito> {
  const keys = await createKeyRing()
  let handler: Handler
  const server = await listen(
    answerWith(
      request => handler(request),
      () => server.url,
    ),
    port,
  )
  const local = createLocal(config, server.url, keys)
  handler = route(local, { ...routesOf(local), ...more(local) })
  return { url: server.url, local, close: server.close }
}

/** Answers by method and path. */
export type Routes = Readonly<Record<string, (request: Request) => MaybePromise<Response>>>

/** Every path of the server. What an app calls from another origin may be called from pages on loopback, the controls from their own page only. */
function routesOf(local: Local): Routes {
  const pool = `/${local.config.userPoolId}/.well-known`
  return {
    'POST /': request =>
      isForm(request) ? stsEndpoint(local, request) : answerCall(services, local, request),
    [`GET ${pool}/jwks.json`]: () => keySet(local),
    [`GET ${pool}/openid-configuration`]: () => Response.json(discoveryDocument(local)),
    'GET /.well-known/jwks_uri': () => Response.json(local.keys.identityPoolJwks()),
    'GET /oauth2/authorize': request => authorizeEndpoint(local, request),
    'GET /oauth2/idpresponse': request => callbackEndpoint(local, request),
    'POST /oauth2/token': request => tokenEndpoint(local, request),
    'POST /oauth2/revoke': request => revokeEndpoint(local, request),
    'GET /oauth2/userInfo': request => userInfoEndpoint(local, request),
    'POST /oauth2/userInfo': request => userInfoEndpoint(local, request),
    'GET /login': request => loginEndpoint(local, request),
    'POST /login': request => loginEndpoint(local, request),
    'GET /signup': request => signUpEndpoint(local, request),
    'POST /signup': request => signUpEndpoint(local, request),
    'POST /confirm': request => confirmEndpoint(local, request),
    'GET /provider': request => providerEndpoint(local, request),
    'POST /provider': request => providerEndpoint(local, request),
    'GET /logout': request => logoutEndpoint(local, request),
    'GET /': request => controlPage(local, stateOf(local), new URL(request.url).searchParams.get('problem')),
    'GET /inspect': request => inspectEndpoint(local, request),
    'POST /inspect': request => inspectEndpoint(local, request),
    'GET /_local/state': () => Response.json(stateOf(local)),
    'GET /_local/decisions': () => decisionStream(local),
    'POST /_local/decisions': async request => {
      local.decisions.add((await request.json()) as Record<string, unknown>)
      return new Response(null, { status: 204 })
    },
  }
}

const services: Readonly<Record<string, Operations>> = {
  AWSCognitoIdentityProviderService: userPoolApi,
  AWSCognitoIdentityService: identityPoolApi,
}

/** Finds the route of a request, and says which pages of other origins may read the answer. */
function route(local: Local, routes: Routes): Handler {
  return async request => {
    const { pathname } = new URL(request.url)
    const origin = request.headers.get('origin')
    const isOwn = origin === null || sameServer(origin, local.url)
    const mayCall = isOwn || (!pathname.startsWith('/_local/') && isKnownOrigin(local, origin))
    if (!mayCall) return new Response('This origin is not one of your apps.', { status: 403 })
    const response = await answer(local, routes, request, pathname)
    if (!isOwn && response.type !== 'error') {
      response.headers.set('access-control-allow-origin', origin)
      response.headers.set('vary', 'origin')
    }
    return response
  }
}

function answer(local: Local, routes: Routes, request: Request, pathname: string): MaybePromise<Response> {
  const name = `${request.method} ${pathname}`
  if (Object.hasOwn(routes, name)) return (routes[name] as Handler)(request)
  if (request.method === 'OPTIONS') return preflight(request)
  const called = /^POST \/_local\/([\w-]+)$/.exec(name)?.[1]
  return called === undefined
    ? new Response('Not Found', { status: 404 })
    : controlCall(local, called, request)
}

/** A control by JSON, or by a form of the page, which is shown again. A tool may call its JSON a form; a browser tells what it wants. */
async function controlCall(local: Local, name: string, request: Request): Promise<Response> {
  const isFromPage = request.headers.get('accept')?.includes('text/html') === true
  try {
    const body = await request.text()
    const input: unknown = isFromPage ? formInput(name, new URLSearchParams(body)) : JSON.parse(body || '{}')
    const answer = await control(local, name, input)
    return isFromPage ? backToPage() : Response.json(answer)
  } catch (error) {
    const { message } = error as Error
    return isFromPage ? backToPage(message) : Response.json({ error: message }, { status: 400 })
  }
}

const isForm = ({ headers }: Request) =>
  headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true

const backToPage = (problem?: string) =>
  new Response(null, {
    status: 303,
    headers: { location: problem === undefined ? '/' : `/?problem=${encodeURIComponent(problem)}` },
  })

/** A form knows texts only; no group is no field. */
function formInput(name: string, form: URLSearchParams): object {
  if (name === 'groups') return { username: form.get('username'), groups: form.getAll('groups') }
  return Object.fromEntries(
    [...form].map(([field, value]) => [field, /^-?\d+$/.test(value) ? Number(value) : value]),
  )
}

/** The key set, in the way that the control of that name asks for. */
async function keySet({ keys, keySet: { mode, seconds } }: Local): Promise<Response> {
  switch (mode) {
    case 'error':
      return new Response('Internal Server Error', { status: 500 })
    case 'refuse':
      return Response.error()
    case 'hang':
      return new Promise(() => {})
    case 'slow':
      await sleep(seconds * 1000, undefined, { ref: false })
  }
  return Response.json(keys.jwks())
}

/** Server-sent events (HTML Living Standard, section 9.2). */
function decisionStream({ decisions }: Local): Response {
  let unsubscribe: () => void
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      send(': open\n\n')
      unsubscribe = decisions.subscribe(decision => send(`data: ${JSON.stringify(decision)}\n\n`))
    },
    cancel: () => unsubscribe(),
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

const preflight = (request: Request) =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '',
      'access-control-max-age': '600',
    },
  })

/** The origins of apps: this machine, and wherever a callback URL of a client leads. */
const isKnownOrigin = ({ config }: Local, origin: string) =>
  isLoopback(origin) ||
  config.clients.some(({ callbackUrls = [] }) =>
    callbackUrls.some(url => URL.canParse(url) && new URL(url).origin === origin),
  )

/** The server goes by several names. */
const sameServer = (origin: string, url: string) =>
  isLoopback(origin) && new URL(origin).port === new URL(url).port
