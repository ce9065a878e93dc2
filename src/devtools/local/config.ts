import { checkOptions } from '../../options.js'
import { configChecks, entryChecks, memberChecks, providerUserChecks } from './config-checks.js'
import { defaultConfig } from './default-config.js'
import type { LocalConfig } from './types.js'

/**
 * The configuration of a file's JSON, with the defaults for what it leaves out.
 *
 * @param source the name of the file, for error messages
 * @throws TypeError naming the file and the place in it
 */
export function parseConfig(document: unknown, source: string): LocalConfig {
  checkOptions(source, document, configChecks)
  const given = document as Partial<LocalConfig>
  const config = {
    ...defaultConfig,
    ...given,
    lifetimes: { ...defaultConfig.lifetimes, ...given.lifetimes },
    passwordPolicy: { ...defaultConfig.passwordPolicy, ...given.passwordPolicy },
    identityPool: { ...defaultConfig.identityPool, ...given.identityPool },
    registration: { ...defaultConfig.registration, ...given.registration },
    mfa: { ...defaultConfig.mfa, ...given.mfa },
    passkeys: { ...defaultConfig.passkeys, ...given.passkeys },
    acr: { ...defaultConfig.acr, ...given.acr },
  }
  for (const [name, checks] of Object.entries(memberChecks))
    checkOptions(`${source}: ${name}`, config[name as keyof typeof memberChecks], checks)
  for (const [list, checks] of Object.entries(entryChecks)) {
    for (const [index, entry] of (config[list as keyof typeof entryChecks] as readonly object[]).entries())
      checkOptions(`${source}: ${list}[${index}]`, entry, checks)
  }
  for (const [index, { users = [] }] of config.identityProviders.entries())
    for (const [at, user] of users.entries())
      checkOptions(`${source}: identityProviders[${index}]: users[${at}]`, user, providerUserChecks)
  checkReferences(config, source)
  return config
}

/** Names that refer to something else in the file must exist, and nothing may stand there twice. */
function checkReferences(config: LocalConfig, source: string): void {
  const fold = (name: string) => (config.caseSensitive ? name : name.toLowerCase())
  checkUnique(`${source}: clients`, config.clients, ({ clientId }) => clientId)
  checkUnique(`${source}: groups`, config.groups, ({ name }) => name)
  checkUnique(`${source}: users`, config.users, ({ username }) => fold(username))
  if (config.usernameAttributes.length > 0 && config.aliasAttributes !== defaultConfig.aliasAttributes)
    throw new TypeError(`${source}: usernameAttributes and aliasAttributes exclude each other`)
  const groups = config.groups.map(({ name }) => name)
  for (const [index, user] of config.users.entries()) {
    const unknown = user.groups?.find(group => !groups.includes(group))
    if (unknown) throw new TypeError(`${source}: users[${index}]: groups names ${unknown}, which is no group`)
  }
  const scopes = allScopes(config)
  const foreign = config.registration.allowedScopes.find(scope => !scopes.includes(scope))
  if (foreign)
    throw new TypeError(`${source}: registration: allowedScopes names ${foreign}, which is no scope`)
  for (const [index, client] of config.clients.entries()) {
    const unknown = client.scopes?.find(scope => !scopes.includes(scope))
    if (unknown)
      throw new TypeError(`${source}: clients[${index}]: scopes names ${unknown}, which is no scope`)
  }
}

function checkUnique<T>(place: string, entries: readonly T[], nameOf: (entry: T) => string): void {
  const names = entries.map(nameOf)
  const twice = names.findIndex((name, index) => names.indexOf(name) < index)
  if (twice >= 0) throw new TypeError(`${place}[${twice}]: ${names[twice]} stands there already`)
}

/** Every scope that a client may be given. */
export const allScopes = ({ resourceServers, registration }: LocalConfig): string[] => [
  ...userScopes,
  ...(registration.mode === 'off' ? [] : [registrationScope]),
  ...resourceServers.flatMap(({ identifier, scopes }) => scopes.map(scope => `${identifier}/${scope}`)),
]

/** The scopes of Cognito itself. */
export const userScopes = ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'] as const

/** The scope that lets its holder register clients. */
export const registrationScope = 'aws.cognito/dcr/register'
