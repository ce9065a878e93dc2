// Over 150 lines: a third of it is the table of the settings.
import { readFile } from 'node:fs/promises'
import type { ParseArgsConfig } from 'node:util'
import type { UserPoolOptions } from '../issuers/user-pool.js'
import type { TokenUse } from '../issuers/user-pool-claims.js'
import { type Io, usageError } from './io.js'

/** The settings of a command. */
export interface Configuration {
  /** Options of `userPool`, not checked yet. */
  readonly pool: UserPoolOptions<TokenUse>
  /** An option of `createVerifier`. */
  readonly clockTolerance?: number
  /** For tokens of an identity pool. */
  readonly identityPoolId?: string
  /** For tokens of load balancers. */
  readonly loadBalancerArn?: string | readonly string[]
}

/** The flag of each setting, to merge into the options of a command. */
export function configurationFlags(): NonNullable<ParseArgsConfig['options']> {
  const flags = settings.map(({ flag, type, isList }) => [
    flag,
    { type: type === 'boolean' ? 'boolean' : 'string', multiple: isList === true },
  ])
  return { ...Object.fromEntries(flags), config: { type: 'string' } } as NonNullable<
    ParseArgsConfig['options']
  >
}

/** Returns how to set what a factory's TypeError names, in its own words. */
export function settingFix(message: string): string {
  const [, name, problem] = /^\w+: (\w+) (.*)$/s.exec(message) ?? []
  const own = settings.find(each => each.name === name)
  if (!own) return 'Correct it in the environment, in the file of --config, or in the arguments.'
  const what = problem === 'is undefined' ? `set ${own.help}` : `${own.name} ${problem}`
  return `In --${own.flag}, ${own.env.join(' or ')}, or ${own.name} in the file of --config: ${what}.`
}

/**
 * Resolves to the settings of a command: an argument wins over the environment, which wins over the file of `--config`.
 * Does not check their values: the factories that take them do.
 *
 * @throws UsageError for a file that cannot be read, or an unknown setting in it
 */
export async function readConfiguration(
  values: Readonly<Record<string, unknown>>,
  env: Io['env'],
): Promise<Configuration> {
  const configuration: Record<string, unknown> = await fromFile(values.config as string | undefined)
  for (const { name, flag, env: names, type, isList } of settings) {
    const given = values[flag] ?? names.map(variable => env[variable]).find(value => value)
    if (given === undefined) continue
    const list = (typeof given === 'string' && isList ? given.split(',') : [given]).flat()
    const parsed = await Promise.all(list.map(text => parse(type, flag, text)))
    configuration[name] = parsed.length === 1 ? parsed[0] : parsed
  }
  const { clockTolerance, identityPoolId, loadBalancerArn, ...pool } =
    configuration as unknown as Configuration & Configuration['pool']
  return {
    pool,
    ...(clockTolerance !== undefined && { clockTolerance }),
    ...(identityPoolId !== undefined && { identityPoolId }),
    ...(loadBalancerArn !== undefined && { loadBalancerArn }),
  }
}

/**
 * Returns the result of a factory for a configuration.
 *
 * @throws UsageError in place of the factory's TypeError
 */
export function usable<T>(factory: () => T): T {
  try {
    return factory()
  } catch (error) {
    throw usageError((error as TypeError).message)
  }
}

async function fromFile(path: string | undefined): Promise<Record<string, unknown>> {
  if (path === undefined) return {}
  const file = await readJson(path, '--config')
  const unknown = Object.keys(file).find(name => !settings.some(setting => setting.name === name))
  if (unknown !== undefined)
    throw usageError(
      `--config has a setting that there is not; known are ${settings.map(each => each.name).join(', ')}`,
    )
  return file
}

async function readJson(path: string, flag: string): Promise<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    throw usageError(`${flag}: the file cannot be read, or is not JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`${flag}: the file holds no JSON object`)
  return value as Record<string, unknown>
}

function parse(type: Setting['type'], flag: string, value: unknown): unknown {
  if (type === 'boolean') return value === true || value === 'true'
  if (type === 'number') return Number(value)
  return type === 'file' ? readJson(String(value), `--${flag}`) : value
}

interface Setting {
  readonly name: string
  readonly flag: string
  readonly env: readonly string[]
  readonly type: 'string' | 'number' | 'boolean' | 'file'
  readonly isList?: true
  readonly help: string
}

const setting = (
  name: string,
  type: Setting['type'],
  help: string,
  rest: { readonly isList?: true; readonly env?: string } = {},
): Setting => {
  const words = name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const variable = `COGNITO_${words.replaceAll('-', '_').toUpperCase()}`
  return { name, flag: words, type, help, ...rest, env: rest.env ? [variable, rest.env] : [variable] }
}

const isList = true

const settings: readonly Setting[] = [
  setting('userPoolId', 'string', 'the user pool, such as eu-west-1_AbCdEf123', { env: 'USER_POOL_ID' }),
  setting('clientId', 'string', 'an app client whose tokens are accepted', { isList, env: 'CLIENT_ID' }),
  setting('tokenUse', 'string', 'access (default) or id', { isList }),
  setting('resource', 'string', 'what this API is called as a resource (RFC 8707)', { isList }),
  setting('requireResource', 'boolean', 'refuse access tokens that are bound to no resource'),
  setting('anyClient', 'boolean', 'accept access tokens of any app client that are bound to the resource'),
  setting('machineScope', 'string', 'a scope that lets an unbound token of a machine in', { isList }),
  setting('additionalRegions', 'string', 'Regions of replicas', { isList }),
  setting('issuer', 'string', 'the exact iss, where it does not follow from the pool ID'),
  setting('jwksUri', 'string', 'where the key set is, if not at the issuer'),
  setting('jwks', 'file', 'a file with the key set, as "cognito-guard keys pull" writes it'),
  setting('identityPoolId', 'string', 'the identity pool whose OpenID tokens are accepted'),
  setting('loadBalancerArn', 'string', 'the load balancer that signs users of this pool in', { isList }),
  setting('clockTolerance', 'number', 'seconds by which clocks may differ; default 5'),
  setting('insecureSkipClientCheck', 'boolean', 'accept tokens of any app client'),
  setting('insecureLoopbackHttp', 'boolean', 'allow http: for a key set on this machine'),
  setting('insecureHttpHosts', 'string', 'allow http: for a key set at this private host; for development', {
    isList,
  }),
  setting('insecureTestKeys', 'boolean', 'accept the keys of cognito-guard/testing'),
]

/** The settings' part of a command's help. */
export const configurationHelp = `Configuration (an argument wins over the environment, that over --config):
${settings.map(({ flag, type, isList, help }) => `  ${`--${flag}${type === 'boolean' ? '' : ' <…>'}`.padEnd(32)} ${help}${isList ? '; may be repeated' : ''}`).join('\n')}
  ${'--config <file>'.padEnd(32)} a JSON object of these settings, as the library names them: { "userPoolId": … }

In the environment: COGNITO_USER_POOL_ID (or USER_POOL_ID), COGNITO_CLIENT_ID (or CLIENT_ID), COGNITO_TOKEN_USE, and so on.
`
