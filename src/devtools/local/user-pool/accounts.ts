import { fault } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalUser } from './users.js'

/** The user of a username and password. The error does not reveal which of the two is wrong. */
export function authenticate(local: Local, username: string, password: unknown): LocalUser {
  const user = local.users.find(username)
  if (user?.password === undefined || user.password !== password) throw wrongPassword()
  return confirmed(user)
}

/** A new user, who has to confirm. */
export function signUp(
  local: Local,
  username: string,
  password: string,
  attributes: Record<string, string>,
): LocalUser {
  if (password.length < 8)
    throw fault('InvalidPasswordException', 'Password did not conform with policy: Password not long enough')
  const user = local.users.signUp(username, password, attributes)
  if (!user) throw fault('UsernameExistsException', 'User already exists')
  return user
}

/** Confirms a user by the code that they were sent. */
export function confirm(user: LocalUser | undefined, code: string): LocalUser {
  if (!user) throw fault('UserNotFoundException', 'Username/client id combination not found.')
  if (user.confirmationCode === undefined)
    throw fault('NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED')
  if (user.confirmationCode !== code)
    throw fault('CodeMismatchException', 'Invalid verification code provided, please try again.')
  user.confirmationCode = undefined
  user.attributes.email_verified = 'true'
  return user
}

/** The user, unless they have not confirmed yet. */
export function confirmed(user: LocalUser): LocalUser {
  if (user.confirmationCode !== undefined) throw fault('UserNotConfirmedException', 'User is not confirmed.')
  return user
}

/** Does not reveal which of the two is wrong. */
export const wrongPassword = () => fault('NotAuthorizedException', 'Incorrect username or password.')
