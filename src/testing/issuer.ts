import { aClock, aCount, aString, checkOptions, type OptionChecks, oneOf } from '../options.js'
import type { Clock } from '../types.js'
import { accessTokenClaims, idTokenClaims, machineTokenClaims } from './claims.js'
import { testClock } from './clock.js'
import { testKeySet } from './key-set.js'
import type { TestKey } from './keys.js'
import type { TestFetch, TestIssuer, TestIssuerOptions, TestJwks, TestTokenParts } from './types.js'

/**
 * Returns a user pool that issues and publishes in process: no port, no network, no key generation.
 * Each of the first four in a process has keys of its own.
 *
 * @example
 * const issuer = createTestIssuer()
 * const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
 * await verifier.verify(issuer.accessToken({ groups: ['admin'], scopes: ['orders/read'] }))
 *
 * @throws TypeError naming a wrong option
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  checkOptions('createTestIssuer', options, optionChecks)
  const { userPoolId = 'us-east-1_TestIssuer', clientId = 'test1client2of3the4issuer5' } = options
  const { issuerType = 'original', tokenLifetime = 3600, clock: base = clockAt(Date.now()) } = options
  const clock = testClock(base)
  const urls = issuerUrls(userPoolId)
  const issuer = urls[issuerType]
  const pool = { userPoolId, clientId, issuer, tokenLifetime, clock }

  const keys = testKeySet()
  const endpoint = keySetEndpoint(urls, issuer, keys.jwks)
  return {
    issuer,
    jwksUri: `${issuer}${jwksPath}`,
    options: { userPoolId, clientId, fetch: endpoint.fetch, insecureTestKeys: true },
    tokenLifetime,
    clock,
    get requests() {
      return endpoint.requests
    },
    accessToken: (token = {}) =>
      signToken(keys.current.access, { ...token, claims: accessTokenClaims(pool, token) }),
    idToken: (token = {}) => signToken(keys.current.id, { ...token, claims: idTokenClaims(pool, token) }),
    machineToken: token =>
      signToken(keys.current.access, { ...token, claims: machineTokenClaims(pool, token) }),
    sign: token => signToken(keys.current.access, token),
    jwks: keys.jwks,
    rotateKeys: keys.rotate,
    withdrawOldKeys: keys.withdrawOld,
    takeDown: () => endpoint.setUp(false),
    bringUp: () => endpoint.setUp(true),
  }
}

/** A `fetch` that answers with a key set. */
function keySetEndpoint(urls: IssuerUrls, issuer: string, jwks: () => TestJwks) {
  const known = [urls.original, issuer].map(url => `${url}${jwksPath}`)
  let isUp = true
  let requests = 0
  const fetch: TestFetch = async (input, init) => {
    init?.signal?.throwIfAborted()
    requests++
    if (!isUp) return new Response('Service Unavailable', { status: 503 })
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input)
    if (known.includes(url)) return Response.json(jwks())
    // a pool that has not switched to its updated issuer refuses to answer under it
    return new Response(null, { status: url.startsWith(`${urls.updated}/`) ? 403 : 404 })
  }
  return {
    fetch,
    get requests() {
      return requests
    },
    setUp(value: boolean) {
      isUp = value
    },
  }
}

/** The token of a header and claims. Members of the header are set after `kid` and `alg`. */
export function signToken(key: TestKey, { header = {}, claims }: TestTokenParts): string {
  const all = typeof header === 'string' ? header : { kid: key.jwk.kid, alg: key.jwk.alg, ...header }
  const signingInput = `${encode(all)}.${encode(claims)}`
  return `${signingInput}.${key.sign(signingInput)}`
}

const encode = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

type IssuerUrls = ReturnType<typeof issuerUrls>

/** A pool's two issuers (User pool endpoints and issuers, Amazon Cognito Developer Guide). */
export function issuerUrls(userPoolId: string) {
  const region = userPoolId.slice(0, userPoolId.indexOf('_'))
  return {
    original: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    updated: `https://issuer-cognito-idp.${region}.amazonaws.com/${userPoolId}`,
  }
}

const clockAt = (time: number): Clock => ({ now: () => time })

const jwksPath = '/.well-known/jwks.json'

const optionChecks: OptionChecks = {
  'userPoolId?': value =>
    /^[a-z]+(-[a-z]+)+-\d_[0-9A-Za-z]{1,45}$/.test(String(value))
      ? undefined
      : 'must be a region, "_" and letters or digits',
  'clientId?': aString,
  'issuerType?': oneOf('original', 'updated'),
  'tokenLifetime?': aCount(300, 86_400),
  'clock?': aClock,
}
