/**
 * What it takes to watch: a cached token of one of 1,000 users through a guard, with nobody listening, with a hook, with a subscriber of the
 * channel, and with OpenTelemetry's SDK counting. Each runs in processes of its own, in turns: a process optimizes the code for whoever listens.
 * With nobody listening, the call is bounded by `limits`. Exits with 1 when counting takes a quarter of a hit.
 */
import { spawnSync } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createGuard, createVerifier, hasScope, userPool } from 'cognito-guard'
import { instrument } from 'cognito-guard/opentelemetry'
import { measure, median } from './measure.js'
import { machine } from './report.js'
import { accessTokens, clientId, fresh, userPoolId } from './tokens.js'
import { zipf } from './zipf.js'

const modes = ['nobody listens', 'a hook', 'a subscriber', 'counters of OpenTelemetry'] as const
type Mode = (typeof modes)[number]
const turns = 5

const asked = modes.find(mode => mode === process.argv[2])
if (asked) console.log(await timeOf(asked))
else report()

function report(): void {
  const times = new Map<Mode, number[]>(modes.map(mode => [mode, []]))
  for (let turn = 0; turn < turns; turn++) {
    for (const mode of modes) times.get(mode)?.push(timeInChild(mode))
  }
  const { node, cpu } = machine()
  console.log(`Node ${node}, ${cpu}, the median of ${turns} processes, net of making the string\n`)
  const netOf = (mode: Mode) => median(times.get(mode) as number[])
  for (const mode of modes) {
    const [net, ratio] = [netOf(mode), netOf(mode) / netOf('nobody listens')]
    console.log(`${mode.padEnd(28)}${net.toFixed(0).padStart(6)} ns${ratio.toFixed(2).padStart(8)}`)
  }
  process.exitCode = netOf('counters of OpenTelemetry') < 1.25 * netOf('nobody listens') ? 0 : 1
}

function timeInChild(mode: Mode): number {
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), mode], { encoding: 'utf8' })
  return Number(stdout)
}

/** Nanoseconds of a guarded hit in the fastest round. */
async function timeOf(mode: Mode): Promise<number> {
  const set = accessTokens(1_000)
  const headers = { tokens: set.tokens.map(token => Buffer.concat([Buffer.from('Bearer '), token])) }
  const verifier = createVerifier({
    issuers: [userPool({ userPoolId, clientId, jwks: set.jwks, offline: true })],
  })
  for (const token of set.tokens) verifier.verifySync(token.toString())
  let seen = 0
  const count = () => void seen++
  if (mode === 'a subscriber') subscribe('cognito-guard:decision', count)
  if (mode === 'counters of OpenTelemetry') instrument({ meter: new MeterProvider().getMeter('bench') })
  const guard = createGuard({ verifier, ...(mode === 'a hook' && { onDecision: count }) })
  const mayRead = hasScope('orders/read')
  const whose = zipf(1_000)
  const text = (index: number) => fresh(headers, whose(index))
  const call = (index: number) => {
    const header = text(index)
    return guard({ header: name => (name === 'authorization' ? header : undefined) }, mayRead)
  }
  const lines = [
    { name: 'string', call: text },
    { name: mode, call },
  ]
  const [making, guarded] = await measure(
    lines.map(line => ({ ...line, calls: 5_000 })),
    150,
  )
  if (seen === 0 && (mode === 'a hook' || mode === 'a subscriber')) throw new Error('nobody was told')
  return (guarded?.fastest ?? Number.NaN) - (making?.fastest ?? 0)
}
