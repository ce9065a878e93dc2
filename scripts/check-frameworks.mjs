// Over 150 lines: one flow, from the install to the counts.
// Builds, starts and asks the examples of examples/frameworks, with what is published: `npm run check:frameworks [-- name ...]`. Installs what they
// need once, into that folder. Ends with `N passed, N failed`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { builds, servers } from '../tools/frameworks/cases.mjs'
import { checkAction, checkHttp } from '../tools/frameworks/http.mjs'
import { checkSocket } from '../tools/frameworks/sockets.mjs'
import { ensureInstalled, ensureInstalledIn, root } from './ensure-installed.mjs'
import { fingerprint, pack } from './pack.mjs'
import { freePort, inPairs, startProgram } from './programs.mjs'

const folder = resolve(root, 'examples/frameworks')
const modules = join(folder, 'node_modules')
const names = process.argv.slice(2).map(name => name.toLowerCase())
const chosen = servers.filter(
  ({ name }) => names.length === 0 || names.some(part => name.toLowerCase().includes(part)),
)
const counts = { passed: 0, failed: 0 }

ensureInstalled()
ensureInstalledIn('examples/frameworks', 'the frameworks')
const packed = await unlessDone(
  'node_modules/cognito-guard/packed-from',
  ['src', 'adapters', 'scripts', 'package.json', 'package-lock.json'],
  () => pack(join(modules, 'cognito-guard')),
)
await unlessDone('dist/built-from', ['examples/frameworks', 'tools/frameworks/cases.mjs'], build, packed)

const testing = createRequire(join(folder, 'package.json'))('cognito-guard/testing')
const [issuer, unavailable] = [1, 2].map(() => testing.createTestIssuer({ clock: Date }))
unavailable.takeDown()
const served = await Promise.all([issuer, unavailable].map(each => testing.serveTestIssuer(each)))
await inPairs(chosen, check)
await Promise.all(served.map(each => each.close()))
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0

/** The types come last: those of SvelteKit are checked against what its build writes. */
async function build() {
  console.log('Building the examples ...')
  for (const isAfter of [false, true])
    await inPairs(
      builds.filter(({ after = false }) => after === isAfter),
      buildOne,
    )
}

async function buildOne({ name, at = '.', args: [program, ...args] }) {
  // Next.js loads the routes while it builds
  const env = { USER_POOL_ID: 'us-east-1_Build', CLIENT_ID: 'build' }
  const child = start(at, [join(modules, program), ...args], env)
  if ((await child.closed) !== 0) throw new Error(`${name} was not built:\n${child.output()}`)
}

/** Does what a file says was done from other sources than these, or never; returns what it was done from. */
async function unlessDone(stamp, sources, work, before = '') {
  const file = join(folder, stamp)
  const version = fingerprint(sources, before)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== version) {
    await work()
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, version)
  }
  return version
}

/** Starts a server twice, with the key set and without, and asks both. */
async function check({ name, at = '.', args, more = [], ...rest }) {
  const children = []
  try {
    for (const { options } of served) {
      const { userPoolId: USER_POOL_ID, clientId: CLIENT_ID, ...others } = options
      const PORT = rest.needsPort ? await freePort() : '0'
      children.push(start(at, args, { USER_POOL_ID, CLIENT_ID, PORT, TEST_ISSUER: JSON.stringify(others) }))
    }
    const [[up], [down]] = await Promise.all(
      children.map(child => child.found(/(http:\/\/127\.0\.0\.1:\d+)\W/)),
    )
    for (const each of [
      { name, ...rest },
      ...more.map(part => ({ ...part, name: `${name}, ${part.name}` })),
    ]) {
      const ask = each.socket ? checkSocket : each.action ? checkAction : checkHttp
      report(each.name, await ask({ ...each, up, down, issuer, testing, folder }))
    }
  } catch (error) {
    report(name, [error.stack, ...children.map(child => child.output())])
  }
  for (const child of children) child.kill()
  await Promise.all(children.map(({ closed }) => closed))
}

function report(name, problems) {
  counts[problems.length > 0 ? 'failed' : 'passed']++
  console.log(`${problems.length > 0 ? 'not ok' : 'ok'} - ${name}`)
  for (const problem of problems) console.log(problem.replace(/^/gm, '    '))
}

/** Starts Node.js in a folder of the examples. */
function start(at, args, env) {
  return startProgram(process.execPath, args, {
    cwd: join(folder, at),
    env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', HOST: '127.0.0.1', ...env },
  })
}
