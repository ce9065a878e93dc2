// Over 150 lines: a third of it is the documentation of options.
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { aCount, anObject, aString, checkOptions, type OptionChecks } from '../options.js'
import { answering } from './loopback.js'
import type { TestAccessTokenOptions } from './token-options.js'
import type { TestFetch, TestIssuer } from './types.js'

/** The user that a test load balancer signs a token for. */
export interface TestLoadBalancerTokenOptions {
  /** Default: `test-user`. */
  readonly username?: string
  /** Default: the one that the issuer's tokens have for that username. */
  readonly sub?: string
  /** Seconds until it expires. Default: 120. */
  readonly expiresIn?: number
  /** Claims to set after all others; `undefined` takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header members to set after all others; `undefined` takes one away. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** An Application Load Balancer in a test: it signs tokens of users as AWS does. */
export interface TestLoadBalancer {
  /** To spread into `loadBalancer` or `behindLoadBalancer`: the network is in process. */
  readonly options: {
    readonly loadBalancerArn: string
    readonly issuer: string
    readonly clientId: string
    readonly fetch: TestFetch
  }
  /** How many requests `options.fetch` has had. */
  readonly requests: number
  /** The value of `x-amzn-oidc-data`: base64url with padding. */
  dataToken(options?: TestLoadBalancerTokenOptions): string
  /** The three headers that a load balancer adds to a user's request, with an access token of the issuer. */
  headers(options?: Pick<TestAccessTokenOptions, 'username' | 'sub' | 'groups' | 'scopes'>): {
    readonly 'x-amzn-oidc-data': string
    readonly 'x-amzn-oidc-accesstoken': string
    readonly 'x-amzn-oidc-identity': string
  }
  /** The public key that it signs with, as PEM, by its ID. */
  publicKey(kid: string): string | undefined
  /** Signs with a new key from now on. The old one stays published. */
  rotateKey(): void
}

/** Keys of a test load balancer on loopback. */
export interface ServedTestLoadBalancer {
  /** To spread into `loadBalancer` or `behindLoadBalancer`. */
  readonly options: Omit<TestLoadBalancer['options'], 'fetch'> & {
    readonly publicKeysUrl: string
    readonly insecureLoopbackHttp: true
  }
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}

/**
 * Returns a load balancer in front of an application, which signs users in with a test issuer. Its keys are made for it.
 *
 * @example
 * const balancer = createTestLoadBalancer(issuer)
 * const guard = createGuard(behindLoadBalancer({ ...balancer.options, clock: issuer.clock }))
 * await fetch(url, { headers: balancer.headers({ username: 'ada' }) })
 *
 * @throws TypeError naming a wrong option
 */
export function createTestLoadBalancer(
  issuer: TestIssuer,
  options: { readonly loadBalancerArn?: string } = {},
): TestLoadBalancer {
  // Over 40 lines: its functions share the keys.
  checkOptions('createTestLoadBalancer', options, { 'loadBalancerArn?': aString })
  const { loadBalancerArn = anArn } = options
  const keys = new Map<string, { privateKey: KeyObject; pem: string }>()
  let kid = newKey(keys)
  let requests = 0

  const dataToken = (token: TestLoadBalancerTokenOptions = {}) => {
    checkOptions('dataToken', token, tokenChecks)
    const { username = 'test-user', sub = subjectOf(issuer, username), expiresIn = 120 } = token
    const exp = Math.floor(issuer.clock.now() / 1000) + expiresIn
    const iss = issuer.issuer
    const header = { alg: 'ES256', kid, signer: loadBalancerArn, iss, client: issuer.options.clientId, exp }
    const claims = { sub, email_verified: 'true', email: `${username}@example.com`, username, exp, iss }
    return signPadded({ ...header, ...token.header }, { ...claims, ...token.claims }, keyOf(kid).privateKey)
  }
  const keyOf = (id: string) => keys.get(id) as { privateKey: KeyObject; pem: string }

  return {
    options: {
      loadBalancerArn,
      issuer: issuer.issuer,
      clientId: issuer.options.clientId,
      async fetch(input, init) {
        init?.signal?.throwIfAborted()
        requests++
        const { pathname } = new URL(typeof input === 'object' && 'url' in input ? input.url : input)
        const key = keys.get(pathname.slice(pathname.lastIndexOf('/') + 1))
        return key ? new Response(key.pem) : new Response(null, { status: 403 })
      },
    },
    get requests() {
      return requests
    },
    dataToken,
    headers(user = {}) {
      const accessToken = issuer.accessToken({ scopes: ['openid'], ...user })
      const { sub, username } = claimsOf(accessToken)
      return {
        'x-amzn-oidc-data': dataToken({ sub, username }),
        'x-amzn-oidc-accesstoken': accessToken,
        'x-amzn-oidc-identity': sub,
      }
    },
    publicKey: id => keys.get(id)?.pem,
    rotateKey() {
      kid = newKey(keys)
    },
  }
}

/** Resolves to the keys of a test load balancer on 127.0.0.1, once the server listens. */
export async function serveTestLoadBalancer(balancer: TestLoadBalancer): Promise<ServedTestLoadBalancer> {
  const { url, close } = await answering(request => {
    const pem = balancer.publicKey(String(request.url).slice(1))
    return pem === undefined
      ? { status: 403, type: 'text/plain', body: 'Forbidden' }
      : { status: 200, type: 'text/plain', body: pem }
  })
  const { loadBalancerArn, issuer, clientId } = balancer.options
  return {
    options: { loadBalancerArn, issuer, clientId, publicKeysUrl: url, insecureLoopbackHttp: true },
    close,
  }
}

function newKey(keys: Map<string, { privateKey: KeyObject; pem: string }>): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomUUID()
  keys.set(kid, { privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }) as string })
  return kid
}

/** A token as load balancers write it: ES256, padded base64url. */
export function signPadded(header: object, claims: object, key: KeyObject): string {
  const signingInput = `${padded(JSON.stringify(header))}.${padded(JSON.stringify(claims))}`
  const signature = sign('sha256', Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' })
  return `${signingInput}.${padded(signature)}`
}

/** Base64url as load balancers write it: with its padding (RFC 4648 section 5). */
const padded = (bytes: string | Buffer) =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')

const subjectOf = (issuer: TestIssuer, username: string) => claimsOf(issuer.accessToken({ username })).sub

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(String(token.split('.')[1]), 'base64url').toString()) as {
    sub: string
    username: string
  }

const anArn = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/test/0123456789abcdef'

const tokenChecks: OptionChecks = {
  'username?': aString,
  'sub?': aString,
  'expiresIn?': aCount(-86_400, 86_400),
  'claims?': anObject,
  'header?': anObject,
}
