import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import {
  allowAnonymous,
  behindLoadBalancer,
  createGuard,
  createVerifier,
  every,
  federatedBy,
  groupsFromText,
  hasScope,
  headerToken,
  inGroup,
  isUser,
  type LoadBalancerOptions,
  loadBalancer,
  memoryRevocations,
  oidcProvider,
  type RequestView,
  signedInWithin,
  tenants,
  userPool,
  type VerifiedAccessOptions,
  verifiedAccess,
} from 'cognito-guard'
import { createTestIssuer, createTestLoadBalancer, serveTestLoadBalancer } from 'cognito-guard/testing'
import fc from 'fast-check'
import t from 'tap'
import { documents, signer } from './signing.js'

const uuid = '4b8e1d3c-0000-4000-8000-123456789abc'
const pool = createTestIssuer()
const balancer = createTestLoadBalancer(pool)
const now = Math.floor(pool.clock.now() / 1000)

const verifierOf = (options: Partial<LoadBalancerOptions> = {}) =>
  createVerifier({ issuers: [loadBalancer({ ...balancer.options, ...options })], clock: pool.clock })

const request = (headers: Record<string, string | readonly string[]>, method = 'GET'): RequestView => ({
  method,
  header: name => headers[name],
})

t.test('a load balancer: its token is verified as it is sent, padding and all', async t => {
  const token = balancer.dataToken({ username: 'ada' })
  t.match(token, /=$/)
  const { header, claims, principal } = await verifierOf().verify(token)
  t.match(header, { alg: 'ES256', signer: balancer.options.loadBalancerArn })
  t.match(claims, { email: 'ada@example.com', iss: pool.issuer })
  t.match(principal, {
    kind: 'user',
    subject: claims.sub,
    username: 'ada',
    clientId: pool.options.clientId,
    issuer: pool.issuer,
    groups: [],
    scopes: [],
    expiresAt: now + 120,
  })
  t.notOk('tokenUse' in principal, 'it is none of the pool’s tokens')
})

t.test('a load balancer: claims as user info endpoints have them', async t => {
  const identities =
    '[{"userId":"u1","providerName":"Corp","providerType":"SAML","primary":true},{"userId":"u2"}]'
  const cases = [
    ['no iss, no exp', { iss: undefined, exp: undefined }, { expiresAt: now + 120, issuer: pool.issuer }],
    ['an exp that comes first', { exp: now + 60 }, { expiresAt: now + 60 }],
    ['no username', { username: undefined }, { username: undefined }],
    ['identities as a text', { identities }, { provider: { name: 'Corp', type: 'SAML', userId: 'u1' } }],
    ['identities as a list', { identities: JSON.parse(identities) }, { provider: { name: 'Corp' } }],
    ['identities that are none', { identities: '[' }, { provider: undefined }],
    ['groups that are not configured', { 'cognito:groups': ['admin'], groups: ['admin'] }, { groups: [] }],
  ] as const
  for (const [name, claims, expected] of cases)
    t.match((await verifierOf().verify(balancer.dataToken({ claims }))).principal, expected, name)
  const withGroups = verifierOf({ groupsFrom: groupsFromText('custom:groups') })
  const { principal } = await withGroups.verify(balancer.dataToken({ claims: { 'custom:groups': '[a, b]' } }))
  t.same(principal.groups, ['a', 'b'])
})

t.test('a load balancer: an expiry as its documentation prints it', async t => {
  const token = balancer.dataToken({ header: { exp: String(now + 30) } })
  t.equal((await verifierOf().verify(token)).claims.exp, now + 30)
})

t.test('a load balancer: an invalid token is refused before a key is fetched', async t => {
  const { loadBalancerArn: arn } = balancer.options
  const cases = [
    ['ERR_TOKEN_SIGNER', { signer: arn.replace('111122223333', '999922223333') }],
    ['ERR_TOKEN_SIGNER', { signer: arn.slice(0, -1) }],
    ['ERR_TOKEN_SIGNER', { signer: `${arn}0` }],
    ['ERR_TOKEN_SIGNER', { signer: arn.toUpperCase() }],
    ['ERR_TOKEN_SIGNER', { signer: [arn] }],
    ['ERR_TOKEN_SIGNER', { signer: undefined }],
    ['ERR_TOKEN_CLIENT', { client: 'another' }],
    ['ERR_TOKEN_CLIENT', { client: undefined }],
    ['ERR_TOKEN_CLIENT', { client: [pool.options.clientId] }],
    ['ERR_TOKEN_ISSUER', { iss: 'https://issuer.example' }],
    ['ERR_TOKEN_ISSUER', { iss: undefined }],
    ['ERR_TOKEN_CLAIM', { exp: undefined }],
    ['ERR_TOKEN_CLAIM', { exp: null }],
    ['ERR_TOKEN_CLAIM', { exp: 'tomorrow' }],
    ['ERR_TOKEN_CLAIM', { exp: -1 }],
    ['ERR_TOKEN_EXPIRED', { exp: now - 6 }],
    ['ERR_TOKEN_EXPIRED', { exp: String(now - 6) }],
    ['ERR_TOKEN_ALGORITHM', { alg: 'RS256' }],
    ['ERR_TOKEN_ALGORITHM', { alg: 'none' }],
    ['ERR_TOKEN_ALGORITHM', { alg: 'HS256' }],
    ['ERR_TOKEN_MALFORMED', { crit: ['exp'] }],
    ['ERR_TOKEN_KEY', { kid: undefined }],
    ['ERR_TOKEN_KEY', { kid: '../x' }],
    ['ERR_TOKEN_KEY', { kid: `${uuid}/../../x` }],
    ['ERR_TOKEN_KEY', { kid: `${uuid}?x` }],
    ['ERR_TOKEN_KEY', { kid: `${uuid}\n` }],
  ] as const
  const before = balancer.requests
  for (const [code, header] of cases)
    await t.rejects(verifierOf().verify(balancer.dataToken({ header })), { code }, JSON.stringify(header))

  const claims = [
    ['ERR_TOKEN_ISSUER', { iss: 'https://issuer.example' }],
    ['ERR_TOKEN_ISSUER', { iss: null }],
    ['ERR_TOKEN_ISSUER', { iss: [pool.issuer] }],
    ['ERR_TOKEN_EXPIRED', { exp: now - 6 }],
    ['ERR_TOKEN_CLAIM', { exp: String(now + 100) }],
    ['ERR_TOKEN_CLAIM', { sub: undefined }],
    ['ERR_TOKEN_CLAIM', { sub: ['x'] }],
    ['ERR_TOKEN_CLAIM', { username: 1 }],
  ] as const
  for (const [code, wrong] of claims)
    await t.rejects(
      verifierOf().verify(balancer.dataToken({ claims: wrong })),
      { code },
      JSON.stringify(wrong),
    )
  for (const exp of noDates) {
    const inHeader = headerText(`"exp":${exp}`)
    await t.rejects(verifierOf().verify(inHeader), { code: 'ERR_TOKEN_CLAIM' }, `a header's exp ${exp}`)
    const inClaims = headerText(`"exp":${now + 60}`, `"exp":${exp}`)
    await t.rejects(verifierOf().verify(inClaims), { code: 'ERR_TOKEN_CLAIM' }, `a claims' exp ${exp}`)
  }
  const emptied = balancer.dataToken({ header: { iss: undefined }, claims: { iss: undefined } })
  await t.rejects(verifierOf().verify(emptied), { code: 'ERR_TOKEN_ISSUER' }, 'an issuer nowhere')
  t.equal(balancer.requests, before, 'nobody was asked for a key')
})

/** What JSON can hold in the place of a date: the last three are no dates of anybody's. */
const noDates = [
  'null',
  'true',
  '""',
  '"x"',
  '"-1"',
  '"1e3"',
  '" 1"',
  '[]',
  '{}',
  '[1]',
  '-1',
  '-1e400',
  '1e21',
  '1e400',
  '253402300800',
  '"253402300800"',
  String(now * 1_000),
]

/** A load balancer's token with members that are given as they are spelled. The signature is none: it must not matter. */
function headerText(more: string, claims = ''): string {
  const { loadBalancerArn, clientId } = balancer.options
  const members = { alg: 'ES256', kid: uuid, iss: pool.issuer, client: clientId, signer: loadBalancerArn }
  const part = (text: string) => {
    const encoded = Buffer.from(text).toString('base64url')
    return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=')
  }
  const header = `${JSON.stringify(members).slice(0, -1)},${more}}`
  return `${part(header)}.${part(`{"sub":"u"${claims && `,${claims}`}}`)}.${part('x'.repeat(64))}`
}

t.test('a token has one spelling', async t => {
  const token = balancer.dataToken()
  const [header = '', claims = '', signature = ''] = token.split('.')
  const bare = (part: string) => part.replace(/=+$/, '')
  const spellings = [
    ['no padding', [bare(header), bare(claims), bare(signature)]],
    ['no padding of the signature', [header, claims, bare(signature)]],
    ['half a padding', [header, claims, signature.slice(0, -1)]],
    ['more padding', [header, claims, `${signature}====`]],
    ['a padding within', [header, claims, `${signature.slice(0, 4)}=${signature.slice(4)}`]],
    ['spare bits set', [header, claims, signature.replace(/.==$/, char => `${nextLetter(char)}==`)]],
    ['the other alphabet', [header, claims, signature.replace(/^./, '+')]],
    ['a header of padding', ['====', claims, signature]],
  ] as const
  for (const [name, parts] of spellings)
    await t.rejects(verifierOf().verify(parts.join('.')), { code: 'ERR_TOKEN_MALFORMED' }, name)

  const poolToken = pool.accessToken()
  const mixed = createVerifier({
    issuers: [userPool(pool.options), loadBalancer(balancer.options)],
    clock: pool.clock,
  })
  const padded = poolToken
    .split('.')
    .map(part => part.padEnd(Math.ceil(part.length / 4) * 4, '='))
    .join('.')
  t.match(padded, /=/)
  t.ok(await mixed.verify(poolToken))
  t.ok(await mixed.verify(token))
  await t.rejects(mixed.verify(padded), { code: 'ERR_TOKEN_MALFORMED' }, 'a padded token of a user pool')
  const alone = createVerifier({ issuers: [userPool(pool.options)], clock: pool.clock })
  await t.rejects(alone.verify(padded), { code: 'ERR_TOKEN_MALFORMED' }, 'where no issuer pads')
})

t.test('no other spelling passes, whatever is changed', async t => {
  const verifier = verifierOf({ clientId: ['x', pool.options.clientId] })
  const token = balancer.dataToken()
  await verifier.verify(token)
  const change = fc.tuple(fc.nat(token.length), fc.nat(3), fc.string({ maxLength: 3, unit: letters }))
  await fc.assert(
    fc.asyncProperty(change, async ([at, cut, text]) => {
      const changed = token.slice(0, at) + text + token.slice(at + cut)
      if (changed === token) return
      const code = await verifier.verify(changed).catch((error: { code: string }) => error.code)
      if (typeof code !== 'string' || !code.startsWith('ERR_TOKEN_')) throw new Error('it passes')
    }),
    { numRuns: 500 },
  )
  t.pass('500 changes')
})

t.test('a load balancer’s token is never taken for a user’s, nor the other way round', async t => {
  const poolOnly = createVerifier({
    issuers: [userPool({ ...pool.options, tokenUse: ['access', 'id'] })],
    clock: pool.clock,
  })
  await t.rejects(poolOnly.verify(balancer.dataToken()), { code: 'ERR_TOKEN_MALFORMED' })
  await t.rejects(verifierOf().verify(pool.accessToken()), { code: 'ERR_TOKEN_ALGORITHM' })
  await t.rejects(verifierOf().verify(pool.idToken()), { code: 'ERR_TOKEN_ALGORITHM' })

  // Even if the pool signed as a load balancer does, or a header named the issuer.
  const asDataToken = pool.sign({
    header: { alg: 'RS256', kid: 'x', iss: pool.issuer, signer: balancer.options.loadBalancerArn },
    claims: { sub: 'x', token_use: 'access', client_id: pool.options.clientId, exp: now + 60 },
  })
  const mixed = createVerifier({
    issuers: [userPool(pool.options), loadBalancer(balancer.options)],
    clock: pool.clock,
  })
  await t.rejects(mixed.verify(asDataToken), { code: 'ERR_TOKEN_ISSUER' }, 'a user pool’s iss is a claim')
})

t.test('a load balancer: where its keys are', async t => {
  const arnIn = (partition: string, region: string) =>
    `arn:${partition}:elasticloadbalancing:${region}:111122223333:loadbalancer/app/my-app/0123456789abcdef`
  const [west, east] = ['us-gov-west-1', 'us-gov-east-1']
  const cases = [
    ['aws', 'ap-southeast-7', 'https://public-keys.auth.elb.ap-southeast-7.amazonaws.com/'],
    ['aws-us-gov', west, `https://s3-${west}.amazonaws.com/aws-elb-public-keys-prod-${west}/`],
    ['aws-us-gov', east, `https://s3-${east}.amazonaws.com/aws-elb-public-keys-prod-${east}/`],
    ['aws-cn', 'cn-north-1', 'https://keys.example/elb/', 'https://keys.example/elb/'],
    ['aws-cn', 'cn-north-1', 'https://keys.example/', 'https://keys.example'],
  ] as const
  const key = signer('ES256', uuid)
  for (const [partition, region, url, publicKeysUrl] of cases) {
    const host = documents({ [url + uuid]: key.pem })
    const loadBalancerArn = arnIn(partition, region)
    const verifier = verifierOf({
      loadBalancerArn,
      ...(publicKeysUrl && { publicKeysUrl }),
      fetch: host.fetch,
    })
    const header = {
      signer: loadBalancerArn,
      iss: pool.issuer,
      client: pool.options.clientId,
      exp: now + 120,
    }
    t.ok(await verifier.verify(key.token(header, { sub: 'x' }, { padded: true })), url)
    t.same(host.asked, [url + uuid])
  }

  const wrong = [
    [
      'not documented',
      { loadBalancerArn: arnIn('aws-cn', 'cn-north-1') },
      /not documented: give publicKeysUrl/,
    ],
    ['not documented', { loadBalancerArn: arnIn('aws-eusc', 'eusc-de-east-1') }, /not documented/],
    [
      'two Regions',
      { loadBalancerArn: [arnIn('aws', 'eu-west-1'), arnIn('aws', 'eu-west-2')] },
      /one Region/,
    ],
    [
      'a network load balancer',
      { loadBalancerArn: arnIn('aws', 'eu-west-1').replace('/app/', '/net/') },
      /ARN/,
    ],
    ['a host in the Region', { loadBalancerArn: arnIn('aws', 'evil.example/x') }, /must be an ARN/],
    ['no ARN', { loadBalancerArn: 1 as unknown as string }, /must be an ARN/],
    ['an empty list', { loadBalancerArn: [] }, /empty list/],
    ['http', { publicKeysUrl: 'http://keys.example' }, /publicKeysUrl must be an https URL/],
    ['an option of another', { jwks: {} }, /jwks is not an option/],
  ] as const
  for (const [name, options, message] of wrong)
    t.throws(() => verifierOf(options as Partial<LoadBalancerOptions>), { name: 'TypeError', message }, name)
  t.ok(verifierOf({ loadBalancerArn: [arnIn('aws', 'eu-west-1'), arnIn('aws', 'eu-west-1')] }))
})

t.test('a load balancer: keys that are none, and hosts that are down, over the network', async t => {
  const served = await serveTestLoadBalancer(balancer)
  t.teardown(served.close)
  const verifier = createVerifier({ issuers: [loadBalancer(served.options)], clock: pool.clock })
  t.ok(await verifier.verify(balancer.dataToken()))
  balancer.rotateKey()
  t.ok(await verifier.verify(balancer.dataToken()), 'a new key is fetched')
  const header = { kid: uuid }
  await t.rejects(verifier.verify(balancer.dataToken({ header })), { code: 'ERR_TOKEN_KEY' }, 'no such key')

  const { fetch: _, ...options } = balancer.options
  const codeWhen = (answer: () => Response) => {
    const issuer = loadBalancer({ ...options, fetchTimeout: 0.02, fetch: async () => answer() })
    const verifier = createVerifier({ issuers: [issuer], clock: pool.clock })
    return verifier.verify(balancer.dataToken()).then(
      () => 'accepted',
      error => error.code,
    )
  }
  t.equal(await codeWhen(() => new Response(null, { status: 503 })), 'ERR_KEYS_UNAVAILABLE')
  t.equal(await codeWhen(() => new Response(null, { status: 403 })), 'ERR_TOKEN_KEY')
  for (const body of [signer('RS256').pem, signer('ES384').pem, '<html>', signer('ES256').pem.repeat(2)])
    t.equal(await codeWhen(() => new Response(body)), 'ERR_KEYS_UNAVAILABLE', body.slice(0, 40))
  t.equal(await codeWhen(() => new Response(signer('ES256').pem)), 'ERR_TOKEN_SIGNATURE', 'a key of others')
})

t.test('a load balancer: made-up key IDs cause few fetches, and no harm', async t => {
  const verifier = verifierOf({ monotonic: { now: () => 0 } })
  const good = balancer.dataToken()
  await verifier.verify(good)
  const before = balancer.requests
  const made = Array.from({ length: 300 }, () => balancer.dataToken({ header: { kid: randomUUID() } }))
  const codes = await Promise.all(made.map(token => verifier.verify(token).catch(error => error.code)))
  t.ok(codes.slice(0, 4).every(code => code === 'ERR_TOKEN_KEY'))
  t.ok(
    codes.slice(4).every(code => code === 'ERR_KEYS_UNAVAILABLE'),
    'nobody has asked for them',
  )
  t.ok(balancer.requests - before <= 5, `${balancer.requests - before} fetches`)
  t.ok(await verifier.verify(good))
  t.ok(await verifier.verify(balancer.dataToken()))
})

t.test('the load balancer of the test kit', async t => {
  const { fetch } = balancer.options
  const { kid } = JSON.parse(Buffer.from(String(balancer.dataToken().split('.')[0]), 'base64url').toString())
  const url = new URL(`https://public-keys.auth.elb.us-east-1.amazonaws.com/${kid}`)
  for (const input of [url, String(url), { url: String(url) }])
    t.equal(await (await fetch(input)).text(), balancer.publicKey(kid))
  t.equal((await fetch(`${String(url)}0`)).status, 403)
  await t.rejects(fetch(url, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  const another = createTestLoadBalancer(pool, { loadBalancerArn: 'arn:x' })
  t.equal(another.options.loadBalancerArn, 'arn:x')
  t.throws(() => createTestLoadBalancer(pool, { arn: 'x' } as never), /arn is not an option/)
  t.throws(() => balancer.dataToken({ exp: 1 } as never), /exp is not an option/)

  const served = await serveTestLoadBalancer(balancer)
  const { port, hostname } = new URL(served.options.publicKeysUrl)
  const socket = connect(Number(port), hostname)
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf')
  await new Promise(resolve => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal((await globalThis.fetch(`${served.options.publicKeysUrl}/${kid}`)).status, 200, 'is still there')
  await served.close()
})

t.test('behind a load balancer: one header', async t => {
  const guard = createGuard(behindLoadBalancer({ ...balancer.options, clock: pool.clock }))
  const headers = balancer.headers({ username: 'ada' })
  t.match(await guard(request(headers)), { authorized: true, auth: { principal: { username: 'ada' } } })
  const spoofed = { 'x-amzn-oidc-identity': headers['x-amzn-oidc-identity'] }
  t.match(await guard(request(spoofed)), { status: 401, error: { code: 'ERR_TOKEN_MISSING' } })
  const data = headers['x-amzn-oidc-data']
  for (const twice of [[data, data], `${data}, ${data}`])
    t.match(await guard(request({ 'x-amzn-oidc-data': twice })), { status: 400 }, 'a header that came twice')
})

t.test('behind a load balancer: a revoked access token stays revoked as long as it lives', async t => {
  const revocations = memoryRevocations({ clock: pool.clock, monotonic: pool.clock })
  const settings = behindLoadBalancer({
    ...balancer.options,
    accessToken: userPool(pool.options),
    clock: pool.clock,
    revocations,
  })
  const guard = createGuard(settings)
  const { 'x-amzn-oidc-accesstoken': accessToken } = balancer.headers({ username: 'ada' })
  const { sub } = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString())
  const ask = () =>
    guard(
      request({
        'x-amzn-oidc-accesstoken': accessToken,
        'x-amzn-oidc-data': balancer.dataToken({ sub }),
      }),
    )
  const before = await ask()
  if (!before.authorized) throw before.error
  revocations.revokeToken(before.auth)
  t.match(await ask(), { error: { code: 'ERR_TOKEN_REVOKED' } })
  pool.clock.advance(3_000)
  revocations.revokeToken({ issuer: pool.issuer, jti: 'another' })
  t.match(await ask(), { error: { code: 'ERR_TOKEN_REVOKED' } }, 'long after the load balancer’s own token')
  pool.clock.advance(-3_000)
  settings.verifier.close()
})

t.test('behind a load balancer: with the access token, for groups and scopes', async t => {
  const settings = behindLoadBalancer({
    ...balancer.options,
    accessToken: userPool(pool.options),
    clock: pool.clock,
    clockTolerance: 0,
  })
  const guard = createGuard(settings)
  const headers = balancer.headers({ username: 'ada', groups: ['sales'], scopes: ['orders/read'] })
  const identities = '[{"userId":"u1","providerName":"Corp","providerType":"SAML","primary":true}]'
  const { sub } = JSON.parse(
    Buffer.from(String(headers['x-amzn-oidc-data'].split('.')[1]), 'base64url').toString(),
  )
  const data = balancer.dataToken({ sub, claims: { identities } })
  const policy = every(
    isUser,
    inGroup('sales'),
    hasScope('orders/read'),
    signedInWithin(60),
    federatedBy('Corp'),
  )
  t.match(await guard(request({ ...headers, 'x-amzn-oidc-data': data }), policy), {
    authorized: true,
    auth: {
      claims: { email: 'test-user@example.com', client_id: pool.options.clientId, exp: now + 3600 },
      principal: { username: 'ada', tokenUse: 'access', groups: ['sales'], expiresAt: now + 120 },
    },
  })
  const { 'x-amzn-oidc-data': dataToken, 'x-amzn-oidc-accesstoken': accessToken } = headers
  const eve = balancer.headers({ username: 'eve', groups: ['admin'] })
  const cases = [
    ['another user’s', { 'x-amzn-oidc-accesstoken': eve['x-amzn-oidc-accesstoken'] }, 401, 'ERR_TOKEN_CLAIM'],
    ['none', { 'x-amzn-oidc-accesstoken': undefined }, 400, 'ERR_REQUEST_INVALID'],
    ['an ID token', { 'x-amzn-oidc-accesstoken': pool.idToken({ username: 'ada' }) }, 401, 'ERR_TOKEN_USE'],
    ['the data token', { 'x-amzn-oidc-accesstoken': dataToken }, 401, 'ERR_TOKEN_MALFORMED'],
    ['no data token', { 'x-amzn-oidc-data': undefined }, 400, 'ERR_REQUEST_INVALID'],
    ['no data token but an access token', { 'x-amzn-oidc-data': accessToken }, 401, 'ERR_TOKEN_ALGORITHM'],
    [
      'an expired one',
      { 'x-amzn-oidc-accesstoken': pool.accessToken({ username: 'ada', expiresIn: -1 }) },
      401,
      'ERR_TOKEN_EXPIRED',
    ],
  ] as const
  for (const [name, changed, status, code] of cases)
    t.match(await guard(request({ ...headers, ...changed } as never)), { status, error: { code } }, name)

  t.match(await guard(request({})), { error: { code: 'ERR_TOKEN_MISSING' } })
  t.match(await allowAnonymous(guard)(request({})), { authorized: true, auth: undefined })
  const half = request({ 'x-amzn-oidc-data': dataToken })
  t.match(
    await allowAnonymous(guard)(half),
    { authorized: false, status: 400 },
    'half of it is not an anonymous request',
  )

  const { verifier } = settings
  const pair = `${dataToken} ${accessToken}`
  t.equal((await verifier.verify(pair)).principal.username, 'ada')
  t.equal(verifier.verifySync(pair).principal.username, 'ada')
  t.throws(() => verifier.verifySync(`${pair} x`), { code: 'ERR_TOKEN_MALFORMED' })
  t.throws(() => verifier.verifySync([pair] as never), { code: 'ERR_TOKEN_MALFORMED' })
  await t.rejects(verifier.verify(''), { code: 'ERR_TOKEN_MALFORMED' })
  await verifier.ready()
  t.equal(verifier.health().length, 2)
  verifier.close()
  for (const factory of [loadBalancer, verifiedAccess])
    t.throws(() => factory(undefined as never), /options must be an object/)
  t.throws(() => behindLoadBalancer(undefined as never), /issuer is undefined/)
  t.throws(
    () => behindLoadBalancer({ ...balancer.options, clientId: undefined as never }),
    /clientId is undefined/,
  )
})

t.test('the access tokens beside it are of the same issuer', async t => {
  const { userPoolId } = pool.options
  const [original, updated] = userPool(pool.options).issuers as [string, string]
  const other = createTestIssuer({ userPoolId: userPoolId.replace(/_.*/, '_Another00') })
  const of = (issuer: string, accessToken: never) =>
    behindLoadBalancer({ ...balancer.options, issuer, accessToken })
  const wrong: unknown[] = [
    userPool(other.options),
    userPool({ ...pool.options, issuer: `${original}/` }),
    oidcProvider({ issuer: 'https://login.example', audience: 'api' }),
    tenants(() => userPool(pool.options)),
  ]
  for (const accessToken of wrong)
    t.throws(() => of(original, accessToken as never), {
      name: 'TypeError',
      message: 'behindLoadBalancer: accessToken is not of the issuer that users sign in with',
    })
  for (const accessToken of [null, false, '', {}, 'x'])
    t.throws(() => of(original, accessToken as never), { name: 'TypeError' }, 'no issuer, and not left out')
  for (const issuer of [original, updated]) t.ok(of(issuer, userPool(pool.options) as never), issuer)
  const { verifier } = behindLoadBalancer({
    ...balancer.options,
    accessToken: userPool({ ...pool.options, jwks: pool.jwks(), offline: true }),
    clock: pool.clock,
  })
  const moved = pool.accessToken({ username: 'ada', claims: { iss: updated } })
  t.match(await verifier.verify(`${balancer.dataToken({ username: 'ada' })} ${moved}`), {
    claims: { iss: updated },
  })
})

t.test('Verified Access', async t => {
  const instanceArn = 'arn:aws:ec2:eu-west-1:111122223333:verified-access-instance/vai-0123456789abcdef0'
  const issuer = 'https://login.example/'
  const key = signer('ES384', uuid)
  const url = `https://public-keys.prod.verified-access.eu-west-1.amazonaws.com/${uuid}`
  const host = documents({ [url]: key.pem })
  const options: VerifiedAccessOptions = { instanceArn, issuer, fetch: host.fetch }
  const clock = { now: () => now * 1000 }
  const guard = createGuard({
    verifier: createVerifier({ issuers: [verifiedAccess(options)], clock }),
    token: headerToken('x-amzn-ava-user-context'),
  })
  const decide = (header: object, claims: object, padded = true) => {
    const all = { signer: instanceArn, iss: issuer, exp: now + 120, ...header }
    return guard(request({ 'x-amzn-ava-user-context': key.token(all, claims, { padded }) }))
  }
  const center = { user: { user_id: 'u-1', user_name: 'ada', email: { address: 'a@x', verified: false } } }
  const refused = [
    ['ERR_TOKEN_SIGNER', { signer: `${instanceArn}0` }, { sub: 'u' }],
    ['ERR_TOKEN_ISSUER', { iss: 'https://login.example' }, { sub: 'u' }],
    ['ERR_TOKEN_EXPIRED', { exp: now - 5 }, { sub: 'u' }],
    ['ERR_TOKEN_CLAIM', { exp: 1e21 }, { sub: 'u', exp: now + 60 }],
    ['ERR_TOKEN_CLAIM', {}, { sub: 'u', exp: 1e21 }],
    ['ERR_TOKEN_CLAIM', { exp: now * 1_000 }, { sub: 'u', exp: now + 60 }],
    ['ERR_TOKEN_CLAIM', {}, { sub: 'u', exp: -1 }],
    ['ERR_TOKEN_CLAIM', {}, {}],
    ['ERR_TOKEN_CLAIM', {}, { user: { user_id: 1 } }],
    ['ERR_TOKEN_CLAIM', {}, { sub: 1, user: { user_id: 'u' } }],
    ['ERR_TOKEN_ALGORITHM', { alg: 'ES256' }, { sub: 'u' }],
    ['ERR_TOKEN_KEY', { kid: '../x' }, { sub: 'u' }],
  ] as const
  for (const [code, header, claims] of refused)
    t.match(
      await decide(header, claims),
      { status: 401, error: { code } },
      `${code} ${JSON.stringify(claims)}`,
    )
  t.same(host.asked, [], 'nobody was asked for a key')

  t.match(await decide({}, { sub: 'u', additional_user_context: {} }), {
    auth: { principal: { subject: 'u' } },
  })
  t.match(await decide({}, { sub: 'u', x: 1 }, false), { authorized: true }, 'without padding')
  t.match(await decide({}, center), {
    auth: { principal: { kind: 'user', subject: 'u-1', username: 'ada' } },
  })
  t.same(host.asked, [url])
  t.throws(
    () => verifiedAccess({ ...options, instanceArn: instanceArn.replace('aws', 'aws-us-gov') }),
    /publicKeysUrl/,
  )
  t.throws(() => verifiedAccess({ ...options, issuer: undefined as never }), /issuer is undefined/)
})

const nextLetter = (char: string) => String.fromCharCode(char.charCodeAt(0) + 1)

const letters = fc.constantFrom('=', 'A', 'Q', 'g', 'w', '_', '-', '+', '/', '.', ' ', '\n', 'é')
