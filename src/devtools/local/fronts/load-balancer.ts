import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { signPadded } from '../../../testing/load-balancer.js'
import { type HandleUpgrade, type Loopback, loopback } from '../../../testing/loopback.js'
import { expiring } from '../expiring.js'
import { originOf } from '../http.js'
import type { Local } from '../local.js'
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
  const pending = expiring<string>(local.clock, 300)
  const signedIn = expiring<{ readonly session: Session; tokens: TokenSet; until: number }>(
    local.clock,
    604_800,
  )

  async function handle(request: IncomingMessage, response: ServerResponse, head?: Buffer): Promise<void> {
    const url = new URL(`${originOf(request)}${request.url}`)
    if (url.pathname === callbackPath) return callback(url, response)
    const session = await sessionOf(request.headers.cookie)
    if (session || unauthenticated === 'allow') {
      const added = session ? headersFor(session) : {}
      if (head) return forwardSocket(request, response, head, appPort, ofClients, added)
      return forward(request, response, appPort, ofClients, added)
    }
    if (unauthenticated === 'deny') return void response.writeHead(401).end()
    const state = randomUUID()
    pending.set(state, url.href)
    redirect(response, `${cognitoBeside(local, url)}/oauth2/authorize?${authorization(local, url, state)}`)
  }

  async function callback(url: URL, response: ServerResponse): Promise<void> {
    const state = url.searchParams.get('state') as string
    const target = pending.get(state)
    pending.delete(state)
    const given = local.sessions.redeem(url.searchParams.get('code') as string)
    if (target === undefined || !given) return void response.writeHead(401).end()
    const session = local.sessions.open(given.session)
    const id = randomUUID()
    signedIn.set(id, { session, ...(await freshTokens(local, session, 'HostedAuth')) })
    redirect(response, target, `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800`)
  }

  /** Refreshes a session whose access token has expired, unless it is revoked. */
  async function sessionOf(cookies = '') {
    const id = new RegExp(`(?:^|; )${cookieName}=([^;]*)`).exec(cookies)?.[1] as string
    const entry = signedIn.get(id)
    if (!entry || local.clock.now() < entry.until) return entry
    if (entry.session.isRevoked) {
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

const redirect = (response: ServerResponse, location: string, cookie: string | string[] = []) =>
  void response.writeHead(302, { location, 'set-cookie': cookie }).end()

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const ofClients = /^x-amzn-oidc-/

const callbackPath = '/oauth2/idpresponse'

/** The first of up to four that AWS spreads a session over. */
const cookieName = 'AWSELBAuthSessionCookie-0'
