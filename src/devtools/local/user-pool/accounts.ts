// Over 150 lines: accounts, their codes and passwords are one set of rules.
import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalClient } from '../types.js'
import { checkAttributes, checkRequired } from './attributes.js'
import { hidesUsers } from './clients.js'
import { addresses } from './codes.js'
import { checkPolicy } from './password-policy.js'
import { claimAliases, verifyAddress, withoutEmpty } from './user-attributes.js'
import { addressOf, type CodePurpose, type LocalUser, type NewUser } from './users.js'

/** A new user, who has to confirm. One without a password signs in by codes. */
export function signUp(
  local: Local,
  username: string,
  password: string | undefined,
  attributes: Record<string, string>,
): LocalUser {
  if (password !== undefined) checkPassword(local, password)
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

/** Uses up a code that a user was sent. */
export function useCode(local: Local, user: LocalUser, purpose: CodePurpose, code: string): void {
  const sent = user.codes[purpose]
  if (!sent || local.clock.now() >= sent.until) throw expiredCode()
  if ((sent.failures ?? 0) >= 5)
    throw fault('LimitExceededException', 'Attempt limit exceeded, please try after some time.')
  if (sent.value !== code) {
    sent.failures = (sent.failures ?? 0) + 1
    throw codeMismatch()
  }
  delete user.codes[purpose]
  local.users.touch(user)
}

/** The user, unless they may not sign in: disabled, not confirmed yet, or without a password that still counts. */
export function confirmed(user: LocalUser): LocalUser {
  if (!user.enabled) throw fault('NotAuthorizedException', 'User is disabled.')
  if (user.status === 'UNCONFIRMED') throw fault('UserNotConfirmedException', 'User is not confirmed.')
  if (user.status === 'RESET_REQUIRED')
    throw fault('PasswordResetRequiredException', 'Password reset required for the user')
  return user
}

/** When a temporary password expires, in milliseconds since the epoch. */
export function passwordEnd({ config }: Local, { passwordSetAt, createdAt }: LocalUser): number {
  const days = config.passwordPolicy.temporaryPasswordValidityDays || 7
  return ((passwordSetAt ?? createdAt) + days * 86_400) * 1000
}

/** @throws InvalidPasswordException for a password that the policy of the pool does not allow */
export const checkPassword = ({ config }: Local, password: string): void =>
  checkPolicy(config.passwordPolicy, password)

/** Gives a user a password: for good, or until they sign in with it. */
export function setPassword(local: Local, user: LocalUser, password: string, isTemporary = false): void {
  checkPassword(local, password)
  user.password = password
  user.passwordSetAt = isTemporary ? Math.floor(local.clock.now() / 1000) : undefined
  user.status = isTemporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED'
  delete user.codes.invitation
  local.users.touch(user)
}

/** Gives a user a new password for the code that they were sent. */
export function resetPassword(local: Local, user: LocalUser, code: string, password: string): void {
  checkPassword(local, password)
  useCode(local, user, 'forgotPassword', code)
  setPassword(local, user, password)
}

/** Removes a user, whose tokens and sign-ins end. */
export function removeUser(local: Local, user: LocalUser): void {
  local.sessions.signOutEverywhere(user)
  local.users.remove(user)
}

/** Does not reveal which of the two is wrong. */
export const wrongPassword = () => fault('NotAuthorizedException', 'Incorrect username or password.')

export const noUser = () => fault('UserNotFoundException', 'User does not exist.')

const expiredCode = () => fault('ExpiredCodeException', 'Invalid code provided, please request a code again.')

export const codeMismatch = () =>
  fault('CodeMismatchException', 'Invalid verification code provided, please try again.')

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
