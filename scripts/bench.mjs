// Builds, then measures: `npm run bench [-- --quick] [-- name ...]`. Without a name, all that make up the table and the chart.
import { existsSync } from 'node:fs'
import { build } from './build.mjs'
import { run } from './ensure-installed.mjs'

const table = ['verify', 'refusals', 'burst', 'cold-start', 'memory']
const args = process.argv.slice(2)
const flags = args.filter(arg => arg.startsWith('--'))
const named = args.filter(arg => !arg.startsWith('--'))
const unknown = named.find(name => !existsSync(new URL(`../benchmarks/${name}.ts`, import.meta.url)))
if (unknown) {
  console.error(`There is no benchmarks/${unknown}.ts. Those of the table: ${table.join(', ')}.`)
  process.exit(2)
}

build()
for (const name of named.length > 0 ? named : table) {
  console.log(`\n== ${name}`)
  run(process.execPath, ['--expose-gc', `dist/benchmarks/${name}.js`, ...flags])
}
if (named.length === 0 && !flags.includes('--quick')) run(process.execPath, ['dist/benchmarks/chart.js'])
