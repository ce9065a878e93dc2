// Over 150 lines: its functions share the maps of sign-ins and sessions.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { signPadded } from '../../../testing/load-balancer.js'
import { type HandleUpgrade, type Loopback, loopback } from '../../../testing/loopback.js'
import { expiring } from '../expiring.js'
import { originOf } from '../http.js'
import type { Local } from '../local.js'
import { isThere } from '../oauth/token-endpoint.js'
import { userInfo } from '../oauth/user-info.js'
import type { Session } from '../user-pool/sessions.js'
import { issueTokens, type TokenSet } from '../user-pool/tokens.js'
import { forward, forwardSocket, isUpgrade } from './proxy.js'

/** A load balancer in front of an app on this machine. */
interface LocalLoadBalancer extends Loopback {
  /** `signer` of what it signs. */
  readonly arn: string
}

/** What happens to an unauthenticated request (`OnUnauthenticatedRequest` of the action `authenticate-cognito`). */
export type Unauthenticated = 'authenticate' | 'allow' | 'deny'

/** The key that a load balancer signs with. */
export interface LoadBalancerKey {
  readonly kid: string
  readonly privateKey: ReturnType<typeof newKeyPair>['privateKey']
  /** What it publishes. */
  readonly pem: string
}

/** A new key. */
export function newLoadBalancerKey(): LoadBalancerKey {
  const { privateKey, publicKey } = newKeyPair()
  return {
    kid: randomUUID(),
    privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
}

/**
 * Resolves to a load balancer on loopback that signs users in at the local Cognito, and identifies them to the app behind it
 * in the three headers of AWS. It strips these from clients' requests.
 * Source: "Authenticate users using an Application Load Balancer", Elastic Load Balancing guide.
 */
export async function startLoadBalancer(
  local: Local,
  key: LoadBalancerKey,
  { appPort, port, unauthenticated }: { appPort: number; port: number; unauthenticated: Unauthenticated },
): Promise<LocalLoadBalancer> {
  // Over 40 lines: its functions share the map of sessions.
  const arn = `arn:aws:elasticloadbalancing:us-east-1:${local.config.identityPool.accountId}:loadbalancer/app/local/0123456789abcdef`
  const app = { port: appPort, notice: local.notice }
  const pending = expiring<{ readonly target: string; readonly nonce: string }>(local.clock, 300)
  const signedIn = expiring<{ readonly session: Session; tokens: TokenSet; until: number }>(
    local.clock,
    604_800,
  )

  async function handle(request: IncomingMessage, response: ServerResponse, head?: Buffer): Promise<void> {
    const url = new URL(`${originOf(request)}${request.url}`)
    if (url.pathname === callbackPath) return callback(url, request, response)
    const session = await sessionOf(request)
    if (session || unauthenticated === 'allow') {
      const added = session ? headersFor(session) : {}
      if (head) return forwardSocket(request, response, head, app, ofClients, added)
      return forward(request, response, app, ofClients, added)
    }
    if (unauthenticated === 'deny') return void response.writeHead(401).end()
    const state = randomUUID()
    // the same for all tabs of a browser
    const nonce = cookieOf(request, nonceName) || randomUUID()
    pending.set(state, { target: url.href, nonce })
    const login = `${cognitoBeside(local, url)}/oauth2/authorize?${authorization(local, url, state)}`
    redirect(response, login, cookie(nonceName, nonce, 300))
  }

  /** Takes a code that was issued to this load balancer, from the browser that it sent to sign in. */
  async function callback(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const state = url.searchParams.get('state') as string
    const asked = pending.get(state)
    if (!asked || asked.nonce !== cookieOf(request, nonceName)) return void response.writeHead(401).end()
    pending.delete(state)
    const given = local.sessions.redeem(url.searchParams.get('code') as string)
    const isRight =
      given &&
      given.client.clientId === local.config.clients[0]?.clientId &&
      isThere(local, given.session.user) &&
      given.redirectUri === `${url.origin}${callbackPath}` &&
      given.codeChallenge === undefined
    if (!isRight) return void response.writeHead(401).end()
    const session = local.sessions.open(given.session)
    const id = randomUUID()
    signedIn.set(id, { session, ...(await freshTokens(local, session, 'HostedAuth')) })
    redirect(response, asked.target, cookie(cookieName, id, 604_800))
  }

  /** Refreshes a session whose access token has expired, unless it is revoked, or its user may not sign in any more. */
  async function sessionOf(request: IncomingMessage) {
    const id = cookieOf(request, cookieName)
    const entry = signedIn.get(id)
    if (!entry || local.clock.now() < entry.until) return entry
    if (entry.session.isRevoked || !isThere(local, entry.session.user)) {
      signedIn.delete(id)
      return undefined
    }
    return Object.assign(entry, await freshTokens(local, entry.session, 'RefreshTokens'))
  }

  function headersFor({ session, tokens }: { session: Session; tokens: TokenSet }) {
    const exp = Math.floor(local.clock.now() / 1000) + 120
    const header = {
      alg: 'ES256',
      kid: key.kid,
      signer: arn,
      iss: local.issuer,
      client: session.clientId,
      exp,
    }
    const claims = { ...userInfo(session), exp, iss: local.issuer }
    return {
      'x-amzn-oidc-data': signPadded(header, claims, key.privateKey),
      'x-amzn-oidc-accesstoken': tokens.accessToken,
      'x-amzn-oidc-identity': session.user.sub,
    }
  }

  const upgrade: HandleUpgrade = (request, response, head) => {
    // Node has not read a body, and cannot go on as if nothing were asked for
    if (isUpgrade(request)) handle(request, response, head).catch(() => response.writeHead(500).end())
    else response.writeHead(501).end()
  }
  const reach = { ...local.reach, upgrade }
  return { arn, ...(await loopback((request, response) => handle(request, response), port, reach)) }
}

async function freshTokens(local: Local, session: Session, source: string) {
  const tokens = await issueTokens(local, session, source)
  return { tokens, until: local.clock.now() + tokens.expiresIn * 1000 }
}

/** The local Cognito by the name that the browser knows this machine by. */
const cognitoBeside = ({ config, home }: Local, { hostname }: URL): string =>
  config.url ?? Object.assign(new URL(home), { hostname }).origin

const authorization = ({ config }: Local, { origin }: URL, state: string): string =>
  new URLSearchParams({
    client_id: config.clients[0]?.clientId as string,
    redirect_uri: `${origin}${callbackPath}`,
    response_type: 'code',
    scope: 'openid email profile',
    state,
  }).toString()

const redirect = (response: ServerResponse, location: string, cookie: string) =>
  void response.writeHead(302, { location, 'set-cookie': cookie }).end()

const cookie = (name: string, value: string, seconds: number) =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}`

const cookieOf = ({ headers: { cookie = '' } }: IncomingMessage, name: string) =>
  new RegExp(`(?:^|; )${name}=([^;]*)`).exec(cookie)?.[1]

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const ofClients = /^x-amzn-oidc-/

const callbackPath = '/oauth2/idpresponse'

/** The first of up to four that AWS spreads a session over. */
const cookieName = 'AWSELBAuthSessionCookie-0'

/** Binds a sign-in to the browser that it began in. */
const nonceName = 'AWSALBAuthNonce'
