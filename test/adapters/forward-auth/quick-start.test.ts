import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { base64url, claimsOf, clientId, headerOf, json, own, seal, userPoolId } from '../../mint.js'
import { start } from '../../program.js'
import { freePort } from '../../revocation/redis-server.js'
import { exchange } from './exchange.js'
import {
  needs,
  nginxCommand,
  nginxSite,
  proxies,
  python,
  recipes,
  startBackend,
  startListening,
} from './proxies.js'

const iat = Math.floor(Date.now() / 1000) - 10
const tokenOf = (claims: object) =>
  `Bearer ${seal([headerOf(), claimsOf({ iat, auth_time: iat, exp: iat + 3600, ...claims })].map(part => base64url(json(part))).join('.'))}`
const alice = tokenOf({ username: 'alice', 'cognito:groups': ['admin'], scope: 'orders/read' })
const bob = tokenOf({ username: 'bob', 'cognito:groups': [], scope: 'openid' })

const isThere = python !== undefined && proxies.some(({ name, version }) => name === 'nginx' && version)

// the guard on a port, as in the files, and on a Unix socket, as docs/forward-auth.md has it
for (const kind of ['port', 'socket'] as const)
  t.test(`a Python app, nginx and the guard on a ${kind}`, needs('nginx or python3', isThere), async t => {
    const directory = mkdtempSync(join(tmpdir(), 'quick-start-'))
    chmodSync(directory, 0o755)
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const [port, app, listen] = [await freePort(), await startBackend(t), await freePort()]
    const address = kind === 'port' ? `127.0.0.1:${port}` : `unix:${directory}/guard.sock`
    const copied = JSON.parse(readFileSync(join(recipes, 'guard.json'), 'utf8'))
    // what a user edits, and keys without a network; nginx's workers are another user
    copied.listen = address
    copied.socketMode = '666'
    copied.issuers.users.userPool = { userPoolId, clientId, jwks: { keys: [own.jwk] }, offline: true }
    const config = join(directory, 'guard.json')
    writeFileSync(config, JSON.stringify(copied))

    const guard = start('src/cli/main.js', ['serve', '--config', config])
    t.teardown(() => guard.kill('SIGKILL'))
    await guard.until('listening')
    const site = nginxSite({ listen, app, guard: port }).replace(
      `server 127.0.0.1:${port};`,
      `server ${address};`,
    )
    await startListening(t, listen, folder => nginxCommand(folder, site))

    const cases: [path: string, token: string | undefined, status: number][] = [
      ['/', undefined, 401],
      ['/', alice, 200],
      ['/', bob, 200],
      ['/orders', alice, 200],
      ['/orders', bob, 403],
      ['/admin', alice, 200],
      ['/admin', bob, 403],
      ['/public/', undefined, 200],
    ]
    for (const [path, token, status] of cases) {
      const answer = await exchange(listen, { path, headers: token ? [['Authorization', token]] : [] })
      t.equal(answer.status, status, `${path} ${status}`)
      if (status === 200 && token)
        t.match(answer.body, token === alice ? '"alice"' : '"bob"', `${path}: by name`)
    }
    guard.kill('SIGTERM')
    t.equal((await guard.closed).code, 0, 'ends')
  })

t.test('docs/forward-auth.md shows the very file', async t => {
  const page = readFileSync(join(recipes, '../../docs/forward-auth.md'), 'utf8')
  t.ok(page.includes(readFileSync(join(recipes, 'guard.json'), 'utf8')))
})
