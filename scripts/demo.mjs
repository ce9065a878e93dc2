// Builds, then runs the demo: `npm run demo`; or once, as a check: `npm run demo -- --check`.
// `npm run demo -- sign-out`: two API processes and Redis; a user who signs out at one is refused by the other.
import { build } from './build.mjs'

build()
leaveWithNpm()
const args = process.argv.slice(2)
if (args[0] === 'sign-out') {
  await import('../dist/examples/sign-out/main.js')
} else {
  const { main } = await import('../dist/src/cli/main.js')
  process.exitCode = await main(['demo', ...args], process)
}

/** Ending npm by its process ID ends its shell but not the shell's child: the demo would go on unseen. */
function leaveWithNpm() {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGTERM'), 500).unref()
}
