// Runs real clients against the local Cognito, a process of its own: `npm run check:local [-- name ...]`, where names are those of test files of
// tools/local-clients. Installs them once, into that folder. Ends with the figures of each suite, and `N passed, N failed`.
import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { run } from 'node:test'
import { refusedByName } from '../tools/local-clients/excused.mjs'
import { build } from './build.mjs'
import { ensureInstalledIn, root } from './ensure-installed.mjs'
import { inPairs } from './programs.mjs'

const folder = resolve(root, 'tools/local-clients')
/** How many checks of a suite must pass; each of the others says by name what is not played. */
const floors = { amplify: [40, 44], 'identity-js': [15, 15], behaviours: [85, 98] }
const names = process.argv.slice(2)
const files = [
  ...readdirSync(folder),
  ...readdirSync(join(folder, 'behaviours')).map(file => `behaviours/${file}`),
]
  .filter(file => file.endsWith('.test.mjs'))
  .filter(file => names.length === 0 || names.some(name => file.includes(name)))
const suites = new Map(files.map(file => [suiteOf(file), { passed: 0, refused: 0, skipped: 0, failed: 0 }]))

build()
ensureInstalledIn('tools/local-clients', 'the clients')
await inPairs(files, runFile)
let failed = 0
for (const [suite, counts] of [...suites].toSorted()) {
  const problem = problemOf(suite, counts)
  failed += counts.failed + (problem ? 1 : 0)
  console.log(`${suite}: ${figures(counts)}${problem ? ` (${problem})` : ''}`)
}
const passed = [...suites.values()].reduce((sum, { passed, refused }) => sum + passed + refused, 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** A file at a time: a test is reported with the file that calls `test`, which is a shared one. */
async function runFile(file) {
  const path = join(folder, file)
  const stream = run({ files: [path] })
  stream.on('test:pass', event => report(file, event, true))
  stream.on('test:fail', event => report(file, event, false))
  for await (const _ of stream);
}

function report(file, { name, skip, details }, isOk) {
  // so are suites, and a file, under its path, where it ended badly
  if (isOk && (details.type === 'suite' || resolve(name) === join(folder, file))) return
  const suite = suiteOf(file)
  const outcome = isOk ? outcomeOf(skip) : 'failed'
  suites.get(suite)[outcome]++
  console.log(`${isOk ? 'ok' : 'not ok'} - ${suite}: ${name}${skip ? ` # SKIP ${skip}` : ''}`)
  if (!isOk) console.log(String(details.error.cause?.stack ?? details.error).replace(/^/gm, '    '))
}

function outcomeOf(skip) {
  if (!skip) return 'passed'
  return skip.startsWith(refusedByName) ? 'refused' : 'skipped'
}

function problemOf(suite, { passed, refused, skipped, failed }) {
  // a part of the files is a part of a suite
  const [least, all] = (names.length === 0 && floors[suite]) || []
  if (least === undefined) return undefined
  if (passed + refused + skipped + failed !== all) return `there must be ${all}`
  return passed < least ? `${least} must pass` : undefined
}

function figures({ passed, refused, skipped, failed }) {
  const parts = [
    refused > 0 && `${refused} refused by name`,
    skipped > 0 && `${skipped} skipped`,
    failed > 0 && `${failed} failed`,
  ].filter(Boolean)
  return [`${passed} of ${passed + refused + skipped + failed}`, ...parts].join(', ')
}

/** `behaviours/tokens.test.mjs` belongs to the suite `behaviours`. */
function suiteOf(file) {
  return file.includes('/') ? file.split('/')[0] : basename(file, '.test.mjs')
}
