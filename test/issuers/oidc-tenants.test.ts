import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Algorithm,
  AuthError,
  createGuard,
  createVerifier,
  type OidcProviderOptions,
  oidcProvider,
  type TenantsOptions,
  type TrustedIssuer,
  tenants,
  userPool,
} from 'cognito-guard'
import { createTestIssuer, type TestIssuer } from 'cognito-guard/testing'
import { OAuth2Server } from 'oauth2-mock-server'
import t from 'tap'
import * as v from 'valibot'
import { documents, signer } from './signing.js'

const issuer = 'https://login.example/tenant'
const now = 1_800_000_000
const clock = { now: () => now * 1000 }
const claims = { iss: issuer, aud: 'my-api', sub: 'u-1', exp: now + 60 }
const rs256 = signer('RS256')
const jwksUri = `${issuer}/keys`

const verifierOf = (options: Partial<OidcProviderOptions> = {}, keys: readonly object[] = [rs256.jwk]) =>
  createVerifier({
    issuers: [
      oidcProvider({
        issuer,
        audience: 'my-api',
        jwksUri,
        fetch: documents({ [jwksUri]: { keys } }).fetch,
        fetchTimeout: 0.02,
        ...options,
      }),
    ],
    clock,
  })

const codeOf = (verified: Promise<unknown>) =>
  verified.then(
    () => undefined,
    (error: { code?: string }) => error.code ?? error,
  )

t.test('an OIDC provider: who its tokens speak for', async t => {
  const cases = [
    ['an ID token', { azp: 'web', nonce: 'n' }, { kind: 'user', clientId: 'web', groups: [], scopes: [] }],
    [
      'an access token',
      { client_id: 'web', scope: 'read write' },
      { clientId: 'web', scopes: ['read', 'write'] },
    ],
    ['Entra ID’s', { scp: 'read write' }, { scopes: ['read', 'write'], clientId: undefined }],
    ['a list', { scope: ['read', 'write'] }, { scopes: ['read', 'write'] }],
    ['scope before scp', { scope: 'read', scp: ['write'] }, { scopes: ['read'] }],
    ['scope before scp, a list', { scope: ['read'], scp: 'write' }, { scopes: ['read'] }],
    ['an empty scope before scp', { scope: '', scp: 'write' }, { scopes: [] }],
    ['an empty list before scp', { scope: [], scp: ['write'] }, { scopes: [] }],
    ['Okta’s', { scp: ['read', 'write'] }, { scopes: ['read', 'write'] }],
    ['a machine’s', { client_id: 'u-1' }, { kind: 'machine' }],
    ['for several audiences', { aud: ['https://login.example/userinfo', 'my-api'] }, { subject: 'u-1' }],
    ['groups that are not asked for', { groups: ['admin'], 'cognito:groups': ['admin'] }, { groups: [] }],
  ] as const
  for (const [name, more, principal] of cases)
    t.match((await verifierOf().verify(rs256.token({}, { ...claims, ...more }))).principal, principal, name)

  const typed = createVerifier({
    issuers: [
      oidcProvider({
        issuer,
        audience: ['another', 'my-api'],
        jwksUri,
        fetch: documents({ [jwksUri]: { keys: [rs256.jwk] } }).fetch,
        claims: v.object({ roles: v.array(v.string()), hd: v.literal('example.com') }),
        groupsFrom: ({ roles }) => roles,
      }),
    ],
    clock,
  })
  const verified = await typed.verify(rs256.token({}, { ...claims, roles: ['admin'], hd: 'example.com' }))
  const [role]: string[] = verified.claims.roles
  t.same([role, verified.principal.groups], ['admin', ['admin']])
  t.equal(
    await codeOf(typed.verify(rs256.token({}, { ...claims, roles: ['admin'], hd: 'x' }))),
    'ERR_TOKEN_CLAIM',
  )
})

t.test('an OIDC provider: how to fix it is not said of user pools', async t => {
  const cases: [string, object, object, RegExp][] = [
    [
      'ERR_TOKEN_KEY',
      { kid: 'another' },
      claims,
      /^Check that the token was signed by the issuer that it names/,
    ],
    ['ERR_TOKEN_ALGORITHM', { alg: 'PS512' }, claims, /each issuer signs with its own/],
    ['ERR_TOKEN_ISSUER', {}, { ...claims, iss: `${issuer}/x` }, /^Check the configured issuers/],
    ['ERR_TOKEN_AUDIENCE', {}, { ...claims, aud: 'x' }, /audience \(OpenID provider\)/],
    ['ERR_TOKEN_CLAIM', {}, { ...claims, sub: 1 }, /that the issuer documents/],
  ]
  for (const [code, header, claims, hint] of cases)
    await t.rejects(verifierOf().verify(rs256.token(header, claims)), { code, hint }, code)
})

t.test('an OIDC provider: algorithms are pinned', async t => {
  const all = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
  ] as const
  const rsa = signer('RS512')
  for (const alg of all) {
    const key = alg === 'RS512' ? rsa : signer(alg)
    const token = key.token({}, claims)
    t.equal(await codeOf(verifierOf({ algorithms: alg }, [key.jwk]).verify(token)), undefined, alg)
    const others: Algorithm[] = all.filter(other => other !== alg)
    const refused = codeOf(verifierOf({ algorithms: others }, [key.jwk]).verify(token))
    t.equal(await refused, 'ERR_TOKEN_ALGORITHM', `${alg} among others`)
  }
  t.equal(
    await codeOf(verifierOf({}, [rsa.jwk]).verify(rsa.token({}, claims))),
    'ERR_TOKEN_ALGORITHM',
    'RS256 by default',
  )
  const { alg: _, ...bare } = rs256.jwk
  const ps = signer('PS256')
  const mixed = verifierOf({ algorithms: ['RS256', 'PS256'] }, [bare, { ...ps.jwk, kid: 'ps' }])
  t.equal(await codeOf(mixed.verify(ps.token({ kid: 'ps' }, claims))), undefined)
  t.equal(
    await codeOf(mixed.verify(ps.token({ alg: 'RS256', kid: 'ps' }, claims))),
    'ERR_TOKEN_KEY',
    'a key for another',
  )
})

t.test('an OIDC provider: what is refused', async t => {
  const cases = [
    ['another audience', { aud: 'my-api2' }, 'ERR_TOKEN_AUDIENCE'],
    ['a part of it', { aud: 'my-ap' }, 'ERR_TOKEN_AUDIENCE'],
    ['none', { aud: undefined }, 'ERR_TOKEN_AUDIENCE'],
    ['an empty list', { aud: [] }, 'ERR_TOKEN_AUDIENCE'],
    ['a list with more than texts', { aud: ['my-api', 1] }, 'ERR_TOKEN_AUDIENCE'],
    ['an audience as client', { aud: undefined, client_id: 'my-api' }, 'ERR_TOKEN_AUDIENCE'],
    ['a slash more', { iss: `${issuer}/` }, 'ERR_TOKEN_ISSUER'],
    ['a list of issuers', { iss: [issuer] }, 'ERR_TOKEN_ISSUER'],
    ['none', { iss: undefined }, 'ERR_TOKEN_ISSUER'],
    ['no subject', { sub: undefined }, 'ERR_TOKEN_CLAIM'],
    ['no subject, an empty client', { sub: undefined, client_id: '' }, 'ERR_TOKEN_CLAIM'],
    [
      'no subject, and a person',
      { sub: undefined, client_id: 'c', email: 'a@example.com' },
      'ERR_TOKEN_CLAIM',
    ],
    ['subject null', { sub: null, client_id: 'c' }, 'ERR_TOKEN_CLAIM'],
    ['an empty subject', { sub: '', client_id: 'c' }, 'ERR_TOKEN_CLAIM'],
    ['azp', { azp: ['x'] }, 'ERR_TOKEN_CLAIM'],
    ['client_id', { client_id: 1 }, 'ERR_TOKEN_CLAIM'],
    ...[1, null, {}, true, ['read', 1], ['read', ['write']], ['read write'], ['']].flatMap(
      malformed =>
        [
          [`scope ${JSON.stringify(malformed)}`, { scope: malformed }, 'ERR_TOKEN_CLAIM'],
          ['beside scp', { scope: malformed, scp: 'read' }, 'ERR_TOKEN_CLAIM'],
          ['as scp', { scp: malformed }, 'ERR_TOKEN_CLAIM'],
          ['as scp beside scope', { scope: 'read', scp: malformed }, 'ERR_TOKEN_CLAIM'],
        ] as const,
    ),
    ['scp', { scp: { read: true } }, 'ERR_TOKEN_CLAIM'],
    ['expired', { exp: now - 5 }, 'ERR_TOKEN_EXPIRED'],
  ] as const
  for (const [name, more, code] of cases)
    t.equal(await codeOf(verifierOf().verify(rs256.token({}, { ...claims, ...more }))), code, name)
  const inHeader = rs256.token({ iss: issuer }, { ...claims, iss: undefined })
  t.equal(
    await codeOf(verifierOf().verify(inHeader)),
    'ERR_TOKEN_ISSUER',
    'an issuer that only the header names',
  )
  const wrong = [
    [{ jwksUri: undefined as never, issuer: 'login.example' }, /issuer must be a URL/],
    [{ jwksUri: undefined as never, issuer: 'http://login.example' }, /issuer must be an https URL/],
    [{ jwksUri: undefined as never, issuer: 'https://login.example/?a' }, /without a query/],
    [{ issuer: '' }, /issuer must be a non-empty string/],
    [{ issuer: undefined as never }, /issuer is undefined/],
    [{ audience: undefined as never }, /audience is undefined/],
    [{ audience: [] }, /audience must not be an empty list/],
    [{ algorithms: 'HS256' as never }, /algorithms must be one of/],
    [{ algorithms: [] }, /algorithms must not be an empty list/],
    [{ kindFrom: 'machine' as never }, /kindFrom must be a function/],
    [{ jwksUri: 'http://login.example' }, /jwksUri must be an https URL/],
  ] as const
  for (const [options, message] of wrong) t.throws(() => verifierOf(options), { name: 'TypeError', message })
  t.throws(() => oidcProvider(undefined as never), /options must be an object/)
})

t.test('an OIDC provider: its keys are discovered, on its own origin', async t => {
  const at = 'https://login.example/tenant/.well-known/openid-configuration'
  const ask = async (document: unknown, iss = issuer) => {
    const host = documents({ [at]: document, [jwksUri]: { keys: [rs256.jwk] } })
    const options = { issuer: iss, audience: 'my-api', fetch: host.fetch, fetchTimeout: 0.02 }
    const verifier = createVerifier({ issuers: [oidcProvider(options)], clock })
    return { code: await codeOf(verifier.verify(rs256.token({}, { ...claims, iss }))), asked: host.asked }
  }
  t.same(await ask({ issuer, jwks_uri: jwksUri, more: [] }), { code: undefined, asked: [at, jwksUri] })
  const slashed = `${issuer}/`
  t.match(
    await ask({ issuer: slashed, jwks_uri: jwksUri }, slashed),
    { code: undefined },
    'an issuer with a slash',
  )
  const documentsRefused = [
    ['another issuer', { issuer: 'https://login.example/other', jwks_uri: jwksUri }],
    ['a slash more', { issuer: slashed, jwks_uri: jwksUri }],
    ['no issuer', { jwks_uri: jwksUri }],
    ['no key set', { issuer }],
    ['keys that are no URL', { issuer, jwks_uri: '/keys' }],
    ['keys elsewhere', { issuer, jwks_uri: 'https://keys.example/' }],
    ['keys on another port', { issuer, jwks_uri: 'https://login.example:444/keys' }],
    ['keys without TLS', { issuer, jwks_uri: 'http://login.example/keys' }],
    ['keys in our cloud', { issuer, jwks_uri: 'http://169.254.169.254/' }],
    ['null', 'null'],
    ['no JSON', '<html>'],
    ['too much', { issuer, jwks_uri: jwksUri, x: 'x'.repeat(70_000) }],
    ['nothing', undefined],
  ] as const
  for (const [name, document] of documentsRefused) {
    const { code, asked } = await ask(document)
    t.equal(code, 'ERR_KEYS_UNAVAILABLE', name)
    t.notOk(
      asked.some(url => url !== at),
      `${name}: nobody else was asked`,
    )
  }
})

t.test('an OIDC provider: a certified one, and a mock, on loopback', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close() && server.closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = await certifiedProvider(url)
  server.on('request', provider.callback())
  const tokenAt = async () => {
    const response = await fetch(`${url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('m1:secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
    })
    return ((await response.json()) as { access_token: string }).access_token
  }
  const api = createVerifier({
    issuers: [
      oidcProvider({ issuer: url, audience: 'urn:api', algorithms: 'ES256', insecureLoopbackHttp: true }),
      // An ID token need not show that its subject is a person.
      oidcProvider({ issuer: url, audience: 'm1', kindFrom: () => 'user', insecureLoopbackHttp: true }),
    ],
  })
  t.match(await api.verify(await tokenAt()), {
    header: { typ: 'at+jwt' },
    principal: { kind: 'machine', subject: 'm1', scopes: ['read'], issuer: url },
  })
  const client = await provider.Client.find('m1')
  const unsigned = new provider.IdToken({ sub: 'u-1' }, { client })
  unsigned.scope = 'openid'
  const idToken = await unsigned.issue({ use: 'idtoken' })
  t.match(await api.verify(idToken), {
    header: { alg: 'RS256' },
    principal: { kind: 'user', subject: 'u-1' },
  })
  await api.ready()
  api.close()

  const mock = new OAuth2Server()
  const { kid } = await mock.issuer.keys.generate('PS256')
  await mock.start(0, '127.0.0.1')
  t.teardown(() => mock.stop())
  mock.issuer.url = `http://127.0.0.1:${mock.address().port}`
  const mocked = createVerifier({
    issuers: [
      oidcProvider({
        issuer: mock.issuer.url,
        audience: 'my-api',
        algorithms: ['PS256', 'EdDSA'],
        insecureLoopbackHttp: true,
      }),
    ],
  })
  const token = (aud: string) =>
    mock.issuer.buildToken({
      kid,
      scopesOrTransform: (_header, payload) => Object.assign(payload, { aud, sub: 'u-2', nonce: 'n' }),
    })
  t.match((await mocked.verify(await token('my-api'))).principal, { kind: 'user', subject: 'u-2' })
  t.equal(await codeOf(mocked.verify(await token('x'))), 'ERR_TOKEN_AUDIENCE')
  mocked.close()
})

/** `oidc-provider` has no types. */
async function certifiedProvider(url: string) {
  const name: string = 'oidc-provider'
  const { default: Provider } = await import(name)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const server = {
    scope: 'read',
    audience: 'urn:api',
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  }
  return new Provider(url, {
    clients: [
      {
        client_id: 'm1',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: {
      keys: [
        { ...rsa, alg: 'RS256', use: 'sig' },
        { ...ec, alg: 'ES256', use: 'sig' },
      ],
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:api',
        getResourceServerInfo: () => server,
      },
    },
    ttl: { ClientCredentials: 60, IdToken: 60 },
  })
}

/** Pools of several tenants with one clock, and a resolver that the test controls. */
function multiTenant(options: TenantsOptions = {}) {
  const state = { now: now * 1000 }
  const time = { now: () => state.now }
  const pools = new Map<string, TestIssuer>()
  const found = new Map<string, TrustedIssuer | undefined>()
  const asked: string[] = []
  const setup = {
    pass: (seconds: number) => {
      state.now += seconds * 1000
    },
    asked,
    found,
    resolve: (iss: string): unknown => found.get(iss),
    pool(name: string) {
      const pool = createTestIssuer({
        userPoolId: `eu-west-1_${name}`,
        clientId: `${name}1client`,
        clock: time,
      })
      pools.set(name, pool)
      found.set(pool.issuer, userPool({ ...pool.options, fetchTimeout: 0.02 }))
      return pool
    },
  }
  const verifier = createVerifier({
    issuers: [
      tenants(iss => {
        asked.push(iss)
        return setup.resolve(iss) as TrustedIssuer | undefined
      }, options),
    ],
    clock: time,
  })
  return { ...setup, setup, verifier }
}

t.test('tenants: found once, by an exact iss', async t => {
  const { pool, asked, verifier, pass } = multiTenant()
  const [a, b] = [pool('A'), pool('B')]
  for (let i = 0; i < 3; i++) {
    t.match((await verifier.verify(a.accessToken())).principal, { issuer: a.issuer })
    t.match((await verifier.verify(b.accessToken())).principal, { issuer: b.issuer })
  }
  t.same(asked, [a.issuer, b.issuer])
  t.equal(await codeOf(verifier.verify(a.accessToken({ claims: { iss: b.issuer } }))), 'ERR_TOKEN_CLIENT')
  t.equal(await codeOf(verifier.verify(a.idToken())), 'ERR_TOKEN_USE')
  const unlisted = createTestIssuer({ userPoolId: 'eu-west-1_C' })
  for (let i = 0; i < 3; i++)
    t.equal(await codeOf(verifier.verify(unlisted.accessToken())), 'ERR_TOKEN_ISSUER')
  t.equal(unlisted.requests, 0, 'the keys of an unknown issuer are not fetched')
  t.same(asked.slice(2), [unlisted.issuer], 'an unknown issuer is cached')
  const long = `https://x.example/${'x'.repeat(500)}`
  for (const iss of [long, [a.issuer], undefined, null, 1])
    t.equal(await codeOf(verifier.verify(a.accessToken({ claims: { iss } }))), 'ERR_TOKEN_ISSUER')
  t.equal(asked.length, 3, 'the resolver is not called for what cannot be an issuer')
  pass(60)
  pool('C')
  t.equal(
    await codeOf(verifier.verify(unlisted.accessToken({ claims: { iat: now } }))),
    'ERR_TOKEN_CLIENT',
    'a new tenant',
  )
  t.same(verifier.health(), [])
  await verifier.ready()
  verifier.close()
  t.throws(() => verifier.verifySync(b.accessToken({ header: { kid: 'x' } })), { code: /ERR_/ })
})

t.test('tenants: tokens of a removed tenant are refused, cached or not', async t => {
  for (const isLater of [false, true]) {
    const { pool, found, setup, verifier, pass } = multiTenant({ refreshAfter: 100, unknownFor: 10 })
    if (isLater) setup.resolve = async iss => found.get(iss)
    const a = pool('A')
    const token = a.accessToken()
    await verifier.verify(token)
    found.delete(a.issuer)
    pass(99)
    t.ok(await verifier.verify(token))
    pass(1)
    await codeOf(verifier.verify(token))
    t.equal(await codeOf(verifier.verify(token)), 'ERR_TOKEN_ISSUER', `later: ${isLater}`)
  }
})

t.test('tenants: what was cached by a clock that was ahead ends as if it had been right', async t => {
  const options = { refreshAfter: 100, maxAge: 1_000, unknownFor: 10 }
  const year = 365 * 86_400
  for (const isLater of [false, true]) {
    const { pool, found, setup, verifier, pass, asked } = multiTenant(options)
    if (isLater) setup.resolve = async iss => found.get(iss)
    const [a, b, c, d] = [pool('A'), pool('B'), pool('C'), pool('D')] as const
    const expiresIn = 2 * year
    const tokens = new Map([a, b, c, d].map(each => [each, each.accessToken({ expiresIn })]))
    const codeFor = (each: TestIssuer) => codeOf(verifier.verify(tokens.get(each) as string))
    found.delete(b.issuer)
    pass(year)
    t.same(await Promise.all([a, b, c, d].map(codeFor)), [
      undefined,
      'ERR_TOKEN_ISSUER',
      undefined,
      undefined,
    ])
    pass(-30)
    const before = asked.length
    t.equal(await codeFor(a), undefined)
    t.equal(asked.length, before, 'a small step is none')
    pass(30 - year)
    found.delete(a.issuer)
    found.set(b.issuer, userPool(b.options))
    t.equal(await codeFor(a), undefined, 'asked again in the background')
    t.equal(await codeFor(a), 'ERR_TOKEN_ISSUER', 'removed')
    t.equal(await codeFor(b), undefined, 'not unknown any more')
    setup.resolve = () => Promise.reject(new Error('the database is down'))
    t.equal(await codeFor(c), undefined, 'what is known stays')
    pass(990)
    t.equal(await codeFor(c), undefined)
    pass(11)
    t.equal(await codeFor(c), 'ERR_KEYS_UNAVAILABLE', 'not for as long as the clock was ahead')
  }
})

t.test('tenants: a changed tenant is replaced once the new keys are loaded', async t => {
  const { pool, found, verifier, pass, asked } = multiTenant({ refreshAfter: 100 })
  const a = pool('A')
  const token = a.accessToken()
  await verifier.verify(token)
  const change = (options: object) =>
    found.set(a.issuer, userPool({ ...a.options, fetchTimeout: 0.02, ...options }))
  change({ clientId: 'new1client' })
  a.takeDown()
  pass(100)
  t.ok(await verifier.verify(token))
  await new Promise(resolve => setTimeout(resolve, 50))
  t.ok(await verifier.verify(token), 'the keys of the new one are out of reach')
  t.equal(asked.length, 2, 'the resolver is called again after a while')
  a.bringUp()
  change({ clientId: 'new1client' })
  pass(11)
  t.ok(await verifier.verify(token))
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(await codeOf(verifier.verify(token)), 'ERR_TOKEN_CLIENT', 'also for what was verified before')
  t.ok(await verifier.verify(a.accessToken({ clientId: 'new1client' })))
})

t.test('tenants: a resolver that fails is an outage', async t => {
  const { pool, found, setup, verifier, pass, asked } = multiTenant({ refreshAfter: 100, maxAge: 1_000 })
  const a = pool('A')
  const token = a.accessToken({ expiresIn: 5_000 })
  const down = new Error('the database is down')
  const failures = [
    () => {
      throw down
    },
    () => Promise.reject(down),
  ]
  for (const failure of failures) {
    setup.resolve = failure
    const error = (await verifier.verify(token).catch(error => error)) as { code: string; cause: unknown }
    t.same([error.code, error.cause], ['ERR_KEYS_UNAVAILABLE', down])
  }
  setup.resolve = () => {
    throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
  }
  t.equal(await codeOf(verifier.verify(token)), 'ERR_REVOCATION_UNAVAILABLE', 'a refusal of one’s own')
  setup.resolve = iss => found.get(iss)
  t.ok(await verifier.verify(token))
  for (const failure of failures) {
    setup.resolve = failure
    pass(400)
    const before = asked.length
    for (let i = 0; i < 3; i++) t.ok(await verifier.verify(token), 'what is known stays')
    t.equal(asked.length, before + 1)
  }
  pass(400)
  t.equal(await codeOf(verifier.verify(token)), 'ERR_KEYS_UNAVAILABLE', 'not for ever')
})

t.test('tenants: one call at a time for each issuer, and not too many at once', async t => {
  const { pool, setup, found, verifier, asked } = multiTenant()
  const a = pool('A')
  const waiting: (() => void)[] = []
  setup.resolve = iss => new Promise(resolve => waiting.push(() => resolve(found.get(iss))))
  const verified = [1, 2, 3].map(() => verifier.verify(a.accessToken()))
  t.equal(asked.length, 1)
  const claims = (i: number) => ({ claims: { iss: `https://stranger.example/${i}` } })
  const others = Array.from({ length: 105 }, (_, i) => codeOf(verifier.verify(a.accessToken(claims(i)))))
  t.equal(asked.length, 100)
  for (const answer of waiting) answer()
  t.equal((await Promise.all(verified)).length, 3)
  const codes = await Promise.all(others)
  t.equal(codes.filter(code => code === 'ERR_TOKEN_ISSUER').length, 99)
  t.equal(codes.filter(code => code === 'ERR_KEYS_UNAVAILABLE').length, 6)
})

t.test('tenants: what is cached ends with a tenant that changes and keeps its keys', async t => {
  for (const isLater of [false, true]) {
    const { pool, found, verifier, pass, asked } = multiTenant({ refreshAfter: 100 })
    const a = pool('A')
    const kept = found.get(a.issuer) as TrustedIssuer
    const slow = Object.assign(async (...args: Parameters<typeof kept.keys>) => kept.keys(...args), kept.keys)
    const { keys = kept.keys } = isLater ? { keys: slow } : {}
    let validated = 0
    const rules = (most: number): TrustedIssuer => ({
      ...kept,
      keys,
      validate(header, claims) {
        validated++
        if ((claims.level as number) > most) throw new AuthError('ERR_TOKEN_CLAIM')
        return kept.validate(header, claims)
      },
    })
    found.set(a.issuer, rules(2))
    const [low, high] = [1, 2].map(level => a.accessToken({ claims: { level } })) as [string, string]
    for (const token of [low, high, low, high]) t.ok(await verifier.verify(token))
    t.equal(validated, 2, 'cached')
    found.set(a.issuer, rules(1))
    pass(100)
    await verifier.verify(low)
    await new Promise(setImmediate)
    t.equal(asked.length, 2)
    for (let i = 0; i < 3; i++) {
      t.equal(await codeOf(verifier.verify(high)), 'ERR_TOKEN_CLAIM', 'by the rules of today')
      t.ok(await verifier.verify(low))
    }
    t.equal(validated, 2 + 3 + 1, 'what is good by them is cached anew')
    const before = validated
    pass(100)
    await verifier.verify(low)
    await new Promise(setImmediate)
    t.ok(await verifier.verify(low))
    t.equal(validated, before, 'the same answer changes nothing')
    t.equal(await codeOf(verifier.verify(a.accessToken({ header: { kid: 'x' } }))), 'ERR_TOKEN_KEY')
    found.set(a.issuer, { ...rules(1), keys: Object.assign(() => undefined, {}) })
    pass(100)
    await verifier.verify(low)
    await new Promise(setImmediate)
    t.equal(await codeOf(verifier.verify(low)), 'ERR_TOKEN_KEY', 'nor a key of its own')
  }
})

t.test('tenants: unknown issuers share a budget, and are an outage beyond it', async t => {
  const { pool, verifier, asked, pass, found } = multiTenant({ refreshAfter: 100 })
  const a = pool('A')
  const known = a.accessToken()
  await verifier.verify(known)
  const unknown = (i: number) => a.accessToken({ claims: { iss: `https://unknown.example/${i}` } })
  const codes = async (from: number, count: number) => {
    const found: unknown[] = []
    for (let i = from; i < from + count; i++) found.push(await codeOf(verifier.verify(unknown(i))))
    return found.filter(code => code === 'ERR_TOKEN_ISSUER').length
  }
  t.equal(await codes(0, 300), 100)
  t.equal(asked.length, 101)
  const guard = createGuard({ verifier })
  const decision = await guard({
    header: name => (name === 'authorization' ? `Bearer ${unknown(5_000)}` : undefined),
  })
  t.match(decision, {
    status: 503,
    headers: { 'Retry-After': '5' },
    error: { code: 'ERR_KEYS_UNAVAILABLE', hint: /accepts/ },
  })
  t.ok(await verifier.verify(a.accessToken()), 'who is known is served')
  t.equal(
    await codeOf(verifier.verify(unknown(1))),
    'ERR_TOKEN_ISSUER',
    'what is known to be nobody is refused',
  )
  found.set(a.issuer, userPool({ ...a.options, clientId: 'new1client' }))
  pass(100)
  for (let i = 0; i < 3; i++) {
    await codes(10_000 + 1_000 * i, 200)
    await codeOf(verifier.verify(known))
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  t.equal(await codeOf(verifier.verify(known)), 'ERR_TOKEN_CLIENT', 'and asked about, whatever else is')
  pass(1)
  t.equal(await codes(20_000, 50), 10)
  pass(-5_000)
  t.equal(await codes(25_000, 20), 0, 'a clock that was set back')
  pass(1)
  t.equal(await codes(26_000, 20), 10, 'starves nobody')
  pass(1_000)
  t.equal(await codes(30_000, 110), 100)
})

t.test('tenants: genuine ones cost nothing, however many come at once', async t => {
  const { pool, verifier } = multiTenant()
  for (let i = 0; i < 300; i++) t.ok(await verifier.verify(pool(`T${i}`).accessToken()))
})

t.test('tenants: accepts is asked first', async t => {
  const calls: string[] = []
  const answer: { accepts: (iss: string) => unknown } = {
    accepts: iss => iss.startsWith('https://cognito-idp.'),
  }
  const { pool, verifier, asked, pass } = multiTenant({
    refreshAfter: 100,
    accepts(iss) {
      calls.push(iss)
      return answer.accepts(iss) as boolean
    },
  })
  const a = pool('A')
  const token = a.accessToken()
  for (let i = 0; i < 3; i++) t.ok(await verifier.verify(token))
  t.same(calls, [a.issuer], 'not again about who is known')
  for (let i = 0; i < 500; i++)
    t.equal(
      await codeOf(verifier.verify(a.accessToken({ claims: { iss: `https://x.example/${i}` } }))),
      'ERR_TOKEN_ISSUER',
    )
  t.same(asked, [a.issuer])
  answer.accepts = () => false
  pass(100)
  await codeOf(verifier.verify(token))
  t.equal(await codeOf(verifier.verify(token)), 'ERR_TOKEN_ISSUER', 'who is no longer accepted is out')
  t.same(asked, [a.issuer])
  for (const other of [undefined, 1, 'true', Promise.resolve(true), {}]) {
    answer.accepts = () => other
    await t.rejects(verifier.verify(token), new TypeError('tenants: accepts must return true or false'))
  }
  answer.accepts = () => {
    throw new RangeError('a fault')
  }
  await t.rejects(verifier.verify(token), new RangeError('a fault'))
  t.throws(() => verifier.verifySync(token), new RangeError('a fault'))
  t.throws(() => tenants(() => undefined, { accepts: true as never }), /accepts must be a function/)
})

t.test('tenants: a flood of unknown issuers does not keep a removed tenant', async t => {
  const { pool, setup, found, verifier, pass } = multiTenant({ refreshAfter: 100 })
  const a = pool('A')
  const token = a.accessToken()
  await verifier.verify(token)
  found.delete(a.issuer)
  const waiting: (() => void)[] = []
  setup.resolve = iss => new Promise(resolve => waiting.push(() => resolve(found.get(iss))))
  const others = Array.from({ length: 100 }, (_, i) =>
    codeOf(verifier.verify(a.accessToken({ claims: { iss: `https://stranger.example/${i}` } }))),
  )
  pass(100)
  t.ok(await verifier.verify(token), 'while the resolver is called')
  for (const answer of waiting) answer()
  await Promise.all(others)
  t.equal(await codeOf(verifier.verify(token)), 'ERR_TOKEN_ISSUER')
})

t.test('tenants: the cache is bounded', async t => {
  const { pool, verifier, asked } = multiTenant({ maxTenants: 2 })
  const tokens = ['A', 'B', 'C'].map(name => pool(name).accessToken())
  for (const token of [...tokens, ...tokens]) t.ok(await verifier.verify(token))
  t.equal(asked.length, 6, 'the least recently used is evicted, and resolved again')
})

t.test('tenants: a cached token waits for a tenant that is not cached any more', async t => {
  const { pool, setup, found, verifier } = multiTenant({ maxTenants: 1 })
  setup.resolve = async iss => found.get(iss)
  const [a, b] = ['A', 'B'].map(name => pool(name).accessToken()) as [string, string]
  const first = await verifier.verify(a)
  await verifier.verify(b)
  t.equal(await verifier.verify(a), first)
})

t.test('tenants: one that changes on the way of a token has another key that verifies the same', async t => {
  const seen: unknown[] = []
  const key = { algorithm: 'RS256' as const, verify: (...args: unknown[]) => seen.push(args) > 0 }
  const issuerOf = (): TrustedIssuer => ({
    issuers: ['https://a.example'],
    algorithms: ['RS256'],
    keys: () => key,
    validate: (_header, claims) => claims,
  })
  const directory = tenants(issuerOf, { refreshAfter: 1 })
  const earlier = (await directory.find?.('https://a.example', now)) as TrustedIssuer
  const keyAt = (time: number) => earlier.keys('x', 'RS256', time, 'https://a.example')
  t.equal(await keyAt(now), key)
  await keyAt(now + 1_000)
  const twin = await keyAt(now + 1_001)
  t.not(twin, key)
  const bytes = Uint8Array.of(1)
  t.match([twin?.algorithm, twin?.verify(bytes, bytes, true)], ['RS256', true])
  t.same(seen, [[bytes, bytes, true]])
})

t.test('tenants: what a resolver must not do', async t => {
  const { pool, setup, verifier } = multiTenant()
  const a = pool('A')
  setup.resolve = () => userPool(createTestIssuer().options)
  await t.rejects(verifier.verify(a.accessToken()), { name: 'TypeError', message: /another iss/ })
  setup.resolve = iss => ({ ...userPool(a.options), issuers: [iss], algorithms: ['ES256'] })
  await t.rejects(verifier.verify(a.accessToken()), { name: 'TypeError', message: /not in algorithms/ })
  const value = tenants(() => undefined, { algorithms: ['RS256', 'ES256'] })
  t.same([value.issuers, value.algorithms], [[], ['RS256', 'ES256']])
  t.throws(() => value.validate({ alg: 'RS256' }, { iss: 'x', exp: 1 }), { code: 'ERR_TOKEN_ISSUER' })
  t.throws(() => value.keys('x', 'RS256', 0), { code: 'ERR_TOKEN_ISSUER' })
  t.equal(value.keys.suspect?.('x', 0, 'x'), undefined)
  const wrong = [
    [undefined as never, {}, /resolve is undefined/],
    [() => undefined, { maxTenants: 0 }, /maxTenants must be/],
    [() => undefined, { refreshAfter: 100, maxAge: 99 }, /maxAge must be at least refreshAfter/],
    [() => undefined, { ttl: 1 } as never, /ttl is not an option/],
  ] as const
  for (const [resolve, options, message] of wrong)
    t.throws(() => tenants(resolve, options), { name: 'TypeError', message })
})

t.test('tenants stand beside issuers that are listed, which come first', async t => {
  const a = createTestIssuer({ clock })
  const asked: string[] = []
  const nobody = tenants(iss => void asked.push(iss))
  const b = createTestIssuer({ userPoolId: 'eu-west-1_B', clock })
  const some = tenants(iss => (iss === b.issuer ? userPool(b.options) : undefined))
  const verifier = createVerifier({ issuers: [nobody, some, userPool(a.options)], clock })
  t.ok(await verifier.verify(a.accessToken()))
  t.same(asked, [])
  t.ok(await verifier.verify(b.accessToken()), 'the next resolver is called')
  t.same(asked, [b.issuer])
  t.equal(
    await codeOf(verifier.verify(b.accessToken({ header: { kid: a.jwks().keys[0]?.kid } }))),
    'ERR_TOKEN_KEY',
  )
  const forged = `${b.accessToken().slice(0, -8)}AAAAAAAA`
  t.equal(await codeOf(verifier.verify(forged)), 'ERR_TOKEN_SIGNATURE')
})
