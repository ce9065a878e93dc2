// Builds, then runs one suite of checks in every runtime that a package or the system has: `npm run check:runtimes [-- part of a name ...]`.
// With --install it only installs the runtimes: `npm test` runs the suite in those that are there.
import { existsSync } from 'node:fs'
import { build } from './build.mjs'
import { refuseOldNode, run } from './ensure-installed.mjs'

refuseOldNode()
const args = process.argv.slice(2)
if (!existsSync(new URL('../tools/runtimes/node_modules/.package-lock.json', import.meta.url))) {
  console.log('Installing the runtimes, once ...')
  run('npm', ['ci', '--prefix', 'tools/runtimes', '--ignore-scripts', '--loglevel=error'])
}
if (!args.includes('--install')) {
  build()
  run(process.execPath, ['dist/test/runtimes/main.js', ...args])
}
