// Over 150 lines: the calls of administrators about users.
import { type Call, fault, invalid, members, type Operations, required, textOf, textsOf } from '../aws.js'
import type { Local } from '../local.js'
import {
  addUser,
  checkPassword,
  confirmable,
  noUser,
  passwordEnd,
  removeUser,
  setPassword,
} from './accounts.js'
import { checkAdmin, namedUser } from './administrators.js'
import { attributeList, attributesOf, checkAttributes, isAttribute } from './attributes.js'
import { mfaOf } from './factors.js'
import { recoveryAddress } from './own-account.js'
import { pageOf } from './paging.js'
import { newPassword } from './password-policy.js'
import { deleteAttributes, updateAttributes } from './user-attributes.js'
import { userFilter } from './user-filter.js'
import { identityOf, type LocalUser } from './users.js'

/** The calls of administrators about users (Amazon Cognito user pools API reference). */
export const administration: Operations = {
  AdminCreateUser(local, call) {
    checkAdmin(local, call)
    const { input } = call
    const action = oneOf(input, 'MessageAction', ['RESEND', 'SUPPRESS'])
    for (const medium of textsOf(input.DesiredDeliveryMediums))
      oneOf({ DesiredDeliveryMediums: medium }, 'DesiredDeliveryMediums', ['SMS', 'EMAIL'])
    const password = textOf(input.TemporaryPassword) || newPassword(local.config.passwordPolicy)
    checkPassword(local, password)
    const user = action === 'RESEND' ? invited(local, call) : created(local, input, password)
    setPassword(local, user, password, true)
    if (action !== 'SUPPRESS') user.codes.invitation = { value: password, until: passwordEnd(local, user) }
    return { User: userType(user) }
  },

  AdminSetUserPassword(local, call) {
    const user = namedUser(local, call)
    const password = required(call.input, 'Password')
    if (user.status === 'EXTERNAL_PROVIDER')
      throw fault('InvalidParameterException', 'A federated user has no password.')
    setPassword(local, user, password, call.input.Permanent !== true)
    return {}
  },

  AdminGetUser(local, call) {
    const named = namedUser(local, call)
    const { Attributes, ...user } = userType(named)
    return { ...user, UserAttributes: Attributes, ...mfaOf(local, named) }
  },

  ListUsers(local, call) {
    checkAdmin(local, call)
    const { input } = call
    const names = input.AttributesToGet ? textsOf(input.AttributesToGet) : undefined
    if (names?.some(name => name !== 'sub' && !isAttribute(name)))
      throw fault('InvalidParameterException', 'One or more requested attributes do not exist.')
    const found = local.users.all().filter(userFilter(input.Filter))
    const { items, next } = pageOf(found, input, 'Limit', 'PaginationToken')
    return { Users: items.map(user => userType(user, names)), ...next }
  },

  AdminUpdateUserAttributes(local, call) {
    updateAttributes(local, namedUser(local, call), attributesOf(call.input.UserAttributes), 'administrator')
    return {}
  },

  AdminDeleteUserAttributes(local, call) {
    deleteAttributes(local, namedUser(local, call), textsOf(call.input.UserAttributeNames))
    return {}
  },

  AdminDeleteUser(local, call) {
    removeUser(local, namedUser(local, call))
    return {}
  },

  AdminEnableUser(local, call) {
    const user = namedUser(local, call)
    user.enabled = true
    local.users.touch(user)
    return {}
  },

  AdminDisableUser(local, call) {
    const user = namedUser(local, call)
    user.enabled = false
    local.users.touch(user)
    local.sessions.signOutEverywhere(user)
    return {}
  },

  AdminConfirmSignUp(local, call) {
    const user = namedUser(local, call)
    confirmable(user)
    user.status = 'CONFIRMED'
    delete user.codes.signUp
    local.users.touch(user)
    return {}
  },

  AdminResetUserPassword(local, call) {
    const user = namedUser(local, call)
    recoveryAddress(user)
    user.status = 'RESET_REQUIRED'
    local.users.sendCode(user, 'forgotPassword')
    local.users.touch(user)
    return {}
  },

  AdminUserGlobalSignOut(local, call) {
    local.sessions.signOutEverywhere(namedUser(local, call))
    return {}
  },

  AdminLinkProviderForUser(local, call) {
    checkAdmin(local, call)
    const source = members(call.input.SourceUser)
    const { ProviderAttributeValue } = members(call.input.DestinationUser)
    const provider = local.config.identityProviders.find(({ name }) => name === source.ProviderName)
    const user = local.users.find(textOf(ProviderAttributeValue))
    if (!user) throw noUser()
    if (!provider)
      throw fault('InvalidParameterException', 'Invalid SourceUser: the provider does not exist.')
    const userId = required(source, 'ProviderAttributeValue')
    const known = local.users.ofProvider(provider.name, userId)
    if (known)
      throw fault(
        'InvalidParameterException',
        known === user
          ? 'SourceUser is already linked to DestinationUser'
          : 'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
      )
    user.identities = [...(user.identities ?? []), identityOf(provider, userId, local.clock, false)]
    local.users.touch(user)
    return {}
  },

  AdminDisableProviderForUser(local, call) {
    checkAdmin(local, call)
    const { ProviderName, ProviderAttributeValue } = members(call.input.User)
    const user = local.users.ofProvider(textOf(ProviderName), textOf(ProviderAttributeValue))
    if (!user) throw noUser()
    const left = user.identities?.filter(
      ({ providerName, userId }) => providerName !== ProviderName || userId !== ProviderAttributeValue,
    )
    user.identities = left?.length ? left : undefined
    local.users.touch(user)
    return {}
  },
}

/** `UserType`. */
export function userType(user: LocalUser, names?: readonly string[]) {
  const attributes = { sub: user.sub, ...user.attributes }
  return {
    Username: user.username,
    Attributes: attributeList(attributes).filter(({ Name }) => names?.includes(Name) ?? true),
    UserCreateDate: user.createdAt,
    UserLastModifiedDate: user.modifiedAt,
    Enabled: user.enabled,
    UserStatus: user.status,
  }
}

function created(local: Local, input: Call['input'], password: string): LocalUser {
  const username = required(input, 'Username')
  const attributes = attributesOf(input.UserAttributes)
  checkAttributes(local.config, attributes, 'administrator')
  return addUser(
    local,
    { username, password, attributes, status: 'FORCE_CHANGE_PASSWORD' },
    'User account already exists',
    input.ForceAliasCreation === true,
  )
}

/** The user whose invitation is sent again. */
function invited(local: Local, call: Call): LocalUser {
  const user = namedUser(local, call)
  if (user.status !== 'FORCE_CHANGE_PASSWORD')
    throw fault(
      'UnsupportedUserStateException',
      `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
    )
  return user
}

function oneOf(input: Call['input'], name: string, values: readonly string[]): string | undefined {
  const value = input[name] ?? undefined
  if (value !== undefined && !values.includes(value as string))
    throw invalid(name, `satisfy enum value set: [${values.join(', ')}]`)
  return value as string | undefined
}
