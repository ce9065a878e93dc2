import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { CodePurpose, LocalUser } from './users.js'

/** A new user, who has to confirm. */
export function signUp(
  local: Local,
  username: string,
  password: string | undefined,
  attributes: Record<string, string>,
): LocalUser {
  if (password !== undefined) checkPassword(local, password)
  const user = local.users.add({ username, password, attributes, status: 'UNCONFIRMED' })
  if (!user) throw fault('UsernameExistsException', 'User already exists')
  local.users.sendCode(user, 'signUp')
  return user
}

/** @throws InvalidPasswordException for a password that the policy of the pool does not allow */
export function checkPassword({ config }: Local, password: string): void {
  if (password.length < config.passwordPolicy.minimumLength)
    throw fault('InvalidPasswordException', 'Password did not conform with policy: Password not long enough')
}

/** Confirms a user by the code that they were sent. */
export function confirm(local: Local, user: LocalUser | undefined, code: string): LocalUser {
  if (!user) throw fault('UserNotFoundException', 'Username/client id combination not found.')
  if (user.status !== 'UNCONFIRMED')
    throw fault('NotAuthorizedException', `User cannot be confirmed. Current status is ${user.status}`)
  useCode(local, user, 'signUp', code)
  user.status = 'CONFIRMED'
  if (user.attributes.email) user.attributes.email_verified = 'true'
  return user
}

/** Uses up a code that a user was sent. */
export function useCode(local: Local, user: LocalUser, purpose: CodePurpose, code: string): void {
  const sent = user.codes[purpose]
  if (sent?.value !== code)
    throw fault('CodeMismatchException', 'Invalid verification code provided, please try again.')
  if (local.clock.now() >= sent.until)
    throw fault('ExpiredCodeException', 'Invalid code provided, please request a code again.')
  delete user.codes[purpose]
  local.users.touch(user)
}

/** The user, unless they may not sign in: disabled, or not confirmed yet. */
export function confirmed(user: LocalUser): LocalUser {
  if (!user.enabled) throw fault('NotAuthorizedException', 'User is disabled.')
  if (user.status === 'UNCONFIRMED') throw fault('UserNotConfirmedException', 'User is not confirmed.')
  return user
}

/** Does not reveal which of the two is wrong. */
export const wrongPassword = () => fault('NotAuthorizedException', 'Incorrect username or password.')
