// Builds, then runs the demo: `npm run demo`; or once, as a check: `npm run demo -- --check`.
// `npm run demo -- sign-out`: two API processes and Redis; a user who signs out at one is refused by the other.
import { build } from './build.mjs'

const parent = process.ppid
build()
// npm may have been ended while this was building
if (process.ppid !== parent) process.exit(1)
const args = process.argv.slice(2)
if (args[0] === 'sign-out') {
  const { whenOrphaned } = await import('../dist/src/cli/until-interrupted.js')
  whenOrphaned(() => process.kill(process.pid, 'SIGTERM'))
  await import('../dist/examples/sign-out/main.js')
} else {
  const { main } = await import('../dist/src/cli/main.js')
  process.exitCode = await main(['demo', ...args], process)
}
