// Builds, then measures. Arguments are passed on.
import { build } from './build.mjs'
import { run } from './ensure-installed.mjs'

build()
run(process.execPath, ['--expose-gc', 'dist/benchmarks/verify.js', ...process.argv.slice(2)])
