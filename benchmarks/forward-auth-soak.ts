/**
 * The memory of `cognito-guard serve` at full load, for ten minutes (`--quick`: one): cached and new tokens, bad ones and none, in every dialect, while keys
 * rotate and the issuer is out of reach for a third of the time. The service is a process of its own; this one loads it, and is the issuer.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestIssuer, serveTestIssuer } from 'cognito-guard/testing'
import { main } from '../src/cli/main.js'
import { heap } from './heap.js'
import { isQuick } from './report.js'
import { type Sample, slope } from './steady.js'

const checks = [
  ['/auth-request', 'X-Original-Method: GET\r\nX-Original-URI: /orders?x=1\r\n'],
  ['/forward-auth/admin', 'X-Forwarded-Method: POST\r\nX-Forwarded-Uri: /admin\r\n'],
  ['/haproxy/open', ''],
  ['/ext-authz/default/orders/1', ''],
  ['/auth-request/nobody', ''],
] as const

if (process.send && process.argv[2] === '--serve') await serve(process.argv[3] as string)
else await soak(isQuick ? 60 : 600)

async function soak(seconds: number): Promise<void> {
  // Over 40 lines: the service, its load and its issuer share one clock.
  const issuer = createTestIssuer({ clock: Date })
  const { options, close } = await serveTestIssuer(issuer)
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const file = join(folder, 'guard.json')
  const userPool = { ...options, refreshAfter: 2, maxAge: 3600, fetchTimeout: 1 }
  const guards = { default: {}, admin: { policy: { inGroup: 'admin' } }, open: { allowAnonymous: true } }
  writeFileSync(
    file,
    JSON.stringify({ issuers: { users: { userPool } }, guards, assertion: { issuer: 'soak' } }),
  )
  const service = fork(fileURLToPath(import.meta.url), ['--serve', file, ...(isQuick ? ['--quick'] : [])])
  const port = await new Promise<number>(resolve =>
    service.on('message', ({ port }: { port?: number }) => port && resolve(port)),
  )
  const samples: Measured[] = []
  const began = performance.now()
  const at = () => (performance.now() - began) / 1_000
  service.on('message', ({ rss, used }: { rss?: number; used?: number }) => {
    if (rss === undefined || used === undefined) return
    samples.push({ at: at(), rss: rss / 1e6, used: used / 1e6 })
    const line = samples.at(-1) as Measured
    console.log(
      `${line.at.toFixed(0).padStart(5)} s   rss ${line.rss.toFixed(1).padStart(6)} MB   heap ${line.used.toFixed(1).padStart(6)} MB   ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}`,
    )
  })

  const statuses = new Map<number, number>()
  let tokens = Array.from({ length: 500 }, () => issuer.accessToken())
  let isOver = false
  const connections = Array.from({ length: 32 }, async (_, first) => {
    const ask = await client(port)
    for (let next = first; !isOver; next += 7) {
      const status = await ask(requestOf(next, tokens))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  for (let turn = 0; at() < seconds; turn++) {
    await sleep(Math.min(2_000, Math.max(0, seconds - at()) * 1_000))
    if (turn % 3 === 0) issuer.rotateKeys({ keepOld: turn % 2 === 0 })
    if (turn % 3 === 1) issuer.takeDown()
    else issuer.bringUp()
    tokens = [...tokens.slice(40), ...Array.from({ length: 40 }, () => issuer.accessToken())]
  }
  isOver = true
  await Promise.all(connections)
  service.kill('SIGTERM')
  const [code] = (await once(service, 'exit')) as [number | null]
  await close()
  rmSync(folder, { recursive: true })
  const made = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  const late = samples.filter(sample => sample.at > seconds / 2)
  console.log(
    `\n${made} checks, ${(made / seconds).toFixed(0)} a second; it ended with ${code}\nin the second half, a minute: rss ${(slope(late) * 60).toFixed(2)} MB, heap ${(slope(late.map(({ at, used }) => ({ at, rss: used }))) * 60).toFixed(2)} MB`,
  )
}

interface Measured extends Sample {
  /** MB in use on the heap, after garbage collection. */
  readonly used: number
}

/** The service, with its log counted and dropped. */
async function serve(file: string): Promise<void> {
  const stdout = {
    write(text: string) {
      const port = /"event":"listening","address":".*:(\d+)"/.exec(text)?.[1]
      if (port) process.send?.({ port: Number(port) })
    },
  }
  const timer = setInterval(
    () => process.send?.({ used: heap(1), rss: process.memoryUsage.rss() }),
    isQuick ? 3_000 : 10_000,
  )
  process.exitCode = await main(['serve', '--config', file, '--listen', '127.0.0.1:0'], {
    stdin: process.stdin,
    stdout,
    stderr: process.stderr,
    env: {},
  })
  clearInterval(timer)
  process.disconnect?.()
}

function requestOf(index: number, tokens: readonly string[]): string {
  const [path, headers] = checks[index % checks.length] as (typeof checks)[number]
  const token = tokens[index % tokens.length] as string
  const authorization =
    index % 13 === 0 ? '' : `Authorization: Bearer ${index % 11 === 0 ? `${token}x` : token}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: guard\r\n${headers}${authorization}\r\n`
}

/** Resolves to what sends a request on a connection that stays open, and resolves to the status of its answer. */
async function client(port: number): Promise<(request: string) => Promise<number>> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1')
  await once(socket, 'connect')
  let text = ''
  let answered: (status: number) => void = () => {}
  socket.on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
    if (end < 0 || text.length < end + 4 + length) return
    const status = Number(text.slice(9, 12))
    text = ''
    answered(status)
  })
  return request =>
    new Promise(resolve => {
      answered = resolve
      socket.write(request)
    })
}
