import { randomInt, randomUUID } from 'node:crypto'
import type { Clock } from '../../../types.js'
import type { IdentityProvider, LocalConfig, LocalUserConfig, ProviderUser } from '../types.js'

/** A user of the pool as it is now. */
export interface LocalUser {
  readonly username: string
  readonly sub: string
  /** None for a federated user. */
  readonly password?: string
  readonly attributes: Record<string, string>
  groups: readonly string[]
  readonly scopes: readonly string[]
  /** The code that confirms a new user, who cannot sign in before; removed once it is used. */
  confirmationCode?: string | undefined
  /** The provider of a federated user, as the claim has it: strings only. */
  readonly identities?: readonly Readonly<Record<string, string | null>>[]
}

/** The users of the pool. */
export interface Users {
  readonly all: () => LocalUser[]
  /** By username, `sub` or email address, as Cognito takes them. */
  readonly find: (name: string) => LocalUser | undefined
  /** Adds an unconfirmed user. Does not replace one: returns `undefined` when the name is taken. */
  readonly signUp: (
    username: string,
    password: string,
    attributes: Record<string, string>,
  ) => LocalUser | undefined
  /** The federated user of a provider's user, created at the first sign-in; the attributes are those of this sign-in. */
  readonly federate: (provider: IdentityProvider, user: ProviderUser) => LocalUser
  /** The groups that there are, with those that Cognito makes for providers. */
  readonly groups: () => string[]
}

/** The users of a configuration, and those who sign up later. */
export function createUsers(config: LocalConfig, clock: Clock): Users {
  // Over 40 lines: its functions share the map of users.
  const users = new Map<string, LocalUser>()
  const add = (user: LocalUser) => {
    users.set(user.username, user)
    return user
  }
  for (const user of config.users) add(userOf(user))
  return {
    all: () => [...users.values()],
    find: name =>
      users.get(name) ??
      [...users.values()].find(({ sub, attributes }) => sub === name || attributes.email === name),
    signUp(username, password, attributes) {
      if (users.has(username)) return undefined
      const user = { ...userOf({ username, password, attributes }), confirmationCode: sixDigits() }
      user.attributes.email_verified = 'false'
      return add(user)
    },
    federate(provider, { userId, attributes = {} }) {
      const username = `${provider.name}_${userId}`
      const known = users.get(username)
      if (known) {
        Object.assign(known.attributes, attributes)
        return known
      }
      return add({
        username,
        sub: randomUUID(),
        attributes: { email_verified: 'false', ...attributes },
        groups: [providerGroup(config, provider)],
        scopes: [],
        identities: [
          {
            userId,
            providerName: provider.name,
            providerType: provider.type,
            issuer: provider.issuer ?? null,
            primary: 'true',
            dateCreated: String(clock.now()),
          },
        ],
      })
    },
    groups: () => [
      ...config.groups.map(({ name }) => name),
      ...config.identityProviders.map(provider => providerGroup(config, provider)),
    ],
  }
}

/** The claims of the ID token that decide a user's role (Role-based access control, Amazon Cognito Developer Guide). */
export function rolesOf({ groups: known }: LocalConfig, { groups }: LocalUser) {
  const own = known.filter(({ name, role }) => role && groups.includes(name))
  const least = Math.min(...own.map(precedence))
  const best = new Set(own.filter(group => precedence(group) === least).map(({ role }) => role))
  return {
    'cognito:roles': own.length > 0 ? [...new Set(own.map(({ role }) => role))] : undefined,
    'cognito:preferred_role': best.size === 1 ? [...best][0] : undefined,
  }
}

const precedence = ({ precedence = Number.MAX_SAFE_INTEGER }: { readonly precedence?: number }) => precedence

const userOf = ({
  username,
  password,
  groups = [],
  scopes = [],
  attributes = {},
}: LocalUserConfig): LocalUser => ({
  username,
  sub: randomUUID(),
  password,
  groups,
  scopes,
  attributes: { email: `${username}@example.com`, email_verified: 'true', ...attributes },
})

/** Cognito makes a group for each provider (Adding groups to a user pool, Amazon Cognito Developer Guide). */
const providerGroup = ({ userPoolId }: LocalConfig, { name }: IdentityProvider) => `${userPoolId}_${name}`

const sixDigits = () => String(randomInt(1_000_000)).padStart(6, '0')
