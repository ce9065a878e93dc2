// Checks the types, runs the tests with tap, and ends with tap's own counts: `N passed, N failed[, N skipped][, N todo]`.
// A file that passes is one line, one that fails is shown whole, and what was skipped is told with its reason. Arguments go to tap:
// `npm test -- dist/test/guard` runs those of a folder.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { build } from './build.mjs'
import { root } from './ensure-installed.mjs'

const command = 'node_modules/tap/dist/esm/run.mjs'
const args = process.argv.slice(2)
// a part of the tests covers a part of the sources
const isWhole = !args.some(arg => !arg.startsWith('-'))
const coverage = isWhole ? ['--allow-incomplete-coverage', '--coverage-report=none'] : ['--disable-coverage']

build()
const tap = spawn(process.execPath, [command, '--reporter=tap', ...coverage, ...args], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const closed = once(tap, 'close')
const { counts, problems } = await show(createInterface({ input: tap.stdout }))
const [code] = await closed

const { pass = 0, fail = 0, skip = 0, todo = 0 } = counts
if (pass === 0) problems.add('no test has passed')
if (code !== 0 && fail + problems.size === 0) problems.add(`tap ended with ${code}`)
if (isWhole) checkCoverage()
for (const problem of problems) console.log(`# ${problem}`)
// an error outside the tests counts as a failure: a run that failed never ends with "0 failed"
const failed = fail + problems.size
console.log(
  `${pass} passed, ${failed} failed${skip ? `, ${skip} skipped` : ''}${todo ? `, ${todo} todo` : ''}`,
)
process.exitCode = failed > 0 ? 1 : 0

/** Everything must be covered where everything could run: in CI, and wherever no test was skipped. */
function checkCoverage() {
  const isDemanded = process.env.CI === 'true' || skip === 0
  const { status, stdout } = spawnSync(process.execPath, [command, 'report', '--coverage-report=text'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status === 0) return
  if (isDemanded) {
    console.log(stdout)
    problems.add('the coverage is not complete, see above')
  } else {
    console.log(`# Coverage is not demanded here: ${skip} tests were skipped, for the reasons above.`)
  }
}

/** Shows tap's output, one file at a time; returns the counts in its summary, and what is wrong with the run as a whole. */
async function show(lines) {
  const problems = new Set()
  let counts
  let planned = 0
  let reported = 0
  let file = []
  let isDetail = false
  let hasFailed = false
  for await (const line of lines) {
    const result = /^(not )?ok \d+/.exec(line)
    if (isDetail || line === '  ---') {
      // the details of the result that stands above
      isDetail = line !== '  ...'
      if (hasFailed) console.log(line)
    } else if (/^ {4}|^# Subtest: /.test(line)) {
      file.push(line)
      if (line.includes(' # SKIP ')) console.log(line.trim())
    } else if (result) {
      hasFailed = result[1] !== undefined
      reported++
      console.log(hasFailed ? [...file, line].join('\n') : line)
      file = []
    } else if (/^# \{ total: \d+/.test(line)) {
      counts = Object.fromEntries([...line.matchAll(/(\w+): (\d+)/g)].map(([, kind, n]) => [kind, Number(n)]))
    } else if (/^1\.\.\d+/.test(line)) {
      planned = Number.parseInt(line.slice(3), 10)
    } else if (line.startsWith('# ERROR: incomplete')) {
      // whether that matters is decided when all is known
    } else if (line.trim() && !line.startsWith('TAP version')) {
      if (line.startsWith('Bail out!')) problems.add('the run was given up')
      console.log(line)
    }
  }
  if (file.length) console.log(file.join('\n'))
  if (!counts) problems.add('tap ended without its summary')
  if (reported < planned) problems.add(`${planned - reported} of ${planned} files never reported`)
  return { counts: counts ?? {}, problems }
}
