// Over 150 lines: most of it is the tables of what a configuration may hold.
import {
  aBoolean,
  aCount,
  anObject,
  aString,
  checkOptions,
  type OptionCheck,
  type OptionChecks,
  oneOf,
} from '../../options.js'
import { strings } from '../../testing/token-options.js'
import { defaultConfig } from './default-config.js'
import type { LocalConfig } from './types.js'
import { isAttribute } from './user-pool/attributes.js'

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
    identityPool: { ...defaultConfig.identityPool, ...given.identityPool },
    registration: { ...defaultConfig.registration, ...given.registration },
  }
  checkOptions(`${source}: lifetimes`, config.lifetimes, lifetimeChecks)
  checkOptions(`${source}: registration`, config.registration, registrationChecks)
  checkOptions(`${source}: identityPool`, config.identityPool, identityPoolChecks)
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

/** Names that refer to something else in the file must exist. */
function checkReferences(config: LocalConfig, source: string): void {
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

const providerTypes = ['SAML', 'OIDC', 'Google', 'Facebook', 'LoginWithAmazon', 'SignInWithApple']

const aList: OptionCheck = value => (Array.isArray(value) ? undefined : 'must be a list')

const attributes: OptionCheck = value => {
  if (anObject(value)) return anObject(value)
  for (const [name, each] of Object.entries(value as object)) {
    if (!isAttribute(name)) return `has ${name}, which is neither a standard attribute nor a custom: one`
    if (typeof each !== 'string') return 'must hold strings only: so do the attributes of Cognito'
  }
  return undefined
}

const matching =
  (pattern: RegExp, description: string): OptionCheck =>
  value =>
    typeof value === 'string' && pattern.test(value) ? undefined : `must be ${description}`

const aUrl: OptionCheck = value => (URL.canParse(String(value)) ? undefined : 'must be a URL')

/** A page of http(s), or a custom scheme of an app on a device; none that a browser runs or reads by itself. Its host ends up in a header. */
export const callbacks: OptionCheck = value => {
  const problem = strings(value)
  if (problem) return problem
  return (value as readonly string[]).every(isCallbackUrl)
    ? undefined
    : 'must hold URLs of http, https or an app’s own scheme'
}

function isCallbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return /^https?:$/.test(protocol)
    ? /^[\w.-]+$|^\[[\da-f:.]+\]$/.test(hostname)
    : !browserSchemes.has(protocol)
}

const browserSchemes = new Set(
  'about: blob: chrome: data: file: filesystem: ftp: javascript: mailto: vbscript: view-source: ws: wss:'.split(
    ' ',
  ),
)

const configChecks: OptionChecks = {
  'userPoolId?': matching(
    /^[a-z]+(-[a-z]+)+-\d_[0-9A-Za-z]{1,45}$/,
    'a region, "_" and letters or digits, such as us-east-1_LOCALDEV0',
  ),
  'issuer?': oneOf('original', 'updated', 'local'),
  'lifetimes?': anObject,
  'groups?': aList,
  'users?': aList,
  'clients?': aList,
  'resourceServers?': aList,
  'identityProviders?': aList,
  'identityPool?': anObject,
  'registration?': anObject,
  'advertisesPkce?': aBoolean,
}

const registrationChecks: OptionChecks = {
  mode: oneOf('off', 'authenticated', 'open'),
  allowedScopes: strings,
}

const lifetimeChecks: OptionChecks = {
  access: aCount(1, 86_400),
  id: aCount(1, 86_400),
  refresh: aCount(1, 315_360_000),
}

const identityPoolChecks: OptionChecks = {
  identityPoolId: matching(/^[\w-]+:[0-9a-f-]+$/, 'a region, ":" and a UUID'),
  accountId: matching(/^\d{12}$/, 'twelve digits'),
  allowGuests: aBoolean,
  roles: anObject,
  roleMappings: anObject,
}

const providerUserChecks: OptionChecks = { userId: aString, 'attributes?': attributes }

const entryChecks = {
  groups: { name: aString, 'precedence?': aCount(0, 2 ** 31), 'role?': aString },
  users: {
    username: aString,
    password: aString,
    'groups?': strings,
    'scopes?': strings,
    'attributes?': attributes,
  },
  clients: {
    clientId: matching(/^[\w+]{1,128}$/, 'letters, digits, "_" and "+"'),
    'secret?': aString,
    'callbackUrls?': callbacks,
    'scopes?': strings,
    'refreshTokenRotation?': aBoolean,
  },
  resourceServers: { identifier: aString, scopes: strings },
  identityProviders: {
    name: matching(/^[^_\s][^_]{0,31}$/, 'at most 32 characters without "_"'),
    type: oneOf(...providerTypes),
    'issuer?': aUrl,
    'clientId?': aString,
    'clientSecret?': aString,
    'users?': aList,
  },
} as const satisfies Record<string, OptionChecks>
