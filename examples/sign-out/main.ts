// node dist/examples/sign-out/main.js: two processes of one API, and users who sign out at one of them
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestIssuer, serveTestIssuer } from 'cognito-guard/testing'

if (spawnSync('redis-server', ['--version']).status !== 0) {
  console.log(
    'This example starts a Redis server of its own. Install one: apt-get install redis-server, or brew install redis.',
  )
  process.exit(process.env.CI === 'true' ? 1 : 0)
}

const children: ChildProcess[] = []
const issuer = createTestIssuer({ clock: Date })
const pool = await serveTestIssuer(issuer)
const redisPort = await freePort()
start('redis-server', '--bind', '127.0.0.1', '--port', String(redisPort), '--save', '')

const one = await startApi('one')
const two = await startApi('two')
const laptop = issuer.accessToken({ username: 'alice' })
const phone = issuer.accessToken({ username: 'alice' })
const bob = issuer.accessToken({ username: 'bob', sub: 'b0b' })
const support = issuer.accessToken({ username: 'sue', groups: ['support'] })
const aboutBob = { revoke: 'user', issuer: issuer.issuer, subject: 'b0b' }

const steps = [
  ['Alice, laptop', laptop, 'GET', one, '/me', 200],
  ['Alice, laptop', laptop, 'POST', one, '/sign-out', 204],
  ['Alice, laptop', laptop, 'GET', two, '/me', 401],
  ['Alice, phone', phone, 'GET', two, '/me', 200],
  ['Alice, phone', phone, 'POST', two, '/sign-out-everywhere', 204],
  ['Alice, phone', phone, 'GET', one, '/me', 401],
  ['Bob', bob, 'GET', one, '/me', 200],
  ['Support', support, 'POST', two, '/revocations', 204, aboutBob],
  ['Bob', bob, 'GET', one, '/me', 401],
  ['Support', support, 'GET', one, '/health', 200],
] as const

const statuses: number[] = []
for (const [who, token, method, { name, url }, path, , body] of steps) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const { status } = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  console.log(`${who.padEnd(13)}  process ${name}  ${method.padEnd(4)} ${path.padEnd(20)} ${status}`)
  statuses.push(status)
  // a revocation takes some milliseconds to the other process
  if (method === 'POST') await pause(200)
}
const asExpected = steps.filter(([, , , , , expected], index) => statuses[index] === expected).length
console.log(`${asExpected} of ${steps.length} as expected`)
process.exitCode = Math.sign(steps.length - asExpected)
for (const child of children) child.kill()
await pool.close()

function start(command: string, ...args: string[]): ChildProcess {
  const env = {
    ...process.env,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    POOL: JSON.stringify(pool.options),
  }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function startApi(name: string) {
  const child = start(process.execPath, fileURLToPath(new URL('./api.js', import.meta.url)))
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
  return { name, url: line.toString().trim() }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return (address as { port: number }).port
}
