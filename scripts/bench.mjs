// Builds, then measures: `npm run bench [-- --quick] [-- --node=path ...] [-- name ...]`. Without a name, all that make up the tables and
// the chart; without a path, with the Node.js that runs this.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from './build.mjs'
import { run } from './ensure-installed.mjs'

const table = ['verify', 'refusals', 'burst', 'cold-start', 'memory']
// a young generation that no measurement fills, so that what a call allocates can be read from the heap
const flagsOf = { limits: ['--min-semi-space-size=64', '--max-semi-space-size=64'] }
const args = process.argv.slice(2)
const nodes = args.filter(arg => arg.startsWith('--node=')).map(arg => resolve(arg.slice('--node='.length)))
const flags = args.filter(arg => arg.startsWith('--') && !arg.startsWith('--node='))
const named = args.filter(arg => !arg.startsWith('--'))
const unknown = named.find(name => !existsSync(new URL(`../benchmarks/${name}.ts`, import.meta.url)))
if (unknown) {
  console.error(`There is no benchmarks/${unknown}.ts. Those of the table: ${table.join(', ')}.`)
  process.exit(2)
}

build()
for (const node of nodes.length > 0 ? nodes : [process.execPath]) {
  for (const name of named.length > 0 ? named : table) {
    console.log(`\n== ${name}`)
    run(node, ['--expose-gc', ...(flagsOf[name] ?? []), `dist/benchmarks/${name}.js`, ...flags])
  }
}
if (named.length === 0 && !flags.includes('--quick')) {
  run(process.execPath, ['dist/benchmarks/tables.js'])
  run(process.execPath, ['dist/benchmarks/chart.js'])
}
