import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { field } from '../form.js'
import type { Local } from '../local.js'
import { errorPage, providerPage } from '../pages/sign-in-pages.js'
import type { Authorization, IdentityProvider, PendingFederation, ProviderUser } from '../types.js'
import { authorizationOf, grant, redirect, refuse } from './authorization.js'

/** Sends a browser to a provider: a real one by OpenID Connect, or the page that simulates its sign-in. */
export async function startFederation(
  local: Local,
  provider: IdentityProvider,
  authorization: Authorization,
  query: URLSearchParams,
): Promise<Response> {
  if (provider.issuer === undefined) {
    const target = new URL('/provider', local.url)
    target.search = query.toString()
    target.searchParams.set('identity_provider', provider.name)
    return redirect(target, {})
  }
  const endpoints = await discover(provider.issuer).catch(() => undefined)
  if (!endpoints) return refuse(authorization, 'server_error', `${provider.name} is out of reach`)
  const state = randomBytes(16).toString('base64url')
  const nonce = randomBytes(16).toString('base64url')
  const verifier = randomBytes(32).toString('base64url')
  local.federations.set(state, { provider, authorization, nonce, verifier })
  return redirect(endpoints.authorization_endpoint, {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: callbackUrl(local),
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
}

/** Answers `/provider`, which simulates the sign-in at a provider: the page, and the choice. */
export async function providerEndpoint(local: Local, request: Request): Promise<Response> {
  const { searchParams: query } = new URL(request.url)
  const authorization = authorizationOf(local, query)
  if (authorization instanceof Response) return authorization
  const provider = local.config.identityProviders.find(({ name }) => name === query.get('identity_provider'))
  if (!provider)
    return errorPage('The user pool has no such provider.', {
      sent: ['identity_provider', query.get('identity_provider')],
      known: ['Providers', local.config.identityProviders.map(({ name }) => name)],
    })
  const users = provider.users ?? [someone(provider)]
  const chosen = new URLSearchParams(await request.text()).get('user')
  const user = users[Number(chosen)]
  if (chosen === null || !user)
    return providerPage(provider, users, query.toString(), new URL(authorization.redirectUri).origin)
  return grant(local, authorization, { user: local.users.federate(provider, user), methods: ['fed'] })
}

/** Answers `/oauth2/idpresponse`, where a real provider sends the browser back. Creates the user at the first sign-in. */
export async function callbackEndpoint(local: Local, request: Request): Promise<Response> {
  const { searchParams: answer } = new URL(request.url)
  const state = field(answer, 'state')
  const pending = local.federations.get(state)
  local.federations.delete(state)
  if (!pending) return errorPage('This sign-in was not begun here, or has ended.')
  const { provider, authorization } = pending
  const code = field(answer, 'code')
  if (!code) return refuse(authorization, field(answer, 'error') || 'invalid_request')
  try {
    const user = await redeem(local, pending, code)
    return grant(local, authorization, { user: local.users.federate(provider, user), methods: ['fed'] })
  } catch {
    return refuse(authorization, 'invalid_request', `${provider.name} did not vouch for the user`)
  }
}

async function redeem(
  local: Local,
  { provider, nonce, verifier }: PendingFederation,
  code: string,
): Promise<ProviderUser> {
  const { issuer = '', clientId = '', clientSecret = '' } = provider
  const { token_endpoint, jwks_uri } = await discover(issuer)
  const response = await fetch(token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackUrl(local),
      code_verifier: verifier,
    }),
  })
  const { id_token } = (await response.json()) as { id_token: string }
  const keys = createRemoteJWKSet(new URL(jwks_uri))
  const { payload } = await jwtVerify(id_token, keys, { issuer, audience: clientId })
  if (payload.nonce !== nonce) throw new Error('the nonce is another')
  return { userId: String(payload.sub), attributes: attributesOf(payload) }
}

/** The attributes that are mapped unless a pool says otherwise. */
function attributesOf(claims: JWTPayload): Record<string, string> {
  const mapped = ['email', 'name', 'given_name', 'family_name', 'preferred_username']
  return Object.fromEntries(
    mapped.flatMap(name => (typeof claims[name] === 'string' ? [[name, claims[name]]] : [])),
  )
}

async function discover(issuer: string) {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const document = (await response.json()) as Record<
    'authorization_endpoint' | 'token_endpoint' | 'jwks_uri',
    string
  >
  if (!URL.canParse(document.authorization_endpoint)) throw new Error('this is no discovery document')
  return document
}

const callbackUrl = ({ home }: Local) => `${home}/oauth2/idpresponse`

const someone = ({ name }: IdentityProvider): ProviderUser => ({
  userId: '1234567890',
  attributes: { email: `someone@${name.toLowerCase()}.example` },
})
