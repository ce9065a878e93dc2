// Makes a project with each generator of tools/templates/cases.mjs, adds the README's lines to it, unchanged, and runs its build and its tests:
// `npm run check:templates [-- name ...]`. Takes generators and what they need from npm. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { templates } from '../tools/templates/cases.mjs'
import { ensureInstalled, root } from './ensure-installed.mjs'
import { must, pack } from './pack.mjs'
import { inPairs, startProgram } from './programs.mjs'

const work = mkdtempSync(join(tmpdir(), 'cognito-guard-templates-'))
const names = process.argv.slice(2)
const chosen = templates.filter(({ name }) => names.length === 0 || names.some(part => name.includes(part)))
let failed = 0

ensureInstalled()
const tarball = packTarball()
const preload = join(work, 'port.cjs')
cpSync(resolve(root, 'tools/templates/port.cjs'), preload)
await inPairs(chosen, check)
rmSync(work, { recursive: true, force: true })
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0

function packTarball() {
  console.log('Packing ...')
  pack(join(work, 'package'))
  must(
    spawnSync('npm', ['pack', './package', '--ignore-scripts', '--silent'], { cwd: work, encoding: 'utf8' }),
  )
  return join(
    work,
    readdirSync(work).find(name => name.endsWith('.tgz')),
  )
}

async function check(each) {
  const started = performance.now()
  const problem = await run(each)
  const seconds = Math.round((performance.now() - started) / 1_000)
  console.log(`${problem ? 'not ok' : 'ok'} - ${each.name} # ${seconds} s`)
  if (problem) {
    failed++
    console.log(problem.replaceAll(work, '').replace(/^/gm, '    ').slice(-4_000))
  }
}

/** Makes one project and checks it; returns what went wrong. */
async function run({ name, create, setUp, files, check, start, also }) {
  const parent = join(work, name.replace(/[^\w]+/g, '-'))
  const folder = join(parent, 'app')
  mkdirSync(parent)
  const problem = (await runAll([create], parent)) ?? (await runAll(setUp, folder))
  if (problem) return problem
  write(folder, files)
  return (await runAll(check, folder)) ?? (start && ask(folder, start, also))
}

async function runAll(commands, cwd) {
  for (const command of commands) {
    const child = shell(command.replace('install cognito-guard', `install ${tarball}`), cwd)
    const limit = setTimeout(child.kill, 300_000)
    const status = await child.closed
    clearTimeout(limit)
    if (status !== 0) return `${command} => ${status}\n${child.output()}`
  }
  return undefined
}

function write(folder, files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

/** Starts what was built: every route must refuse a request without a token. */
async function ask(folder, command, also) {
  const child = shell(command, folder)
  const wanted = [/README: (http:\S+)/, ...(also ? [also] : [])]
  try {
    const [url, other] = await child.found(...wanted)
    const urls = ['/me', '/orders', '/admin'].map(path => `${url}${path}`)
    for (const each of [...urls, ...(other ? [`${other}/orders`] : [])]) {
      const { status, headers } = await fetch(each)
      if (status !== 401 || headers.get('www-authenticate') !== 'Bearer realm="api"')
        return `${command}: ${new URL(each).pathname} => ${status}\n${child.output()}`
    }
    return undefined
  } catch (error) {
    return `${command}: ${error instanceof Error ? error.message : 'fails'}\n${child.output()}`
  } finally {
    child.kill()
  }
}

/** Runs a command in a process group of its own, so that what it starts can be ended with it. */
function shell(command, cwd) {
  return startProgram(command, [], {
    cwd,
    shell: true,
    detached: true,
    env: {
      NO_COLOR: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      NODE_OPTIONS: `--require=${preload}`,
    },
  })
}
