import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { checkAttributes, checkRequired } from './attributes.js'
import { hidesUsers } from './clients.js'
import { addresses, expiredCode, useCode } from './codes.js'
import { checkPassword } from './password-policy.js'
import { claimAliases, verifyAddress, withoutEmpty } from './user-attributes.js'
import { addressOf, type LocalUser, type NewUser } from './users.js'

/** The user of a username and password. The error does not reveal which of the two is wrong, unless the client says that it may. */
export function authenticate(
  local: Local,
  username: string,
  password: unknown,
  client?: LocalClient,
): LocalUser {
  const user = local.users.find(username)
  if (!user && client && !hidesUsers(client)) throw noUser()
  if (user?.password === undefined || user.password !== password) throw wrongPassword()
  return confirmed(user, local.clock.now())
}

/** A new user, who has to confirm. One without a password signs in by codes. */
export function signUp(
  local: Local,
  username: string,
  password: string | undefined,
  attributes: Record<string, string>,
): LocalUser {
  if (password !== undefined) checkPassword(local.config.passwordPolicy, password)
  checkAttributes(local.config, attributes, 'user')
  const user = addUser(
    local,
    { username, password, attributes, status: 'UNCONFIRMED' },
    'User already exists',
  )
  local.users.sendCode(user, 'signUp')
  return user
}

/** A new user, unless the pool does not allow the name or an attribute is missing. */
export function addUser(local: Local, given: NewUser, taken: string, force = false): LocalUser {
  const { config } = local
  const { username } = given
  checkUsername(local, username)
  const attributes = withoutEmpty({ ...addressOf(config, username), ...given.attributes })
  for (const address of addresses) if (attributes[address]) attributes[`${address}_verified`] ??= 'false'
  checkRequired(config, attributes)
  claimAliases(local, undefined, attributes, force, 'UsernameExistsException')
  const user = local.users.add({ ...given, attributes })
  if (!user) throw fault('UsernameExistsException', taken)
  return user
}

/** Confirms a user by the code that they were sent, and the address that it went to. */
export function confirm(
  local: Local,
  user: LocalUser | undefined,
  code: string,
  client?: LocalClient,
  force = false,
): LocalUser {
  if (!user)
    throw client && hidesUsers(client)
      ? expiredCode()
      : fault('UserNotFoundException', 'Username/client id combination not found.')
  confirmable(user)
  const address = addresses.find(name => user.attributes[name])
  if (address) claimAliases(local, user, { ...user.attributes, [`${address}_verified`]: 'true' }, force)
  useCode(local, user, 'signUp', code)
  user.status = 'CONFIRMED'
  if (address) verifyAddress(local, user, address)
  return user
}

/** Refuses to confirm a user once more. */
export function confirmable({ status }: LocalUser): void {
  if (status !== 'UNCONFIRMED')
    throw fault('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}

/** The user, unless they may not sign in: disabled, not confirmed yet, or with a password that is over. */
export function confirmed(user: LocalUser, now = 0): LocalUser {
  if (!user.enabled) throw fault('NotAuthorizedException', 'User is disabled.')
  if (user.status === 'UNCONFIRMED') throw fault('UserNotConfirmedException', 'User is not confirmed.')
  if (user.status === 'RESET_REQUIRED')
    throw fault('PasswordResetRequiredException', 'Password reset required for the user')
  if (user.passwordUntil !== undefined && now >= user.passwordUntil)
    throw fault(
      'NotAuthorizedException',
      'Temporary password has expired and must be reset by an administrator.',
    )
  return user
}

/** Gives a user a password: for good, or until they sign in with it. */
export function setPassword(local: Local, user: LocalUser, password: string, isTemporary = false): void {
  const { passwordPolicy } = local.config
  checkPassword(passwordPolicy, password)
  const days = passwordPolicy.temporaryPasswordValidityDays || 7
  user.password = password
  user.passwordUntil = isTemporary ? local.clock.now() + days * 86_400_000 : undefined
  user.status = isTemporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED'
  delete user.codes.invitation
  local.users.touch(user)
}

/** Removes a user, whose tokens and sign-ins end. */
export function removeUser(local: Local, user: LocalUser): void {
  local.sessions.signOutEverywhere(user)
  local.users.remove(user)
}

/** Does not reveal which of the two is wrong. */
export const wrongPassword = () => fault('NotAuthorizedException', 'Incorrect username or password.')

export const noUser = () => fault('UserNotFoundException', 'User does not exist.')

/** A username is an address where the pool wants one, and none where an address is another name for the user. */
function checkUsername({ config }: Local, username: string): void {
  const { usernameAttributes, aliasAttributes } = config
  const isEmail = /^[^\s@]+@[^\s@]+$/.test(username)
  const isPhone = /^\+\d{1,15}$/.test(username)
  const problem =
    usernameAttributes.length > 0
      ? (isEmail && usernameAttributes.includes('email')) ||
        (isPhone && usernameAttributes.includes('phone_number'))
        ? undefined
        : `Username should be ${usernameAttributes.length > 1 ? 'either an email or a phone number' : usernameAttributes.includes('email') ? 'an email' : 'a phone number'}.`
      : isEmail && aliasAttributes.includes('email')
        ? 'Username cannot be of email format, since user pool is configured for email alias.'
        : isPhone && aliasAttributes.includes('phone_number')
          ? 'Username cannot be of phone number format, since user pool is configured for phone number alias.'
          : undefined
  if (problem !== undefined) throw fault('InvalidParameterException', problem)
}
