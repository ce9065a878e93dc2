// The services around the user pool: the identity pool, a load balancer, an API Gateway.
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
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
import { startApiGateway } from '../../../src/devtools/local/fronts/api-gateway.js'
import { lambdaAuthorizer } from '../../../src/devtools/local/fronts/lambda-authorizer.js'
import { newLoadBalancerKey, startLoadBalancer } from '../../../src/devtools/local/fronts/load-balancer.js'
import {
  type NativeAuthorizerOptions,
  nativeAuthorizer,
} from '../../../src/devtools/local/fronts/native-authorizer.js'
import { issueTokens } from '../../../src/devtools/local/user-pool/tokens.js'
import { identityClaims } from '../../../src/testing/identity-answers.js'
import { agree } from './web-socket.js'
import { claimsOf, startTestCognito } from './world.js'

t.setTimeout(120_000)

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
  const { url, balancer, arn, output } = await startDev(t, ['--alb', app.port, '--alb-listen', '0'])
  const signIn = async (path: string) => {
    const toSignIn = await fetch(balancer + path, { redirect: 'manual' })
    const authorize = new URL(toSignIn.headers.get('location') ?? '')
    authorize.searchParams.set('login_hint', 'alice')
    authorize.searchParams.set('auto', '1')
    const callback = (await fetch(authorize, { redirect: 'manual' })).headers.get('location') ?? ''
    const browser = { redirect: 'manual', headers: { cookie: cookieIn(toSignIn) } } as const
    const back = await fetch(callback, browser)
    return { callback, browser, back, cookie: cookieIn(back) }
  }
  const { callback, browser, back, cookie } = await signIn('/orders?x=1')
  t.equal(back.headers.get('location'), `${balancer}/orders?x=1`)
  t.match(cookie, /^AWSELBAuthSessionCookie-0=/)
  t.equal((await fetch(callback, browser)).status, 401, 'a code is for one use')

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
  for (const _ of [1, 2]) {
    const gone = await fetch(`${balancer}/orders`, { headers: { cookie: again } })
    t.equal(gone.status, 502)
    t.match(await gone.text(), nobody(app.port))
  }
  t.equal(output().split(nobody(app.port)).length, 2, 'once on the console')
})

t.test('the callback of a load balancer', async t => {
  const app = await startApp(t)
  const clients = ['localweb', 'other'].map(clientId => ({ clientId }))
  const { local, url, control } = await startTestCognito(t, { clients })
  const balancer = await startLoadBalancer(local, newLoadBalancerKey(), {
    appPort: Number(app.port),
    port: 0,
    unauthenticated: 'authenticate',
  })
  t.teardown(balancer.close)
  const locationOf = (response: Response) => response.headers.get('location') ?? ''
  const begin = async (cookie = '') => {
    const toSignIn = await fetch(balancer.url, { redirect: 'manual', headers: { cookie } })
    return { authorize: new URL(locationOf(toSignIn)), cookie: cookieIn(toSignIn) }
  }
  const codeFor = async (authorize: URL, changed: Record<string, string> = {}, username = 'alice') => {
    const query = {
      ...Object.fromEntries(authorize.searchParams),
      ...changed,
      login_hint: username,
      auto: '1',
    }
    const signedIn = `${url}/oauth2/authorize?${new URLSearchParams(query).toString()}`
    return new URL(locationOf(await fetch(signedIn, { redirect: 'manual' }))).searchParams.get('code') ?? ''
  }
  const back = (authorize: URL, code: string, cookie: string) => {
    const query = new URLSearchParams({ state: authorize.searchParams.get('state') ?? '', code }).toString()
    return fetch(`${balancer.url}/oauth2/idpresponse?${query}`, { redirect: 'manual', headers: { cookie } })
  }

  const first = await begin()
  t.match(first.cookie, /^AWSALBAuthNonce=[\da-f-]{36}$/)
  const code = await codeFor(first.authorize)
  const another = await begin()
  for (const cookie of ['', 'AWSALBAuthNonce=', another.cookie])
    t.equal((await back(first.authorize, code, cookie)).status, 401, 'another browser')
  const second = await begin(first.cookie)
  t.equal(second.cookie, first.cookie, 'two tabs of a browser')
  t.equal((await back(first.authorize, code, first.cookie)).status, 302)
  t.equal((await back(second.authorize, await codeFor(second.authorize), second.cookie)).status, 302)

  for (const [what, changed] of [
    ['another client', { client_id: 'other' }],
    ['another redirect URI', { redirect_uri: 'http://localhost:5173/callback' }],
    ['PKCE', { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }],
  ] as const) {
    const { authorize, cookie } = await begin()
    const code = await codeFor(authorize, changed)
    t.ok(code, what)
    t.equal((await back(authorize, code, cookie)).status, 401, what)
  }
  const { authorize, cookie } = await begin()
  t.equal((await back(authorize, 'unknown', cookie)).status, 401, 'no code')

  const [alice, bob] = ['alice', 'bob'].map(name => local.users.find(name))
  const disabled = await begin()
  const codeOfAlice = await codeFor(disabled.authorize)
  Object.assign(alice as object, { enabled: false })
  t.equal((await back(disabled.authorize, codeOfAlice, disabled.cookie)).status, 401, 'disabled')

  const disabledLater = await begin()
  const codeOfBob = await codeFor(disabledLater.authorize, {}, 'bob')
  const session = cookieIn(await back(disabledLater.authorize, codeOfBob, disabledLater.cookie))
  t.ok('x-amzn-oidc-data' in (await app.headersOf(balancer.url, { cookie: session })))
  Object.assign(bob as object, { enabled: false })
  await control('clock', { offset: 3601 })
  t.same(await app.headersOf(balancer.url, { cookie: session }), {}, 'disabled before the refresh')
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
  const start = async (options: Partial<Parameters<typeof lambdaAuthorizer>[0]>) => {
    let calls = 0
    const { clock } = local
    const { authorizer = () => ({}) } = options
    const counted = (event: never, context: object) => {
      calls++
      return authorizer(event, context)
    }
    const gateway = await startApiGateway({
      apiPort: Number(app.port),
      port: 0,
      clock,
      authorizer: lambdaAuthorizer({ type: 'token', ttl: 300, clock, ...options, authorizer: counted }),
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
    const wide = await start({
      authorizer: () => ({ ...policy('Allow', '*'), context: { name: 'Zoë 日本' } }),
    })
    t.match((await wide.ask('/orders', 'x')).context, { authorizer: { name: 'Zoë 日本' } }, 'no Latin-1')
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
        /--authorizer-type must be one of token, request, http, jwt, cognito, rest-jwt\n/,
      ],
      [['--authorizer', file, '--authorizer-ttl', '3601', ...api], /--authorizer-ttl must be from 0 to 3600/],
      [
        ['--authorizer', file, ...api, '--api-listen', app.port],
        /--api-listen: port \d+ cannot be had \(EADDRINUSE\)\. Choose another port, or 0/,
      ],
      [['--alb', 'x'], /--alb must be a port/],
      [
        ['--authorizer-type', 'jwt', '--authorizer', file, ...api],
        /--authorizer-type jwt calls no --authorizer/,
      ],
      [['--authorizer-type', 'jwt', '--authorizer-ttl', '1', ...api], /--authorizer-ttl needs --authorizer/],
      [
        ['--authorizer-type', 'cognito', '--authorizer-audience', 'a', ...api],
        /--authorizer-audience needs --authorizer-type jwt or rest-jwt/,
      ],
      [
        ['--authorizer', file, '--authorizer-audience', 'a', ...api],
        /--authorizer-audience needs --authorizer-type jwt, cognito, rest-jwt/,
      ],
      [
        ['--authorizer', file, '--authorizer-scope', 'a', ...api],
        /--authorizer-scope needs --authorizer-type jwt, cognito, rest-jwt/,
      ],
      [api, /--api needs --authorizer, or --authorizer-type jwt, cognito, rest-jwt/],
      [['--cors', '*'], /--cors needs --authorizer, or/],
      ...['http://localhost:5173/', 'null', 'localhost', '**'].map(
        origin =>
          [['--authorizer-type', 'jwt', '--cors', origin, ...api], /--cors must be an origin/] as const,
      ),
    ] as const) {
      const { code, output } = dev([...args])
      t.equal(await code, 2)
      t.match(output(), message)
    }
  })
})

t.test('the authorizers that API Gateway brings', async t => {
  const app = await startApp(t)
  const { local, pool, control } = await startTestCognito(t, {
    groups: [{ name: 'admin' }, { name: 'readers' }],
    users: [
      {
        username: 'alice',
        password: 'Wonderland-1',
        groups: ['admin', 'readers'],
        attributes: { name: 'Zoë 日本' },
      },
      { username: 'bob', password: 'Builder-1', groups: ['readers'] },
    ],
  })
  const verifier = createVerifier({
    issuers: [userPool({ ...pool, tokenUse: ['access', 'id'] })],
    clock: local.clock,
  })
  t.teardown(() => verifier.close())
  const tokens = (username: string) =>
    control('tokens', { username }) as Promise<{ accessToken: string; idToken: string }>
  const [alice, bob] = [await tokens('alice'), await tokens('bob')]
  const start = async (options: NativeAuthorizerOptions) => {
    const { clock } = local
    const authorizer = nativeAuthorizer(local, options)
    const gateway = await startApiGateway({ authorizer, apiPort: Number(app.port), port: 0, clock })
    t.teardown(gateway.close)
    return async (authorization?: string) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      const response = await fetch(`${gateway.url}/orders`, { headers })
      const body = (await response.json()) as Record<string, string>
      const context = body['x-amzn-request-context']
      const says = response.headers.get('www-authenticate') ?? ''
      return {
        status: response.status,
        body,
        says,
        context: context === undefined ? undefined : JSON.parse(context),
      }
    }
  }
  const expired = async (ask: (token: string) => Promise<object>) => {
    await control('clock', { offset: 3601 })
    const answer = await ask(`Bearer ${alice.idToken}`)
    await control('clock', { offset: 0 })
    return answer
  }

  t.test('JWT, of an HTTP API', async t => {
    const ask = await start({ type: 'jwt' })
    for (const token of [alice.accessToken, `Bearer ${alice.accessToken}`, `bearer ${alice.accessToken}`]) {
      const { status, context } = await ask(token)
      t.equal(status, 200)
      const { claims, scopes } = context.authorizer.jwt
      t.equal(scopes, null, 'none is asked for')
      t.match(claims, {
        'cognito:groups': '[admin readers]',
        exp: /^\d+$/,
        scope: /openid/,
        client_id: 'localweb',
        token_use: 'access',
      })
      t.ok(Object.values(claims as object).every(value => typeof value === 'string'))
      t.match(principalFromEvent({ version: '2.0', requestContext: context }), {
        username: 'alice',
        groups: ['admin', 'readers'],
      })
    }
    const { context } = await ask(alice.idToken)
    t.match(context.authorizer.jwt.claims, { email_verified: 'true', name: 'Zoë 日本', aud: 'localweb' })
    t.match(principalFromEvent({ version: '2.0', requestContext: context }), { tokenUse: 'id' })

    const body = { message: 'Unauthorized' }
    t.match(await ask(), { status: 401, body, says: '' })
    t.match(await ask('Bearer x'), { status: 401, body, says: /error="invalid_token"/ })
    t.match(await expired(ask), { status: 401, body, says: /error_description="the token has expired"/ })
    const other = await start({ type: 'jwt', audiences: ['other', 'https://api.example'] })
    t.match(await other(alice.accessToken), { status: 401, says: /not have a valid audience"/ })
    const session = { user: local.users.find('bob') as never, clientId: 'localweb', scopes: ['openid'] }
    const bound = local.sessions.open({ ...session, isManagedLogin: true, resource: 'https://api.example' })
    const { accessToken } = await issueTokens(local, bound, 'HostedAuth')
    t.match(await other(accessToken), { status: 200 }, 'aud of a token that is bound to an API')
    t.match(await ask(accessToken), { status: 401 }, 'client_id does not count beside aud')
    const scoped = await start({ type: 'jwt', scopes: ['orders/none', 'email'] })
    const { scopes } = (await scoped(alice.accessToken)).context.authorizer.jwt
    t.match(scopes, (claimsOf(alice.accessToken).scope as string).split(' '), 'all that the token has')
    t.match(await scoped(alice.idToken), { status: 403, body: { message: 'Forbidden' } })
    await control('sign-out', { username: 'bob' })
    t.match(await ask(bob.accessToken), { status: 200 }, 'it knows no revocation')
  })

  t.test('Cognito, of a REST API', async t => {
    const ask = await start({ type: 'cognito' })
    const bobs = await ask(bob.idToken)
    t.match(bobs.context.authorizer.claims, {
      'cognito:groups': 'readers',
      email_verified: 'true',
      auth_time: /^\d+$/,
      exp: /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/,
    })
    const expiresAt = claimsOf(bob.idToken).exp
    t.match(principalFromEvent({ requestContext: bobs.context }), { groups: ['readers'], expiresAt })
    const alices = await ask(`Bearer ${alice.idToken}`)
    t.equal(alices.context.authorizer.claims['cognito:groups'], 'admin,readers')
    const event = { requestContext: alices.context, headers: { authorization: `Bearer ${alice.idToken}` } }
    t.throws(() => principalFromEvent(event), /two ways/)
    t.match(await principalFromEvent(event, { reverify: verifier }), { groups: ['admin', 'readers'] })

    const body = { message: 'Unauthorized' }
    t.match(await ask(), { status: 401, body })
    t.match(await ask(bob.accessToken), { status: 401, body }, 'an ID token where no scope is asked for')
    t.match(await expired(ask), { status: 401, body: { message: 'The incoming token has expired' } })
    const scoped = await start({ type: 'cognito', scopes: ['email'] })
    t.match(await scoped(bob.accessToken), { status: 200 })
    t.match(await scoped(bob.idToken), { status: 401, body }, 'an access token where one is')
    const more = await start({ type: 'cognito', scopes: ['orders/none'] })
    t.match(await more(bob.accessToken), { status: 401, body })
    const google = local.config.identityProviders[0] as never
    const user = local.users.federate(google, { userId: 'g-1', attributes: {} })
    const session = local.sessions.open({
      user,
      clientId: 'localweb',
      scopes: ['openid'],
      isManagedLogin: true,
    })
    const { context } = await ask((await issueTokens(local, session, 'HostedAuth')).idToken)
    t.match(principalFromEvent({ requestContext: context }), { provider: { name: 'Google', userId: 'g-1' } })
  })

  t.test('JWT, of a REST API', async t => {
    const ask = await start({ type: 'rest-jwt' })
    const { context } = await ask(`Bearer ${alice.accessToken}`)
    t.match(context.authorizer.claims, { 'cognito:groups': ['admin', 'readers'], exp: Number })
    t.match(principalFromEvent({ requestContext: context }), {
      username: 'alice',
      groups: ['admin', 'readers'],
    })
    t.match((await ask(alice.idToken)).context.authorizer.claims, { email_verified: true, name: 'Zoë 日本' })
    t.match(await ask('x'), { status: 401, body: { message: 'Unauthorized' } })
    const scoped = await start({ type: 'rest-jwt', scopes: ['orders/none'] })
    t.match(await scoped(alice.accessToken), { status: 403, body: { message: 'Forbidden' } })
  })

  t.test('a token that another pool signed', async t => {
    const other = await startTestCognito(t)
    const { accessToken } = (await other.control('tokens', { username: 'alice' })) as Record<string, string>
    for (const type of ['jwt', 'cognito', 'rest-jwt'] as const)
      t.match(await (await start({ type }))(accessToken), { status: 401 }, type)
  })

  t.test('from the command line', async t => {
    const api = ['--api', app.port, '--api-listen', '0']
    const native = [
      '--authorizer-type',
      'jwt',
      '--authorizer-audience',
      'localweb',
      '--authorizer-scope',
      'openid',
    ]
    const { gateway, url } = await startDev(t, [...native, '--cors', 'http://localhost:5173', ...api])
    const response = await fetch(`${url}/_local/tokens`, { method: 'POST', body: '{"username":"alice"}' })
    const { accessToken } = (await response.json()) as { accessToken: string }
    const answer = await fetch(gateway, {
      headers: { authorization: accessToken, origin: 'http://localhost:5173' },
    })
    t.match(answer, { status: 200 })
    t.equal(answer.headers.get('access-control-allow-origin'), 'http://localhost:5173')
  })
})

t.test('CORS at an API Gateway', async t => {
  const seen: string[] = []
  const app = createServer((request, response) => {
    seen.push(`${request.method}`)
    response.setHeader('access-control-allow-origin', 'https://of-the-api.example').end('{}')
  })
  await new Promise<void>(resolve => app.listen(0, '127.0.0.1', resolve))
  t.teardown(() => app.close())
  const { local } = await startTestCognito(t)
  const start = async (type: 'http' | 'token', cors?: string[]) => {
    let calls = 0
    const { clock } = local
    const authorizer = lambdaAuthorizer({
      type,
      ttl: 0,
      clock,
      authorizer: () => {
        calls++
        return type === 'http' ? { isAuthorized: true } : allowAll
      },
    })
    const { port: apiPort } = app.address() as AddressInfo
    const gateway = await startApiGateway({ authorizer, apiPort, port: 0, clock, ...(cors && { cors }) })
    t.teardown(gateway.close)
    return {
      calls: () => calls,
      async ask(headers: Record<string, string>, method = 'OPTIONS') {
        const response = await fetch(gateway.url, { method, headers })
        const cors = [...response.headers].filter(([name]) => name.startsWith('access-control-allow-'))
        const allows = cors.map(([name, value]) => [name.slice(21), value])
        return {
          status: response.status,
          allows: Object.fromEntries(allows),
          vary: response.headers.get('vary'),
        }
      },
    }
  }
  const origin = 'http://localhost:5173'
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  }
  const methods = 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'
  const allowed = { origin, methods, headers: 'authorization,content-type' }
  const authorization = 'Bearer x'

  const http = await start('http', ['https://app.example', origin])
  t.match(await http.ask(preflight), { status: 204, allows: allowed, vary: 'origin' })
  t.same(await http.ask({ ...preflight, origin: 'https://evil.example' }), {
    status: 204,
    allows: {},
    vary: null,
  })
  t.equal(http.calls(), 0, 'the authorizer sees no preflight')
  t.match(await http.ask({ origin }, 'GET'), { status: 401, allows: { origin } }, 'a page reads the refusal')
  t.match(await http.ask({ origin, authorization }, 'GET'), { status: 200, allows: { origin } })
  t.same((await http.ask({ authorization }, 'GET')).allows, {}, "not the API's own headers")
  t.match(await http.ask({ origin }), { status: 401 }, 'an OPTIONS that is no preflight')
  const any = await start('http', ['*'])
  t.match(await any.ask(preflight), { allows: { ...allowed, origin: '*' }, vary: null })

  const rest = await start('token', [origin])
  t.match(await rest.ask(preflight), { status: 200, allows: allowed })
  t.match(await rest.ask({}), { status: 200, allows: {} }, 'every OPTIONS is answered')
  t.equal(rest.calls(), 0)
  t.match(await rest.ask({ origin }, 'GET'), { status: 401, allows: { origin } })
  const own = { origin: 'https://of-the-api.example' }
  t.match(
    await rest.ask({ origin, authorization }, 'GET'),
    { status: 200, allows: own },
    "the API's own headers",
  )
  const none = await start('http')
  t.same(await none.ask(preflight), { status: 401, allows: {}, vary: null })
  t.same(await none.ask({ authorization }, 'GET'), { status: 200, allows: own, vary: null })
  t.notOk(seen.includes('OPTIONS'))
})

t.test('WebSockets', async t => {
  const app = await startSocketApp(t)
  const { local, control } = await startTestCognito(t)
  const start = async (unauthenticated: 'authenticate' | 'allow' | 'deny', appPort = app.port) => {
    const balancer = await startLoadBalancer(local, newLoadBalancerKey(), {
      appPort,
      port: 0,
      unauthenticated,
    })
    t.teardown(balancer.close)
    return balancer
  }
  const signedIn = async (url: string) => {
    const toSignIn = await fetch(url, { redirect: 'manual' })
    const authorize = toSignIn.headers.get('location') ?? ''
    const hinted = await fetch(`${authorize}&login_hint=alice&auto=1`, { redirect: 'manual' })
    const headers = { cookie: cookieIn(toSignIn) }
    return cookieIn(await fetch(hinted.headers.get('location') ?? '', { redirect: 'manual', headers }))
  }

  t.test('pass the load balancer', async t => {
    const { url, close } = await start('authenticate')
    const cookie = await signedIn(url)
    const { answer, socket, read } = await upgrade(`${url}/chat?x=1`, {
      cookie,
      'x-amzn-oidc-identity': 'forged',
    })
    t.match(answer, { statusCode: 101, headers: { 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } })
    const { url: path, headers } = app.last()
    t.equal(path, '/chat?x=1')
    t.equal(headers['x-amzn-oidc-identity'], local.users.find('alice')?.sub)
    t.equal(headers['x-forwarded-for'], '127.0.0.1')
    t.equal(await read(5), 'hello', 'the first bytes of the app, which come with its answer')
    socket?.write('ping')
    t.equal(await read(4), 'ping')
    const closed = once(socket as never, 'close')
    await close()
    await closed
    t.pass('ends with it')
  })

  t.test('end together', async t => {
    const { url } = await start('allow')
    const first = await upgrade(url)
    t.notOk('x-amzn-oidc-data' in app.last().headers)
    const appSocket = app.last().socket
    const appClosed = once(appSocket, 'close')
    first.socket?.resetAndDestroy()
    await appClosed
    const second = await upgrade(url)
    const closed = once(second.socket?.resume() as never, 'close')
    app.last().socket.resetAndDestroy()
    await closed
    t.match(await upgrade(url), { answer: { statusCode: 101 } }, 'it goes on')
  })

  t.test('are refused as requests are', async t => {
    t.match(await upgrade((await start('deny')).url), { answer: { statusCode: 401 } })
    const { url } = await start('authenticate')
    t.match(await upgrade(url), { answer: { statusCode: 302, headers: { location: /oauth2\/authorize/ } } })
    const host = await upgrade(url, { host: 'evil.example', cookie: await signedIn(url) })
    t.match(host, { answer: { statusCode: 421 } }, 'also from elsewhere')
    const allowing = (await start('allow')).url
    t.match(await upgrade(`${allowing}/refuses`), { answer: { statusCode: 404 } }, "the app's own answer")
    t.match(await upgrade(allowing, { upgrade: 'h2c' }), { answer: { statusCode: 501 } })
    const { port } = await startApp(t).then(async gone => (await gone.close(), gone))
    t.match(await upgrade((await start('allow', Number(port))).url), { answer: { statusCode: 502 } })
    const left = askToUpgrade(`${allowing}/late`).on('error', () => {})
    await once(app.server, 'upgrade')
    left.destroy()
    const { socket } = app.last()
    const closed = once(socket, 'close')
    greet(socket)
    await closed
    t.match(await upgrade(allowing), { answer: { statusCode: 101 } }, 'it goes on')
  })

  t.test('do not pass an API Gateway', async t => {
    const { clock } = local
    const authorizer = nativeAuthorizer(local, { type: 'jwt' })
    const gateway = await startApiGateway({ authorizer, apiPort: app.port, port: 0, clock })
    t.teardown(gateway.close)
    const { accessToken } = (await control('tokens', { username: 'alice' })) as { accessToken: string }
    t.match(await upgrade(gateway.url, { authorization: accessToken }), { answer: { statusCode: 501 } })
    const other = await upgrade(gateway.url, { authorization: accessToken, upgrade: 'h2c' })
    t.match(other, { answer: { statusCode: 200 } }, 'an offer of HTTP/2 is not taken up')
  })
})

const allowAll = {
  principalId: 'x',
  policyDocument: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
}

/** Asks for a WebSocket with the key of RFC 6455 section 1.3. */
async function upgrade(url: string, headers: Record<string, string> = {}) {
  const request = askToUpgrade(url, headers)
  const [answer, socket, head] = (await Promise.race([
    once(request, 'upgrade'),
    once(request, 'response'),
  ])) as [IncomingMessage, Socket | undefined, Buffer | undefined]
  if (!socket) answer.resume()
  else socket.on('error', () => {}).unshift(head)
  return {
    answer,
    socket,
    async read(length: number) {
      let chunk = socket?.read(length) as Buffer | null | undefined
      while (chunk === null) {
        await once(socket as never, 'readable')
        chunk = socket?.read(length) as Buffer | null
      }
      return String(chunk)
    },
  }
}

const askToUpgrade = (url: string, headers: Record<string, string> = {}) =>
  httpRequest(url, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    },
  }).end()

function greet(socket: Socket, key = ''): void {
  agree(socket, key, 'hello')
  socket.pipe(socket)
}

/** An app that takes WebSockets, greets, and sends back every byte. */
async function startSocketApp(t: Test) {
  const server = createServer((_request, response) => void response.end('{}'))
  const sockets = new Set<Socket>()
  let last: { url: string; headers: IncomingMessage['headers']; socket: Socket } | undefined
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
    last = { url, headers, socket }
    if (url === '/late') return
    if (url === '/refuses')
      socket.end('HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
    else greet(socket, String(headers['sec-websocket-key']))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    server,
    /** The last that was asked for. */
    last: () => last as NonNullable<typeof last>,
  }
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const listeners = process.listenerCount('SIGINT')

/** An app that answers with the headers it got, or breaks off. */
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
    output,
  }
}

const cookieIn = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? ''

const nobody = (port: string) => `Nothing answers on 127.0.0.1:${port}: start your app there`
