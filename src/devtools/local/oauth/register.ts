import { randomUUID } from 'node:crypto'
import { isAuthError } from '../../../errors.js'
import { registrationScope } from '../config.js'
import { callbacks } from '../config-checks.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'

/**
 * Answers `/oauth2/register` (RFC 7591; "Dynamic client registration", Amazon Cognito Developer Guide): public clients of the code grant. It is there
 * only where the configuration says so.
 */
export async function registerEndpoint(local: Local, request: Request): Promise<Response> {
  const { mode, allowedScopes } = local.config.registration
  if (mode === 'off') return new Response('Not Found', { status: 404 })
  const problem = await authorizationProblem(local, request, mode === 'open')
  if (problem) return problem
  const metadata = await metadataOf(request)
  if (callbacks(metadata.redirect_uris) || (metadata.redirect_uris as readonly string[]).length === 0)
    return refuse('invalid_redirect_uri')
  const allowed = [...openIdScopes, ...allowedScopes]
  const scopes = typeof metadata.scope === 'string' ? metadata.scope.split(' ') : allowed
  if (!scopes.every(scope => allowed.includes(scope))) return refuse('invalid_client_metadata')
  const client: LocalClient = {
    clientId: randomUUID().replaceAll('-', '').slice(0, 26),
    callbackUrls: metadata.redirect_uris as readonly string[],
    scopes,
  }
  local.clients.push(client)
  return Response.json(
    {
      client_id: client.clientId,
      client_id_issued_at: Math.floor(local.clock.now() / 1000),
      ...(typeof metadata.client_name === 'string' && { client_name: metadata.client_name }),
      redirect_uris: client.callbackUrls,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: scopes.join(' '),
    },
    { status: 201, headers: { 'cache-control': 'no-store' } },
  )
}

/** A token that is sent must be good, also where none is needed. */
async function authorizationProblem(
  local: Local,
  request: Request,
  isOpen: boolean,
): Promise<Response | undefined> {
  const token = request.headers.get('authorization')?.match(/^Bearer (.+)$/i)?.[1]
  if (token === undefined) return isOpen ? undefined : refuse('invalid_token', 401)
  const verified = await local.verifier.check(token)
  if (isAuthError(verified)) return refuse('invalid_token', 401)
  return verified.principal.scopes.includes(registrationScope) ? undefined : refuse('insufficient_scope', 403)
}

async function metadataOf(request: Request): Promise<Readonly<Record<string, unknown>>> {
  try {
    return Object(JSON.parse(await request.text()))
  } catch {
    return {}
  }
}

const refuse = (error: string, status = 400) => Response.json({ error }, { status })

/** Allowed to every client that registers. */
const openIdScopes = ['openid', 'email', 'phone', 'profile']
