/**
 * Prints how many requests a second a server answers and what CPU time a request costs it: each framework bare, behind our guard (with cached tokens,
 * and with every token verified anew) and behind its usual alternatives. The servers are processes of their own and take turns, round by round.
 *
 * Arguments: --quick; names of frameworks, of all when there are none.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { adapters, type Setup } from './frameworks.js'
import { type Load, openLoad } from './load.js'
import { quantile } from './measure.js'
import { isQuick, machine, progress, record } from './report.js'
import { accessTokens } from './tokens.js'

interface Adapter {
  readonly name: string
  readonly load: Load
  readonly rates: number[]
  readonly cpus: number[]
  cpu(): Promise<number>
  end(): void
}

const asked = process.argv.slice(2).filter(arg => arg in adapters)
const rounds = isQuick ? 8 : 24
const count = isQuick ? 1_500 : 4_000
const connections = 32

const { jwks, tokens } = accessTokens(200)
const requests = tokens.map(token =>
  Buffer.concat([
    Buffer.from(
      'GET /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer ',
    ),
    token,
    Buffer.from('\r\n\r\n'),
  ]),
)
const keys = createServer((_request, response) => void response.end(JSON.stringify(jwks))).listen(
  0,
  '127.0.0.1',
)
await once(keys, 'listening')
const jwksUri = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks.json`

const { node, cpu } = machine()
console.log(
  `Node ${node}, ${cpu}; ${connections} connections, ${tokens.length} tokens, ${rounds} rounds in turn of ${count} requests.`,
)
console.log('Share: of what the bare framework answers in the same round. CPU: of the server, per request.')
for (const framework of asked.length > 0 ? asked : Object.keys(adapters)) await run(framework)
keys.close()

async function run(framework: string): Promise<void> {
  const lines = await Promise.all((adapters[framework] ?? []).map(kind => open(`${framework}: ${kind}`)))
  const onRound = progress(framework, rounds)
  for (let round = -2; round < rounds; round++) {
    for (const { load, rates, cpus, cpu } of lines) {
      const before = await cpu()
      const time = await load.send(count)
      if (round >= 0) rates.push((count / time) * 1_000)
      if (round >= 0) cpus.push(((await cpu()) - before) / count)
    }
    onRound(round)
  }
  for (const { load, end } of lines) {
    load.close()
    end()
  }
  const [bare] = lines
  const rows = lines.map(({ name, rates, cpus }) => {
    const shares = rates.map((rate, round) => rate / (bare?.rates[round] as number))
    return {
      name,
      perSecond: quantile(rates, 0.5),
      share: quantile(shares, 0.5),
      spread: [quantile(shares, 0.25), quantile(shares, 0.75)],
      cpu: quantile(cpus, 0.5),
    }
  })
  console.log(
    `\n${framework.padEnd(38)}${'requests/s'.padStart(11)}${'share'.padStart(8)}   ${'quartiles'.padEnd(14)}${'CPU µs'.padStart(8)}`,
  )
  for (const { name, perSecond, share, spread, cpu } of rows) {
    const quartiles = spread.map(value => value.toFixed(2)).join(' to ')
    console.log(
      `  ${name.slice(framework.length + 2).padEnd(36)}${perSecond.toFixed(0).padStart(11)}${share.toFixed(2).padStart(8)}   ${quartiles.padEnd(14)}${cpu.toFixed(1).padStart(8)}`,
    )
  }
  record(`adapter: ${framework}`, rows)
}

async function open(name: string): Promise<Adapter> {
  const child = fork(fileURLToPath(new URL('frameworks.js', import.meta.url)), ['--serve'], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const { port } = await reply<{ port: number }>(child, { name, jwks, jwksUri } satisfies Setup)
  return {
    name,
    load: await openLoad(port, requests, connections),
    rates: [],
    cpus: [],
    cpu: async () => (await reply<{ cpu: number }>(child, 'cpu')).cpu,
    end: () => child.kill(),
  }
}

async function reply<T>(child: ChildProcess, message: object | string): Promise<T> {
  const settled = new AbortController()
  const answer = Promise.race([
    once(child, 'message', settled),
    once(child, 'exit', settled).then(([code]) => {
      throw new Error(`a server ended with ${code}`)
    }),
  ])
  child.send(message)
  const [value] = (await answer) as [T]
  settled.abort()
  return value
}
