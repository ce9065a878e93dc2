import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parseConfig } from '../devtools/local/config.js'
import { newLoadBalancerKey } from '../devtools/local/fronts/load-balancer.js'
import { type LocalCognito, startLocalCognito } from '../devtools/local/server.js'
import type { LocalConfig } from '../devtools/local/types.js'
import type { Loopback } from '../testing/loopback.js'
import { frontFlags, frontHelp, keyRoute, listening, portOf, readFronts, startFronts } from './fronts.js'
import { type Io, usageError } from './io.js'
import { triggerFlags, triggerHelp, withTriggers } from './triggers.js'
import { untilInterrupted } from './until-interrupted.js'

/** `cognito-guard dev`: runs a local Cognito until Ctrl-C, and what is to run in front of an app on this machine. */
export async function run(args: readonly string[], { stdout, stderr, env }: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...flags, ...triggerFlags, ...frontFlags } })
  if (values.help) {
    stdout.write(help)
    return 0
  }
  refuseProduction(env)
  const config = await withTriggers(await readConfig(values.config), values, values.config)
  const fronts = await readFronts(values)
  const key = newLoadBalancerKey()
  const running: Loopback[] = []
  try {
    const port = portOf('--port', values.port)
    const cognito = await listening('--port', port, startLocalCognito(config, port, keyRoute(key)))
    running.push(cognito)
    cognito.local.say = sentence => void stderr.write(`${sentence}\n`)
    const lines: string[] = []
    for await (const front of startFronts(fronts, cognito.local, key)) {
      running.push(front)
      lines.push(`  ${front.says}\n`)
    }
    stdout.write(banner(cognito, lines))
    await untilInterrupted()
    return 0
  } finally {
    await Promise.all(running.map(server => server.close()))
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

const banner = ({ url, local: { config, issuer } }: LocalCognito, lines: readonly string[]) => `
A local Cognito, for development only: whoever can reach it signs in as anybody.

  page       ${url}
  signs as   ${issuer}
  endpoint   ${url}   (AWS SDK, Amplify, amazon-cognito-identity-js)
  discovery  ${url}/${config.userPoolId}/.well-known/openid-configuration
  key set    ${url}/${config.userPoolId}/.well-known/jwks.json
  clients    ${config.clients.map(({ clientId }) => clientId).join(', ')}
  users      ${config.users.map(({ username, password }) => `${username} (${password})`).join(', ')}
${lines.join('')}
Ctrl-C ends it.
`

const flags = {
  config: { type: 'string' },
  port: { type: 'string', default: '9400' },
  help: { type: 'boolean', short: 'h' },
} as const

const help = `Usage: cognito-guard dev [options]

Runs a Cognito for development on 127.0.0.1: user pool, sign-in page, identity pool. Its keys are made when it starts.

  --config <file>   JSON: users, groups, clients, resourceServers, identityProviders, identityPool
  --port <port>     default 9400; 0 for any
${triggerHelp}${frontHelp}`
