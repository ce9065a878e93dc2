// A process that is stopped while a key set is on its way to it, as Lambda stops a function between two invocations.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestIssuer } from 'cognito-guard/testing'
import t, { type Test } from 'tap'
import { type Behaviour, host, say } from './issuer-double.js'

const pool = createTestIssuer({ clock: Date })
const token = pool.accessToken({ expiresIn: 48 * 3_600 })
const keySet = say(JSON.stringify(pool.jwks()))
const gone: Behaviour = (_, request) => request.socket.destroy()
const silent: Behaviour = () => {}

/** For how long it is stopped, in seconds of its clock; the keys that it has; what the host does with the request meanwhile and afterwards; the answer. */
type Row = readonly [
  seconds: number,
  keys: 'none' | 'old',
  meanwhile: Meanwhile,
  afterwards: Behaviour,
  status: 200 | 503,
]
type Meanwhile = 'hangs up' | 'answers' | 'waits'

const names = new Map<Behaviour, string>([
  [keySet, 'serves keys'],
  [gone, 'hangs up'],
  [silent, 'is silent'],
])

const rows: readonly Row[] = [
  [0, 'none', 'hangs up', keySet, 200],
  [0, 'none', 'hangs up', gone, 503],
  [0, 'none', 'hangs up', silent, 503],
  [0, 'none', 'answers', gone, 200],
  [0, 'none', 'waits', silent, 503],
  [900, 'none', 'hangs up', keySet, 200],
  [900, 'none', 'hangs up', gone, 503],
  [900, 'none', 'hangs up', silent, 503],
  [900, 'none', 'answers', keySet, 200],
  [900, 'none', 'waits', keySet, 200],
  [900, 'none', 'waits', silent, 503],
  [0, 'old', 'hangs up', gone, 200],
  [900, 'old', 'hangs up', keySet, 200],
  [900, 'old', 'hangs up', gone, 200],
  [900, 'old', 'waits', silent, 200],
  [93_600, 'old', 'hangs up', keySet, 200],
  [93_600, 'old', 'hangs up', gone, 503],
  [93_600, 'old', 'waits', silent, 503],
]

for (const [index, [seconds, keys, meanwhile, afterwards, status]] of rows.entries()) {
  const name = `${seconds} s, keys: ${keys}, the host ${meanwhile}, then ${names.get(afterwards)}`
  t.test(name, { skip: process.platform !== 'linux' && 'looks into /proc' }, async t => {
    const api = await start(t)
    if (keys === 'old') {
      t.equal((await api.ask()).status, 200)
      api.pass(301)
    }
    const held: (() => void)[] = []
    const asked = once(api.keys, 'request')
    api.issuer.behave = (...request) => {
      held.push(() => keySet(...request))
    }
    const waiting = api.ask()
    await asked
    await api.stop()
    if (meanwhile === 'hangs up') for (const socket of api.issuer.sockets) socket.destroy()
    if (meanwhile === 'answers') for (const answer of held) answer()
    api.issuer.behave = afterwards
    api.pass(seconds)
    // one that came while it was stopped, or afterwards
    const early = index % 2 ? api.ask() : undefined
    api.continue()
    const next = await (early ?? api.ask())
    t.equal(next.status, status)
    for (const answer of [next, await waiting]) {
      t.ok(
        answer.status === 200 || (answer.status === 503 && Number(answer.retryAfter) > 0),
        `${answer.status}`,
      )
      t.ok(answer.took < 4_000, 'promptly')
    }
  })
}

/** An API in a process of its own, and the host of its keys. */
async function start(t: Test) {
  const keys = createServer()
  const issuer = await host(t, keySet, keys)
  const ahead = join(t.testdir({}), 'ahead')
  let seconds = 0
  writeFileSync(ahead, '0')
  const { userPoolId, clientId, insecureTestKeys } = pool.options
  const options = {
    userPoolId,
    clientId,
    insecureTestKeys,
    jwksUri: issuer.url,
    insecureLoopbackHttp: true,
    fetchTimeout: 0.5,
  }
  const child = fork(
    fileURLToPath(new URL('frozen-api.js', import.meta.url)),
    [JSON.stringify(options), ahead],
    {
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  )
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const [port] = await once(child, 'message')
  return {
    keys,
    issuer,
    /** The clock goes on, whether the process runs or not. */
    pass(more: number) {
      seconds += more
      writeFileSync(ahead, String(seconds * 1_000))
    },
    async stop() {
      child.kill('SIGSTOP')
      while (!/^State:\tT/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))) await sleep(1)
    },
    continue: () => child.kill('SIGCONT'),
    ask: () => answerOf(`http://127.0.0.1:${port}/`),
  }
}

const answerOf = (url: string) =>
  new Promise<{ status: number | undefined; retryAfter: string | undefined; took: number }>(
    (resolve, reject) => {
      const began = performance.now()
      const headers = { authorization: `Bearer ${token}` }
      get(url, { agent: false, headers, timeout: 10_000 }, response => {
        response.resume()
        const { statusCode: status, headers } = response
        resolve({ status, retryAfter: headers['retry-after'], took: performance.now() - began })
      })
        .on('timeout', () => reject(new Error('no answer')))
        .on('error', reject)
    },
  )
