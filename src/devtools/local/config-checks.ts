// Over 150 lines: the tables of what a configuration may hold.
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
import { tokenEventVersions, triggerNames } from './types.js'
import { isAttribute } from './user-pool/attributes.js'
import { isOpenClaim } from './user-pool/token-overrides.js'

const anAttribute: OptionCheck = value =>
  typeof value === 'string' && isAttribute(value)
    ? undefined
    : 'must be a standard attribute or a custom: one'

/** A list of some of these. */
export const someOf =
  (...allowed: readonly string[]): OptionCheck =>
  value =>
    strings(value) ?? (value as readonly string[]).map(oneOf(...allowed)).find(problem => problem)

const membersOf =
  (checks: OptionChecks): OptionCheck =>
  value => {
    try {
      checkOptions('member', value, checks)
      return undefined
    } catch (error) {
      return (error as Error).message.replace('member: ', 'has a wrong member: ')
    }
  }

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

const aTrigger: OptionCheck = value =>
  typeof value === 'function' || (typeof value === 'string' && value !== '')
    ? undefined
    : 'must be a file, with # and the name of a function in it'

const fourNames: OptionCheck = value =>
  strings(value) ?? (new Set(value as string[]).size === 4 ? undefined : 'must be four different names')
const anOrigin: OptionCheck = value =>
  URL.canParse(String(value)) && /^https?:/.test(String(value)) && new URL(String(value)).origin === value
    ? undefined
    : 'must be a scheme, a name and a port, such as http://localhost:9400'

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

export const configChecks: OptionChecks = {
  'userPoolId?': matching(
    /^[a-z]+(-[a-z]+)+-\d_[0-9A-Za-z]{1,45}$/,
    'a region, "_" and letters or digits, such as us-east-1_LOCALDEV0',
  ),
  'issuer?': oneOf('original', 'updated', 'local'),
  'url?': anOrigin,
  'lifetimes?': anObject,
  'groups?': aList,
  'usernameAttributes?': someOf('email', 'phone_number'),
  'aliasAttributes?': someOf('email', 'phone_number', 'preferred_username'),
  'verifiedBeforeUpdate?': someOf('email', 'phone_number'),
  'caseSensitive?': aBoolean,
  'passwordPolicy?': anObject,
  'attributes?': aList,
  'users?': aList,
  'clients?': aList,
  'resourceServers?': aList,
  'identityProviders?': aList,
  'identityPool?': anObject,
  'registration?': anObject,
  'mfa?': anObject,
  'allowedFirstAuthFactors?': someOf('PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'),
  'passkeys?': anObject,
  'acr?': anObject,
  'userSessionTracking?': aBoolean,
  'triggers?': membersOf({
    ...Object.fromEntries(triggerNames.map(name => [`${name}?`, aTrigger])),
    'preTokenGenerationVersion?': oneOf(...tokenEventVersions),
  }),
  'advertisesPkce?': aBoolean,
}

/** Objects in the file, of which each member has a default. */
export const memberChecks = {
  lifetimes: {
    access: aCount(1, 86_400),
    id: aCount(1, 86_400),
    refresh: aCount(1, 315_360_000),
  },
  passwordPolicy: {
    minimumLength: aCount(6, 99),
    requireLowercase: aBoolean,
    requireUppercase: aBoolean,
    requireNumbers: aBoolean,
    requireSymbols: aBoolean,
    temporaryPasswordValidityDays: aCount(0, 365),
  },
  mfa: {
    mode: oneOf('OFF', 'OPTIONAL', 'ON'),
    factors: someOf('SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'),
  },
  passkeys: { relyingPartyId: aString, userVerification: oneOf('preferred', 'required') },
  acr: { enabled: aBoolean, levels: fourNames },
  registration: { mode: oneOf('off', 'authenticated', 'open'), allowedScopes: strings },
  identityPool: {
    identityPoolId: matching(/^[\w-]+:[0-9a-f-]+$/, 'a region, ":" and a UUID'),
    accountId: matching(/^\d{12}$/, 'twelve digits'),
    allowGuests: aBoolean,
    roles: anObject,
    roleMappings: anObject,
  },
} as const satisfies Record<string, OptionChecks>

export const providerUserChecks: OptionChecks = { userId: aString, 'attributes?': attributes }

const claimsOf =
  (kind: 'access' | 'id'): OptionCheck =>
  value => {
    const fixed = Object.keys(Object(value) as object).find(name => !isOpenClaim(kind, name))
    return anObject(value) ?? (fixed && `has ${fixed}, which Cognito lets no trigger set`)
  }

/** Of a user, and of a token that is made for a script. */
export const userClaims: OptionCheck = membersOf({ 'access?': claimsOf('access'), 'id?': claimsOf('id') })

/** Those of the pool, all optional. */
const lifetimes = membersOf(
  Object.fromEntries(Object.entries(memberChecks.lifetimes).map(([name, check]) => [`${name}?`, check])),
)

/** `ExplicitAuthFlows` of CreateUserPoolClient. */
export const authFlows = [
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_CLIENT_TOKEN_AUTH',
]

/** Lists of objects in the file. */
export const entryChecks = {
  groups: {
    name: aString,
    'description?': aString,
    'precedence?': aCount(0, 2 ** 31 - 1),
    'role?': aString,
  },
  attributes: {
    name: anAttribute,
    'required?': aBoolean,
    'mutable?': aBoolean,
    'type?': oneOf('String', 'Number', 'Boolean', 'DateTime'),
  },
  users: {
    username: aString,
    'sub?': aString,
    password: aString,
    'status?': oneOf('CONFIRMED', 'UNCONFIRMED', 'FORCE_CHANGE_PASSWORD', 'RESET_REQUIRED'),
    'enabled?': aBoolean,
    'groups?': strings,
    'scopes?': strings,
    'claims?': userClaims,
    'attributes?': attributes,
  },
  clients: {
    clientId: matching(/^[\w+]{1,128}$/, 'letters, digits, "_" and "+"'),
    'name?': aString,
    'secret?': aString,
    'callbackUrls?': callbacks,
    'logoutUrls?': callbacks,
    'explicitAuthFlows?': someOf(...authFlows),
    'authSessionValidity?': aCount(180, 900),
    'lifetimes?': lifetimes,
    'scopes?': strings,
    'refreshTokenRotation?': aBoolean,
    'refreshTokenGracePeriod?': aCount(0, 60),
    'preventUserExistenceErrors?': aBoolean,
  },
  resourceServers: { identifier: aString, 'name?': aString, scopes: strings },
  identityProviders: {
    name: matching(/^[^_\s][^_]{0,31}$/, 'at most 32 characters without "_"'),
    type: oneOf(...providerTypes),
    'issuer?': aUrl,
    'clientId?': aString,
    'clientSecret?': aString,
    'users?': aList,
  },
} as const satisfies Record<string, OptionChecks>
