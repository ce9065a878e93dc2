/**
 * The memory of a process that gets nothing but new tokens: 100,000 valid ones a minute, no two alike, through a full cache, so that each
 * evicts another. Another process signs them, on its thread pool and ahead of time; they are read as a server reads them, except that all
 * share one buffer, so that reading adds no growth.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createVerifier, userPool } from 'cognito-guard'
import { heap } from './heap.js'
import { accessTokens, clientId, type TokenSet, userPoolId } from './tokens.js'

const perMinute = 100_000
const newLine = 10
const batch = 50

/** The figures of the process. */
export interface Steady {
  /** MB of the resident set: the mean of each interval. */
  readonly intervals: readonly number[]
  /** MB of the resident set a minute, by least squares over every sample. */
  readonly slope: number
  /** MB in use on the heap, before and after. */
  readonly heap: readonly [before: number, after: number]
  readonly tokens: number
  readonly seconds: number
}

if (process.send && process.argv[2] === '--sign') await sign()

/** Resolves to the figures for so many tokens, after `warmUp` at full speed; reports each interval as it ends. */
export async function steady(
  options: { tokens: number; warmUp: number; interval: number },
  onInterval: (seconds: number, megabytes: number) => void,
): Promise<Steady> {
  const signer = fork(fileURLToPath(import.meta.url), ['--sign'])
  const [{ port, jwks }] = (await once(signer, 'message')) as [{ port: number; jwks: TokenSet['jwks'] }]
  const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId, jwks, offline: true })] })
  const chunks = read(port)
  const verifyAll: VerifyAll = texts => Promise.all(texts.map(text => verifier.verify(text)))
  const before = await warmUp(chunks, verifyAll, options.warmUp)
  const samples: Sample[] = []
  const intervals: number[] = []
  const began = performance.now()
  let sent = 0
  while (sent < options.tokens) {
    const texts = await chunks.next()
    await verifyAll(texts)
    sent += texts.length
    await sleep(Math.max(0, began + (sent / perMinute) * 60_000 - performance.now()))
    const at = (performance.now() - began) / 1_000
    samples.push({ at, rss: process.memoryUsage.rss() / 1e6 })
    const from = intervals.length * options.interval
    if (at >= from + options.interval) {
      intervals.push(mean(samples.filter(sample => sample.at >= from).map(({ rss }) => rss)))
      onInterval(at, intervals.at(-1) as number)
    }
  }
  const seconds = (performance.now() - began) / 1_000
  chunks.close()
  signer.kill()
  return { intervals, slope: slope(samples) * 60, heap: [before, heap() / 1e6], tokens: sent, seconds }
}

type VerifyAll = (texts: readonly string[]) => Promise<unknown>

interface Chunks {
  next(): Promise<string[]>
  close(): void
}

/** The memory of a process at a time. */
export interface Sample {
  /** Seconds. */
  readonly at: number
  /** MB. */
  readonly rss: number
}

/** Fills the cache, and goes on until the process has stopped growing; resolves to the MB in use on the heap in between. */
async function warmUp(chunks: Chunks, verifyAll: VerifyAll, tokens: number): Promise<number> {
  const known: Buffer[] = []
  while (known.length < 12_000) {
    const texts = await chunks.next()
    await verifyAll(texts)
    known.push(...texts.map(text => Buffer.from(text)))
  }
  const before = heap() / 1e6
  // More tokens than the cache holds, in turn: always new to it. V8 lets the heap of a busy process grow for a while, until it knows what is worth
  // collecting; as fast as can be, that takes seconds.
  for (let sent = 0; sent < tokens; sent += batch) {
    const texts = Array.from({ length: batch }, (_, index) => known[(sent + index) % known.length] as Buffer)
    await verifyAll(texts.map(text => text.toString('latin1')))
  }
  return before
}

/** Reads tokens, one a line, and pauses until the next call. */
function read(port: number): Chunks {
  let rest = ''
  let arrived: ((texts: string[]) => void) | undefined
  const callback = (length: number, bytes: Uint8Array) => {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    const texts: string[] = []
    let from = 0
    for (let end = chunk.indexOf(newLine); end >= 0; end = chunk.indexOf(newLine, from)) {
      texts.push(rest + chunk.toString('latin1', from, end))
      rest = ''
      from = end + 1
    }
    rest += chunk.toString('latin1', from)
    arrived?.(texts)
    return false
  }
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(64 << 10), callback } })
  return {
    next: () =>
      new Promise<string[]>(resolve => {
        arrived = resolve
        socket.resume()
      }),
    close: () => socket.destroy(),
  }
}

/** The other process: writes tokens for as long as they are taken. */
async function sign(): Promise<void> {
  const { jwks, next } = accessTokens(0)
  const server = createServer(async socket => {
    socket.on('error', () => process.exit())
    for (;;) {
      const tokens = await Promise.all(Array.from({ length: 2 * batch }, next))
      if (!socket.write(`${tokens.join('\n')}\n`)) await once(socket, 'drain')
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.({ port: (server.address() as AddressInfo).port, jwks })
  process.on('disconnect', () => process.exit())
}

/** MB a second, by least squares. */
export function slope(samples: readonly Sample[]): number {
  const [x, y] = [mean(samples.map(({ at }) => at)), mean(samples.map(({ rss }) => rss))]
  const both = mean(samples.map(({ at, rss }) => (at - x) * (rss - y)))
  return both / mean(samples.map(({ at }) => (at - x) ** 2))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
