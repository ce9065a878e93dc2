// Mutation testing: `npm run mutation [-- name ...]`, a name being that of a file in src without its ending. Changes one place of a compiled
// source at a time and runs the tests of that source: a change that no test notices is a survivor. Takes minutes for each file.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from '../../scripts/build.mjs'
import { root, run } from '../../scripts/ensure-installed.mjs'

// The sources that decide who gets in, each with the tests that are about it, the quick ones first.
const sources = {
  'token/json': ['token/jws'],
  'token/encoding': ['token/jws', 'crypto/crypto'],
  'token/jws': ['token/jws', 'verifier/verifier'],
  'token/claims': ['issuers/user-pool', 'verifier/verifier', 'adversarial'],
  'crypto/jwk': ['crypto/crypto'],
  'crypto/node': ['crypto/crypto'],
  'crypto/pem': ['crypto/crypto'],
  'crypto/web': ['crypto/crypto'],
  'issuers/user-pool': ['issuers/user-pool', 'issuers/issuers'],
  'verifier/verified-tokens': ['verifier/verifier'],
  'verifier/verifier': ['verifier/verifier', 'issuers/issuers', 'verifier/cache'],
  'guard/token-source': ['guard/token-source'],
  'guard/policy': ['guard/policy', 'credentials/credentials'],
  'guard/guard': ['guard/guard', 'credentials/credentials'],
}

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const unknown = wanted.find(name => !Object.hasOwn(sources, name))
if (unknown) {
  console.error(`mutation: ${unknown} is none of ${Object.keys(sources).join(', ')}`)
  process.exit(2)
}

build()
if (!existsSync(`${here}node_modules`))
  run('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund', '--loglevel=error'])
mkdirSync(`${here}reports`, { recursive: true })
const scores = (wanted.length > 0 ? wanted : Object.keys(sources)).map(mutate)
console.log(
  `\n${'source'.padEnd(20)}${'changes'.padStart(9)}${'noticed'.padStart(9)}${'survived'.padStart(10)}${'score'.padStart(8)}`,
)
for (const { name, killed, survived } of [...scores, total(scores)]) {
  const all = killed + survived
  console.log(
    `${name.padEnd(20)}${String(all).padStart(9)}${String(killed).padStart(9)}${String(survived).padStart(10)}${`${((100 * killed) / all).toFixed(1)} %`.padStart(8)}`,
  )
}

function mutate(name) {
  const report = `${here}reports/${name.replaceAll('/', '-')}.json`
  const config = `${here}reports/${name.replaceAll('/', '-')}.config.json`
  const options = {
    mutate: [`dist/src/${name}.js`],
    testRunner: 'tap',
    plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/tap-runner'))],
    tap: {
      testFiles: sources[name].map(test => `dist/test/${test}.test.js`),
      nodeArgs: ['--require', '{{hookFile}}', '{{testFile}}'],
    },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // Sentences are for people: that they are said is tested, not how.
    mutator: { excludedMutations: ['StringLiteral'] },
    ignorePatterns: ['tools', '.git', '.tap', 'docs', 'examples', '*.tgz'],
    reporters: ['clear-text', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: report },
    allowEmpty: false,
    disableTypeChecks: false,
  }
  writeFileSync(config, JSON.stringify(options, undefined, 2))
  run(process.execPath, [`${here}node_modules/@stryker-mutator/core/bin/stryker.js`, 'run', config])
  const { files } = JSON.parse(readFileSync(report, 'utf8'))
  const statuses = Object.values(files).flatMap(file => file.mutants.map(mutant => mutant.status))
  const count = (...kinds) => statuses.filter(status => kinds.includes(status)).length
  return { name, killed: count('Killed', 'Timeout'), survived: count('Survived', 'NoCoverage') }
}

function total(all) {
  const sum = key => all.reduce((value, each) => value + each[key], 0)
  return { name: 'all', killed: sum('killed'), survived: sum('survived') }
}
