// `--state`: what a restart keeps, and which files are refused.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  AdminAddUserToGroupCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  GetUserCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createVerifier, userPool } from 'cognito-guard'
import t, { type Test } from 'tap'
import { lock as doLock } from '../../../src/cli/lock-file.js'
import { createKeyRing } from '../../../src/devtools/local/keys.js'
import { createLocal } from '../../../src/devtools/local/local.js'
import { type SavedState, savedState } from '../../../src/devtools/local/state.js'
import { runDev, startTestCognito } from './world.js'

const config = {
  userPoolId: 'us-east-1_LOCALDEV0',
  groups: [{ name: 'staff' }, { name: 'admin' }],
  users: [
    { username: 'alice', password: 'Wonderland-1', groups: ['admin'] },
    { username: 'bob', password: 'Builder-1' },
  ],
  clients: [{ clientId: 'localweb' }],
  registration: { mode: 'open' },
}

t.test('a process that is started again is the same pool', async t => {
  const folder = t.testdir({ 'dev.json': JSON.stringify(config) })
  const file = join(folder, 'state.json')
  const args = ['--config', join(folder, 'dev.json'), '--state', file]
  const first = await start(t, args)
  const signedUp = await first.sdk.send(
    new SignUpCommand({ ClientId: 'localweb', Username: 'zoe', Password: 'Zoe-12345' }),
  )
  const code = (await first.state()).users.find(({ username }) => username === 'zoe')?.codes.signUp?.value
  const zoe = { ClientId: 'localweb', Username: 'zoe' }
  await first.sdk.send(new ConfirmSignUpCommand({ ...zoe, ConfirmationCode: code }))
  await first.sdk.send(
    new AdminAddUserToGroupCommand({ UserPoolId: config.userPoolId, Username: 'zoe', GroupName: 'staff' }),
  )
  const { AuthenticationResult: tokens } = await first.sdk.send(
    new InitiateAuthCommand({
      ClientId: 'localweb',
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'zoe', PASSWORD: 'Zoe-12345' },
    }),
  )
  const callback = 'http://localhost:5173/cb'
  const query = `client_id=localweb&response_type=code&redirect_uri=${callback}`
  const granted = await first.get(`/oauth2/authorize?${query}&login_hint=bob&auto=1`)
  const cookie = (granted.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const authorizationCode = new URL(granted.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const registered = (await (
    await first.post('/oauth2/register', JSON.stringify({ redirect_uris: [callback] }))
  ).json()) as { client_id: string }
  const before = await first.jwks()
  t.equal(await first.end('SIGTERM'), 0)
  t.equal(statSync(file).mode & 0o777, 0o600, 'for its owner only')
  t.notOk(existsSync(`${file}.lock`), 'the lock is gone')

  const second = await start(t, args)
  t.same(await second.jwks(), before, 'the same keys')
  const access = { AccessToken: tokens?.AccessToken }
  const me = await second.sdk.send(new GetUserCommand(access))
  t.equal(me.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value, signedUp.UserSub, 'the same sub')
  const verifier = createVerifier({
    issuers: [
      userPool({
        userPoolId: config.userPoolId,
        clientId: 'localweb',
        jwksUri: `${second.url}/${config.userPoolId}/.well-known/jwks.json`,
        insecureLoopbackHttp: true,
      }),
    ],
  })
  t.teardown(() => verifier.close())
  const { principal } = await verifier.verify(tokens?.AccessToken ?? '')
  t.match(principal, { username: 'zoe', groups: ['staff'] }, 'an access token still verifies')
  const refreshed = await second.sdk.send(
    new InitiateAuthCommand({
      ClientId: 'localweb',
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
    }),
  )
  t.ok(refreshed.AuthenticationResult?.AccessToken, 'a session refreshes')
  const form = {
    grant_type: 'authorization_code',
    client_id: 'localweb',
    redirect_uri: callback,
    code: authorizationCode,
  }
  t.equal((await second.post('/oauth2/token', new URLSearchParams(form))).status, 200, 'a code is redeemed')
  t.equal((await second.post('/oauth2/token', new URLSearchParams(form))).status, 400, 'once')
  const still = await second.get(`/oauth2/authorize?${query}`, { cookie })
  t.match(still.headers.get('location'), `${callback}?code=`, 'a browser is still signed in')
  const again = await second.get(`/oauth2/authorize?${query.replace('localweb', registered.client_id)}`)
  t.match(again.headers.get('location'), '/login?', 'a client that had registered')

  const refusal = await runDev(t, args, false)
  t.match([await refusal.code, refusal.output()], [2, /state\.json is in use by another process/])
  t.match((await second.sdk.send(new GetUserCommand(access))).Username, 'zoe', 'the first goes on')
  await second.written(file)
  t.equal(await second.end('SIGKILL'), null)
  t.ok(existsSync(`${file}.lock`))
  const third = await start(t, args)
  t.equal(
    (await third.sdk.send(new GetUserCommand(access))).Username,
    'zoe',
    'a lock of a dead process is void',
  )
  t.equal(await third.end('SIGINT'), 0)
})

t.test('what the configuration says anew, it says again', async t => {
  const folder = t.testdir({ 'dev.json': JSON.stringify(config) })
  const args = ['--config', join(folder, 'dev.json'), '--state', join(folder, 's.json')]
  const stateOf = async (url: string) => (await (await fetch(`${url}/_local/state`)).json()) as State
  const first = await runDev(t, args)
  const control = (url: string, name: string, input: object) =>
    fetch(`${url}/_local/${name}`, { method: 'POST', body: JSON.stringify(input) })
  await control(first.url, 'groups', { username: 'alice', groups: ['staff'] })
  await control(first.url, 'rotate-keys', {})
  const { users, keys } = await stateOf(first.url)
  await first.close()
  const bob = { username: 'bob', password: 'Builder-2', groups: ['admin'] }
  const changed = {
    ...config,
    groups: [...config.groups, { name: 'new' }],
    users: [config.users[0], bob, { username: 'carol', password: 'Carol-123' }],
  }
  writeFileSync(join(folder, 'dev.json'), JSON.stringify(changed))
  const second = await runDev(t, args)
  const named = join(folder, 's.json')
  t.match(first.output(), /users +alice \(/, 'passwords of the file at the first start')
  t.notMatch(second.output(), /users +alice \(/, 'which may be others by now')
  t.ok(second.output().includes(`state      ${named}   3 users, keys of ${named}`))
  const page = await (await fetch(second.url)).text()
  t.match(page, "import { reportTo } from 'cognito-guard/testing'\n\ncreateGuard(")
  t.match(page, `with the keys of <code>${named}</code>, which holds 3 users.`)
  const after = await stateOf(second.url)
  t.same(after.keys, keys, 'rotated keys stay rotated')
  t.match(after.users, [
    { username: 'alice', groups: ['staff'] },
    { username: 'bob', groups: ['admin'], sub: users[1]?.sub },
    { username: 'carol' },
  ])
  t.ok(after.groups.includes('new'))
  await second.close()
})

t.test('users who were deleted stay so', async t => {
  const first = await startTestCognito(t, config)
  const { users, sessions } = first.local
  const alice = users.find('alice') as never
  const session = sessions.open({ user: alice, clientId: 'localweb', scopes: [], isManagedLogin: true })
  const token = sessions.refreshToken(session, 60)
  const guest = first.local.identities.of()
  const known = first.local.identities.of('sub')
  users.remove(alice)
  const saved = JSON.parse(JSON.stringify(savedState(first.local))) as SavedState
  const second = createLocal(first.local.config, 'http://127.0.0.1:1', await createKeyRing(saved.keys), {
    saved,
  })
  t.equal(second.users.find('alice'), undefined)
  t.equal(second.sessions.ofRefreshToken(token), undefined, 'with their sessions')
  t.same([second.identities.ownerOf(guest), second.identities.of('sub')], [null, known])
  const next = second.users.add({ username: 'alice', attributes: {}, status: 'CONFIRMED' })
  t.not(next?.sub, (alice as { sub: string }).sub, 'who comes again is somebody else')
})

t.test('a file that is refused', async t => {
  const folder = t.testdir({})
  const file = join(folder, 's.json')
  await (await runDev(t, ['--state', file])).close()
  const good = JSON.parse(readFileSync(file, 'utf8')) as object
  for (const [name, text, problem] of [
    [
      'no JSON',
      '{"format"',
      /s\.json is damaged: it holds no JSON\. Move it away to begin anew, or name another/,
    ],
    ['empty', '', /is damaged: it holds no JSON/],
    ['of something else', '{"users": []}', /is no state of this version of cognito-guard dev/],
    ['a list', '[]', /is no state/],
    ['null', 'null', /is no state/],
    [
      'of another version',
      JSON.stringify({ ...good, format: 'cognito-guard dev 2' }),
      /is no state of this version/,
    ],
    [
      'of another pool',
      JSON.stringify({ ...good, userPoolId: 'eu-west-1_Abc' }),
      /of another user pool, eu-west-1_Abc/,
    ],
    ['without keys', JSON.stringify({ ...good, keys: {} }), /is damaged: /],
    ['without users', JSON.stringify({ ...good, users: {} }), /is damaged: /],
    ['without sessions', JSON.stringify({ ...good, sessions: { sessions: 1 } }), /is damaged: /],
  ] as const) {
    writeFileSync(file, text)
    const { code, output } = await runDev(t, ['--state', file], false)
    t.match([await code, output()], [2, problem], name)
    t.equal(readFileSync(file, 'utf8'), text, `${name}: it is left as it was`)
    t.notOk(existsSync(`${file}.lock`))
  }
  const folderItself = await runDev(t, ['--state', folder], false)
  t.match([await folderItself.code, folderItself.output()], [2, /cannot be read \(EISDIR\)/])
  rmSync(`${folder}.lock`, { force: true })
  const nowhere = await runDev(t, ['--state', join(folder, 'no', 's.json')], false)
  t.match(
    [await nowhere.code, nowhere.output()],
    [2, /cannot be written \(ENOENT\).*its folder must be writable/],
  )
  mkdirSync(`${file}.tmp`)
  rmSync(file)
  const stuck = await runDev(t, ['--state', file], false)
  t.match([await stuck.code, stuck.output()], [2, /cannot be written/])
})

t.test('locks', async t => {
  const folder = t.testdir({})
  const file = join(folder, 's.json')
  const lock = `${file}.lock`
  const old = new Date(Date.now() - 60_000)
  for (const [name, text, isOld, isFree] of [
    [
      'of this process, which does not have it',
      JSON.stringify({ pid: process.pid, host: hostname() }),
      false,
      true,
    ],
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }), false, true],
    ['of one that lives', JSON.stringify({ pid: process.ppid, host: hostname() }), true, false],
    ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere' }), false, false],
    ['of another machine, not renewed', JSON.stringify({ pid: 1, host: 'elsewhere' }), true, true],
    ['that is being written', '', false, false],
    ['that was never written', '', true, true],
  ] as const) {
    writeFileSync(lock, text)
    if (isOld) utimesSync(lock, old, old)
    const dev = await runDev(t, ['--state', file], isFree)
    if (isFree) await dev.close()
    else t.match([await dev.code, dev.output()], [2, /in use by another process/])
    t.equal(existsSync(lock), !isFree, name)
    rmSync(lock, { force: true })
  }
  const unlock = await doLock(file, 1)
  utimesSync(lock, old, old)
  while (statSync(lock).mtimeMs < Date.now() - 30_000) await new Promise(resolve => setTimeout(resolve, 2))
  t.pass('it is renewed')
  rmSync(lock)
  await new Promise(resolve => setTimeout(resolve, 5))
  await unlock?.()
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }))
  const winners = (await Promise.all([doLock(file), doLock(file), doLock(file)])).filter(Boolean)
  t.equal(winners.length, 1, 'of several at once')
  for (const release of winners) await release?.()
  rmSync(lock, { force: true })
  const running = await runDev(t, ['--state', file])
  symlinkSync(file, join(folder, 'link.json'))
  const linked = await runDev(t, ['--state', join(folder, 'link.json')], false)
  t.match([await linked.code, linked.output()], [2, /in use/], 'under another name')
  await running.close()
})

t.test('a disk that is full does not end it', async t => {
  const folder = t.testdir({})
  const file = join(folder, 's.json')
  const dev = await runDev(t, ['--state', file])
  mkdirSync(join(`${file}.tmp`, 'in the way'), { recursive: true })
  const change = async (username: string) => {
    const body = JSON.stringify({ username })
    await fetch(`${dev.url}/_local/tokens`, { method: 'POST', body })
  }
  await change('alice')
  while (!dev.errors().includes('cannot be written')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal((await fetch(`${dev.url}/health`)).status, 200)
  rmSync(`${file}.tmp`, { recursive: true })
  await change('bob')
  await dev.close()
  t.equal((JSON.parse(readFileSync(file, 'utf8')) as SavedState).sessions.sessions.length, 2)
  t.equal(dev.errors().split('cannot be written').length, 2, 'it is said once')
})

interface State {
  readonly users: readonly { username: string; sub: string; codes: { signUp?: { value: string } } }[]
  readonly sessions: readonly { id: string }[]
  readonly keys: readonly object[]
  readonly groups: readonly string[]
}

/** A process of its own. */
async function start(t: Test, args: readonly string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    [new URL('../../../src/cli/main.js', import.meta.url).pathname, 'dev', '--port', '0', '--json', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString()) as { url: string }
  const sdk = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  })
  t.teardown(() => sdk.destroy())
  return {
    url,
    sdk,
    get: (path: string, headers: Record<string, string> = {}) =>
      fetch(url + path, { headers, redirect: 'manual' }),
    post: (path: string, body: string | URLSearchParams) => fetch(url + path, { method: 'POST', body }),
    state: async () => (await (await fetch(`${url}/_local/state`)).json()) as State,
    jwks: async () => (await fetch(`${url}/${config.userPoolId}/.well-known/jwks.json`)).json(),
    /** Resolves once what was done last is in the file. */
    async written(file: string) {
      const session = (await this.state()).sessions.at(-1)?.id as string
      while (!readFileSync(file, 'utf8').includes(session))
        await new Promise(resolve => setTimeout(resolve, 5))
    },
    async end(signal: NodeJS.Signals) {
      const closed = once(child, 'close')
      child.kill(signal)
      return ((await closed) as [number | null])[0]
    },
  }
}
