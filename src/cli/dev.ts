import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { parseConfig } from '../local/config.js'
import { type LocalCognito, startLocalCognito } from '../local/server.js'

/** What a command talks to. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a local Cognito until Ctrl-C. Resolves to the exit code: 1 when it cannot start.
 */
export async function run(args: readonly string[], { stdout, stderr, env }: Io): Promise<number> {
  let started: LocalCognito
  try {
    started = await start(args, env)
  } catch (error) {
    stderr.write(`cognito-guard dev: ${(error as Error).message}\n\n${usage}`)
    return 1
  }
  stdout.write(banner(started))
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
  })
  await started.close()
  return 0
}

async function start(args: readonly string[], env: Io['env']): Promise<LocalCognito> {
  if (env.NODE_ENV === 'production')
    throw new Error('NODE_ENV is production: whoever can reach this signs in as anybody')
  const { values } = parseArgs({ args: [...args], options })
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error('--port must be from 0 to 65535')
  const document: unknown = values.config === undefined ? {} : await readJson(values.config)
  return startLocalCognito(parseConfig(document, values.config ?? 'config'), port)
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

const banner = ({ url, local: { config, issuer } }: LocalCognito) => `
A local Cognito, for development only: whoever can reach it signs in as anybody.

  page       ${url}
  signs as   ${issuer}
  endpoint   ${url}   (AWS SDK, Amplify, amazon-cognito-identity-js)
  discovery  ${url}/${config.userPoolId}/.well-known/openid-configuration
  key set    ${url}/${config.userPoolId}/.well-known/jwks.json
  pool       ${config.userPoolId}   clients ${config.clients.map(({ clientId }) => clientId).join(', ')}
  users      ${config.users.map(({ username, password }) => `${username} (${password})`).join(', ')}

Ctrl-C ends it.
`

const options = {
  config: { type: 'string' },
  port: { type: 'string', default: '9400' },
} as const

const usage = `usage: cognito-guard dev [--config file.json] [--port 9400]
`
