/** What a new and a cached token take on each runtime that is there, beside its own bare verification. Installs none: see check:runtimes. */

import { serveLoopback } from '../test/runtimes/loopback.js'
import { runtimes } from '../test/runtimes/runtimes.js'
import { workspace } from '../test/runtimes/workspace.js'
import type { Figures } from './in-runtime.js'

const { close, issuer } = await serveLoopback()
const work = workspace('dist/benchmarks/in-runtime.js')
try {
  console.log(row('', 'verifies with', 'bare, us', 'floor', 'cold', 'of floor', 'hit, ns'))
  for (const { name, missing, run } of runtimes) {
    if (missing) {
      console.log(`${name}: skipped, ${missing}`)
      continue
    }
    const input = process.argv.includes('--quick') ? { issuer, rounds: 5, count: 100 } : { issuer }
    const { engine, bare, floor, cold, ofFloor, hit } = (await run(work, input)) as Figures
    const shares = [floor, cold, ofFloor].map(share => share.toFixed(2))
    console.log(row(name, engine, bare.toFixed(1), ...shares, hit.toFixed(0)))
  }
} finally {
  work.remove()
  close()
}
console.log(
  `
Cold: the time of a bare verification by that of a new token, in the same round; 1 would be nothing but the signature.
Floor: the same for a token that is decoded, parsed and verified by hand, and not checked. Of floor: its time by that of a new token.`,
)

function row(name: string, engine: string, ...figures: string[]): string {
  return name.padEnd(26) + engine.padEnd(14) + figures.map(figure => figure.padStart(10)).join('')
}
