/**
 * Prints how many checks a second the forward-auth service answers, and what a check adds to a request through nginx with the recipe:
 * without one, with one that another nginx answers at once (what any check costs), and with one that the service answers. They take
 * turns, round by round; a ratio is taken within a round. p99 is that of the quietest quarter of the rounds.
 *
 * Arguments: --quick.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nginxCommand, nginxSite, proxies, startListening } from '../test/adapters/forward-auth/proxies.js'
import { freePort, type WithEnd } from '../test/revocation/redis-server.js'
import { type Load, openLoad } from './load.js'
import { median, quantile } from './measure.js'
import { isQuick, machine, progress, record } from './report.js'
import { accessTokens, clientId, userPoolId } from './tokens.js'

interface Line {
  readonly name: string
  /** One connection. */
  readonly alone: Load
  readonly many: Load
  readonly p50: number[]
  readonly p99: number[]
  readonly rates: number[]
}

const rounds = isQuick ? 8 : 80
const count = 500
const connections = 32
/** One connection of the benchmark sends more than the default of 1,000. */
const unlimited = 'keepalive_requests 100000000;'

const version = proxies.find(({ name }) => name === 'nginx')?.version
if (version === undefined) {
  console.log('Not measured: nginx is not installed')
} else {
  const endings: (() => unknown)[] = []
  const run: WithEnd = { teardown: end => void endings.unshift(end) }
  try {
    await measure(run)
  } finally {
    for (const end of endings) await end()
  }
}

async function measure(run: WithEnd): Promise<void> {
  const { jwks, tokens } = accessTokens(200)
  const [guard, instant] = [await startGuard(run, jwks), await startInstant(run)]
  const requests = tokens.map(token => requestOf('/x', token))
  const checks = tokens.map(token =>
    requestOf(
      '/auth-request/app',
      token,
      'X-Original-Method: GET\r\nX-Original-URI: /x\r\nX-Original-Host: a\r\n',
    ),
  )
  const lines = [
    await open('nginx, no check', await startSite(run, { guard, app: instant }, withoutChecks), requests),
    await open('nginx, a check by nginx', await startSite(run, { guard: instant, app: instant }), requests),
    await open('nginx, a check by cognito-guard', await startSite(run, { guard, app: instant }), requests),
    await open('the service alone', guard, checks),
  ]
  const { node, cpu } = machine()
  console.log(
    `Node ${node}, nginx ${version}, ${cpu}; ${tokens.length} tokens, ${rounds} rounds in turn of ${count} requests.`,
  )
  const onRound = progress('forward-auth', rounds)
  for (let round = -2; round < rounds; round++) {
    for (const line of lines) {
      const times: number[] = []
      for (let sent = 0; sent < count; sent++) times.push(await line.alone.send(1))
      const time = await line.many.send(count)
      if (round < 0) continue
      line.p50.push(quantile(times, 0.5))
      line.p99.push(quantile(times, 0.99))
      line.rates.push((count / time) * 1_000)
    }
    onRound(round)
  }
  for (const { alone, many } of lines) for (const load of [alone, many]) load.close()
  report(lines)
}

function report(lines: readonly Line[]): void {
  const [bare] = lines as [Line, ...Line[]]
  const rows = lines.map(({ name, p50, p99, rates }) => ({
    name,
    p50: median(p50) * 1_000,
    addedP50: median(p50.map((time, round) => time - (bare.p50[round] as number))) * 1_000,
    p99: quietest(p99) * 1_000,
    addedP99: (quietest(p99) - quietest(bare.p99)) * 1_000,
    perSecond: median(rates),
    share: median(rates.map((rate, round) => rate / (bare.rates[round] as number))),
  }))
  console.log(
    `\n${'µs, one connection'.padEnd(34)}${['p50', 'added', 'p99', 'added', `a second, ${connections}`, 'share'].map(title => title.padStart(14)).join('')}`,
  )
  for (const { name, p50, addedP50, p99, addedP99, perSecond, share } of rows) {
    const figures = [p50, addedP50, p99, addedP99, perSecond].map(figure => figure.toFixed(0).padStart(14))
    console.log(`  ${name.padEnd(32)}${figures.join('')}${share.toFixed(2).padStart(14)}`)
  }
  record('forward-auth', rows)
}

/** The slowest requests of most rounds are those that waited for other processes of the machine. */
function quietest(times: readonly number[]): number {
  return quantile(times, 0.25)
}

async function open(name: string, port: number, requests: readonly Buffer[]): Promise<Line> {
  const alone = await openLoad(port, requests, 1)
  return { name, alone, many: await openLoad(port, requests, connections), p50: [], p99: [], rates: [] }
}

function requestOf(path: string, token: Buffer, more = ''): Buffer {
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}Authorization: Bearer `
  return Buffer.concat([Buffer.from(head), token, Buffer.from('\r\n\r\n')])
}

/** `cognito-guard serve`, as a process of its own. */
async function startGuard(run: WithEnd, jwks: object): Promise<number> {
  const port = await freePort()
  const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
  await startListening(run, port, directory => {
    const config = join(directory, 'guard.json')
    const users = { userPool: { userPoolId, clientId, jwks, offline: true } }
    writeFileSync(
      config,
      JSON.stringify({ listen: `127.0.0.1:${port}`, issuers: { users }, guards: { app: {} } }),
    )
    // its line a decision goes where reading it costs nothing here
    const command = [process.execPath, main, 'serve', '--config', config]
    return { file: 'sh', args: ['-c', 'exec "$0" "$@" >/dev/null', ...command] }
  })
  return port
}

/** An nginx that answers everything at once: the app, and a check that costs nothing. */
async function startInstant(run: WithEnd): Promise<number> {
  const port = await freePort()
  const site = `server { listen 127.0.0.1:${port}; ${unlimited}
    add_header X-Auth-Request-User 11111111-2222-3333-4444-555555555555; location / { return 200 "hello"; } }`
  await startListening(run, port, directory => nginxCommand(directory, site))
  return port
}

function withoutChecks(site: string): string {
  return site.replaceAll(/^ *auth_request \/.*\n/gm, '')
}

async function startSite(
  run: WithEnd,
  targets: { readonly guard: number; readonly app: number },
  edit = (site: string) => site,
): Promise<number> {
  const listen = await freePort()
  const site = edit(nginxSite({ ...targets, listen })).replace(/(?<=\n {4}listen .*;)/, unlimited)
  await startListening(run, listen, directory => nginxCommand(directory, site))
  return listen
}
