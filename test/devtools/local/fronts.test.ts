// The services around the user pool: the identity pool, a load balancer, an API Gateway.
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
} from '@aws-sdk/client-cognito-identity'
import { AlbJwtVerifier } from 'aws-jwt-verify'
import { AlbJwksCache } from 'aws-jwt-verify/alb-cache'
import {
  behindLoadBalancer,
  createGuard,
  createVerifier,
  hasScope,
  identityPool,
  inGroup,
  userPool,
} from 'cognito-guard'
import { httpAuthorizer, principalFromEvent, restAuthorizer } from 'cognito-guard/lambda'
import t, { type Test } from 'tap'
import { main } from '../../../src/cli/main.js'
import { type ApiGatewayOptions, startApiGateway } from '../../../src/devtools/local/fronts/api-gateway.js'
import { identityClaims } from '../../../src/testing/identity-answers.js'
import { claimsOf, startTestCognito } from './world.js'

t.test('the identity pool', async t => {
  const roles = { authenticated: 'arn:aws:iam::000000000000:role/all' }
  const web = { clientId: 'localweb' }
  const start = async (pool: object) => {
    const cognito = await startTestCognito(t, { clients: [web], identityPool: pool })
    const sdk = new CognitoIdentityClient({ region: 'us-east-1', endpoint: cognito.url, maxAttempts: 1 })
    t.teardown(() => sdk.destroy())
    const IdentityPoolId = cognito.local.config.identityPool.identityPoolId
    const login = async (username: string, kind = 'idToken') => ({
      'cognito-idp.us-east-1.amazonaws.com/us-east-1_LOCALDEV0': String(
        (await cognito.control('tokens', { username }))[kind],
      ),
    })
    return {
      ...cognito,
      login,
      getId: (Logins: Record<string, string> = {}, id = IdentityPoolId) =>
        sdk.send(new GetIdCommand({ IdentityPoolId: id, Logins })),
      getCredentials: (IdentityId: string | undefined, Logins = {}, CustomRoleArn?: string) =>
        sdk.send(
          new GetCredentialsForIdentityCommand({
            IdentityId,
            Logins,
            ...(CustomRoleArn === undefined ? {} : { CustomRoleArn }),
          }),
        ),
      getToken: (IdentityId: string | undefined, Logins = {}) =>
        sdk.send(new GetOpenIdTokenCommand({ IdentityId, Logins })),
    }
  }

  t.test('users and guests', async t => {
    const { login, getId, getCredentials, getToken, url, local } = await start({})
    const alices = await login('alice')
    const { IdentityId } = await getId(alices)
    t.match(IdentityId, /^us-east-1:[\da-f-]{36}$/)
    t.equal((await getId(alices)).IdentityId, IdentityId, 'the same one again')
    const { Credentials } = await getCredentials(IdentityId, alices)
    t.match(Credentials, { AccessKeyId: /^ASIA/, SecretKey: String, SessionToken: String, Expiration: Date })
    t.equal(
      local.identities.find(Credentials?.AccessKeyId ?? '')?.role,
      'arn:aws:iam::000000000000:role/local-admin',
    )
    const asked = await getCredentials(IdentityId, alices, 'arn:aws:iam::000000000000:role/local-reader')
    t.equal(
      local.identities.find(asked.Credentials?.AccessKeyId ?? '')?.role,
      'arn:aws:iam::000000000000:role/local-reader',
    )
    await t.rejects(getCredentials(IdentityId, alices, 'arn:aws:iam::000000000000:role/other'), {
      name: 'NotAuthorizedException',
      message: `The ambiguous role mapping rules for: ${local.issuer.replace('https://', '')} denied this request.`,
    })

    const verifier = createVerifier({
      issuers: [
        identityPool({
          identityPoolId: local.config.identityPool.identityPoolId,
          jwksUri: `${url}/.well-known/jwks_uri`,
          insecureLoopbackHttp: true,
        }),
      ],
    })
    t.teardown(() => verifier.close())
    const { Token = '' } = await getToken(IdentityId, alices)
    const { claims, principal, header } = await verifier.verify(Token)
    t.match(principal, { kind: 'user', subject: IdentityId })
    t.match(header, { alg: 'RS512', typ: 'JWS', kid: 'us-east-1-1' })
    t.match(claims, {
      amr: ['authenticated', Object.keys(alices)[0], /:CognitoSignIn:/],
      exp: Number(claims.iat) + 600,
      'https://cognito-identity.amazonaws.com/identity-pool-arn':
        /^arn:aws:cognito-identity:us-east-1:0{12}:identitypool/,
    })

    const guest = await getId()
    const guests = await getCredentials(guest.IdentityId)
    t.equal(
      local.identities.find(guests.Credentials?.AccessKeyId ?? '')?.role,
      'arn:aws:iam::000000000000:role/local-guest',
    )
    const { Token: guestToken = '' } = await getToken(guest.IdentityId)
    t.same(claimsOf(guestToken).amr, ['unauthenticated'])
    t.equal((await verifier.verify(guestToken)).principal.kind, 'guest')

    await t.rejects(getCredentials(IdentityId), { message: /is forbidden/ })
    await t.rejects(getCredentials(IdentityId, await login('bob')), { message: /Logins don't match/ })
    await getCredentials(guest.IdentityId, await login('bob'))
    await t.rejects(getCredentials(guest.IdentityId), { message: /is forbidden/ }, 'the guest has become bob')
  })

  t.test('what it does not take', async t => {
    const { login, getId, getCredentials, local, control } = await start({})
    const provider = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_LOCALDEV0'
    const alices = await login('alice')
    const attempts = [
      [
        'another pool',
        getId({}, 'us-east-1:00000000-0000-0000-0000-000000000000'),
        'ResourceNotFoundException',
        /IdentityPool/,
      ],
      [
        'an unknown identity',
        getCredentials('us-east-1:1'),
        'ResourceNotFoundException',
        /Identity 'us-east-1:1' not found/,
      ],
      [
        'another provider',
        getId({ 'graph.facebook.com': 'x' }),
        'NotAuthorizedException',
        /not from a supported provider/,
      ],
      [
        'an access token',
        getId(await login('alice', 'accessToken')),
        'NotAuthorizedException',
        /Missing a required claim: aud/,
      ],
      ['no token', getId({ [provider]: 'x' }), 'NotAuthorizedException', /Not a valid OpenId Connect/],
    ] as const
    for (const [name, attempt, type, message] of attempts)
      await t.rejects(attempt, { name: type, message }, name)
    await control('clock', { offset: 7200 })
    await t.rejects(getId(alices), { message: /Token expired/ })
    Object.assign(local, { verifier: { verify: () => Promise.reject(new Error('a bug')) } })
    const failed = (await getId(alices).catch((error: unknown) => error)) as {
      $metadata?: { httpStatusCode?: number }
    }
    t.equal(failed.$metadata?.httpStatusCode, 500)
  })

  t.test('other configurations', async t => {
    const closed = await start({ allowGuests: false, roles, roleMappings: {} })
    await t.rejects(closed.getId(), { message: /Unauthenticated access is not supported/ })
    const alices = await closed.login('alice')
    const { IdentityId } = await closed.getId(alices)
    const { Credentials } = await closed.getCredentials(IdentityId, alices)
    t.equal(closed.local.identities.find(Credentials?.AccessKeyId ?? '')?.role, roles.authenticated)
    const bare = await start({ roles: {}, roleMappings: {} })
    const name = 'InvalidIdentityPoolConfigurationException'
    await t.rejects(bare.getCredentials((await bare.getId()).IdentityId), { name })
    const bobs = await bare.login('bob')
    await t.rejects(bare.getCredentials((await bare.getId(bobs)).IdentityId, bobs), { name })
  })

  t.test('STS knows whose credentials sign', async t => {
    const { url, getId, getCredentials } = await start({})
    const { Credentials } = await getCredentials((await getId()).IdentityId)
    const body = 'Action=GetCallerIdentity&Version=2011-06-15'
    const date = '20260101T000000Z'
    const scope = '20260101/us-east-1/sts/aws4_request'
    const host = new URL(url).host
    const names = 'content-type;host;x-amz-date'
    const type = 'application/x-www-form-urlencoded'
    const lines = [
      'POST',
      '/',
      '',
      `content-type:${type}`,
      `host:${host}`,
      `x-amz-date:${date}`,
      '',
      names,
      sha256(body),
    ]
    const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${Credentials?.SecretKey}`)
    const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(lines.join('\n'))].join('\n'))
    const authorization = `AWS4-HMAC-SHA256 Credential=${Credentials?.AccessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`
    const headers = {
      authorization,
      'content-type': type,
      'x-amz-date': date,
      'x-amz-security-token': Credentials?.SessionToken ?? '',
    }
    const answer = await (await fetch(url, { method: 'POST', headers, body })).text()
    t.match(
      answer,
      '<Arn>arn:aws:sts::000000000000:assumed-role/local-guest/CognitoIdentityCredentials</Arn>',
    )
  })

  t.test('STS makes credentials of the token of an identity', async t => {
    const { post, local } = await start({})
    const { identityPoolId, accountId } = local.config.identityPool
    const tokenOf = (identityId: string, more: object = {}) => {
      const iat = Math.floor(local.clock.now() / 1000)
      const facts = { identityPoolId, accountId, identityId, login: undefined, iat }
      return local.keys.signForIdentityPool({ ...identityClaims(facts), ...more })
    }
    const RoleArn = 'arn:aws:iam::000000000000:role/team/x'
    const ask = async (fields: Record<string, string>) => {
      const Action = 'AssumeRoleWithWebIdentity'
      return (await post('/', { Action, RoleArn, RoleSessionName: 'jobs', ...fields })).text()
    }
    const WebIdentityToken = tokenOf('us-east-1:1')
    const answer = await ask({ WebIdentityToken })
    t.match(answer, '<SubjectFromWebIdentityToken>us-east-1:1</SubjectFromWebIdentityToken>')
    t.match(answer, '<Arn>arn:aws:sts::000000000000:assumed-role/x/jobs</Arn>')
    const [, key = ''] = /<AccessKeyId>(.*)<\/AccessKeyId>/.exec(answer) ?? []
    t.match(local.identities.find(key), { role: RoleArn, sessionName: 'jobs', identityId: 'us-east-1:1' })

    const refusals: [string, Record<string, string>][] = [
      ['ValidationError', { WebIdentityToken, RoleArn: 'arn:aws:iam::000000000000:user/x' }],
      ['ValidationError', { WebIdentityToken, RoleSessionName: '<x>' }],
      ['InvalidIdentityToken', {}],
      ['InvalidIdentityToken', { WebIdentityToken: `${WebIdentityToken}x` }],
      [
        'InvalidIdentityToken',
        { WebIdentityToken: tokenOf('x', { aud: 'us-east-1:00000000-0000-4000-a000-000000000000' }) },
      ],
      ['ExpiredTokenException', { WebIdentityToken: tokenOf('x', { exp: 1_000_000_000 }) }],
    ]
    for (const [code, fields] of refusals) t.match(await ask(fields), `<Code>${code}</Code>`)
    t.match(await ask({ Action: 'AssumeRole' }), 'AssumeRole is not one of')
    t.match(await ask({ Action: '<b>' }), 'This action is not one of')
    const logged = t.capture(console, 'error')
    Object.assign(local.identities, { credentials: undefined })
    t.match(await ask({ WebIdentityToken }), 'Internal Server Error')
    t.equal(logged().length, 1, 'a fault is not the fault of the token')
  })

  t.test('STS refuses what is not signed by its credentials', async t => {
    const { post, local } = await start({})
    const given = local.identities.credentials('us-east-1:1', 'arn:aws:iam::000000000000:role/x')
    const signed = (key: string, token: string) => ({
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      'x-amz-security-token': token,
    })
    const ask = async (headers: Record<string, string>, Action = 'GetCallerIdentity') =>
      /<Code>(.*)<\/Code>/.exec(await (await post('/', { Action }, headers)).text())?.[1]
    t.equal(await ask({}, 'AssumeRole'), 'InvalidAction')
    t.equal(await ask({}), 'InvalidClientTokenId')
    t.equal(await ask(signed('ASIA0', 'x')), 'InvalidClientTokenId')
    t.equal(await ask(signed(given.accessKeyId, 'x')), 'InvalidClientTokenId')
    t.equal(await ask(signed(given.accessKeyId, given.sessionToken)), 'SignatureDoesNotMatch')
    local.clock.advance(3600)
    t.equal(await ask(signed(given.accessKeyId, given.sessionToken)), 'InvalidClientTokenId', 'expired')
  })
})

t.test('cognito-guard dev --alb', async t => {
  const app = await startApp(t)
  const { url, balancer, arn } = await startDev(t, ['--alb', app.port, '--alb-listen', '0'])
  const signIn = async (path: string) => {
    const toSignIn = await fetch(balancer + path, { redirect: 'manual' })
    const authorize = new URL(toSignIn.headers.get('location') ?? '')
    authorize.searchParams.set('login_hint', 'alice')
    authorize.searchParams.set('auto', '1')
    const callback = (await fetch(authorize, { redirect: 'manual' })).headers.get('location') ?? ''
    const back = await fetch(callback, { redirect: 'manual' })
    return { callback, back, cookie: (back.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
  }
  const { callback, back, cookie } = await signIn('/orders?x=1')
  t.equal(back.headers.get('location'), `${balancer}/orders?x=1`)
  t.match(cookie, /^AWSELBAuthSessionCookie-0=/)
  t.equal((await fetch(callback, { redirect: 'manual' })).status, 401, 'a code is for one use')

  const headers = await app.headersOf(`${balancer}/orders`, {
    cookie,
    'x-amzn-oidc-identity': 'forged',
    'x-custom': '1',
  })
  const {
    'x-amzn-oidc-data': data,
    'x-amzn-oidc-accesstoken': accessToken,
    'x-amzn-oidc-identity': subject,
  } = headers
  t.equal(headers['x-custom'], '1')
  t.equal(headers['x-forwarded-for'], '127.0.0.1')
  t.equal(subject, claimsOf(accessToken).sub)
  const [header = ''] = String(data).split('.')
  t.equal(header.length % 4, 0, 'padded')
  const jose = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
  t.match(jose, {
    alg: 'ES256',
    kid: /^[\da-f-]{36}$/,
    signer: arn,
    iss: String,
    client: 'localweb',
    exp: Number,
  })
  t.match(
    await (await fetch(`${url}/public-keys/${jose.kid as string}`)).text(),
    /^-----BEGIN PUBLIC KEY-----/,
  )

  const guard = createGuard(
    behindLoadBalancer({
      loadBalancerArn: arn,
      issuer: String(jose.iss),
      clientId: 'localweb',
      publicKeysUrl: `${url}/public-keys`,
      insecureLoopbackHttp: true,
    }),
  )
  const decision = await guard({ header: name => headers[name] })
  t.match(decision, { authorized: true, auth: { principal: { kind: 'user', subject } } })

  const jwksUri = 'https://public-keys.auth.elb.us-east-1.amazonaws.com'
  const fetcher = {
    fetch: async (uri: string) => (await fetch(uri.replace(jwksUri, `${url}/public-keys`))).arrayBuffer(),
  }
  const theirs = AlbJwtVerifier.create(
    { albArn: arn, issuer: String(jose.iss), clientId: 'localweb', jwksUri },
    { jwksCache: new AlbJwksCache({ fetcher }) },
  )
  t.match(await theirs.verify(String(data)), { sub: subject, email_verified: 'true', username: 'alice' })

  const clock = (offset: number) =>
    fetch(`${url}/_local/clock`, { method: 'POST', body: JSON.stringify({ offset }) })
  await clock(3601)
  const later = await app.headersOf(`${balancer}/orders`, { cookie })
  t.equal(claimsOf(later['x-amzn-oidc-accesstoken']).auth_time, claimsOf(accessToken).auth_time)
  t.not(later['x-amzn-oidc-accesstoken'], accessToken, 'refreshed')
  await fetch(`${url}/_local/sign-out`, { method: 'POST', body: '{"username":"alice"}' })
  await clock(7300)
  t.same(
    Object.keys(await app.headersOf(`${balancer}/orders`, { cookie })),
    [],
    'not after a sign-out everywhere',
  )
  await clock(0)
  const { cookie: again } = await signIn('/')

  t.same(
    Object.keys(await app.headersOf(`${balancer}/orders`, { cookie: 'x=y', 'x-amzn-oidc-data': 'forged' })),
    [],
    'nobody gets through',
  )
  await t.rejects(
    app.headersOf(`${balancer}/cut-off`, { cookie: again }),
    'an answer that is cut off stays so',
  )
  await app.close()
  t.equal((await fetch(`${balancer}/orders`, { headers: { cookie: again } })).status, 502)
})

t.test('a load balancer that denies unauthenticated requests, or allows them', async t => {
  const app = await startApp(t)
  const denying = await startDev(t, ['--alb', app.port, '--alb-listen', '0', '--unauthenticated', 'deny'])
  t.equal((await fetch(denying.balancer)).status, 401)
  for (const [path, expected] of [
    ['http://x/', 421],
    ['http://[', 400],
    ['ftp://127.0.0.1/', 400],
  ] as const) {
    const { port } = new URL(denying.balancer)
    const answered = once(httpRequest({ host: '127.0.0.1', port, path }).end(), 'response')
    t.equal(((await answered)[0] as IncomingMessage).resume().statusCode, expected, path)
  }
  t.equal((await fetch(denying.balancer)).status, 401, 'it goes on')
  const allowing = await startDev(t, ['--alb', app.port, '--alb-listen', '0', '--unauthenticated', 'allow'])
  const headers = await app.headersOf(allowing.balancer, { 'x-amzn-oidc-data': 'forged' })
  t.notOk('x-amzn-oidc-data' in headers)
  t.ok('host' in headers)
})

t.test('an API Gateway', async t => {
  const app = await startApp(t)
  const { local, pool, control } = await startTestCognito(t)
  const verifier = createVerifier({ issuers: [userPool(pool)], clock: local.clock })
  t.teardown(() => verifier.close())
  const guard = createGuard({ verifier })
  const tokenOf = async (username: string) =>
    `Bearer ${(await control('tokens', { username })).accessToken as string}`
  const start = async (options: Partial<ApiGatewayOptions>) => {
    let calls = 0
    const { authorizer = () => ({}) } = options
    const gateway = await startApiGateway({
      type: 'token',
      ttl: 300,
      apiPort: Number(app.port),
      port: 0,
      clock: local.clock,
      ...options,
      authorizer(event, context) {
        calls++
        return authorizer(event, context)
      },
    })
    t.teardown(gateway.close)
    return {
      calls: () => calls,
      async ask(path: string, authorization?: string) {
        const headers: Record<string, string> = { 'x-amzn-request-context': 'forged' }
        if (authorization !== undefined) headers.authorization = authorization
        const response = await fetch(gateway.url + path, { headers })
        const body = (await response.json()) as Record<string, string>
        const context = body['x-amzn-request-context']
        return {
          status: response.status,
          body,
          context: context === undefined ? undefined : JSON.parse(context),
        }
      },
    }
  }
  const routes = { 'GET /orders': hasScope('orders/read'), 'ANY /admin/{proxy+}': inGroup('admin') }

  for (const type of ['token', 'request'] as const) {
    t.test(`of a REST API, by ${type}`, async t => {
      const { ask, calls } = await start({ type, authorizer: restAuthorizer(guard, { routes }) })
      const [alice, bob] = [await tokenOf('alice'), await tokenOf('bob')]
      t.match(await ask('/orders'), { status: 401, body: { message: 'Unauthorized' } })
      t.equal(calls(), 0, 'the authorizer is not called without a token')
      t.match(await ask('/orders?a=1&a=2', bob), { status: 200 })
      t.match(await ask('/admin/users', bob), { status: 403, body: { Message: /not authorized/ } })
      t.equal(calls(), 1, 'its policy is cached, and is right for the other route')
      const { context } = await ask('/admin/users', alice)
      t.match(context, { stage: 'dev', authorizer: { principalId: String, integrationLatency: 0 } })
      t.match(principalFromEvent({ requestContext: context }), {
        username: 'alice',
        groups: ['admin', 'readers'],
      })
      t.match(await ask('/orders', 'Bearer x'), { status: 401 })
      await control('clock', { offset: 301 })
      await ask('/orders', bob)
      t.equal(calls(), 4, 'forgotten after its time')
      await control('clock', { offset: 0 })
    })
  }

  t.test('of an HTTP API', async t => {
    const { ask, calls } = await start({
      type: 'http',
      ttl: 0,
      authorizer: httpAuthorizer(guard, { policy: inGroup('admin') }),
    })
    const { status, context } = await ask('/orders', await tokenOf('alice'))
    t.equal(status, 200)
    t.match(principalFromEvent({ version: '2.0', requestContext: context }), { username: 'alice' })
    t.match(await ask('/orders', await tokenOf('bob')), { status: 403, body: { message: 'Forbidden' } })
    t.match(await ask('/orders', 'Bearer x'), { status: 401, body: { message: 'Unauthorized' } })
    t.match(await ask('/orders'), { status: 401 })
    t.equal(calls(), 3)
    const byPolicy = await start({ type: 'http', authorizer: httpAuthorizer(guard, { routes }) })
    t.match(await byPolicy.ask('/orders', await tokenOf('bob')), {
      status: 200,
      context: { authorizer: { lambda: Object } },
    })
  })

  t.test('what it makes of answers', async t => {
    const policy = (Effect: string, Resource: string | string[], Action = 'execute-api:Invoke') => ({
      principalId: 'x',
      policyDocument: { Version: '2012-10-17', Statement: { Effect, Action, Resource } },
    })
    const arn = 'arn:aws:execute-api:us-east-1:000000000000:local/dev'
    const cases: [string, unknown, number][] = [
      ['its very resource', policy('Allow', `${arn}/GET/orders`), 200],
      ['one of several', policy('Allow', ['x', `${arn}/*/order?`]), 200],
      ['a star goes over slashes', policy('Allow', 'arn:aws:execute-api:*'), 200],
      ['a dot is a dot', policy('Allow', `${arn}/GET/order.`), 403],
      ['another method', policy('Allow', `${arn}/POST/orders`), 403],
      ['another action', policy('Allow', '*', 's3:GetObject'), 403],
      ['a deny', policy('Deny', '*'), 403],
      ['a context of numbers', { ...policy('Allow', '*'), context: { n: 1, b: true, z: null } }, 200],
      ['a context of lists', { ...policy('Allow', '*'), context: { groups: [] } }, 500],
      ['no principal', { ...policy('Allow', '*'), principalId: undefined }, 500],
      ['no policy', { principalId: 'x' }, 500],
      ['a simple answer to a REST API', { isAuthorized: true }, 500],
      ['nothing', undefined, 500],
    ]
    for (const [name, answer, status] of cases) {
      const { ask } = await start({ authorizer: () => answer })
      t.equal((await ask('/orders', 'x')).status, status, name)
    }
    const failing = await start({ authorizer: () => Promise.reject(new Error('unauthorized')) })
    t.match(
      await failing.ask('/orders', 'x'),
      { status: 500, body: { message: null } },
      'not exactly "Unauthorized"',
    )
    const hanging = await start({ type: 'http', timeout: 0.01, authorizer: () => new Promise(() => {}) })
    t.match(await hanging.ask('/orders', 'x'), { status: 500, body: { message: 'Internal Server Error' } })
    const nothing = await start({ authorizer: () => Promise.reject() })
    t.equal((await nothing.ask('/orders', 'x')).status, 500)
    const texts = await start({ authorizer: () => ({ ...policy('Allow', '*'), context: { n: 1 } }) })
    t.match((await texts.ask('/orders', 'x')).context, { authorizer: { n: '1', principalId: 'x' } })
  })

  t.test('from the command line', async t => {
    const folder = t.testdir({
      'authorizer.mjs': `export const handler = () => { throw new Error('Unauthorized') }
export const open = () => ({ isAuthorized: true })
export const nothing = 1`,
    })
    const file = `${folder}/authorizer.mjs`
    const api = ['--api', app.port, '--api-listen', '0']
    const { gateway } = await startDev(t, ['--authorizer', file, ...api])
    t.equal((await fetch(gateway, { headers: { authorization: 'x' } })).status, 401)
    const open = await startDev(t, [
      '--authorizer',
      `${file}#open`,
      '--authorizer-type',
      'http',
      '--authorizer-ttl',
      '60',
      ...api,
    ])
    t.equal((await fetch(open.gateway, { headers: { authorization: 'x', cookie: 'a=b; c=d' } })).status, 200)
    const closing = await startDev(t, ['--authorizer', `${file}#open`, '--authorizer-type', 'http', ...api])
    t.equal((await fetch(closing.gateway, { headers: { authorization: 'x' } })).status, 200)
    for (const [args, message] of [
      [['--authorizer', `${folder}/no.mjs`, ...api], /--authorizer: Cannot find module/],
      [['--authorizer', `${file}#nothing`, ...api], /exports no function nothing/],
      [['--authorizer', file], /--api must be a port/],
      [
        ['--authorizer', file, '--authorizer-type', 'x', ...api],
        /--authorizer-type must be one of token, request, http/,
      ],
      [['--authorizer', file, '--authorizer-ttl', '3601', ...api], /--authorizer-ttl must be from 0 to 3600/],
      [
        ['--authorizer', file, ...api, '--api-listen', app.port],
        /--api-listen: port \d+ cannot be had \(EADDRINUSE\)\. Choose another port, or 0/,
      ],
      [['--alb', 'x'], /--alb must be a port/],
    ] as const) {
      const { code, output } = dev([...args])
      t.equal(await code, 2)
      t.match(output(), message)
    }
  })
})

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const listeners = process.listenerCount('SIGINT')

/** An app that answers with the headers it got. */
async function startApp(t: Test) {
  const server = createServer((request, response) => {
    if (request.url === '/cut-off') response.write('{', () => response.destroy())
    else response.end(JSON.stringify(request.headers))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  t.teardown(close)
  return {
    port: String((server.address() as AddressInfo).port),
    close,
    /** The headers that reach the app; none when the request does not. */
    async headersOf(url: string, headers: Record<string, string>) {
      const response = await fetch(url, { headers, redirect: 'manual' })
      return (response.ok ? await response.json() : {}) as IncomingMessage['headers'] & Record<string, string>
    },
  }
}

function dev(args: readonly string[]) {
  let written = ''
  const write = (text: string) => (written += text)
  const io = { stdin: [] as never, stdout: { write }, stderr: { write }, env: {} }
  return { code: main(['dev', '--port', '0', ...args], io), output: () => written }
}

/** Runs the command until the test ends. */
async function startDev(t: Test, args: readonly string[]) {
  const { code, output } = dev(args)
  const ended = code.then(() => true)
  while (!output().includes('Ctrl-C')) {
    const wait = new Promise<false>(resolve => setTimeout(() => resolve(false), 2))
    if (await Promise.race([ended, wait])) throw new Error(output())
  }
  t.teardown(async () => {
    // one signal ends all of them, and without a listener it would end the test
    if (process.listenerCount('SIGINT') > listeners) process.emit('SIGINT', 'SIGINT')
    await code
  })
  const find = (pattern: RegExp) => pattern.exec(output())?.[1] ?? ''
  return {
    url: find(/page +(\S+)/),
    balancer: find(/balancer +(\S+)/),
    arn: find(/(arn:\S+),/),
    gateway: find(/gateway +(\S+)/),
  }
}
