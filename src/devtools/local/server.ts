// Over 150 lines: a quarter of it is the table of paths.

import { anObject } from '../../options.js'
import { isLoopback, isOneOf, loopback, type Reach } from '../../testing/loopback.js'
import type { MaybePromise } from '../../types.js'
import { answerCall, type Operations } from './aws.js'
import { answerWith, type Handler } from './http.js'
import { identityPoolApi } from './identity-pool/identity-pool.js'
import { stsEndpoint } from './identity-pool/sts.js'
import { createKeyRing } from './keys.js'
import { asAskedBy, createLocal, type Local } from './local.js'
import { discoveryDocument } from './oauth/discovery.js'
import { callbackEndpoint, providerEndpoint } from './oauth/federation.js'
import { confirmForgotPasswordEndpoint, forgotPasswordEndpoint } from './oauth/forgot-password.js'
import { keySet } from './oauth/key-set.js'
import { registerEndpoint } from './oauth/register.js'
import {
  authorizeEndpoint,
  challengeEndpoint,
  confirmEndpoint,
  loginEndpoint,
  logoutEndpoint,
  signUpEndpoint,
} from './oauth/sign-in.js'
import { revokeEndpoint, tokenEndpoint } from './oauth/token-endpoint.js'
import { userInfoEndpoint } from './oauth/user-info.js'
import { controlPage } from './pages/control-page.js'
import { controlCall, decisionStream } from './pages/control-routes.js'
import { stateOf } from './pages/controls.js'
import { inspectEndpoint } from './pages/inspect-page.js'
import type { SavedState } from './state.js'
import type { LocalConfig } from './types.js'
import { userPoolApi } from './user-pool/user-pool-api.js'

/** A local Cognito that runs. */
export interface LocalCognito {
  readonly url: string
  readonly port: number
  readonly local: Local
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/** How a local Cognito starts. */
interface StartOptions {
  /** Whether it listens elsewhere, and by which names it may be asked. Default: on 127.0.0.1, by the names of loopback. */
  readonly reach?: Reach
  /** What it was when it ended. Default: nothing. */
  readonly saved?: SavedState | undefined
  /** Called after each request, which may have changed it. */
  readonly changed?: (local: Local) => void
}

/**
 * Resolves to a local Cognito on 127.0.0.1, once it listens.
 *
 * @param port 0 for one that the system picks
 * @param more further routes, by method and path
 */
export async function startLocalCognito(
  config: LocalConfig,
  port: number,
  more: (local: Local) => Routes = () => ({}),
  { reach, saved, changed }: StartOptions = {},
): Promise<LocalCognito> {
  const keys = await createKeyRing(saved?.keys)
  let handler: Handler
  const server = await loopback(
    answerWith(request => handler(request)),
    port,
    reach,
  )
  let local: Local
  try {
    local = createLocal(config, server.url, keys, { reach, saved })
  } catch (error) {
    await server.close()
    throw error
  }
  const answer = route(local, here => ({ ...routesOf(here), ...more(here) }))
  handler = async request => {
    try {
      return await answer(request)
    } finally {
      changed?.(local)
    }
  }
  return { url: local.home, port: server.port, local, close: server.close }
}

/** Answers by method and path. */
export type Routes = Readonly<Record<string, (request: Request) => MaybePromise<Response>>>

/** Every path of the server. Pages on loopback may call the endpoints that apps use; only the control page may call the controls. */
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
    'POST /oauth2/register': request => registerEndpoint(local, request),
    'GET /oauth2/userInfo': request => userInfoEndpoint(local, request),
    'POST /oauth2/userInfo': request => userInfoEndpoint(local, request),
    'GET /login': request => loginEndpoint(local, request),
    'POST /login': request => loginEndpoint(local, request),
    'GET /signup': request => signUpEndpoint(local, request),
    'POST /signup': request => signUpEndpoint(local, request),
    'POST /confirm': request => confirmEndpoint(local, request),
    'POST /challenge': request => challengeEndpoint(local, request),
    'GET /forgotPassword': request => forgotPasswordEndpoint(local, request),
    'POST /forgotPassword': request => forgotPasswordEndpoint(local, request),
    'GET /confirmForgotPassword': request => confirmForgotPasswordEndpoint(local, request),
    'POST /confirmForgotPassword': request => confirmForgotPasswordEndpoint(local, request),
    'GET /provider': request => providerEndpoint(local, request),
    'POST /provider': request => providerEndpoint(local, request),
    'GET /logout': request => logoutEndpoint(local, request),
    'GET /health': () => Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } }),
    'GET /': request => controlPage(local, request),
    'GET /inspect': request => inspectEndpoint(local, request),
    'POST /inspect': request => inspectEndpoint(local, request),
    'GET /_local/state': () => Response.json(stateOf(local)),
    'GET /_local/decisions': () => decisionStream(local),
    'POST /_local/decisions': request => addDecision(local, request),
  }
}

async function addDecision(local: Local, request: Request): Promise<Response> {
  const decision: unknown = await request.json().catch(() => undefined)
  if (anObject(decision)) return new Response('A decision is a JSON object.', { status: 400 })
  local.decisions.add(decision as Record<string, unknown>)
  return new Response(null, { status: 204 })
}

const services: Readonly<Record<string, Operations>> = {
  AWSCognitoIdentityProviderService: userPoolApi,
  AWSCognitoIdentityService: identityPoolApi,
}

/** Finds the route of a request, and adds the CORS headers of the answer. */
function route(all: Local, routesOf: (local: Local) => Routes): Handler {
  return async request => {
    const { pathname, origin: asked } = new URL(request.url)
    const local = asAskedBy(all, asked)
    const origin = request.headers.get('origin')
    const isOwn = origin === null || sameServer(origin, local)
    const mayCall = isOwn || (!pathname.startsWith('/_local/') && isKnownOrigin(local, origin))
    if (!mayCall) return new Response('This origin is not one of your apps.', { status: 403 })
    const response = await answer(local, routesOf(local), request, pathname)
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

const isForm = ({ headers }: Request) =>
  headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true

const preflight = (request: Request) =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '',
      'access-control-max-age': '600',
    },
  })

/** The origins of apps: this machine, its other names, and wherever a callback URL of a client leads. Any page in a sandbox has the origin `null`. */
const isKnownOrigin = ({ clients, reach }: Local, origin: string) =>
  isOneOf(reach.names, origin) ||
  (origin !== 'null' &&
    clients.some(({ callbackUrls = [] }) => callbackUrls.some(url => new URL(url).origin === origin)))

/** The name that was asked, or another one of this machine: several host names lead to the server. */
const sameServer = (origin: string, { url, home }: Local) =>
  URL.canParse(origin) &&
  (new URL(origin).host === new URL(url).host ||
    (isLoopback(origin) && new URL(origin).port === new URL(home).port))
