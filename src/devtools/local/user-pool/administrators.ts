import { type Call, fault, required } from '../aws.js'
import type { Local } from '../local.js'
import type { LocalUser } from './users.js'

/** The user that an administrator's call names. */
export function namedUser(local: Local, call: Call): LocalUser {
  checkAdmin(local, call)
  return userOf(local, call.input)
}

/** The user that an administrator names. */
export function userOf(local: Local, input: Call['input']): LocalUser {
  const user = local.users.find(required(input, 'Username'))
  if (!user) throw fault('UserNotFoundException', 'User does not exist.')
  return user
}

/** The calls of administrators are signed with the credentials of an account. */
export function checkAdmin(local: Local, call: Call): void {
  checkSigned(call)
  const id = required(call.input, 'UserPoolId')
  if (id !== local.config.userPoolId)
    throw fault('ResourceNotFoundException', `User pool ${id} does not exist.`)
}

export function checkSigned({ isSigned }: Call): void {
  if (!isSigned) throw fault('MissingAuthenticationTokenException', 'Missing Authentication Token')
}
