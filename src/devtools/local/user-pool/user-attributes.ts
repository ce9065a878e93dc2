import { fault } from '../aws.js'
import type { Local } from '../local.js'
import { checkAttributes, checkMutable, checkRequired, type Writer } from './attributes.js'
import { type Address, addresses, type CodeDelivery, sendCode } from './codes.js'
import type { LocalUser } from './users.js'

/** Changes attributes of a user. A new address is not verified, and is sent a code. */
export function updateAttributes(
  local: Local,
  user: LocalUser,
  given: Readonly<Record<string, string>>,
  writer: Writer,
): CodeDelivery[] {
  const { config } = local
  checkAttributes(config, given, writer)
  checkMutable(
    config,
    Object.keys(given).filter(name => user.attributes[name] !== given[name]),
  )
  const next = { ...user.attributes, ...given }
  const pending: LocalUser['pending'] = {}
  const toVerify: Address[] = []
  for (const address of addresses) {
    const { [address]: old } = user.attributes
    const { [address]: value, [`${address}_verified`]: verified } = given
    if (!value || value === old || verified === 'true') continue
    toVerify.push(address)
    if (writer === 'user' && old && config.verifiedBeforeUpdate.includes(address)) {
      pending[address] = value
      next[address] = old
    } else next[`${address}_verified`] = 'false'
  }
  checkRequired(config, next, name => name in given)
  claimAliases(local, user, next)
  user.attributes = withoutEmpty(next)
  user.pending = { ...user.pending, ...pending }
  local.users.touch(user)
  return toVerify.map(address => sendCode(local, user, address, address))
}

/** Deletes attributes of a user, and with an address that it is verified. */
export function deleteAttributes(local: Local, user: LocalUser, names: readonly string[]): void {
  const given = Object.fromEntries(
    names.flatMap(name => (name in user.attributes || name === 'sub' ? [[name, '']] : [])),
  )
  checkMutable(local.config, Object.keys(given))
  checkRequired(local.config, given, name => name in given)
  user.attributes = withoutEmpty({ ...user.attributes, ...given })
  local.users.touch(user)
}

/** An address that a code has proved. */
export function verifyAddress(local: Local, user: LocalUser, address: Address, force = false): void {
  const { [address]: value = user.attributes[address], ...pending } = user.pending ?? {}
  if (value === undefined) return
  const next = { ...user.attributes, [address]: value, [`${address}_verified`]: 'true' }
  claimAliases(local, user, next, force)
  user.attributes = next
  user.pending = pending
  local.users.touch(user)
}

/** Refuses what another user signs in with, or takes it from them (`ForceAliasCreation`). An address counts once it is verified. */
export function claimAliases(
  local: Local,
  user: LocalUser | undefined,
  attributes: Readonly<Record<string, string>>,
  force = false,
  name: 'AliasExistsException' | 'UsernameExistsException' = 'AliasExistsException',
): void {
  const { usernameAttributes, aliasAttributes } = local.config
  const isUsername = usernameAttributes.length > 0
  for (const alias of isUsername ? usernameAttributes : aliasAttributes) {
    const { [alias]: value } = attributes
    const counts = isUsername || alias === 'preferred_username' || attributes[`${alias}_verified`] === 'true'
    const other = value && counts ? local.users.find(value) : undefined
    if (!other || other === user) continue
    if (!force || isUsername) throw fault(name, `An account with the given ${alias} already exists.`)
    if (alias === 'preferred_username') delete other.attributes[alias]
    else other.attributes[`${alias}_verified`] = 'false'
  }
}

/** An address takes along whether it is verified. */
export function withoutEmpty(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const gone = addresses.filter(address => !attributes[address]).map(address => `${address}_verified`)
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => value !== '' && !gone.includes(name)),
  )
}
