import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createGuard, createVerifier, userPool } from 'cognito-guard'
import { protect } from 'cognito-guard/express'
import { mcp } from 'cognito-guard/mcp'
import { createTestIssuer, serveTestIssuer } from 'cognito-guard/testing'
import cors from 'cors'
import express from 'express'
import t, { type Test } from 'tap'
import { settingFix } from '../../src/cli/configuration.js'
import type { Io } from '../../src/cli/io.js'
import { main } from '../../src/cli/main.js'
import { parseConfig } from '../../src/devtools/local/config.js'
import { startLocalCognito } from '../../src/devtools/local/server.js'

/** Runs a command in this process. */
async function cli(args: readonly string[], io: Partial<Io> & { readonly input?: string } = {}) {
  const written = { out: '', err: '' }
  const { input = '', ...rest } = io
  const code = await main(args, {
    stdin: (async function* () {
      yield input
    })(),
    stdout: { write: text => (written.out += text) },
    stderr: { write: text => (written.err += text) },
    env: {},
    ...rest,
  })
  return { code, ...written }
}

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const issuer = createTestIssuer({ clock: Date })
const { userPoolId, clientId } = issuer.options
const poolArgs = ['--user-pool-id', userPoolId, '--client-id', clientId]
const inProcess = issuer.options.fetch as unknown as typeof fetch
const withKeys = [...poolArgs, '--insecure-test-keys']

// It starts npm several times.
t.setTimeout(120_000)

t.test('the frame', async t => {
  const usage = /^Usage: cognito-guard <command>/
  t.match(await cli([]), { code: 2, out: usage }, 'no command')
  for (const help of ['--help', '-h', 'help']) t.match(await cli([help]), { code: 0, out: usage })
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  t.same(await cli(['--version']), { code: 0, out: `${version}\n`, err: '' })
  const unknown = await cli(['eyJhbGciOiJSUzI1NiJ9'])
  t.match(unknown, { code: 2, out: '', err: /no such command/ })
  t.notMatch(unknown.err, 'eyJ', 'what may be a token is not repeated')
  for (const command of ['inspect', 'doctor', 'keys']) {
    t.match(await cli([command, '--help']), {
      code: 0,
      out: /^Usage: [^]*Exit code: 0[^]*--user-pool-id/,
      err: '',
    })
    t.match(await cli([command, '--no-such-option']), { code: 2, out: '', err: /no-such-option[^]*--help/ })
  }
  const broken = { write: () => { throw new RangeError('a fault') } } // biome-ignore format: one line
  await t.rejects(cli(['keys', '--help'], { stdout: broken }), RangeError, 'a fault of ours is shown as one')
})

t.test('installed, it is a command', async t => {
  const link = `${t.testdir()}/cognito-guard`
  symlinkSync(fileURLToPath(new URL('../../src/cli/main.js', import.meta.url)), link)
  const run = async (args: string[], ...stdio: ('ignore' | 'pipe')[]) => {
    const child = spawn(process.execPath, [link, ...args], {
      stdio: ['pipe', ...stdio],
      env: { ...process.env, COGNITO_USER_POOL_ID: undefined },
    })
    return child
  }
  const child = await run(['inspect', '--json'], 'pipe', 'pipe')
  child.stdin?.end(issuer.accessToken())
  let out = ''
  child.stdout?.on('data', chunk => (out += chunk))
  const [code] = await once(child, 'close')
  t.equal(code, 2)
  t.match(JSON.parse(out), { verdict: 'unknown', kind: 'access' })

  const cut = await run(['inspect'], 'pipe', 'pipe')
  let err = ''
  cut.stderr?.on('data', chunk => (err += chunk))
  cut.stdout?.destroy()
  cut.stdin?.end(issuer.accessToken())
  t.same(await once(cut, 'close'), [2, null], 'who reads us may stop reading')
  t.equal(err, '')
})

t.test(
  'dev and demo end with the npm that started them',
  { skip: process.platform === 'win32' && 'no signals on Windows' },
  async t => {
    const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
    const commands = [
      ['dev --port 0', 'Ctrl-C'],
      ['demo --port 0 --no-open', 'Ctrl-C'],
      ['demo --port 0 --no-open', 'page'], // it has yet to send its requests
    ] as const
    for (const [command, line] of commands) {
      const npm = spawn('npm', ['exec', '--offline', '-c', `"${process.execPath}" "${main}" ${command}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let out = ''
      // read on: a command that can no longer write ends by itself
      npm.stdout.on('data', chunk => (out += chunk))
      while (!out.includes(line)) await once(npm.stdout, 'data')
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] as string
      t.equal((await fetch(url)).status, 200, command)
      npm.kill('SIGTERM')
      const isUp = () =>
        fetch(url).then(
          () => true,
          () => false,
        )
      for (const end = Date.now() + 10_000; Date.now() < end && (await isUp()); ) await pause(50)
      t.notOk(await isUp(), `${command}: its port is free again`)
    }
  },
)

t.test('inspect', async t => {
  const good = issuer.accessToken({ groups: ['admin'] })

  t.match(await cli(['inspect', ...withKeys, '--verify'], { input: good, fetch: inProcess }), {
    code: 0,
    out: /^ACCEPTED: The token is accepted[^]*\+ signature[^]*Network\n {2}fetched, keys 2\n[^]*Claims\n[^]*"admin"/,
    err: '',
  })
  const refused = await cli(['inspect', ...poolArgs], { input: issuer.idToken({ expiresIn: -60 }) })
  t.match(refused, {
    code: 1,
    out: /^REFUSED ERR_TOKEN_USE: [^]*To fix {2}This is an ID token; [^]*See docs\/errors\.md#err_token_use\n {8}Also failed[^\n]*: not expired\n/,
  })
  t.match(refused.out, /x token use +id\n +expected: token_use access\n/)
  t.match(await cli(['inspect', ...poolArgs], { input: good }), {
    code: 2,
    out: /^UNKNOWN ERR_KEYS_UNAVAILABLE/,
  })
  t.match(await cli(['inspect'], { input: good }), { code: 2, out: /^UNKNOWN: Nothing is configured/ })
  t.match(await cli(['inspect', ...poolArgs], { input: `"${issuer.idToken()}"` }), {
    code: 1,
    out: /Mended, it would be refused \(ERR_TOKEN_USE\)\.\n\nTo fix {2}The token is in quotes: /,
  })
  const mended = await cli(['inspect', ...withKeys, '--verify'], { input: `"${good}"`, fetch: inProcess })
  t.match(mended, { code: 1, out: /Mended, it would be accepted\.\n/ })
  const expired = issuer.accessToken({ expiresIn: -60, header: { alg: 'none' } })
  t.match(await cli(['inspect', ...withKeys, '--verify'], { input: expired, fetch: inProcess }), {
    code: 1,
    out: /Network\n {2}no key was asked for/,
  })

  const away = (async () => {
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ETIMEDOUT' } })
  }) as typeof fetch
  t.match(await cli(['inspect', ...withKeys, '--verify'], { input: good, fetch: away }), {
    code: 2,
    out: /^UNKNOWN ERR_KEYS_UNAVAILABLE: [^]*\nTo fix {2}There is no way to the host: [^]*See docs\/errors\.md#err_keys_unavailable\n/,
  })
  const asJson = await cli(['inspect', ...poolArgs, '--json'], { input: good })
  t.match(JSON.parse(asJson.out), { verdict: 'unknown', checks: [{ name: 'request', result: 'passed' }] })
  const hostile = `a\u009b31m\u007f\u0085\u202e\u2028\u{e0001}b`
  const harmless = await cli(['inspect', ...poolArgs, '--json'], {
    input: issuer.accessToken({ claims: { 'custom:x': hostile } }),
  })
  t.match(harmless.out, /^[\n\x20-\x7e]+$/, 'a token writes nothing to a terminal')
  t.equal(JSON.parse(harmless.out).token.claims['custom:x'], hostile, 'the JSON says the same')
  const shared = await cli(['inspect', ...poolArgs, '--redact'], { input: good })
  t.notMatch(shared.out, /test-user|TestIssuer|test1client|eyJ|Claims/)

  const argument = await cli(['inspect', good, ...poolArgs])
  t.match(argument, { code: 2, out: '', err: /not taken as an argument: [^]*history/ })
  t.notMatch(argument.err, 'eyJ')
  t.match(await cli(['inspect', '--user-pool-id', userPoolId], { input: good }), {
    code: 2,
    err: /clientId is undefined/,
  })
  t.match(await cli(['inspect', ...poolArgs, '--clock-tolerance', 'x'], { input: good }), {
    code: 2,
    err: /clockTolerance must/,
  })
  t.match(await cli(['inspect'], { input: 'x'.repeat(1_100_000) }), { code: 2, err: /more came in/ })
  const terminal = Object.assign(
    (async function* () {
      yield new TextEncoder().encode(good.slice(0, 99))
      yield new TextEncoder().encode(good.slice(99))
    })(),
    { isTTY: true },
  )
  t.match(await cli(['inspect'], { stdin: terminal }), { code: 2, out: /access:/, err: /^Paste a token/ })
  const fault = cli(['inspect', ...poolArgs, '--verify'], { stdin: faulty() })
  await t.rejects(fault, /the pipe broke/)

  const arn = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/my-app/0123456789abcdef'
  const more = [
    '--identity-pool-id',
    'us-east-1:11111111-2222-3333-4444-555555555555',
    '--load-balancer-arn',
    arn,
  ]
  for (const fetch of [inProcess, undefined]) {
    const all = await cli(['inspect', ...withKeys, ...more], { input: good, ...(fetch && { fetch }) })
    t.match(all, { code: 2, out: /^UNKNOWN ERR_KEYS_UNAVAILABLE/ }, 'beside other issuers')
  }
  t.match(await cli(['inspect', '--load-balancer-arn', arn], { input: good }), {
    code: 2,
    err: /userPoolId is undefined/,
  })
})

async function* faulty() {
  yield ''
  throw new Error('the pipe broke')
}

t.test('the configuration', async t => {
  const dir = t.testdir({
    'pool.json': JSON.stringify({
      userPoolId: 'us-east-1_FromFile',
      clientId: ['fromfile'],
      clockTolerance: 60,
    }),
    'unknown.json': JSON.stringify({ userPoolID: 'us-east-1_FromFile' }),
    'list.json': '[]',
    'broken.json': '{',
    'jwks.json': JSON.stringify(issuer.jwks()),
  })
  const expected = async (args: string[], env: Io['env'] = {}) => {
    const { out } = await cli(['inspect', '--json', ...args], { input: issuer.accessToken(), env })
    const { checks } = JSON.parse(out) as { checks: { name: string; expected: string }[] }
    return checks.map(({ name, expected }) => `${name} ${expected}`).join('\n')
  }
  const config = ['--config', `${dir}/pool.json`]
  t.match(await expected(config), /issuer .*FromFile[^]*client client_id "fromfile"[^]*give or take 60 s/)
  const env = {
    USER_POOL_ID: 'us-east-1_FromEnv',
    CLIENT_ID: 'a,b',
    COGNITO_INSECURE_SKIP_CLIENT_CHECK: 'false',
  }
  t.match(
    await expected(config, env),
    /issuer .*FromEnv[^]*client client_id "a" or "b"/,
    'the environment wins',
  )
  t.match(await expected([], { ...env, COGNITO_USER_POOL_ID: 'us-east-1_First' }), /issuer .*First/)
  t.match(await expected(config, { COGNITO_INSECURE_SKIP_CLIENT_CHECK: 'true' }), /any app client/)
  t.match(
    await expected([...poolArgs, '--client-id', 'x', '--token-use', 'id'], env),
    /TestIssuer[^]*token_use id[^]*" or "x"/,
  )

  const withSet = ['inspect', ...withKeys, '--jwks', `${dir}/jwks.json`]
  t.match(
    await cli(withSet, { input: issuer.accessToken() }),
    { code: 0, out: /^ACCEPTED/ },
    'a key set at hand',
  )
  for (const [file, why] of [
    ['unknown.json', /setting that there is not; known are userPoolId, /],
    ['list.json', /no JSON object/],
    ['broken.json', /cannot be read/],
    ['missing.json', /cannot be read/],
  ] as const)
    t.match(await cli(['inspect', '--config', `${dir}/${file}`]), { code: 2, err: why }, file)
})

t.test('keys pull', async t => {
  const dir = t.testdir({ 'jwks.json': 'the old one' })
  const out = `${dir}/jwks.json`
  const pull = (args: string[], fetch: typeof globalThis.fetch = inProcess) =>
    cli(['keys', 'pull', ...args], { fetch })

  const printed = await pull(withKeys)
  t.match(printed, { code: 0, err: /^2 keys, fetched in \d+ ms\.\n$/ })
  t.same(JSON.parse(printed.out), issuer.jwks())
  const jwks = JSON.parse(printed.out)
  const verifier = createVerifier({
    issuers: [userPool({ userPoolId, clientId, jwks, offline: true, insecureTestKeys: true })],
  })
  t.ok(await verifier.verify(issuer.accessToken()), 'what is written can be bundled')

  t.match(await pull([...withKeys, '--out', out]), { code: 0, out: '' })
  t.same(JSON.parse(readFileSync(out, 'utf8')), issuer.jwks())
  t.same(readdirSync(dir), ['jwks.json'], 'nothing else is left')

  writeFileSync(out, 'the old one')
  const unusable = await pull([...poolArgs, '--out', out])
  t.match(
    unusable,
    {
      code: 2,
      out: '',
      err: /^No key set was written. What answers is not Cognito: [^\n]*\n {2}The answer holds no usable key.\n {2}See docs\/errors\.md#err_keys_unavailable\n$/,
    },
    'test keys',
  )
  t.equal(readFileSync(out, 'utf8'), 'the old one', 'the file stays')
  t.match(await pull([...withKeys, '--out', `${dir}/none/jwks.json`]), { code: 2, err: /cannot be written/ })
  t.match(
    await pull([...withKeys, '--out', dir]),
    { code: 2, err: /cannot be written/ },
    'a folder stands there',
  )
  t.same(readdirSync(dir), ['jwks.json'])

  const [access, id] = issuer.jwks().keys
  const mixed = async () =>
    Response.json({
      keys: [null, { ...access, x5c: ['x'], d: undefined }, { ...id, d: 'x' }, { ...id, n: 'AQAB' }],
    })
  const some = await pull(withKeys, mixed)
  t.match(some, {
    code: 0,
    err: /^1 keys, .*left out: one that is malformed; left out: one that is secret; left out: one that is unusable/,
  })
  t.same(JSON.parse(some.out), { keys: [access] }, 'only what makes a public key')

  const updated = createTestIssuer({ issuerType: 'updated' })
  const onlyUpdated = (async (url: string) =>
    url.startsWith(updated.issuer)
      ? Response.json(updated.jwks())
      : new Response(null, { status: 403 })) as typeof fetch
  t.match(await pull(withKeys, onlyUpdated), { code: 0 }, 'the updated issuer is tried as well')
  const down = (async () => new Response(null, { status: 404 })) as unknown as typeof fetch
  t.match(await pull(withKeys, down), { code: 2, err: /another status than 200 \(404\)\./ })
  const unplugged = (async () => {
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } })
  }) as typeof fetch
  t.match(await pull(withKeys, unplugged), { code: 2, err: /cannot be found \(ENOTFOUND\)\./ })

  const served = await serveTestIssuer(issuer)
  t.teardown(served.close)
  const loopback = ['--jwks-uri', served.options.jwksUri, '--insecure-loopback-http']
  t.match(await cli(['keys', 'pull', ...withKeys, ...loopback]), { code: 0, err: /^2 keys/ }, 'by node:http')
  const answering = (text: string) => (async () => new Response(text)) as unknown as typeof fetch
  const nowhere = await serve(t, (_, response) => response.writeHead(404).end())
  const at = (url: string) => [...withKeys, '--insecure-loopback-http', '--jwks-uri', url]
  const own = at('https://keys.example/x')
  const commands = [['keys', 'pull'], ['doctor'], ['inspect', '--verify']] as const
  for (const command of commands) {
    const say = async (args: readonly string[], fetch?: typeof globalThis.fetch) => {
      const { out, err } = await cli([...command, ...args], {
        input: issuer.accessToken(),
        ...(fetch && { fetch }),
      })
      return out + err
    }
    t.match(await say(own, answering(' <!DOCTYPE html><p>')), /What answers is HTML/, command[0])
    t.match(await say(own, answering('{"issuer":"x","jwks_uri":"y"}')), /discovery document, not/, command[0])
    t.match(await say(own, answering('x')), /What answers is not Cognito/, command[0])
    t.match(await say(at(`${nowhere}/x`)), /no key set at jwksUri: compare its path/, command[0])
    t.match(await say(at(`${nowhere.replace('http', 'https')}/x`)), /It speaks http, not https/, command[0])
    t.match(await say(at('http://127.0.0.1:1/x')), /Nothing listens there/, command[0])
  }
  let asked = 0
  const recovering = (async () =>
    asked++ < 2 ? new Response('x') : Response.json(issuer.jwks())) as unknown as typeof fetch
  t.match(
    await cli(['inspect', '--verify', ...own], { input: issuer.accessToken(), fetch: recovering }),
    { code: 2, out: /What answers is not Cognito/ },
    'it is right again when asked once more',
  )
  t.match(await cli(['keys', 'push']), { code: 2, err: /pull/ })
  const anyClient = ['--any-client', '--resource', 'https://x.example', '--machine-scope', 'x/run']
  const pool = ['--user-pool-id', userPoolId, '--insecure-test-keys']
  t.match(await pull([...pool, ...anyClient]), { code: 0, err: /^2 keys/ }, 'of a pool without client IDs')
  t.match(await cli(['keys', 'pull']), { code: 2, err: /userPoolId is undefined/ })
})

t.test('a key set that does not come is given up', async t => {
  t.intercept(globalThis, 'setTimeout', { value: ((run: () => void) => setImmediate(run)) as never })
  const hanging = ((_url: string, { signal }: { signal: AbortSignal }) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    )) as unknown as typeof fetch
  const answer = await cli(['keys', 'pull', ...withKeys], { fetch: hanging })
  t.match(answer, { code: 2, err: /does not answer in time/ })
})

t.test('doctor looks at the pool', async t => {
  const pool = async (args: string[], fetch: typeof globalThis.fetch = inProcess) => {
    const { code, out } = await cli(['doctor', '--json', ...args], { fetch })
    return { code, found: JSON.parse(out) as { name: string; result: string; what: string; fix?: string }[] }
  }
  const dated = (date: string | undefined, keys: readonly object[] = issuer.jwks().keys) =>
    (async () => Response.json({ keys }, { headers: date ? { date } : {} })) as unknown as typeof fetch
  const now = () => new Date(Date.now()).toUTCString()

  t.match(await pool(withKeys, dated(now())), {
    code: 0,
    found: [
      { name: 'configuration', result: 'ok', what: /us-east-1_TestIssuer/ },
      { name: 'insecureTestKeys', result: 'note' },
      { name: 'issuer', result: 'ok', what: /^Both/ },
      { name: 'key set', result: 'ok', what: /^2 usable keys, in \d+ ms/ },
      { name: 'key set', result: 'ok' },
      { name: 'clock', result: 'ok', what: /^It is 0 s|^It is 1 s/ },
    ],
  })
  t.match((await pool(withKeys)).found[2], { name: 'issuer', what: /^The original/ })
  const updated = (async (url: string) =>
    url.includes('//issuer-')
      ? Response.json(issuer.jwks())
      : new Response(null, { status: 403 })) as typeof fetch
  t.match((await pool(withKeys, updated)).found[2], { name: 'issuer', what: /^The updated/ })

  const clock = async (date: string | undefined, args: string[] = []) =>
    (await pool([...withKeys, ...args], dated(date))).found.at(-1)
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toUTCString()
  t.match(await clock(ago(300)), {
    result: 'problem',
    what: /^It is (299|300|301) s ahead of that/,
    fix: /NTP/,
  })
  t.match(await clock(ago(-300)), { result: 'problem', what: /^It is (299|300|301) s behind/ })
  t.match(await clock(ago(30), ['--clock-tolerance', '60']), { result: 'ok' })
  t.match(await clock(undefined), { result: 'unclear' })

  t.match(await pool(['--user-pool-id', 'nonsense', '--client-id', 'x']), {
    code: 1,
    found: [{ name: 'configuration', result: 'problem', what: /userPoolId must be a user pool ID/ }],
  })
  t.match(
    (await pool(['--user-pool-id', userPoolId, '--client-id', 'my_app', '--insecure-test-keys'])).found[1],
    {
      name: 'client ID',
      result: 'note',
    },
  )
  const anyClient = ['--user-pool-id', userPoolId, '--insecure-skip-client-check', '--insecure-test-keys']
  t.match((await pool(anyClient)).found[1], { name: 'insecureSkipClientCheck', result: 'note' })
  const byName = [...withKeys, '--insecure-http-hosts', 'cognito,host.docker.internal']
  t.match((await pool(byName)).found[1], { name: 'insecureHttpHosts', result: 'note' })
  const slashed = await pool([...withKeys, '--issuer', `${issuer.issuer}/`])
  t.match(slashed, {
    code: 1,
    found: [
      { name: 'issuer', result: 'problem', what: /ends in a slash/, fix: /^Leave the option issuer out/ },
    ],
  })
  t.equal(slashed.found.length, 1)
  const localIssuer = ['--insecure-loopback-http', '--issuer', `http://127.0.0.1:9400/${userPoolId}/`]
  t.match((await pool([...withKeys, ...localIssuer])).found, [{ what: /ends in a slash/ }])
  t.match((await pool([...withKeys, '--issuer', issuer.issuer])).found[0], { result: 'ok' })
  t.match((await pool([...withKeys, '--issuer', 'https://auth.example.com/'])).found[0], { result: 'ok' })
  const refusals: (readonly [args: readonly string[], what: RegExp, fix: RegExp])[] = [
    [
      [...withKeys, '--clock-tolerance', '5000'],
      /^createVerifier: clockTolerance must be [^]*divide it by 1000\.$/,
      /^In --clock-tolerance, COGNITO_CLOCK_TOLERANCE, or clockTolerance in the file of --config: clockTolerance must be [^]*divide it by 1000\.$/,
    ],
    [[...withKeys, '--clock-tolerance', 'x'], /clockTolerance must/, /^In --clock-tolerance/],
    [
      ['--user-pool-id', userPoolId],
      /clientId is undefined/,
      /^In --client-id, COGNITO_CLIENT_ID or CLIENT_ID, or clientId in the file of --config: set an app client whose tokens are accepted\.$/,
    ],
    [
      ['--client-id', 'x'],
      /userPoolId is undefined/,
      /^In --user-pool-id, [^:]*: set the user pool, such as/,
    ],
    [
      [...poolArgs, '--token-use', 'x'],
      /tokenUse/,
      /^In --token-use, [^:]*: tokenUse must be one of access, id\.$/,
    ],
    [
      [...poolArgs, '--jwks-uri', 'http://127.0.0.1'],
      /jwksUri/,
      /^In --jwks-uri, [^:]*: jwksUri must be an https URL,? [^]*insecureLoopbackHttp/,
    ],
  ]
  for (const [args, what, fix] of refusals) {
    const { code, found } = await pool([...args])
    t.match({ code, found }, { code: 1, found: [{ name: 'configuration', result: 'problem', what, fix }] })
    t.equal(found.length, 1)
  }
  for (const message of ['userPool: options must be an object', 'something else'])
    t.match(settingFix(message), /^Correct it in /, 'of no setting')
  const [key] = issuer.jwks().keys
  const secret = await pool(withKeys, dated(now(), [key as object, { ...key, kid: 'x', d: 'x' }]))
  t.match(secret, {
    code: 1,
    found: [{}, {}, {}, { name: 'key set', result: 'problem', what: /Left out: secret/ }],
  })

  const failing = (code: string) =>
    (async () => {
      throw Object.assign(new TypeError('fetch failed'), { cause: { code } })
    }) as typeof fetch
  for (const [code, fix] of [
    ['ENOTFOUND', /Region/],
    ['ECONNREFUSED', /NAT gateway/],
    ['CERT_HAS_EXPIRED', /NODE_EXTRA_CA_CERTS/],
    ['X_UNHEARD_OF', /jwksUri/],
  ] as const) {
    t.match(await pool(withKeys, failing(code)), {
      code: 1,
      found: [{}, {}, { name: 'issuer', result: 'unclear' }, { name: 'key set', result: 'problem', fix }],
    })
  }
  const at = ['--jwks-uri', 'https://keys.example/jwks.json']
  t.match(
    (await pool([...withKeys, ...at], dated(now()))).found.map(({ name }) => name),
    ['configuration', 'insecureTestKeys', 'key set', 'clock'],
  )

  t.match(await cli(['doctor']), { code: 2, err: /nothing to look at/ })
  const { out } = await cli(['doctor', ...poolArgs], { fetch: inProcess })
  t.match(out, /See docs\/errors\.md#err_keys_unavailable/)
  t.match(out, /^\+ configuration: [^]*\nx key set: .*\n {4}why: .*503.*\n {4}fix: /)
})

t.test('a key set that takes long is noted', async t => {
  const real = Date.now
  const slow = (async () => {
    const later = real() + 1_500
    Date.now = () => later
    return Response.json(issuer.jwks())
  }) as unknown as typeof fetch
  t.teardown(() => (Date.now = real))
  const { out } = await cli(['doctor', ...withKeys, '--jwks-uri', 'https://keys.example/x'], { fetch: slow })
  t.match(out, /i key set: 2 usable keys, in 1[45]\d\d ms[^]*verifier\.ready\(\)/)
})

t.test('doctor compares a bundled key set with what the issuer publishes', async t => {
  const file = `${t.testdir({})}/jwks.json`
  const found = async (jwks: object) => {
    writeFileSync(file, JSON.stringify(jwks))
    const { out } = await cli(['doctor', '--json', ...withKeys, '--jwks', file], { fetch: inProcess })
    return JSON.parse(out) as unknown
  }
  t.match(JSON.stringify(await found(issuer.jwks())), /It has all keys/)
  const [key] = issuer.jwks().keys
  t.match(JSON.stringify(await found({ keys: [{ ...key, kid: 'old' }] })), /It is stale[^}]*keys pull/)
})

t.test('doctor looks at an MCP server, in the order of clients', async t => {
  const local = await startLocalCognito(
    parseConfig({ issuer: 'local', registration: { mode: 'open' }, advertisesPkce: true }, 'x'),
    0,
  )
  t.teardown(local.close)
  const look = async (url: string, fetch?: typeof globalThis.fetch) => {
    const { code, out } = await cli(['doctor', '--mcp', url, '--json'], fetch ? { fetch } : {})
    const found = JSON.parse(out) as { name: string; result: string; fix?: string }[]
    return { code, found, results: Object.fromEntries(found.map(({ name, result }) => [name, result])) }
  }
  const http = createServer().listen(0, '127.0.0.1')
  t.teardown(() => http.close())
  await once(http, 'listening')
  const resource = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
  const userPool = {
    userPoolId: local.local.config.userPoolId,
    issuer: local.local.issuer,
    insecureLoopbackHttp: true,
  }
  http.on('request', express().use(mcp({ userPool, resource }).middleware))
  const names = [
    'no token',
    'challenge',
    'resource_metadata',
    'origin',
    'well-known paths',
    'resource',
    'CORS of the metadata',
    'authorization server',
    'PKCE',
    'registration',
  ]
  const all = Object.fromEntries(names.map(name => [name, 'ok']))
  t.same(await look(resource).then(({ code, results }) => ({ code, results })), { code: 0, results: all })

  /** The answers of the good one, some of them changed. */
  const changed = (answers: Readonly<Record<string, (good: Response) => Response | Promise<Response>>>) =>
    (async (url: string, init: RequestInit) => {
      const good = await fetch(url, init)
      const { pathname } = new URL(url)
      return answers[pathname]?.(good) ?? good
    }) as typeof fetch
  const root = '/.well-known/oauth-protected-resource'
  const discovery = `/${userPool.userPoolId}/.well-known/openid-configuration`
  const headers = (values: Record<string, string>) => () =>
    new Response(null, { status: 401, headers: values })
  const members = (more: object) => async (good: Response) =>
    Response.json(
      { ...((await good.json()) as object), ...more },
      { headers: { 'access-control-allow-origin': '*' } },
    )
  const gone = () => new Response(null, { status: 404 })
  const cases: [string, Parameters<typeof changed>[0], Record<string, string>, RegExp?][] = [
    ['open', { '/mcp': () => Response.json({}) }, { 'no token': 'problem', origin: 'note' }],
    ['a redirect', { '/mcp': () => new Response(null, { status: 302 }) }, { 'no token': 'problem' }],
    [
      'no challenge',
      { '/mcp': headers({}) },
      { challenge: 'problem', resource_metadata: 'note', resource: 'ok' },
      /Bearer first/,
    ],
    [
      'renamed',
      { '/mcp': headers({ 'x-amzn-remapped-www-authenticate': 'Bearer' }) },
      { challenge: 'problem', PKCE: 'ok' },
      /API Gateway has renamed it/,
    ],
    [
      'another scheme first',
      { '/mcp': headers({ 'www-authenticate': 'Basic, Bearer' }) },
      { challenge: 'problem' },
    ],
    [
      'no metadata named',
      { '/mcp': headers({ 'www-authenticate': 'Bearer' }) },
      { challenge: 'ok', resource_metadata: 'problem' },
    ],
    [
      'no URL named',
      { '/mcp': headers({ 'www-authenticate': 'Bearer resource_metadata="x"' }) },
      { resource_metadata: 'problem' },
    ],
    [
      'guarded metadata',
      { [root]: headers({}), [`${root}/mcp`]: headers({}) },
      { 'well-known paths': 'problem', resource_metadata: 'problem' },
    ],
    ['one path', { [root]: gone }, { 'well-known paths': 'note' }],
    [
      'no JSON',
      { [`${root}/mcp`]: () => new Response('<html>'), [root]: () => Response.json(null) },
      { 'well-known paths': 'problem' },
    ],
    [
      'another resource',
      { [`${root}/mcp`]: members({ resource: 'https://other.example/\u202e' }) },
      { resource: 'problem' },
    ],
    [
      'a resource of the same beginning',
      { [`${root}/mcp`]: members({ resource: resource.slice(0, -1) }) },
      { resource: 'problem' },
    ],
    ['a parent', { [`${root}/mcp`]: members({ resource: new URL(resource).origin }) }, { resource: 'ok' }],
    ['no resource', { [`${root}/mcp`]: members({ resource: undefined }) }, { resource: 'problem' }],
    [
      'no CORS',
      { [`${root}/mcp`]: async good => Response.json(await good.json()) },
      { 'CORS of the metadata': 'note' },
    ],
    [
      'no authorization server',
      { [`${root}/mcp`]: members({ authorization_servers: [] }) },
      { resource: 'ok' },
    ],
    [
      'another issuer',
      { [discovery]: members({ issuer: 'https://other.example' }) },
      { 'authorization server': 'problem' },
    ],
    [
      'a pool as in August',
      {
        [discovery]: members({
          code_challenge_methods_supported: undefined,
          registration_endpoint: undefined,
        }),
      },
      { PKCE: 'problem', registration: 'note' },
      /Set advertisesPkce: true in the configuration file of the local Cognito/,
    ],
    ['nowhere', { [discovery]: gone }, { 'authorization server': 'problem' }],
    [
      'an error on the way',
      {
        [`/.well-known/oauth-authorization-server/${userPool.userPoolId}`]: () =>
          new Response(null, { status: 500 }),
      },
      { 'authorization server': 'problem' },
    ],
    [
      'a bad gateway on the way',
      {
        [`/.well-known/oauth-authorization-server/${userPool.userPoolId}`]: () =>
          new Response(null, { status: 502 }),
      },
      { 'authorization server': 'ok' },
    ],
  ]
  for (const [name, answers, results, fix] of cases) {
    const looked = await look(resource, changed(answers))
    t.match(looked.results, results, name)
    if (fix) t.match(looked.found.map(found => found.fix).join(), fix, name)
  }
  const differing = changed({ [`${root}/mcp`]: members({ resource: 'https://other.example/\u202e' }) })
  const { out: said } = await cli(['doctor', '--mcp', resource], { fetch: differing })
  t.match(
    said,
    `The metadata names the resource "https://other.example/\\u{202e}"; clients connect to "${resource}"`,
  )
  const onAws = (async (url: string) =>
    url.startsWith('https://idp.example/')
      ? Response.json({ issuer: 'https://idp.example/x' })
      : url.endsWith('/mcp') && !url.includes(root)
        ? new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
        : Response.json({ resource, authorization_servers: ['https://idp.example/x'] })) as typeof fetch
  const pool = await look(resource, onAws)
  t.match(pool.found.find(({ name }) => name === 'PKCE')?.fix, /^See whether the pool can say so/)
  const rootless = changed({
    '/': headers({ 'www-authenticate': 'Bearer' }),
    [root]: members({
      resource: new URL(resource).origin,
      authorization_servers: [new URL(resource).origin],
    }),
  })
  t.match((await look(new URL(resource).origin, rootless)).results, {
    resource: 'ok',
    'authorization server': 'problem',
  })
  const failing = (async () => Promise.reject(new TypeError('fetch failed'))) as typeof fetch
  t.match(await look(resource, failing), { code: 2, results: { 'the MCP server': 'unclear' } })
  t.match(await cli(['doctor', '--mcp', 'file:///x']), { code: 2, err: /--mcp must be an http or https URL/ })
})

t.test('doctor looks at an API', async t => {
  const origin = 'https://shop.example.com'
  const guard = createGuard({ verifier: createVerifier({ issuers: [userPool(issuer.options)] }) })
  const app = express()
    .use(cors({ origin, allowedHeaders: ['Authorization'], exposedHeaders: ['WWW-Authenticate'] }))
    .get('/orders', protect(guard), (_req, res) => res.json([]))
  const good = `${await serve(t, app)}/orders`
  const look = async (url: string, args: string[] = []) => {
    const { code, out } = await cli(['doctor', '--url', url, '--json', ...args])
    const found = JSON.parse(out) as { name: string; result: string; what: string; fix?: string }[]
    return { code, found, results: Object.fromEntries(found.map(({ name, result }) => [name, result])) }
  }
  t.match(await look(good, ['--origin', origin]), {
    code: 0,
    results: {
      'no token': 'ok',
      'a token that is none': 'ok',
      'an unsigned token': 'ok',
      'a forged token': 'ok',
      challenge: 'ok',
      'CORS of the 401': 'ok',
      'exposed headers': 'ok',
      preflight: 'ok',
    },
  })
  t.match(
    await look(good),
    { code: 0, results: { 'CORS of the 401': 'note' } },
    'whose browser calls is not known',
  )

  const open = express().use((_req, res) => res.json([]))
  t.match(await look(await serve(t, open)), {
    code: 1,
    results: { 'no token': 'problem', 'a forged token': 'problem' },
  })

  const decoding = express().use((req, res) => {
    const [, claims] = (req.headers.authorization ?? '').split('.')
    if (!claims) return res.status(401).set('x-amzn-remapped-www-authenticate', 'Bearer').end()
    return res.json(JSON.parse(atob(claims)))
  })
  const careless = await look(await serve(t, decoding), ['--origin', origin])
  t.match(careless, {
    code: 1,
    results: {
      'no token': 'ok',
      'a token that is none': 'ok',
      'an unsigned token': 'problem',
      'a forged token': 'problem',
      challenge: 'problem',
      'CORS of the 401': 'problem',
      'exposed headers': 'problem',
      preflight: 'problem',
    },
  })
  t.match(careless.found.find(({ name }) => name === 'challenge')?.fix, /API Gateway has renamed it/)
  const bare = await look(await serve(t, (_req, res) => res.writeHead(401).end()))
  t.match(bare.found.find(({ name }) => name === 'challenge')?.fix, /UNAUTHORIZED/)

  for (const [status, result, fix] of [
    [302, 'problem', /sign-in/],
    [400, 'problem', /WWW-Authenticate/],
    [403, 'problem', /throwing "Unauthorized"/],
    [404, 'unclear', /URL of a route/],
    [500, 'problem', /Catch what verification throws/],
    [503, 'problem', /ERR_KEYS_UNAVAILABLE/],
  ] as const) {
    const url = await serve(t, (_req, res) => res.writeHead(status, { location: '/login' }).end('x'))
    const { code, found } = await look(url)
    t.match(
      { code, first: found[0] },
      { code: result === 'problem' ? 1 : 2, first: { name: 'no token', result, fix } },
    )
  }

  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  t.match(await look(`http://127.0.0.1:${port}/`), { code: 2, results: { 'the API': 'unclear' } })
  let calls = 0
  const dying = await serve(t, (req, res) =>
    calls++ === 0 ? res.writeHead(401).end() : req.socket.destroy(),
  )
  t.match(await look(dying), {
    code: 1,
    results: { 'no token': 'ok', 'the API': 'unclear', preflight: 'note' },
  })

  for (const url of ['nonsense', 'file:///etc/passwd'])
    t.match(await cli(['doctor', '--url', url]), { code: 2, err: /--url must be/ })
})
