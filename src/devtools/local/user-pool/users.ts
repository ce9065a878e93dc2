// Over 150 lines: the model of a user, and the functions that share the maps of users and groups.
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { uuidOf } from '../../../testing/claims.js'
import type { Clock } from '../../../types.js'
import type {
  IdentityProvider,
  LocalConfig,
  LocalGroupConfig,
  LocalUserConfig,
  MfaFactor,
  ProviderUser,
} from '../types.js'

/** A user of the pool as it is now. Plain data: `--state` keeps it as JSON. */
export interface LocalUser {
  readonly username: string
  readonly sub: string
  /** None for a federated user, and for one without a password. */
  password?: string | undefined
  /** When an administrator set the password, which is good for some days. In seconds since the epoch; default: when the user was made. */
  passwordSetAt?: number | undefined
  status: UserStatus
  enabled: boolean
  /** Seconds since the epoch. */
  readonly createdAt: number
  modifiedAt: number
  attributes: Record<string, string>
  /** Addresses that wait for their code, where the pool keeps the old ones until then. */
  pending?: Partial<Record<'email' | 'phone_number', string>>
  groups: readonly string[]
  readonly scopes: readonly string[]
  readonly claims?: LocalUserConfig['claims']
  /** The codes that were sent to the user and are not used yet, by what they are for. */
  readonly codes: Partial<Record<CodePurpose, SentCode>>
  /** The second factors that the user has set up. */
  mfa?: UserMfa
  passkeys?: Passkey[]
  /** The provider of a federated user, and those that are linked, as the claim has them: strings only. */
  identities?: readonly Readonly<Record<string, string | null>>[] | undefined
}

/** Second factors of a user. */
export interface UserMfa {
  enabled: readonly MfaFactor[]
  preferred?: MfaFactor | undefined
  /** Of the authenticator app, in base32. */
  secret?: string | undefined
  /** The name of the app. */
  device?: string | undefined
  /** The step of the last code of the app: each code is good once. */
  step?: number
  /** The secret of an app that has shown no right code yet. */
  pending?: string | undefined
}

/** A passkey of a user. */
export interface Passkey {
  readonly id: string
  /** The public key, as a JWK. */
  readonly key: Readonly<Record<string, string>>
  readonly name: string
  readonly attachment?: string | undefined
  readonly transports: readonly string[]
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** The signature counter (Web Authentication Level 3, section 6.1.1). */
  counter: number
}

/** `UserStatusType`. */
export type UserStatus =
  | 'CONFIRMED'
  | 'UNCONFIRMED'
  | 'FORCE_CHANGE_PASSWORD'
  | 'RESET_REQUIRED'
  | 'EXTERNAL_PROVIDER'

/** What a code is for: confirming a new user, a new password, an address, or a sign-in; `invitation` is a temporary password. */
export type CodePurpose = 'signUp' | 'forgotPassword' | 'email' | 'phone_number' | 'signIn' | 'invitation'

export interface SentCode {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly until: number
  /** How often a wrong one was given. */
  failures?: number
}

/** A group as it is now. */
export interface LocalGroup extends LocalGroupConfig {
  /** Seconds since the epoch. */
  readonly createdAt: number
  readonly modifiedAt: number
}

/** What a new user is made from. */
export interface NewUser {
  /** In a pool with `usernameAttributes`, an address: the username is a UUID then. */
  readonly username: string
  readonly password?: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly status: UserStatus
}

/** The users and groups of the pool. */
export interface Users {
  readonly all: () => LocalUser[]
  /** By username, `sub`, or an attribute that the pool takes in its place. */
  readonly find: (name: string) => LocalUser | undefined
  /** Adds a user. Does not replace one: returns `undefined` when the name is taken. */
  readonly add: (user: NewUser) => LocalUser | undefined
  readonly remove: (user: LocalUser) => void
  /** The federated user of a provider's user, created at the first sign-in; the attributes are those of this sign-in. */
  readonly federate: (provider: IdentityProvider, user: ProviderUser) => LocalUser
  /** The user of a provider's user: their own, or the one that they are linked to. */
  readonly ofProvider: (providerName: string, userId: string) => LocalUser | undefined
  /** Sends a user a code, which replaces the last one for the same purpose; returns it. */
  readonly sendCode: (user: LocalUser, purpose: CodePurpose) => string
  /** Says that something of a user was changed now. */
  readonly touch: (user: LocalUser) => void
  /** The groups that there are, with those that Cognito makes for providers, by name. */
  readonly groups: Map<string, LocalGroup>
  /** All of it as JSON. */
  readonly saved: () => SavedUsers
}

/** {@link Users} as JSON. */
export interface SavedUsers {
  readonly users: readonly LocalUser[]
  readonly groups: readonly LocalGroup[]
  /** The `sub` of those who were deleted. */
  readonly gone: readonly string[]
  /** What the configuration said of users and groups. What it says anew, it says again: the rest is as it was left. */
  readonly seeds: readonly string[]
}

/** The users of a configuration, and those who come later. With saved ones, the configuration adds what it says now and did not say then. */
export function createUsers(config: LocalConfig, clock: Clock, saved?: SavedUsers): Users {
  // Over 40 lines: its functions share the map of users.
  const users = new Map<string, LocalUser>()
  const gone = new Set<string>(saved?.gone)
  const seeds = new Set(saved?.seeds)
  const now = () => Math.floor(clock.now() / 1000)
  const fold = (name: string) => (config.caseSensitive ? name : name.toLowerCase())
  const subOf = (name: string) => {
    const sub = uuidOf(`${config.userPoolId} ${name}`)
    // somebody who comes again is somebody else
    return gone.has(sub) ? randomUUID() : sub
  }
  const put = (user: LocalUser) => {
    users.set(user.username, user)
    return user
  }
  const newUser = (
    given: NewUser &
      Partial<Pick<LocalUser, 'sub' | 'groups' | 'scopes' | 'claims' | 'identities' | 'enabled'>>,
  ): LocalUser => {
    const { sub = subOf(fold(given.username)) } = given
    return {
      groups: [],
      scopes: [],
      enabled: true,
      codes: {},
      createdAt: now(),
      modifiedAt: now(),
      ...given,
      sub,
      username: config.usernameAttributes.length > 0 && !given.identities ? sub : given.username,
      attributes: { ...addressOf(config, given.username), ...given.attributes },
    }
  }
  const find = (name: string) =>
    users.get(name) ??
    [...users.values()].find(
      user => fold(user.username) === fold(name) || user.sub === name || isAlias(config, fold, user, name),
    )
  const ofProvider = (providerName: string, userId: string) =>
    [...users.values()].find(({ identities = [] }) =>
      identities.some(one => one.providerName === providerName && one.userId === userId),
    )

  for (const user of saved?.users ?? []) put(user)
  for (const entry of config.users) {
    if (seeds.has(seedOf(entry))) continue
    const { attributes, status = 'CONFIRMED', ...user } = entry
    const known = [...users.values()].find(({ username }) => fold(username) === fold(user.username))
    if (known) users.delete(known.username)
    put(
      newUser({
        ...(known && { sub: known.sub }),
        ...user,
        status,
        attributes: {
          email: user.username.includes('@') ? user.username : `${user.username}@example.com`,
          email_verified: 'true',
          ...attributes,
        },
      }),
    )
  }
  const configured: readonly LocalGroupConfig[] = [
    ...config.groups,
    ...config.identityProviders.map(provider => ({
      name: providerGroup(config, provider),
      description: `Autogenerated group for users who sign in using ${provider.name}`,
    })),
  ]
  const groups = new Map(saved?.groups.map(group => [group.name, group]))
  for (const group of configured)
    if (!seeds.has(seedOf(group))) groups.set(group.name, { ...group, createdAt: now(), modifiedAt: now() })
  return {
    all: () => [...users.values()],
    find,
    add: given => (find(given.username) ? undefined : put(newUser(given))),
    remove(user) {
      users.delete(user.username)
      gone.add(user.sub)
    },
    federate(provider, { userId, attributes = {} }) {
      const known = ofProvider(provider.name, userId)
      if (known) {
        Object.assign(known.attributes, attributes)
        return known
      }
      return put(
        newUser({
          username: `${provider.name}_${userId}`,
          status: 'EXTERNAL_PROVIDER',
          attributes: { email_verified: 'false', ...attributes },
          groups: [providerGroup(config, provider)],
          identities: [identityOf(provider, userId, clock, true)],
        }),
      )
    },
    ofProvider,
    sendCode(user, purpose) {
      const value = String(randomInt(1_000_000)).padStart(6, '0')
      user.codes[purpose] = { value, until: clock.now() + codeLifetimes[purpose] }
      return value
    },
    touch(user) {
      user.modifiedAt = now()
    },
    groups,
    saved: () => ({
      users: [...users.values()],
      groups: [...groups.values()],
      gone: [...gone],
      seeds: [...config.users, ...configured].map(seedOf),
    }),
  }
}

/** An entry of the configuration, without what it says: passwords need not be in a file twice. */
const seedOf = (entry: LocalUserConfig | LocalGroupConfig) =>
  createHash('sha256').update(JSON.stringify(entry)).digest('base64url')
/** A provider's user, as the claim `identities` has it. */
export const identityOf = (
  {
    name,
    type,
    issuer = null,
  }: Pick<IdentityProvider, 'name' | 'type'> & { readonly issuer?: string | null },
  userId: string,
  clock: Clock,
  isPrimary: boolean,
) => ({
  userId,
  providerName: name,
  providerType: type,
  issuer,
  primary: String(isPrimary),
  dateCreated: String(clock.now()),
})

/** The claims of the ID token that decide a user's role (Role-based access control, Amazon Cognito Developer Guide). */
export function rolesOf(known: Users['groups'], { groups }: LocalUser) {
  const own = [...known.values()].filter(({ name, role }) => role && groups.includes(name))
  const least = Math.min(...own.map(precedence))
  const best = new Set(own.filter(group => precedence(group) === least).map(({ role }) => role))
  return {
    'cognito:roles': own.length > 0 ? [...new Set(own.map(({ role }) => role))] : undefined,
    'cognito:preferred_role': best.size === 1 ? [...best][0] : undefined,
  }
}

const precedence = ({ precedence = Number.MAX_SAFE_INTEGER }: { readonly precedence?: number }) => precedence

/** An alias counts once it is verified; what stands for the username counts at once. */
function isAlias(
  { usernameAttributes, aliasAttributes }: LocalConfig,
  fold: (name: string) => string,
  { attributes, status }: LocalUser,
  name: string,
): boolean {
  const has = (attribute: string) =>
    attributes[attribute] !== undefined && fold(attributes[attribute]) === fold(name)
  if (status === 'EXTERNAL_PROVIDER') return false
  return usernameAttributes.length > 0
    ? usernameAttributes.some(has)
    : aliasAttributes.some(
        alias => has(alias) && (alias === 'preferred_username' || attributes[`${alias}_verified`] === 'true'),
      )
}

/** The address that is given as a username, where the pool takes one. */
export function addressOf({ usernameAttributes }: LocalConfig, name: string): Record<string, string> {
  const attribute = name.includes('@') ? 'email' : /^\+\d+$/.test(name) ? 'phone_number' : undefined
  return attribute && usernameAttributes.includes(attribute) ? { [attribute]: name } : {}
}

/** Cognito makes a group for each provider (Adding groups to a user pool, Amazon Cognito Developer Guide). */
const providerGroup = ({ userPoolId }: LocalConfig, { name }: IdentityProvider) => `${userPoolId}_${name}`

/** Milliseconds (Quotas in Amazon Cognito, validity of codes, Amazon Cognito Developer Guide). */
const codeLifetimes: Readonly<Record<CodePurpose, number>> = {
  signUp: 86_400_000,
  forgotPassword: 3_600_000,
  email: 86_400_000,
  phone_number: 86_400_000,
  // as long as the longest session of a challenge
  signIn: 900_000,
  invitation: 86_400_000,
}
