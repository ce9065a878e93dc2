// Runs the suite in every runtime that can be had: `npm run check:runtimes [-- part of a name ...]`.
import { serveLoopback } from './loopback.js'
import { runtimes } from './runtimes.js'
import type { Outcome } from './suite.js'
import { workspace } from './workspace.js'

const named = process.argv.slice(2)
const chosen = runtimes.filter(({ name }) => named.length === 0 || named.some(part => name.includes(part)))
const { close, ...loopback } = await serveLoopback()
const work = workspace('dist/test/runtimes/suite.js')
const counts = { passed: 0, failed: 0, skipped: 0 }
try {
  for (const { name, missing, run } of chosen) {
    if (missing) {
      counts.skipped++
      console.log(`${name}: skipped, ${missing}`)
      continue
    }
    const start = performance.now()
    const outcomes = (await run(work, loopback).catch(failed)) as Outcome[]
    const failures = outcomes.filter(({ failure }) => failure !== undefined)
    counts.passed += outcomes.length - failures.length
    counts.failed += failures.length
    const took = ((performance.now() - start) / 1_000).toFixed(1)
    console.log(`${name}: ${outcomes.length - failures.length} of ${outcomes.length} checks, ${took} s`)
    for (const { name, failure } of failures) console.log(`  ${name}: ${failure}`)
  }
} finally {
  work.remove()
  close()
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0

function failed(error: Error): Outcome[] {
  return [{ name: 'the runtime', failure: error.message }]
}
