import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parseConfig } from '../devtools/local/config.js'
import { newLoadBalancerKey } from '../devtools/local/fronts/load-balancer.js'
import { type LocalCognito, startLocalCognito } from '../devtools/local/server.js'
import type { LocalConfig } from '../devtools/local/types.js'
import type { Loopback } from '../testing/loopback.js'
import {
  type Front,
  frontFlags,
  frontHelp,
  keyRoute,
  listening,
  portOf,
  readFronts,
  startFronts,
} from './fronts.js'
import { httpsFlags, httpsHelp, readHttps, trust } from './https.js'
import { type Io, usageError } from './io.js'
import { openness, reachFlags, reachHelp, readReach } from './reach.js'
import { openStateFile, unlessState } from './state-file.js'
import { triggerFlags, triggerHelp, withTriggers } from './triggers.js'
import { untilInterrupted } from './until-interrupted.js'

/** `cognito-guard dev`: runs a local Cognito until Ctrl-C, and what is to run in front of an app on this machine. */
export async function run(args: readonly string[], { stdout, stderr, env }: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...flags, ...reachFlags, ...httpsFlags, ...triggerFlags, ...frontFlags },
  })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  refuseProduction(env)
  const config = await withTriggers(await readConfig(values.config), values, values.config)
  const fronts = await readFronts(values)
  const { names = [], address } = readReach(values)
  const tls = await readHttps(values, names)
  const reach = { names, tls, ...(address !== undefined && { address }) }
  const key = newLoadBalancerKey()
  const warn = (problem: string) => stderr.write(`${problem}\n`)
  const port = portOf('--port', values.port)
  const state =
    values.state === undefined ? undefined : await openStateFile(values.state, config.userPoolId, warn)
  const running: Loopback[] = []
  try {
    const options = { reach, saved: state?.saved, changed: () => state?.changed() }
    const starting = startLocalCognito(config, port, keyRoute(key), options)
    const cognito = await listening('--port', port, starting).catch(unlessState(values.state, state?.saved))
    running.push(cognito)
    cognito.local.say = warn
    cognito.local.stateFile = values.state
    await state?.begin(cognito.local)
    const started: Front[] = []
    for await (const front of startFronts(fronts, cognito.local, key)) {
      running.push(front)
      started.push(front)
    }
    const notes = openness(reach) + (tls ? `\n${trust(values, tls)}` : '')
    if (values.json) {
      stderr.write(notes)
      stdout.write(`${JSON.stringify(summary(cognito, started))}\n`)
    } else stdout.write(banner(cognito, started, notes, state?.saved !== undefined))
    await untilInterrupted()
    return 0
  } finally {
    await Promise.all(running.map(server => server.close()))
    await state?.close()
  }
}

/** @throws UsageError in production: any client that reaches the server can sign in as any user */
export function refuseProduction(env: Io['env']): void {
  if (env.NODE_ENV === 'production')
    throw usageError('NODE_ENV is production, where everybody who reaches this could sign in as anybody')
}

async function readConfig(file: string | undefined): Promise<LocalConfig> {
  try {
    return parseConfig(file === undefined ? {} : JSON.parse(await readFile(file, 'utf8')), file ?? 'config')
  } catch (error) {
    throw usageError(`--config: ${(error as Error).message}`)
  }
}

const banner = (
  { url, local: { config, issuer, stateFile, users } }: LocalCognito,
  fronts: readonly Front[],
  notes: string,
  isRestored: boolean,
) => `
A local Cognito, for development only: whoever can reach it signs in as anybody.
${notes}
  page       ${url}
  signs as   ${issuer}
  endpoint   ${url}   (AWS SDK, Amplify, amazon-cognito-identity-js)
  discovery  ${url}/${config.userPoolId}/.well-known/openid-configuration
  key set    ${url}/${config.userPoolId}/.well-known/jwks.json
  clients    ${config.clients.map(({ clientId }) => clientId).join(', ')}
${isRestored ? '' : `  users      ${config.users.map(({ username, password }) => `${username} (${password})`).join(', ')}\n`}${
  stateFile === undefined
    ? ''
    : `  state      ${stateFile}   ${users.all().length} users, keys of ${stateFile}\n`
}${fronts.map(({ says }) => `  ${says}\n`).join('')}
Ctrl-C ends it.
`

/** What a program wants to know that starts it. */
const summary = ({ url, port, local: { config, issuer } }: LocalCognito, fronts: readonly Front[]) => ({
  url,
  port,
  pid: process.pid,
  issuer,
  userPoolId: config.userPoolId,
  clientIds: config.clients.map(({ clientId }) => clientId),
  identityPoolId: config.identityPool.identityPoolId,
  jwksUri: `${url}/${config.userPoolId}/.well-known/jwks.json`,
  ...Object.assign({}, ...fronts.map(({ about }) => about)),
})

const flags = {
  config: { type: 'string' },
  port: { type: 'string', default: '9400' },
  state: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const help = `Usage: cognito-guard dev [options]

Runs a Cognito for development on 127.0.0.1: user pool, sign-in page, identity pool. Its keys are made when it starts, unless --state has some.

  --config <file>   JSON: users, groups, clients, resourceServers, identityProviders, identityPool
  --port <port>     default 9400; 0 for any
  --state <file>    keep users, sessions, codes and keys there over a restart; it holds private keys and passwords
  --json            say where it runs as one line of JSON: url, port, IDs
${reachHelp}${httpsHelp}${triggerHelp}${frontHelp}`
