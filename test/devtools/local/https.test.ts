// The local Cognito over TLS, with a certificate that it makes or is given.
import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { selfSigned } from '../../../src/devtools/local/certificate.js'
import { claimsOf, runDev } from './world.js'

t.test('a certificate for names and addresses', async t => {
  const now = Date.parse('2026-11-28T12:00:00Z')
  const names = [
    'localhost',
    'cognito',
    '127.0.0.1',
    '10.0.2.2',
    '[::1]',
    '[fd00::a:1]',
    '2001:db8:1:2:3:4:5:6',
  ]
  const { cert, key } = selfSigned(names, now)
  t.match(key, /^-----BEGIN PRIVATE KEY-----/)
  const parsed = new X509Certificate(cert)
  t.ok(parsed.verify(parsed.publicKey), 'it is signed by its own key')
  t.ok(parsed.checkIssued(parsed), 'and by its own name')
  t.equal(parsed.ca, false, 'it signs no others')
  for (const name of ['localhost', 'cognito']) t.ok(parsed.checkHost(name), name)
  for (const name of ['cognito.example', 'example.com', 'a.cognito']) t.notOk(parsed.checkHost(name), name)
  for (const address of ['127.0.0.1', '10.0.2.2', '::1', 'fd00::a:1', '2001:db8:1:2:3:4:5:6'])
    t.ok(parsed.checkIP(address), address)
  t.notOk(parsed.checkIP('10.0.2.3'))
  t.equal(new Date(parsed.validFrom).getTime(), now - 86_400_000)
  t.equal(new Date(parsed.validTo).getTime(), now + 365 * 86_400_000)
  t.not(selfSigned(names, now).cert, cert)
  const many = Array.from({ length: 40 }, (_, index) => `host-${index}.internal`)
  t.ok(new X509Certificate(selfSigned(many, now).cert).checkHost('host-39.internal'), 'a long list')
})

t.test('cognito-guard dev --https', async t => {
  const file = join(t.testdir({}), 'local.pem')
  const alb = ['--alb', '1', '--alb-listen', '0']
  const dev = await runDev(t, ['--https', '--write-cert', file, '--allow-host', 'cognito', ...alb])
  const ca = readFileSync(file, 'utf8')
  t.match(dev.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.match(dev.output(), new X509Certificate(ca).fingerprint256)
  t.match(dev.output(), `NODE_EXTRA_CA_CERTS=${file}`)
  t.notMatch(dev.output().replaceAll('https://', ''), 'http://', 'every URL that is printed')
  const { port } = new URL(dev.url)
  const get = (url: string, options: RequestOptions = {}) => ask(url, { ca, ...options })

  for (const name of ['127.0.0.1', 'localhost']) {
    const discovery = await get(
      `https://${name}:${port}/us-east-1_LOCALDEV0/.well-known/openid-configuration`,
    )
    t.match(JSON.parse(discovery.text), { token_endpoint: `https://${name}:${port}/oauth2/token` })
  }
  const query = 'client_id=localweb&response_type=code&redirect_uri=https://localhost:5173/cb'
  const login = await get(`${dev.url}/oauth2/authorize?${query}`)
  t.equal(login.location, `${dev.url}/login?${query}`)
  const provider = await get(`${dev.url}/oauth2/authorize?${query}&identity_provider=Google`)
  t.match(provider.location, `${dev.url}/provider?`)
  const back = await get(`${dev.url}/oauth2/authorize?${query}&login_hint=alice&auto=1`)
  t.match(back.location, 'https://localhost:5173/cb?code=')
  const balancer = /balancer +(\S+)/.exec(dev.output())?.[1] ?? ''
  t.match(balancer, /^https:/)
  const toSignIn = await get(`${balancer.replace('127.0.0.1', 'localhost')}/orders`)
  t.match(toSignIn.location, `https://localhost:${port}/oauth2/authorize?`)
  t.match(
    toSignIn.location,
    encodeURIComponent(`${balancer.replace('127.0.0.1', 'localhost')}/oauth2/idpresponse`),
  )
  await t.rejects(ask(dev.url, {}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'who does not trust it')
  await t.rejects(fetch(dev.url.replace('https', 'http')), 'plain HTTP')
  const absolute = await get(dev.url, { path: `${dev.url}/health` })
  t.equal(absolute.status, 200, 'a target may be a whole URL')

  const script = `import { createVerifier, userPool } from 'cognito-guard'
const { accessToken } = await (await fetch('${dev.url}/_local/tokens', { method: 'POST', body: '{"username":"alice"}' })).json()
const pool = { userPoolId: 'us-east-1_LOCALDEV0', clientId: 'localweb', jwksUri: '${dev.url.replace('127.0.0.1', 'localhost')}/us-east-1_LOCALDEV0/.well-known/jwks.json' }
const { claims } = await createVerifier({ issuers: [userPool(pool)] }).verify(accessToken)
console.log(claims.username)`
  const api = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  api.stdout.on('data', chunk => {
    said += String(chunk)
  })
  t.same(await once(api, 'close'), [0, null])
  t.equal(said, 'alice\n', 'an API that trusts it verifies its tokens')
})

t.test('a certificate that is given', async t => {
  const { cert, key } = selfSigned(['dev.example'], Date.now())
  const other = selfSigned(['dev.example'], Date.now())
  const folder = t.testdir({ 'c.pem': cert, 'k.pem': key, 'other.pem': other.key, 'no.pem': 'x' })
  const file = (name: string) => join(folder, name)
  const dev = await runDev(t, ['--json', '--tls-cert', file('c.pem'), '--tls-key', file('k.pem')])
  t.match(dev.errors(), new X509Certificate(cert).fingerprint256)
  t.notMatch(dev.errors(), 'trust it', 'whose it is knows how')
  const { url } = JSON.parse(dev.output()) as { url: string }
  const answer = await ask(
    `${url}/_local/tokens`,
    { ca: cert, servername: 'dev.example', method: 'POST' },
    '{"username":"bob"}',
  )
  t.equal(claimsOf((JSON.parse(answer.text) as { accessToken: string }).accessToken).username, 'bob')

  for (const [args, message] of [
    [['--tls-cert', file('c.pem')], /--tls-cert and --tls-key go together/],
    [['--tls-key', file('k.pem')], /go together/],
    [['--tls-cert', file('gone.pem'), '--tls-key', file('k.pem')], /--tls-cert: ENOENT/],
    [['--tls-cert', file('c.pem'), '--tls-key', file('gone.pem')], /--tls-key: ENOENT/],
    [['--tls-cert', file('no.pem'), '--tls-key', file('k.pem')], /are no certificate and its key/],
    [['--tls-cert', file('c.pem'), '--tls-key', file('other.pem')], /are no certificate and its key/],
    [['--write-cert', file('w.pem')], /--write-cert needs --https/],
    [['--https', '--write-cert', join(folder, 'no', 'w.pem')], /--write-cert: ENOENT/],
  ] as const) {
    const { code, output } = await runDev(t, args, false)
    t.match([await code, output()], [2, message], args.join(' ').replaceAll(folder, ''))
  }
  const bare = await runDev(t, ['--https'])
  t.match(bare.output(), 'add --write-cert local.pem')
})

/** A request over TLS that follows no redirect. */
async function ask(url: string, options: RequestOptions, body?: string) {
  const request = httpsRequest(url, { ...options, agent: false })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode, location: response.headers.location, text }
}
