// Builds, then fuzzes: `npm run fuzz -- --seconds N`.
import { build } from './build.mjs'
import { run } from './ensure-installed.mjs'

build()
run(process.execPath, ['--enable-source-maps', 'dist/test/fuzz/main.js', ...process.argv.slice(2)])
