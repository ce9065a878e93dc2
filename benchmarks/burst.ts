/**
 * Prints how many new tokens a second are verified, how long they take and how long the event loop is blocked, when more arrive than
 * one thread can verify, and when few do. Open loop: tokens arrive on schedule even when late, and their waiting counts.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createVerifier, userPool } from 'cognito-guard'
import { isQuick, record } from './report.js'
import { accessTokens, clientId, fresh, userPoolId } from './tokens.js'

const seconds = isQuick ? 2 : 6
const set = accessTokens(2_000)
const verifier = createVerifier({
  issuers: [userPool({ userPoolId, clientId, jwks: set.jwks, offline: true })],
  cache: false,
})
const token = (index: number) => fresh(set, index)

const ways: Readonly<Record<string, (token: string) => unknown>> = {
  'verifySync: all on the main thread': text => verifier.verifySync(text),
  'verify: what exceeds a turn on the thread pool': text => verifier.verify(text),
}

const capacity = capacityOfOneThread()
console.log(`One thread verifies ${capacity.toFixed(0)} tokens a second here.\n`)
console.log(
  `${'way'.padEnd(48)}${'offered/s'.padStart(11)}${'done/s'.padStart(9)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}${'loop gap p99 ms'.padStart(17)}`,
)
const rows = []
for (const share of [1.5, 0.25]) {
  for (const [name, verify] of Object.entries(ways)) {
    const offered = capacity * share
    const { done, median, p99, gap } = await offer(offered, verify)
    rows.push({
      name: `${name}, offered ${share} of a thread's`,
      offered,
      done,
      medianMs: median,
      p99Ms: p99,
      loopGapMs: gap,
    })
    console.log(
      `${name.padEnd(48)}${offered.toFixed(0).padStart(11)}${done.toFixed(0).padStart(9)}${median.toFixed(2).padStart(9)}${p99.toFixed(2).padStart(9)}${gap.toFixed(1).padStart(17)}`,
    )
  }
}
record('burst', rows)

function capacityOfOneThread(): number {
  for (let index = 0; index < 5_000; index++) verifier.verifySync(token(index))
  const start = performance.now()
  for (let index = 0; index < 20_000; index++) verifier.verifySync(token(index))
  return 20_000_000 / (performance.now() - start)
}

async function offer(rate: number, verify: (token: string) => unknown) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const latencies: number[] = []
  let offered = 0
  let done = 0
  delay.enable()
  const start = performance.now()
  const end = start + seconds * 1_000
  await new Promise<void>(resolve => {
    const turn = () => {
      const now = performance.now()
      if (now >= end) return resolve()
      const due = Math.floor(((now - start) / 1_000) * rate)
      // As many as a server reads from its sockets in a turn.
      for (let taken = 0; offered < due && taken < 128; taken++, offered++) {
        const dueAt = start + (offered / rate) * 1_000
        void Promise.resolve(verify(token(offered))).then(() => {
          done++
          latencies.push(performance.now() - dueAt)
        })
      }
      setImmediate(turn)
    }
    turn()
  })
  delay.disable()
  const sorted = Float64Array.from(latencies).toSorted()
  const at = (q: number) => sorted[Math.floor((sorted.length - 1) * q)] as number
  return { done: done / seconds, median: at(0.5), p99: at(0.99), gap: delay.percentile(99) / 1e6 }
}
