import { fault } from '../aws.js'
import type { LocalUser } from './users.js'

/** Whom a filter of ListUsers matches: `attribute = "value"`, or `^=` for how a value begins (Searching for users, Amazon Cognito Developer Guide). */
export function userFilter(filter: unknown): (user: LocalUser) => boolean {
  if (typeof filter !== 'string' || filter.trim() === '') return () => true
  const [, name = '', operator, quoted = ''] =
    /^\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/s.exec(filter) ?? []
  if (operator === undefined) throw fault('InvalidParameterException', 'Error while parsing filter.')
  const read = Object.hasOwn(searchable, name) ? searchable[name] : undefined
  if (!read) throw fault('InvalidParameterException', 'Invalid search attribute.')
  const fold = (text: string) => (name === 'cognito:user_status' ? text.toLowerCase() : text)
  const wanted = fold(quoted.replace(/\\(.)/gs, '$1'))
  return user => {
    const value = fold(read(user) ?? '')
    return operator === '=' ? value === wanted : value.startsWith(wanted)
  }
}

const attribute = (name: string) => [name, (user: LocalUser) => user.attributes[name]] as const

const searchable: Readonly<Record<string, (user: LocalUser) => string | undefined>> = {
  username: ({ username }) => username,
  sub: ({ sub }) => sub,
  'cognito:user_status': ({ status }) => status,
  status: ({ enabled }) => (enabled ? 'Enabled' : 'Disabled'),
  ...Object.fromEntries(
    ['email', 'phone_number', 'name', 'given_name', 'family_name', 'preferred_username'].map(attribute),
  ),
}
