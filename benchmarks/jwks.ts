/**
 * Prints what happens to an API when the host of its keys misbehaves, with us and with others, each in a process of its own and with
 * its own defaults. One table: requests that reached the host, users' requests that succeeded or failed.
 *
 * The host is real: https on loopback, with a certificate that the process trusts. Time is not: `Date` and `performance` of the whole
 * process are moved, for all libraries alike; timers run in real time.
 *
 * `node dist/benchmarks/jwks.js [--json]`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { certificate } from '../test/jwks/certificate.js'
import { type Behaviour, rsaSigner, say, setOf, status, token } from '../test/jwks/issuer-double.js'
import { peer } from './peers.js'

type Verify = (token: string) => Promise<unknown>
type Make = (url: string) => Promise<Verify>

const [, , only] = process.argv
const userPoolId = 'eu-west-1_AbCdEf123'
const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`
const clientId = 'client'

/** With the defaults of each. */
const peers: Readonly<Record<string, Make>> = {
  async 'cognito-guard'(url) {
    const { createVerifier, userPool } = await import('cognito-guard')
    const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId, jwksUri: url })] })
    return token => verifier.verify(token)
  },
  async jose(url) {
    const { createRemoteJWKSet, jwtVerify } = await import('jose')
    const keys = createRemoteJWKSet(new URL(url))
    return token => jwtVerify(token, keys, { issuer, algorithms: ['RS256'] })
  },
  async 'aws-jwt-verify'(url) {
    const { JwtRsaVerifier } = await import('aws-jwt-verify')
    const verifier = JwtRsaVerifier.create({ issuer, audience: null, jwksUri: url })
    return token => verifier.verify(token)
  },
  async 'jwks-rsa'(url) {
    const { verify } = peer<JsonWebToken>('jsonwebtoken')
    const { JwksClient } = peer<JwksRsa>('jwks-rsa')
    const client = new JwksClient({ jwksUri: url })
    const keyOf: KeyOf = ({ kid }, done) =>
      client.getSigningKey(kid).then(
        key => done(null, key.getPublicKey()),
        error => done(error),
      )
    return text =>
      new Promise((resolve, reject) => {
        const done = (error: unknown, claims: unknown) => (error ? reject(error) : resolve(claims))
        verify(text, keyOf, { algorithms: ['RS256'], issuer }, done)
      })
  },
}

type KeyOf = (header: { kid: string }, done: (error: unknown, key?: string) => void) => void
interface JsonWebToken {
  verify(token: string, keyOf: KeyOf, options: object, done: (error: unknown, claims: unknown) => void): void
}
interface JwksRsa {
  JwksClient: new (options: object) => { getSigningKey(kid: string): Promise<{ getPublicKey(): string }> }
}

/** The parent: one process for each. */
function printAll(): void {
  const folder = mkdtempSync(join(tmpdir(), 'jwks-'))
  const pair = certificate({ ip: '127.0.0.1', from: new Date('2001-01-01'), to: new Date('2120-01-01') })
  const trusted = join(folder, 'trusted.pem')
  writeFileSync(trusted, pair.cert)
  writeFileSync(join(folder, 'pair.json'), JSON.stringify(pair))
  const results = new Map<string, Record<string, string>>()
  for (const name of Object.keys(peers)) {
    if (name === 'jwks-rsa' && !installPeers()) {
      console.error('jwks-rsa is absent: it could not be installed in benchmarks/peers')
      continue
    }
    console.error(`measuring ${name} ...`)
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted, PAIR: join(folder, 'pair.json') }
    const args = ['--expose-gc', fileURLToPath(import.meta.url), name]
    const child = spawnSync(process.execPath, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.status !== 0) throw new Error(`${name} ended with ${child.status ?? child.signal}`)
    results.set(name, JSON.parse(child.stdout))
  }
  rmSync(folder, { recursive: true })
  printTable(results)
}

function installPeers(): boolean {
  try {
    return Boolean(peer('jwks-rsa'))
  } catch {
    return false
  }
}

function printTable(results: ReadonlyMap<string, Record<string, string>>): void {
  if (process.argv.includes('--json'))
    return console.log(JSON.stringify(Object.fromEntries(results), null, 2))
  const names = [...results.keys()]
  console.log(`| what happens | ${names.join(' | ')} |`)
  console.log(`|${' --- |'.repeat(names.length + 1)}`)
  for (const scenario of Object.keys(scenarios)) {
    console.log(`| ${scenario} | ${names.map(name => results.get(name)?.[scenario]).join(' | ')} |`)
  }
}

/** Moves the clocks of the process, from now on. */
const time = { passed: 0 }
function moveClocks(): void {
  const RealDate = Date
  const now = Date.now.bind(Date)
  const uptime = performance.now.bind(performance)
  performance.now = () => uptime() + time.passed
  globalThis.Date = new Proxy(RealDate, {
    get: (target, name) => (name === 'now' ? () => now() + time.passed : Reflect.get(target, name)),
    construct: (target, args) =>
      args.length > 0 ? Reflect.construct(target, args) : new target(now() + time.passed),
  })
}

/** One scenario for one verifier: its host, its time and its tokens. */
interface Stage {
  readonly verify: Verify
  readonly host: { behave: Behaviour; requests: number }
  /** Advances the time, in seconds, and waits for background work. */
  pass(seconds: number): Promise<void>
  /** How many of these tokens are verified; the rest fail, or have no answer after 40 s. */
  count(tokens: readonly string[]): Promise<{ ok: number; failed: number; ms: number }>
}

/** A child: all scenarios with one peer. */
async function runAll(name: string): Promise<Record<string, string>> {
  moveClocks()
  process.on('unhandledRejection', () => {})
  const pair = createRequire(import.meta.url)(process.env.PAIR as string)
  const results: Record<string, string> = {}
  for (const [scenario, run] of Object.entries(scenarios)) {
    const host = { behave: say(good), requests: 0 }
    const server = createServer(pair, (request, response) => {
      host.requests++
      host.behave(response, request)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const verify = await (peers[name] as Make)(
      `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    )
    results[scenario] = await run(stage(verify, host))
    server.closeAllConnections()
    server.close()
  }
  setTimeout(() => process.exit(), 50)
  return results
}

function stage(verify: Verify, host: Stage['host']): Stage {
  return {
    verify,
    host,
    async pass(seconds) {
      time.passed += seconds * 1_000
      await sleep(15)
    },
    async count(tokens) {
      const began = process.hrtime.bigint()
      let ok = 0
      const late = sleep(40_000, undefined, { ref: false })
      const answers = tokens.map(token =>
        verify(token)
          .then(() => ok++)
          .catch(() => {}),
      )
      await Promise.race([Promise.all(answers), late])
      return { ok, failed: tokens.length - ok, ms: Number(process.hrtime.bigint() - began) / 1e6 }
    },
  }
}

const [red, green] = [rsaSigner('red'), rsaSigner('green')]
const rekeyed = { ...green, kid: 'red', jwk: { ...green.jwk, kid: 'red' } }
const good = setOf(red)
const claims = {
  iss: issuer,
  sub: 'user',
  token_use: 'access',
  client_id: clientId,
  iat: Math.floor(Date.now() / 1_000),
  exp: Math.floor(Date.now() / 1_000) + 60 * 86_400,
}
const users = token(red, claims)
const fetches = (n: number) => `${n.toLocaleString('en')} fetch${n === 1 ? '' : 'es'}`
const plain = (n: number) => n.toLocaleString('en')

const scenarios: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  async '10,000 first requests at once, host takes 100 ms'({ host, count }) {
    host.behave = say(good, { after: 100 })
    const { failed, ms } = await count(Array.from({ length: 10_000 }, () => users))
    return `${fetches(host.requests)}, ${plain(failed)} failed, ${(ms / 1_000).toFixed(1)} s`
  },
  async 'host down from the start: 200 requests in a row'({ host, count }) {
    host.behave = status(503)
    for (let i = 0; i < 200; i++) await count([users])
    return fetches(host.requests)
  },
  async '50,000 made-up key IDs'({ host, count }) {
    await count([users])
    host.requests = 0
    const { privateKey } = red
    const junk = Array.from({ length: 500 }, (_, i) => token({ ...red, privateKey, kid: `junk${i}` }, claims))
    let ms = 0
    // Distinct key IDs without 50,000 signatures: none is ever checked.
    for (let round = 0; round < 100; round++) {
      const tokens = junk.map((text, i) => {
        const [, ...rest] = text.split('.')
        const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: `junk${round}-${i}` })).toString(
          'base64url',
        )
        return [header, ...rest].join('.')
      })
      ms += (await count(tokens)).ms
      if (ms > 60_000)
        return `no answer to ${plain((99 - round) * 500)} within a minute, ${fetches(host.requests)}`
    }
    return `${fetches(host.requests)}, ${((ms * 1_000) / 50_000).toFixed(0)} µs each`
  },
  'host down for 12 minutes, a request every 10 s': stage => outage(stage, 720, 10),
  'host down for 24 h, a request every minute': stage => outage(stage, 86_340, 60),
  async 'key removed: its tokens are refused after'(stage) {
    stage.host.behave = say(setOf(red, green))
    await stage.count([users])
    stage.host.behave = say(setOf(green))
    return until(stage, users, 0)
  },
  async 'other key under the same ID: its tokens are accepted after'(stage) {
    await stage.count([users])
    stage.host.behave = say(setOf(rekeyed))
    return until(stage, token(rekeyed, claims), 1)
  },
  'new key a second after a fetch: 3 requests': stage => rotation(stage, []),
  'the same, a made-up key ID just before': stage =>
    rotation(stage, [token({ ...red, kid: 'junk' }, claims)]),
  async 'one bad entry among good ones'({ host, count }) {
    const bad = [
      { kty: 'XYZ', kid: 'bad' },
      { kid: 'bad', kty: 'RSA', n: 'AQAB', e: 'AQAB', alg: 'RS256', use: 'sig' },
      null,
    ]
    host.behave = say(JSON.stringify({ keys: [...bad, red.jwk] }))
    return (await count([users])).ok ? 'works' : 'every request fails'
  },
  async 'body of 100 MB'({ host, count }) {
    host.behave = endless
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }, 2)
    const { ok, ms } = await count([users])
    clearInterval(watch)
    return `${ok ? 'accepted' : 'refused'} after ${plain(Math.round(ms))} ms, +${Math.round((peak - before) / 1e6)} MB`
  },
  async 'host never answers'({ host, count }) {
    host.behave = () => {}
    const { ms } = await count([users])
    return ms > 39_000 ? 'no answer in 40 s' : `refused after ${(ms / 1_000).toFixed(1)} s`
  },
  async 'body of a byte every 100 ms'({ host, count }) {
    host.behave = response => {
      const timer = setInterval(() => response.write(' '), 100)
      response.on('close', () => clearInterval(timer))
    }
    const { ms } = await count([users])
    return ms > 39_000 ? 'no answer in 40 s' : `refused after ${(ms / 1_000).toFixed(1)} s`
  },
}

async function outage({ host, pass, count }: Stage, seconds: number, step: number): Promise<string> {
  await count([users])
  host.behave = status(503)
  host.requests = 0
  let failed = 0
  let requests = 0
  let isNoticed = false
  for (let at = 0; at < seconds; at += step) {
    await pass(step)
    failed += (await count([users])).failed
    requests++
    await pass(0)
    // Waits for a hedged request, which a timer delays, before time goes on.
    if (host.requests > 0 && !isNoticed) await sleep(2_000)
    isNoticed = host.requests > 0
  }
  return `${plain(failed)} of ${plain(requests)} failed, ${fetches(host.requests)}`
}

async function until({ pass, count }: Stage, text: string, wanted: number): Promise<string> {
  for (let at = 0; at <= 26 * 3_600; ) {
    if ((await count([text])).ok === wanted) return at ? `${plain(at)} s` : 'at once'
    const step = at < 1_200 ? 10 : 600
    await pass(step)
    at += step
  }
  return 'never (26 h)'
}

async function rotation({ host, pass, count }: Stage, before: readonly string[]): Promise<string> {
  await count([users])
  host.requests = 0
  await pass(1)
  await count(before)
  host.behave = say(setOf(red, green))
  let ok = 0
  for (let i = 0; i < 3; i++) {
    ok += (await count([token(green, claims)])).ok
    await pass(1)
  }
  return `${ok} of 3 verified`
}

const endless: Behaviour = response => {
  const chunk = Buffer.alloc(65_536, ' ')
  const body = Buffer.from(good)
  let left = 100e6
  const more = () => {
    while (left > 0) {
      left -= chunk.length
      if (!response.write(chunk)) return response.once('drain', more)
    }
    return response.end(body)
  }
  more()
}

if (only && !only.startsWith('--')) process.stdout.write(JSON.stringify(await runAll(only)))
else printAll()
