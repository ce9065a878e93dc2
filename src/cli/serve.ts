import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { AuthError } from '../index.js'
import { type Io, usageError } from './io.js'
import { parseFile, type ServeFile } from './serve/file.js'
import { address, fileSchema } from './serve/file-shape.js'
import { buildFrom } from './serve/guards.js'
import { type Log, logTo } from './serve/log.js'
import { metricsOf, type StartMetrics } from './serve/metrics.js'
import { type Follow, followerOf } from './serve/revocations.js'
import { serveOn } from './serve/server.js'
import type { Report } from './serve/shapes.js'
import { untilInterrupted } from './until-interrupted.js'

/** `cognito-guard serve`: answers proxies that ask before they pass a request on, as a file says. */
export async function run(args: readonly string[], { stdout, stderr, env }: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: flags })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  if (values.schema) {
    stdout.write(`${JSON.stringify(fileSchema, null, 2)}\n`)
    return 0
  }
  if (values.config === undefined) throw usageError('--config is missing')
  const from = resolve(values.config)
  const text = await readFile(from, 'utf8').catch(() => {
    throw usageError('--config: the file cannot be read')
  })
  const mistakes: string[] = []
  const report: Report = (place, problem) => mistakes.push(`${values.config}: ${place}: ${problem}\n`)
  const file = parseFile(text, report)
  const bases = [from, import.meta.url]
  const follow = file?.revocations && followerOf(file.revocations, { env, bases }, report)
  const measure = file?.metrics && metricsOf(file.metrics, bases, report)
  if (file) buildFrom(file, { from }, report)
  const listen = values.listen ?? file?.listen ?? '127.0.0.1:4180'
  if (!address.test(listen)) throw usageError('--listen must be host:port or unix:path')
  if (!file || mistakes.length > 0) {
    stderr.write(mistakes.join(''))
    return values.check ? 1 : 2
  }
  if (values.check) {
    stdout.write(`${values.config}: nothing is wrong with it\n`)
    return 0
  }
  await serve({ file, from, listen, follow, measure, report }, logTo(stdout))
  return 0
}

/** A file without mistakes, and what goes with it. */
interface Prepared {
  readonly file: ServeFile
  readonly from: string
  readonly listen: string
  readonly follow: Follow | undefined
  readonly measure: StartMetrics | undefined
  readonly report: Report
}

async function serve({ file, from, listen, follow, measure, report }: Prepared, log: Log): Promise<void> {
  const whenStale = Object.values(file.revocations ?? {})[0]?.whenStale
  const list = follow?.(seldom(() => log.say('revocations_failed')))
  const { auth, verifiers } = buildFrom(
    file,
    {
      from,
      ...(list && {
        revocations: list,
        isReady: () => whenStale === 'accept' || list.health().state === 'current',
      }),
      onKeys: (issuer, event) => log.say('keys', { ...event, issuer }),
      onAnswer: log.decision,
      onWarning: message => log.say('warning', { message }),
    },
    report,
  ) as NonNullable<ReturnType<typeof buildFrom>>
  const ended = new AbortController()
  try {
    const metrics = await measure?.(verifiers)
    const server = await serveOn(listen, Number.parseInt(file.socketMode ?? '660', 8), auth.handler)
    log.say('listening', {
      address: server.address,
      guards: Object.keys(file.guards),
      ...(metrics && { metrics: metrics.address }),
    })
    void sayReady(auth.ready, log, ended.signal)
    await untilInterrupted()
    log.say('stopping')
    await Promise.all([server.stop(), metrics?.stop()])
    log.say('stopped')
  } finally {
    ended.abort()
    for (const verifier of verifiers) verifier.close()
    list?.close()
    log.flush()
  }
}

/** At most once in ten seconds: clients of stores try again many times a second. */
function seldom(call: () => void): () => void {
  let next = 0
  return () => {
    const now = performance.now()
    if (now < next) return
    next = now + 10_000
    call()
  }
}

/** Loads keys and revocations before the first check, and goes on trying. */
async function sayReady(ready: () => Promise<void>, log: Log, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    try {
      await ready()
      return log.say('ready')
    } catch (error) {
      log.say('not_ready', { code: (error as AuthError).code })
    }
    await pause(5_000, undefined, { signal: ended }).catch(() => {})
  }
}

const flags = {
  config: { type: 'string' },
  check: { type: 'boolean' },
  listen: { type: 'string' },
  schema: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const help = `Usage: cognito-guard serve --config <file> [options]

Answers proxies (nginx, Caddy, Traefik, HAProxy, Envoy) that ask before they pass a request on, for backends in any language.

  --config <file>       JSON: issuers, guards, and more; see --schema
  --check               only says what is wrong with the file; exits with 0 when nothing is, else with 1
  --listen <address>    host:port or unix:path; wins over the file; default 127.0.0.1:4180
  --schema              prints the JSON schema of the file
`
