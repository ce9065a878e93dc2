/**
 * Prints the memory of a cached token, the garbage of a call, the hit rate with many users and with forged tokens, and whether a process
 * grows that gets nothing but new tokens. Needs --expose-gc.
 */
import { execFileSync } from 'node:child_process'
import { createVerifier, userPool } from 'cognito-guard'
import { goals } from './goals.js'
import { heap } from './heap.js'
import { isQuick, record } from './report.js'
import { steady } from './steady.js'
import { accessTokens, clientId, fresh, userPoolId } from './tokens.js'

const set = accessTokens(10_000)
const { jwks, tokens } = set
const pool = userPool({ userPoolId, clientId, jwks, offline: true })
const rows: object[] = []
const textKb = ((tokens[0]?.length ?? 0) / 1000).toFixed(2)

perCall()
perCachedToken()
forgedTokens()
await newTokensOnly()
record('memory', rows)

/** In a process of its own, whose young generation holds all calls without a collection. */
function perCall(): void {
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const bytes = execFileSync(process.execPath, [...flags, 'dist/benchmarks/per-call.js'], {
    encoding: 'utf8',
  })
  print(
    'heap a call leaves, new token, kB',
    Number(bytes) / 1000,
    goals.coldHeapKb,
    'without the text of the token',
  )
}

function perCachedToken(): void {
  const verifier = createVerifier({ issuers: [pool] })
  const before = heap()
  for (let index = 0; index < tokens.length; index++) verifier.verifySync(fresh(set, index))
  const bytes = (heap() - before) / tokens.length
  print('a remembered token, kB', bytes / 1000, goals.cachedTokenKb, `its text ${textKb} kB`)
  verifier.verifySync(fresh(set, 0))
}

/** Whether the cache still serves users when nine of ten tokens are forged. */
function forgedTokens(): void {
  let anew = 0
  const counting = {
    ...pool,
    validate: (...args: Parameters<typeof pool.validate>) => (anew++, pool.validate(...args)),
  }
  const verifier = createVerifier({ issuers: [counting], cache: { maxTokens: 1_000 } })
  for (let index = 0; index < 1_000; index++) verifier.verifySync(fresh(set, index))
  anew = 0
  let hits = 0
  for (let index = 0; index < 20_000; index++) {
    if (index % 10 === 0) {
      const before = anew
      verifier.verifySync(fresh(set, (index / 10) % 1_000))
      if (anew === before) hits++
    } else {
      const forged = fresh(set, index)
      try {
        verifier.verifySync(`${forged.slice(0, -8)}AAAAAAAA`)
      } catch {}
    }
  }
  print('hits of users among 90 % forged tokens, %', hits / 20, 100, 'memory of 1,000 tokens, 1,000 users')
}

async function newTokensOnly(): Promise<void> {
  const options = isQuick
    ? { tokens: 5_000, warmUp: 20_000, interval: 0.5 }
    : { tokens: 100_000, warmUp: 400_000, interval: 5 }
  console.log('\nResident set while every token is new, MB:')
  const { intervals, slope, heap, tokens, seconds } = await steady(options, (at, megabytes) =>
    console.log(`  ${`${at.toFixed(1)} s`.padStart(8)}${megabytes.toFixed(1).padStart(10)}`),
  )
  const [first = 0, last = 0] = [intervals[0], intervals.at(-1)]
  const [before, after] = heap
  const short = isQuick ? ': too short for a slope' : ''
  const went = `from ${first.toFixed(1)} to ${last.toFixed(1)} MB, ${tokens} tokens in ${seconds.toFixed(0)} s${short}`
  print('growth while every token is new, MB/min', slope, goals.growthMb, went)
  const used = `in use from ${before.toFixed(1)} to ${after.toFixed(1)} MB`
  print("the heap's, collected before and after, MB", after - before, goals.heapGrowthMb, used)
}

function print(name: string, value: number, goal: number, note: string): void {
  rows.push({ name, value, goal })
  console.log(`${name.padEnd(44)}${value.toFixed(2).padStart(8)}${`goal ${goal}`.padStart(11)}   ${note}`)
}
