/**
 * A guard against regressions that holds on any machine: what a call takes is bounded by a share of a bare `crypto.verify` in the same run,
 * and by bytes of heap. The bounds are generous: what exceeds one is another order of things, not noise. Exits with 1 when a figure does.
 * A time over its bound is measured up to twice more, for a machine that had other things to do; bytes are not.
 *
 * Needs --expose-gc, and a young generation that holds what is measured: --min-semi-space-size=64 --max-semi-space-size=64.
 */
import { userPool } from 'cognito-guard'
import { bareVerify } from './bare.js'
import { type Figure, hostileKeySets, newTokens, refusedTokens, tokensSeenBefore } from './bounds.js'
import { bytesPerCall } from './heap.js'
import { type Line, measure } from './measure.js'
import { machine } from './report.js'
import { accessTokens, clientId, userPoolId } from './tokens.js'

const rounds = 30
const set = accessTokens(2_000)
const pool = userPool({ userPoolId, clientId, jwks: set.jwks, offline: true })
const figures = [
  ...newTokens(set, pool),
  ...tokensSeenBefore(set, pool),
  ...refusedTokens(),
  ...hostileKeySets(),
]

const { node, openssl, cpu } = machine()
console.log(`Node ${node}, OpenSSL ${openssl}, ${cpu}`)
const times = await timesOf(figures)
for (let run = 2; run <= 3; run++) {
  const slow = figures.filter(({ name, time }) => took(name) > time)
  if (slow.length === 0) break
  console.log(
    `Run ${run} of at most 3, for the times over their bounds: ${slow.map(({ name }) => name).join('; ')}`,
  )
  for (const [name, time] of await timesOf(slow)) times.set(name, Math.min(time, took(name)))
}
process.exitCode = report() ? 0 : 1

/** Hundredths of a bare verification that each takes, in their fastest rounds. */
async function timesOf(figures: readonly Figure[]): Promise<Map<string, number>> {
  const bare: Line = { name: 'crypto.verify', call: bareVerify(set), calls: 300 }
  const lines = figures.flatMap(({ name, text, call, calls }): Line[] => [
    { name: `${name}: string`, call: text, calls },
    { name, call: index => call(text(index)), calls },
  ])
  const results = await measure([bare, ...lines], rounds)
  const fastest = new Map(results.map(result => [result.name, result.fastest]))
  const of = (name: string) => fastest.get(name) as number
  return new Map(
    figures.map(({ name }) => [name, (100 * (of(name) - of(`${name}: string`))) / of(bare.name)]),
  )
}

function took(name: string): number {
  return times.get(name) as number
}

/** Prints a line for each figure; whether all are within their bounds. */
function report(): boolean {
  console.log(
    `\n${''.padEnd(34)}${'time'.padStart(8)}${'bound'.padStart(7)}${'bytes'.padStart(9)}${'bound'.padStart(7)}`,
  )
  const isFine = figures.map(({ name, time, bytes, text, call, calls }) => {
    const texts = Array.from({ length: Math.min(calls, 1_000) }, (_, index) => text(index))
    // what the engine makes anew after a collection is not the call's: the cheaper a call, the more of them
    const taken =
      bytes &&
      bytesPerCall(
        index => call(texts[index % texts.length] as string),
        Math.floor(Math.min(10_000, 1e7 / bytes)),
      )
    const isOver = took(name) > time || (taken ?? 0) > (bytes ?? 0)
    const [shown, most] = [taken?.toFixed(0) ?? '', bytes?.toFixed(0) ?? '']
    console.log(
      `${name.padEnd(34)}${took(name).toFixed(1).padStart(8)}${time.toFixed(0).padStart(7)}${shown.padStart(9)}${most.padStart(7)}   ${isOver ? 'over' : 'ok'}`,
    )
    return !isOver
  })
  console.log(
    '\nTime: hundredths of a bare crypto.verify, beyond making the string. Bytes: of heap, without the string.',
  )
  return isFine.every(Boolean)
}
