// From where the local Cognito is reached: names, addresses, HEAD, health, and what it opens.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createVerifier, userPool } from 'cognito-guard'
import * as client from 'openid-client'
import t from 'tap'
import { claimsOf, runDev, startTestCognito } from './world.js'

const signIn = {
  ClientId: 'localweb',
  AuthFlow: 'USER_PASSWORD_AUTH',
  AuthParameters: { USERNAME: 'alice', PASSWORD: 'Wonderland-1' },
}

const call = (name: string, service = 'AWSCognitoIdentityProviderService') => ({
  'x-amz-target': `${service}.${name}`,
})

t.test('it can be waited for', async t => {
  const { url } = await startTestCognito(t)
  const health = await fetch(`${url}/health`)
  t.match([health.status, await health.json()], [200, { status: 'ok' }])
  t.equal((await asking(new URL(url).port, 'localhost')('TRACE', '/')).status, 405)
  for (const [path, status] of [
    ['/', 200],
    ['/health', 200],
    ['/us-east-1_LOCALDEV0/.well-known/jwks.json', 200],
    ['/us-east-1_LOCALDEV0/.well-known/openid-configuration', 200],
    ['/_local/state', 200],
    ['/_local/decisions', 200],
    ['/oauth2/token', 404],
    ['/nothing', 404],
  ] as const) {
    const head = await fetch(`${url}${path}`, { method: 'HEAD' })
    t.same([head.status, await head.text()], [status, ''], `HEAD ${path}`)
  }
})

t.test('the issuer is the name that is asked by', async t => {
  const { url, local } = await startTestCognito(t, { issuer: 'local' })
  const { port } = new URL(url)
  for (const name of ['127.0.0.1', 'localhost', 'cognito.localhost', '[::1]']) {
    const ask = asking(port, `${name}:${port}`)
    const origin = `http://${name}:${port}`
    const issuer = `${origin}/us-east-1_LOCALDEV0`
    const discovery = await ask('GET', '/us-east-1_LOCALDEV0/.well-known/openid-configuration')
    t.match(
      discovery.json,
      { issuer, token_endpoint: `${origin}/oauth2/token`, jwks_uri: `${issuer}/.well-known/jwks.json` },
      name,
    )
    const signedIn = await ask('POST', '/', signIn, call('InitiateAuth'))
    const { AccessToken, IdToken } = (signedIn.json as { AuthenticationResult: Record<string, string> })
      .AuthenticationResult
    t.equal(claimsOf(AccessToken).iss, issuer)
    t.equal(claimsOf(IdToken).iss, issuer)
    const jwksUri = `${url}/us-east-1_LOCALDEV0/.well-known/jwks.json`
    const pool = { userPoolId: 'us-east-1_LOCALDEV0', clientId: 'localweb', issuer }
    const verifier = createVerifier({ issuers: [userPool({ ...pool, jwksUri, insecureLoopbackHttp: true })] })
    t.teardown(() => verifier.close())
    t.match((await verifier.verify(AccessToken as string)).principal, { kind: 'user' }, 'and it verifies')
    const elsewhere = asking(port, `127.0.0.1:${port}`)
    const user = await elsewhere('POST', '/', { AccessToken }, call('GetUser'))
    t.match(user.json, { Username: 'alice' }, 'also here, by another name')
    const info = await elsewhere('GET', '/oauth2/userInfo', undefined, {
      authorization: `Bearer ${AccessToken}`,
    })
    t.equal(info.status, 401, 'without openid')
    const identity = await elsewhere(
      'POST',
      '/',
      {
        IdentityPoolId: local.config.identityPool.identityPoolId,
        Logins: { [issuer.slice('http://'.length)]: IdToken },
      },
      call('GetId', 'AWSCognitoIdentityService'),
    )
    t.match(identity.json, { IdentityId: String }, 'the identity pool takes it')
  }
  for (let i = 1; i <= 110; i++) await asking(port, `localhost:${i}`)('GET', '/health')
  t.equal(local.issuers.size, 100, 'a client that makes up ports fills no memory')
  const last = await asking(port, 'localhost:110')(
    'GET',
    '/us-east-1_LOCALDEV0/.well-known/openid-configuration',
  )
  t.match(last.json, { issuer: local.issuer })
})

t.test('a client that insists on discovery, by either name', async t => {
  const { port } = await startTestCognito(t, { issuer: 'local' })
  for (const name of ['localhost', '127.0.0.1']) {
    const issuer = `http://${name}:${port}/us-east-1_LOCALDEV0`
    const config = await client.discovery(new URL(issuer), 'localweb', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    })
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: 'http://localhost:5173/cb',
      nonce: 'n',
      state: 's',
      scope: 'openid',
      login_hint: 'alice',
      auto: '1',
    })
    const back = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
    const checks = { expectedNonce: 'n', expectedState: 's' }
    const tokens = await client.authorizationCodeGrant(config, new URL(back), checks)
    t.equal(tokens.claims()?.iss, issuer)
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
    t.equal(info.username, 'alice')
    t.ok((await client.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token)
  }
})

t.test('the endpoints of a pool with a URL for browsers', async t => {
  const { local, port } = await startTestCognito(t, { issuer: 'local', url: 'http://localhost:8080' })
  const { json } = await asking(String(port), `127.0.0.1:${port}`)(
    'GET',
    '/us-east-1_LOCALDEV0/.well-known/openid-configuration',
  )
  t.match(json, {
    issuer: 'http://localhost:8080/us-east-1_LOCALDEV0',
    authorization_endpoint: 'http://localhost:8080/oauth2/authorize',
    end_session_endpoint: 'http://localhost:8080/logout',
    token_endpoint: `http://127.0.0.1:${port}/oauth2/token`,
  })
  t.equal(local.issuer, 'http://localhost:8080/us-east-1_LOCALDEV0')
  for (const url of ['localhost:8080', 'ftp://localhost', 'http://localhost:8080/', 'nothing'])
    await t.rejects(startTestCognito(t, { url }), {
      message: /^test\.json: url must be a scheme, a name and a/,
    })
})

t.test('--host and --allow-host', async t => {
  const app = 'http://cognito:3000'
  const dev = await runDev(t, ['--host', '0.0.0.0', '--allow-host', 'Cognito', '--allow-host', '10.0.2.2'])
  t.match(dev.output(), /WARNING +Open to the network at 0\.0\.0\.0: whoever reaches/)
  t.match(dev.output(), /cognito, 10\.0\.2\.2/)
  const { port } = new URL(dev.url)
  for (const [host, status] of [
    [`cognito:${port}`, 200],
    ['COGNITO:9400', 200],
    ['10.0.2.2', 200],
    [`localhost:${port}`, 200],
    ['cognito.evil.example', 421],
    ['evil.example', 421],
    ['a.cognito', 421],
    ['10.0.2.20', 421],
  ] as const)
    t.equal((await asking(port, host)('GET', '/health')).status, status, `Host: ${host}`)
  const from = (host: string, origin: string, path = '/health') =>
    asking(port, host)('GET', path, undefined, { origin })
  t.equal((await from(`cognito:${port}`, app)).status, 200, 'a page of an allowed name may call it')
  t.equal((await from(`cognito:${port}`, app, '/_local/state')).status, 403, 'and not the controls')
  t.equal(
    (await from(`cognito:${port}`, `http://cognito:${port}`, '/_local/state')).status,
    200,
    'its own may',
  )
  t.equal((await from(`cognito:${port}`, 'http://evil.example')).status, 403)
  t.equal((await from(`cognito:${port}`, 'null')).status, 403)
  const callback = `client_id=localweb&response_type=code&login_hint=bob&auto=1&redirect_uri=${app}/cb`
  const { headers } = await asking(port, `cognito:${port}`)('GET', `/oauth2/authorize?${callback}`)
  t.match(headers.location, `${app}/cb?code=`, 'a callback there is one of this machine')
  for (const scheme of ['javascript', 'data', 'ftp'])
    for (const path of [
      '/oauth2/authorize?login_hint=bob&auto=1&response_type=code&redirect_uri',
      '/logout?logout_uri',
    ]) {
      const answer = await asking(port, `cognito:${port}`)(
        'GET',
        `${path}=${scheme}://cognito/&client_id=localweb`,
      )
      t.equal(answer.status, 400, `${scheme}: ${path}`)
    }
})

t.test('addresses', async t => {
  const named = await runDev(t, ['--host', '127.0.0.2'])
  t.match(named.url, 'http://127.0.0.2:')
  t.notMatch(named.output(), 'WARNING', 'this machine is not the network')
  t.equal((await fetch(`${named.url}/health`)).status, 200)
  const six = await runDev(t, ['--host', '::1'])
  t.match(six.url, 'http://[::1]:')
  t.equal((await fetch(`${six.url}/health`)).status, 200)
  const proxied = await runDev(t, ['--allow-host', 'dev.example'])
  t.match(proxied.output(), /WARNING +Answers to more names than those of this machine/)
  const bare = await runDev(t, ['--host', '::'])
  t.match(bare.output(), /It answers to loopback names only: add --allow-host/)
  for (const [args, message] of [
    [['--host', 'cognito'], /--host must be an IP address/],
    [['--host', '203.0.113.7'], /--host: this machine has no such address/],
    [['--allow-host', '*'], /--allow-host must be a host name/],
    [['--allow-host', '*.example'], /--allow-host must be/],
    [['--allow-host', 'http://cognito'], /--allow-host must be/],
    [['--allow-host', 'cognito:9400'], /--allow-host must be/],
    [['--allow-host', ''], /--allow-host must be/],
  ] as const) {
    const { code, output } = await runDev(t, args, false)
    t.match([await code, output()], [2, message], args.join(' '))
  }
})

t.test('--json is for programs', async t => {
  const dev = await runDev(t, ['--json', '--alb', '1', '--alb-listen', '0', '--host', '0.0.0.0'])
  const lines = dev.output().trim().split('\n')
  t.equal(lines.length, 1, 'one line')
  const about = JSON.parse(lines[0] as string) as Record<string, unknown>
  t.match(about, {
    url: /^http:\/\/127\.0\.0\.1:\d+$/,
    port: Number,
    pid: process.pid,
    issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_LOCALDEV0',
    userPoolId: 'us-east-1_LOCALDEV0',
    clientIds: ['localweb', 'localmachine'],
    identityPoolId: String,
    jwksUri: /\/us-east-1_LOCALDEV0\/\.well-known\/jwks\.json$/,
    loadBalancer: { url: /^http:/, arn: /^arn:/ },
  })
  t.match(dev.errors(), 'WARNING', 'elsewhere')
  t.equal((await fetch(String(about.jwksUri))).status, 200)
})

/** Sends requests to a port of this machine under any name. */
function asking(port: string, host: string) {
  return async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: { ...headers, host } })
    request.end(body && JSON.stringify(body))
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request.on('response', resolve).on('error', reject),
    )
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    return {
      status: answer.statusCode,
      headers: answer.headers,
      get json() {
        return JSON.parse(text) as object
      },
    }
  }
}
