// Builds, then runs the demo: `npm run demo`; or once, as a check: `npm run demo -- --check`.
import { build } from './build.mjs'

build()
const { main } = await import('../dist/src/cli/main.js')
process.exitCode = await main(['demo', ...process.argv.slice(2)], process)
