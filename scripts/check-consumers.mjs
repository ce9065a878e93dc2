// Packs what is published, and builds, tests and bundles it as users' projects do: `npm run check:consumers [-- name ...]`. Nothing of this
// repository can be found from there. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cases } from '../tools/consumers/cases.mjs'
import { ensureInstalled, root } from './ensure-installed.mjs'
import { must, pack } from './pack.mjs'
import { inPairs, startProgram } from './programs.mjs'

const tools = resolve(root, 'tools/consumers')
const lock = readFileSync(join(tools, 'package-lock.json'))
// kept between runs: the tools take a minute to install
const work = join(
  tmpdir(),
  `cognito-guard-consumers-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`,
)
const wanted = process.argv.slice(2)

ensureInstalled()
install()
console.log('Packing ...')
check(pack(join(work, 'node_modules/cognito-guard')))
const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.some(part => name.includes(part)))
let failed = 0
await inPairs(chosen, report)
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0

function install() {
  if (existsSync(join(work, 'node_modules/.package-lock.json'))) return
  console.log('Installing what consumers use, once (npm ci) ...')
  mkdirSync(work, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(tools, file), join(work, file))
  must(
    spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: work, encoding: 'utf8' }),
  )
}

/** What a package may weigh at most. */
function check({ files, unpackedSize }) {
  const manifest = JSON.parse(readFileSync(join(work, 'node_modules/cognito-guard/package.json'), 'utf8'))
  const hooks = Object.keys(manifest.scripts).filter(name => /^(pre|post)?install$/.test(name))
  console.log(`${files} files (150 at most), ${unpackedSize} bytes unpacked (1,200,000 at most)`)
  if (files > 150 || unpackedSize > 1_200_000 || hooks.length > 0) {
    console.log('0 passed, 1 failed')
    process.exit(1)
  }
}

async function report(each) {
  const started = performance.now()
  const problem = await run(each)
  console.log(`${problem ? 'not ok' : 'ok'} - ${each.name} # ${Math.round(performance.now() - started)} ms`)
  if (problem) {
    failed++
    console.log(problem.replaceAll(work, '').replace(/^/gm, '    ').slice(0, 4_000))
  }
}

/** Writes a project's files and runs its commands; returns what went wrong. */
async function run({ name, files, commands, env = {} }) {
  const folder = join(work, 'projects', name.replace(/[^\w.]+/g, '-'))
  rmSync(folder, { recursive: true, force: true })
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), typeof text === 'string' ? text : JSON.stringify(text, null, 2))
  }
  for (const { args, accepts = ({ status }) => status === 0 } of commands) {
    const result = await execute(args, folder, env)
    if (!accepts(result)) return `${args.join(' ')} => ${result.status}\n${result.output}`
  }
  return undefined
}

/** Runs a program of a package, or with this Node.js. */
async function execute([program, ...args], cwd, env) {
  const child = startProgram(
    process.execPath,
    program === 'node' ? args : [join(work, 'node_modules', program), ...args],
    { cwd, env, timeout: 240_000 },
  )
  return { status: await child.closed, output: child.output() }
}
