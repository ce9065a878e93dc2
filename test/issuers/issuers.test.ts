import {
  type AccessTokenClaims,
  allowAnonymous,
  createGuard,
  createVerifier,
  every,
  federatedBy,
  groupsFromText,
  type IdentityPoolOptions,
  type IdTokenClaims,
  identityPool,
  inGroup,
  isGuest,
  isMachine,
  isRead,
  isUser,
  type JwtClaims,
  loadBalancer,
  not,
  oidcProvider,
  type Policy,
  some,
  type UserPoolOptions,
  userPool,
  verifiedAccess,
} from 'cognito-guard'
import {
  type AppSyncAuthorizerOptions,
  appSyncAuthorizer,
  appSyncEventsAuthorizer,
  type GatewayAuthorizerOptions,
  restAuthorizer,
} from 'cognito-guard/lambda'
import {
  createTestIdentityPool,
  createTestIssuer,
  createTestLoadBalancer,
  type TestFetch,
} from 'cognito-guard/testing'
import t from 'tap'
import * as v from 'valibot'
import { z } from 'zod'
import { documents, signer } from './signing.js'

const pool = createTestIssuer()
const identities = createTestIdentityPool(pool)
const { clock } = pool
const now = Math.floor(clock.now() / 1000)
const { identityPoolId } = identities.options

type PoolOptions = Partial<Omit<UserPoolOptions<'access' | 'id'>, never>>

const poolVerifier = (options: PoolOptions = {}) =>
  createVerifier({
    issuers: [userPool({ ...pool.options, ...options } as UserPoolOptions<'access' | 'id'>)],
    clock,
  })

const identityVerifier = (options: Partial<IdentityPoolOptions> = {}) =>
  createVerifier({ issuers: [identityPool({ ...identities.options, ...options })], clock })

t.test('a user pool: claims are distinguished by token_use, and typed by a schema', async t => {
  const verifier = createVerifier({
    issuers: [
      userPool({
        ...pool.options,
        tokenUse: ['access', 'id'],
        claims: z.object({ 'custom:plan': z.enum(['free', 'paid']).default('free'), age: z.coerce.number() }),
      }),
    ],
    clock,
  })
  const { claims } = await verifier.verify(pool.accessToken({ claims: { age: '42', other: [1] } }))
  const plan: 'free' | 'paid' = claims['custom:plan']
  const age: number = claims.age
  t.same([plan, age, claims.other], ['free', 42, [1]], 'what the schema makes, and what it does not know')
  const client: string = claims.token_use === 'access' ? claims.client_id : claims.aud
  t.equal(client, pool.options.clientId)
  const access: AccessTokenClaims | undefined = claims.token_use === 'access' ? claims : undefined
  const id: IdTokenClaims | undefined = claims.token_use === 'id' ? claims : undefined
  t.same([access?.client_id, id?.aud], [pool.options.clientId, undefined])
  t.ok(Object.isFrozen(claims) && Object.isFrozen(claims.other))

  await t.rejects(verifier.verify(pool.accessToken({ claims: { age: 'x' } })), {
    code: 'ERR_TOKEN_CLAIM',
    hint: /schema/,
  })
  const withValibot = poolVerifier({
    claims: v.object({ 'custom:tenant': v.pipe(v.string(), v.minLength(1)) }),
  })
  t.ok(await withValibot.verify(pool.accessToken({ claims: { 'custom:tenant': 'a' } })))
  await t.rejects(withValibot.verify(pool.accessToken()), { code: 'ERR_TOKEN_CLAIM' })
  const moved = poolVerifier({
    claims: v.object({
      iss: v.pipe(
        v.string(),
        v.transform(() => 'https://x'),
      ),
    }),
  })
  await t.rejects(moved.verify(pool.accessToken()), { code: 'ERR_TOKEN_ISSUER' }, 'no schema moves a token')

  const later = poolVerifier({
    claims: v.objectAsync({
      a: v.pipeAsync(
        v.string(),
        v.checkAsync(async () => false),
      ),
    }),
  })
  await t.rejects(later.verify(pool.accessToken({ claims: { a: 'b' } })), {
    name: 'TypeError',
    message: /synchronous/,
  })
  t.throws(() => poolVerifier({ claims: {} as never }), /claims must be a schema/)
})

t.test('a user pool: groups, and where else they may be', async t => {
  const groupsOf = async (claims: object, options: PoolOptions = {}) => {
    const verifier = poolVerifier({ tokenUse: 'id', ...options })
    return (await verifier.verify(pool.idToken({ claims: claims as never }))).principal.groups
  }
  const cases = [
    ['[a, b]', ['a', 'b']],
    ['a,b', ['a', 'b']],
    ['a', ['a']],
    ['[a]', ['a']],
    ['[]', []],
    ['', []],
    [' [ a b , c ] ', ['a b', 'c']],
    ['["a, b","c"]', ['a, b', 'c']],
    ['["a",1]', []],
    ['["a"', []],
    ['[a', ['[a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [{ a: true }, []],
    [1, []],
    [undefined, []],
  ] as const
  const groupsFrom = groupsFromText('custom:groups')
  for (const [claim, groups] of cases)
    t.same(await groupsOf({ 'custom:groups': claim }, { groupsFrom }), groups, JSON.stringify(claim))
  t.same(await groupsOf({ 'custom:groups': '[admin]', groups: ['admin'] }), [], 'never unless configured')
  t.same(await groupsOf({ 'cognito:groups': ['a'] }, { groupsFrom }), [], 'in place of cognito:groups')
  const both = (claims: { readonly [claim: string]: unknown }) => [
    ...((claims['cognito:groups'] ?? []) as string[]),
    ...groupsFrom(claims as never).map(name => `corp:${name}`),
  ]
  t.same(await groupsOf({ 'cognito:groups': ['a'], 'custom:groups': 'b' }, { groupsFrom: both }), [
    'a',
    'corp:b',
  ])
  const roles = (claims: JwtClaims) => claims.roles
  t.same(await groupsOf({ roles: ['a'] }, { groupsFrom: roles }), ['a'])
  t.same(await groupsOf({ 'cognito:groups': ['a'] }, { groupsFrom: roles }), [])
  for (const claim of ['admin', { admin: true }, [1]])
    await t.rejects(groupsOf({ roles: claim }, { groupsFrom: roles }), { code: 'ERR_TOKEN_CLAIM' })
  t.throws(() => groupsFromText(''), /name of a claim/)
})

t.test('a user pool: federated users', async t => {
  const guard = createGuard({ verifier: poolVerifier({ tokenUse: ['id', 'access'] }) })
  const decide = (token: string) =>
    guard({ header: () => `Bearer ${token}` }, federatedBy('Corp')) as { authorized: boolean }
  await guard({ header: () => `Bearer ${pool.idToken()}` })
  const provider = { name: 'Corp', type: 'SAML', userId: 'ada@corp.example' }
  t.ok(decide(pool.idToken({ provider })).authorized)
  t.notOk(decide(pool.idToken({ provider: { ...provider, name: 'Corp2' } })).authorized)
  t.notOk(decide(pool.idToken()).authorized)
  await guard({ header: () => `Bearer ${pool.accessToken()}` })
  t.notOk(decide(pool.accessToken({ provider })).authorized, 'access tokens do not say it')
  const linked = { userId: 'x', providerName: 'Google', providerType: 'Google', primary: 'false' }
  const odd = { ...linked, primary: { toString: 'x' } }
  t.notOk(decide(pool.idToken({ claims: { identities: [odd, 1, null] } })).authorized, 'an odd one')
  const primary = { userId: 'y', providerName: 'Corp', providerType: 'SAML', primary: 'true' }
  t.ok(decide(pool.idToken({ claims: { identities: [linked, primary] } })).authorized, 'the primary one')
})

t.test('an identity pool: users and guests', async t => {
  const cognito = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_TestIssuer'
  const guest = await identityVerifier().verify(identities.token())
  t.match(guest, {
    header: { alg: 'RS512', typ: 'JWS', kid: 'us-east-1-7' },
    principal: { kind: 'guest', groups: [], scopes: [], provider: undefined, expiresAt: now + 600 },
  })
  t.equal(guest.principal.subject, guest.claims.sub)
  const login = { provider: cognito, userId: 'u-1' }
  const samlArn = 'arn:aws:iam::111122223333:saml-provider/Corp'
  const oidcArn = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com'
  const cases = [
    ['a user pool', { login }, { name: cognito, type: 'CognitoSignIn', userId: 'u-1' }],
    [
      'an OIDC provider',
      {
        claims: {
          amr: ['authenticated', 'token.actions.githubusercontent.com', `${oidcArn}:OIDC:repo:o/r:OIDC:x`],
        },
      },
      { name: 'token.actions.githubusercontent.com', type: 'OIDC', userId: 'repo:o/r:OIDC:x' },
    ],
    [
      'an application’s own users',
      { claims: { amr: ['authenticated', 'login.my.app', `login.my.app:${identityPoolId}:a:OIDC:b`] } },
      { name: 'login.my.app', type: 'Developer', userId: 'a:OIDC:b' },
    ],
    [
      'a form that is not known',
      { claims: { amr: ['authenticated', 'graph.facebook.com', 'x'] } },
      undefined,
    ],
    [
      'a form that is not known, of somebody called like another',
      { claims: { amr: ['authenticated', samlArn, `${samlArn}:SAML:eve:OIDC:ada`] } },
      undefined,
    ],
    [
      'a login at another',
      { claims: { amr: ['authenticated', 'x', `${cognito}:CognitoSignIn:u-1`] } },
      undefined,
    ],
    ['nothing but that', { claims: { amr: ['authenticated'] } }, undefined],
  ] as const
  for (const [name, options, provider] of cases)
    t.match(
      (await identityVerifier().verify(identities.token(options))).principal,
      { kind: 'user', provider },
      name,
    )
})

t.test('an identity pool: what is refused', async t => {
  const host = documents({})
  const cases = [
    ['another pool', { aud: 'us-east-1:99999999-2222-3333-4444-555555555555' }, 'ERR_TOKEN_AUDIENCE'],
    ['several pools', { aud: [identityPoolId] }, 'ERR_TOKEN_AUDIENCE'],
    ['no pool', { aud: undefined }, 'ERR_TOKEN_AUDIENCE'],
    ['a part of it', { aud: identityPoolId.slice(0, -1) }, 'ERR_TOKEN_AUDIENCE'],
    ['no amr', { amr: undefined }, 'ERR_TOKEN_CLAIM'],
    ['an empty amr', { amr: [] }, 'ERR_TOKEN_CLAIM'],
    ['amr as a text', { amr: 'authenticated' }, 'ERR_TOKEN_CLAIM'],
    ['both', { amr: ['authenticated', 'unauthenticated'] }, 'ERR_TOKEN_CLAIM'],
    ['something else', { amr: ['Authenticated'] }, 'ERR_TOKEN_CLAIM'],
    ['no identity', { sub: undefined }, 'ERR_TOKEN_CLAIM'],
    ['http', { iss: 'http://cognito-identity.amazonaws.com' }, 'ERR_TOKEN_ISSUER'],
    ['a slash', { iss: 'https://cognito-identity.amazonaws.com/' }, 'ERR_TOKEN_ISSUER'],
    ['a user pool', { iss: pool.issuer }, 'ERR_TOKEN_ISSUER'],
    ['a host that goes on', { iss: 'https://cognito-identity.amazonaws.com.evil' }, 'ERR_TOKEN_ISSUER'],
    ['expired', { exp: now - 5 }, 'ERR_TOKEN_EXPIRED'],
    ['no expiry', { exp: undefined }, 'ERR_TOKEN_CLAIM'],
    ['an expiry as a text', { exp: String(now + 60) }, 'ERR_TOKEN_CLAIM'],
    ['from the future', { iat: now + 60 }, 'ERR_TOKEN_NOT_YET_VALID'],
  ] as const
  const verifier = identityVerifier({ fetch: host.fetch })
  for (const [name, claims, code] of cases)
    await t.rejects(verifier.verify(identities.token({ claims })), { code }, name)
  for (const alg of ['RS256', 'RS384', 'PS512', 'ES512', 'HS512', 'none', 'rs512'])
    await t.rejects(
      verifier.verify(identities.token({ header: { alg } })),
      { code: 'ERR_TOKEN_ALGORITHM' },
      alg,
    )
  t.same(host.asked, [], 'no keys were fetched')

  const [head, claims] = identities.token().split('.')
  await t.rejects(identityVerifier().verify(`${head}.${claims}.AAAA`), { code: 'ERR_TOKEN_SIGNATURE' })
  await t.rejects(identityVerifier().verify(identities.token({ header: { kid: 'us-east-1-8' } })), {
    code: 'ERR_TOKEN_KEY',
  })
  await t.rejects(identityVerifier().verify(pool.idToken()), { code: 'ERR_TOKEN_ALGORITHM' })
  const { insecureTestKeys: _, ...real } = identities.options
  const strict = createVerifier({ issuers: [identityPool({ ...real, fetchTimeout: 0.02 })], clock })
  t.equal(
    await strict.verify(identities.token()).catch(error => error.code),
    'ERR_KEYS_UNAVAILABLE',
    'keys that everybody knows',
  )
})

t.test('an identity pool: which issuer it has', t => {
  const id = '11111111-2222-3333-4444-555555555555'
  const cases = [
    ['us-east-1', 'https://cognito-identity.amazonaws.com'],
    ['eu-west-1', 'https://cognito-identity.amazonaws.com'],
    ['eu-south-1', 'https://cognito-identity.eu-south-1.amazonaws.com'],
    ['ap-southeast-7', 'https://cognito-identity.ap-southeast-7.amazonaws.com'],
  ] as const
  for (const [region, issuer] of cases)
    t.same(identityPool({ identityPoolId: `${region}:${id}` }).issuers, [issuer], region)
  for (const region of ['cn-north-1', 'us-gov-west-1', 'eusc-de-east-1', 'us-iso-east-1']) {
    const options = { identityPoolId: `${region}:${id}` }
    t.throws(() => identityPool(options), /not documented: give the issuer option/, region)
    t.same(identityPool({ ...options, issuer: 'https://x.example' }).issuers, ['https://x.example'])
  }
  const wrong = [
    [{ identityPoolId: 'us-east-1_AbC' }, /must be an identity pool ID/],
    [{ identityPoolId: undefined as never }, /identityPoolId is undefined/],
    [{ identityPoolId, jwksUri: 'http://x' }, /jwksUri must be an https URL/],
    [{ identityPoolId, clientId: 'x' }, /clientId is not an option/],
    [undefined as never, /options must be an object/],
  ] as const
  for (const [options, message] of wrong)
    t.throws(() => identityPool(options), { name: 'TypeError', message })
  t.end()
})

t.test('a guest gets through only where guests are named', async t => {
  const anything: Policy = () => true
  const nothing: Policy = () => false
  const later: Policy = async () => true
  const readers = some(isUser, every(isGuest, isRead))
  const cases: readonly (readonly [string, Policy | undefined, Policy | undefined, boolean])[] = [
    ['no policy', undefined, undefined, false],
    ['a policy of one’s own', undefined, anything, false],
    ['a policy that waits', undefined, later, false],
    ['not a machine', undefined, not(isMachine), false],
    ['not a user', undefined, not(isUser), false],
    ['not not a guest', undefined, not(not(isGuest)), false],
    ['every of one’s own', undefined, every(anything, later), false],
    ['some of one’s own', undefined, some(nothing, anything), false],
    ['guests', undefined, isGuest, true],
    ['guests, and more', undefined, every(isGuest, anything), true],
    ['more, and guests', undefined, every(later, isGuest), true],
    ['guests, but', undefined, every(isGuest, nothing), false],
    ['guests or users', undefined, some(isUser, isGuest), true],
    ['guests under a condition, or anybody', undefined, some(anything, every(isGuest, nothing)), false],
    ['guests under a condition of several', undefined, every(isGuest, some(nothing, anything)), true],
    ['the guard names them, the route none', isGuest, undefined, true],
    ['the guard names them, the route does not', isGuest, anything, false],
    ['the route names them', anything, isGuest, true],
    ['the route names them, the guard refuses', isUser, isGuest, false],
  ]
  const header = (token: string) => ({ header: () => `Bearer ${token}` })
  const verifier = createVerifier({
    issuers: [identityPool(identities.options), userPool(pool.options)],
    clock,
  })
  await verifier.ready()
  for (const [name, general, policy, authorized] of cases) {
    const guard = createGuard({ verifier, ...(general && { policy: general }) })
    const decision = await guard(header(identities.token()), policy)
    t.match(decision, authorized ? { authorized } : { authorized, status: 403 }, name)
  }
  const guard = createGuard({ verifier, explain: true })
  t.match(await guard(header(identities.token())), { status: 403, body: { hint: /isGuest/ } })
  t.match(
    await allowAnonymous(guard)(header(identities.token())),
    { status: 403 },
    'a guest is not anonymous',
  )
  const decide = (token: string, method?: string) =>
    guard({ ...header(token), ...(method && { method }) }, readers)
  const [guest, user] = [identities.token(), pool.accessToken()]
  const machine = pool.machineToken({ scopes: ['a/b'] })
  for (const [token, method, authorized] of [
    [guest, 'GET', true],
    [guest, 'HEAD', true],
    [guest, 'POST', false],
    [guest, 'get', false],
    [guest, undefined, false],
    [user, 'GET', true],
    [user, 'POST', true],
    [machine, 'GET', false],
  ] as const)
    t.match(await decide(token, method), { authorized }, `${method}`)
})

t.test('forgeries, by each issuer', async t => {
  const uuid = '4b8e1d3c-0000-4000-8000-123456789abc'
  const balancerArn =
    'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/0123456789abcdef'
  const instanceArn = 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0'
  const iss = 'https://login.example'
  const exp = now + 60
  const kinds = [
    {
      name: 'an identity pool',
      alg: 'RS512',
      kid: 'us-east-1-7',
      claims: {
        iss: 'https://cognito-identity.amazonaws.com',
        aud: identityPoolId,
        sub: 'i',
        amr: ['authenticated'],
        exp,
      },
      issuer: (fetch: TestFetch) => identityPool({ identityPoolId, fetch }),
    },
    {
      name: 'an OIDC provider',
      alg: 'PS256',
      kid: 'k/+=',
      claims: { iss, aud: 'api', sub: 'u', exp },
      issuer: (fetch: TestFetch) =>
        oidcProvider({ issuer: iss, audience: 'api', algorithms: 'PS256', jwksUri: `${iss}/keys`, fetch }),
    },
    {
      name: 'a load balancer',
      alg: 'ES256',
      kid: uuid,
      header: { signer: balancerArn, client: 'c', iss, exp },
      claims: { sub: 'u' },
      padded: true,
      issuer: (fetch: TestFetch) =>
        loadBalancer({ loadBalancerArn: balancerArn, clientId: 'c', issuer: iss, fetch }),
    },
    {
      name: 'Verified Access',
      alg: 'ES384',
      kid: uuid,
      header: { signer: instanceArn, iss, exp },
      claims: { sub: 'u' },
      padded: true,
      issuer: (fetch: TestFetch) => verifiedAccess({ instanceArn, issuer: iss, fetch }),
    },
  ] as const
  for (const kind of kinds) {
    const { name, alg, kid, claims } = kind
    const header = 'header' in kind ? kind.header : {}
    const spelling = 'padded' in kind ? { padded: true } : {}
    const [own, foreign] = [signer(alg, kid), signer(alg, kid)]
    const fetch = async () => ('padded' in kind ? new Response(own.pem) : Response.json({ keys: [own.jwk] }))
    const verifier = createVerifier({ issuers: [kind.issuer(fetch)], clock })
    const by = (key: typeof own, more: object = {}, text: object = claims) =>
      key.token({ ...header, ...more }, text, spelling)
    const good = by(own)
    t.ok(await verifier.verify(good), name)
    t.ok(
      await verifier.verify(by(own, { jku: 'https://evil.example', x5u: 'https://evil.example' })),
      'URLs are not looked at',
    )
    const [head, body, signature] = good.split('.')
    const [, other] = by(own, {}, { ...claims, sub: 'admin' }).split('.')
    const forged = [
      ['another’s key', by(foreign), 'ERR_TOKEN_SIGNATURE'],
      ['a key that it brings along', by(foreign, { jwk: foreign.jwk, x5c: ['x'] }), 'ERR_TOKEN_SIGNATURE'],
      ['other claims', `${head}.${other}.${signature}`, 'ERR_TOKEN_SIGNATURE'],
      ...(name === 'an OIDC provider'
        ? [] // whose only key serves tokens that name none
        : ([['no key ID', by(own, { kid: undefined }), 'ERR_TOKEN_KEY']] as const)),
      ['none', by(own, { alg: 'none' }), 'ERR_TOKEN_ALGORITHM'],
      ['a secret', by(own, { alg: 'HS256' }), 'ERR_TOKEN_ALGORITHM'],
      ['another algorithm', by(own, { alg: 'RS256' }), 'ERR_TOKEN_ALGORITHM'],
      ['what must be understood', by(own, { crit: ['x'], x: 1 }), 'ERR_TOKEN_MALFORMED'],
      ['another type', by(own, { typ: 'dpop+jwt' }), 'ERR_TOKEN_MALFORMED'],
      ['no signature', `${head}.${body}.`, 'ERR_TOKEN_MALFORMED'],
      ['five parts', `${good}.AAAA.AAAA`, 'ERR_TOKEN_MALFORMED'],
      ['a space', `${good} `, 'ERR_TOKEN_MALFORMED'],
      ['a line break', `${good}\n`, 'ERR_TOKEN_MALFORMED'],
      ['too long', by(own, {}, { ...claims, x: 'x'.repeat(20_000) }), 'ERR_TOKEN_MALFORMED'],
      [
        'expired',
        by(own, 'exp' in header ? { exp: now - 6 } : {}, { ...claims, exp: now - 6 }),
        'ERR_TOKEN_EXPIRED',
      ],
      ['not yet', by(own, {}, { ...claims, nbf: now + 60 }), 'ERR_TOKEN_NOT_YET_VALID'],
      ['milliseconds', by(own, {}, { ...claims, iat: now * 1000 }), 'ERR_TOKEN_CLAIM'],
    ] as const
    for (const [what, token, code] of forged)
      t.equal(
        await verifier.verify(token).catch((error: { code: string }) => error.code),
        code,
        `${name}: ${what}`,
      )
  }
})

t.test('a guest gets through authorizers, too, only where guests are named', async t => {
  const verifier = createVerifier({ issuers: [identityPool(identities.options)], clock })
  const guard = createGuard({ verifier })
  const token = identities.token()
  const anything: Policy = () => true
  const methodArn = 'arn:aws:execute-api:eu-west-1:111122223333:abcdef1234/prod/GET/articles'
  const gateway = async (options: GatewayAuthorizerOptions) => {
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn } as const
    const { policyDocument } = await restAuthorizer(guard, options)(event)
    return JSON.stringify(policyDocument.Statement.filter(({ Effect }) => Effect === 'Allow'))
  }
  t.equal(await gateway({}), '[]')
  t.equal(await gateway({ policy: anything }), '[]')
  t.match(await gateway({ policy: isGuest }), /prod/)
  const routes = { 'GET /articles': isGuest, 'GET /orders': anything }
  t.match(await gateway({ routes }), /articles/)
  t.notMatch(await gateway({ routes }), /orders/)
  t.equal(await gateway({ policy: anything, routes }), '[]')

  const requestContext = { apiId: 'a', accountId: '1', requestId: 'r', queryString: '', variables: {} }
  const field = async (options: AppSyncAuthorizerOptions) => {
    const event = { authorizationToken: token, requestContext, requestHeaders: {} }
    const { isAuthorized, deniedFields } = (await appSyncAuthorizer(guard, options)(event)) as {
      isAuthorized: boolean
      deniedFields?: string[]
    }
    return [isAuthorized, deniedFields ?? []]
  }
  t.same(await field({}), [false, []])
  t.same(await field({ fields: { 'Query.articles': isGuest } }), [false, []], 'the other fields name none')
  t.same(await field({ policy: isGuest, fields: { 'Query.orders': anything } }), [true, ['Query.orders']])
  const channel = async (policy?: Policy) => {
    const operation = { operation: 'EVENT_CONNECT', channelNamespaceName: null, channel: null } as const
    const event = {
      authorizationToken: token,
      requestContext: { ...requestContext, ...operation },
      requestHeaders: {},
    }
    return (await appSyncEventsAuthorizer(guard, policy ? { policy } : {})(event)).isAuthorized
  }
  t.same([await channel(), await channel(anything), await channel(isGuest)], [false, false, true])
})

t.test(
  'one verifier for two pools, one of them twice, an identity pool, a load balancer and another provider',
  async t => {
    const other = createTestIssuer({ userPoolId: 'eu-west-1_Another1', clientId: 'another1client' })
    other.clock.set(clock.now())
    const balancer = createTestLoadBalancer(pool)
    const google = signer('RS256', 'google-1')
    const jwksUri = 'https://www.googleapis.com/oauth2/v3/certs'
    const verifier = createVerifier({
      issuers: [
        userPool(pool.options),
        userPool({
          ...pool.options,
          clientId: 'web1',
          tokenUse: 'id',
          groupsFrom: groupsFromText('custom:groups'),
        }),
        userPool(other.options),
        identityPool(identities.options),
        loadBalancer(balancer.options),
        oidcProvider({
          issuer: 'https://accounts.google.com',
          audience: 'my-app.apps.googleusercontent.com',
          jwksUri,
          fetch: documents({ [jwksUri]: { keys: [google.jwk] } }).fetch,
        }),
      ],
      clock,
    })
    const googleToken = (claims: object = {}) =>
      google.token(
        {},
        {
          iss: 'https://accounts.google.com',
          aud: 'my-app.apps.googleusercontent.com',
          azp: 'my-app.apps.googleusercontent.com',
          sub: '1234567890',
          hd: 'example.com',
          exp: now + 60,
          ...claims,
        },
      )
    const accepted = [
      ['a pool’s user', pool.accessToken({ groups: ['x'] }), { tokenUse: 'access', groups: ['x'] }],
      [
        'its second client',
        pool.idToken({ clientId: 'web1', claims: { 'custom:groups': 'y' } }),
        { groups: ['y'] },
      ],
      [
        'the other pool’s machine',
        other.machineToken({ scopes: ['a/b'] }),
        { kind: 'machine', scopes: ['a/b'] },
      ],
      ['a guest', identities.token(), { kind: 'guest' }],
      ['behind the load balancer', balancer.dataToken(), { kind: 'user', tokenUse: undefined }],
      [
        'Google’s',
        googleToken(),
        { kind: 'user', subject: '1234567890', issuer: 'https://accounts.google.com' },
      ],
    ] as const
    for (const [name, token, principal] of accepted) {
      t.match((await verifier.verify(token)).principal, principal, name)
      t.match((await verifier.verify(token)).principal, principal, `${name}, cached`)
    }
    const refused = [
      ['an ID token of the first client', pool.idToken(), 'ERR_TOKEN_CLIENT'],
      ['an access token of the second', pool.accessToken({ clientId: 'web1' }), 'ERR_TOKEN_CLIENT'],
      [
        'one pool’s key under another’s name',
        pool.accessToken({ claims: { iss: other.issuer } }),
        'ERR_TOKEN_CLIENT',
      ],
      [
        'and with its client',
        pool.accessToken({ claims: { iss: other.issuer, client_id: 'another1client' } }),
        'ERR_TOKEN_KEY',
      ],
      ['Google’s key under a pool’s name', googleToken({ iss: pool.issuer }), 'ERR_TOKEN_USE'],
      ['for another of Google’s', googleToken({ aud: 'x' }), 'ERR_TOKEN_AUDIENCE'],
      [
        'an identity pool’s key under Google’s name',
        identities.token({ claims: { iss: 'https://accounts.google.com' } }),
        'ERR_TOKEN_ALGORITHM',
      ],
    ] as const
    for (const [name, token, code] of refused) await t.rejects(verifier.verify(token), { code }, name)
    t.ok(await createGuard({ verifier })({ header: () => `Bearer ${googleToken()}` }, inGroup('x')))
    verifier.close()
  },
)
