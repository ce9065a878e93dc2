// Builds, then runs the demo: `npm run demo`; or once, as a check: `npm run demo -- --check`.
import { build } from './build.mjs'

build()
await import('../dist/examples/demo/main.js')
