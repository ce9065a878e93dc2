/** Prints what a remembered token takes, what a call leaves to the collector, and whether many users or much junk push anybody out. Needs --expose-gc. */
import { createVerifier, userPool } from 'cognito-guard'
import { accessTokens, clientId, userPoolId } from './tokens.js'

const { jwks, tokens } = accessTokens(10_000)
const pool = userPool({ userPoolId, clientId, jwks, offline: true })
const header = (index: number) => (tokens[index % tokens.length] as Buffer).toString('latin1')

perRememberedToken()
perCall()
junk()

function perRememberedToken(): void {
  const verifier = createVerifier({ issuers: [pool] })
  const before = heap()
  for (let index = 0; index < tokens.length; index++) verifier.verifySync(header(index))
  const bytes = (heap() - before) / tokens.length
  print(
    'a remembered token',
    `${(bytes / 1000).toFixed(2)} kB`,
    `its text ${((tokens[0]?.length ?? 0) / 1000).toFixed(2)} kB`,
  )
  verifier.verifySync(header(0))
}

function perCall(): void {
  const verifier = createVerifier({ issuers: [pool], cache: false })
  const texts = tokens.map((_, index) => header(index))
  for (const text of texts.slice(0, 2_000)) verifier.verifySync(text)
  const before = heap()
  for (const text of texts.slice(2_000, 4_000)) verifier.verifySync(text)
  print(
    'heap a call leaves, new token',
    `${((process.memoryUsage().heapUsed - before) / 2_000_000).toFixed(2)} kB`,
    'without the text of the token',
  )
}

/** Nine of ten tokens are forged: does the memory still serve the users? Counted by what the clock is asked for: a hit asks no key twice. */
function junk(): void {
  let fresh = 0
  const counting = {
    ...pool,
    validate: (...args: Parameters<typeof pool.validate>) => (fresh++, pool.validate(...args)),
  }
  const verifier = createVerifier({ issuers: [counting], cache: { maxTokens: 1_000 } })
  for (let index = 0; index < 1_000; index++) verifier.verifySync(header(index))
  fresh = 0
  let hits = 0
  for (let index = 0; index < 20_000; index++) {
    if (index % 10 === 0) {
      const before = fresh
      verifier.verifySync(header((index / 10) % 1_000))
      if (fresh === before) hits++
    } else {
      const forged = header(index)
      try {
        verifier.verifySync(`${forged.slice(0, -8)}AAAAAAAA`)
      } catch {}
    }
  }
  print(
    'hits of users among 90 % forged tokens',
    `${((hits / 2_000) * 100).toFixed(1)} %`,
    'memory of 1,000 tokens, 1,000 users',
  )
}

function heap(): number {
  for (let run = 0; run < 3; run++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function print(what: string, value: string, note: string): void {
  console.log(`${what.padEnd(42)}${value.padStart(12)}   ${note}`)
}
