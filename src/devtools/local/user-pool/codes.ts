import type { Local } from '../local.js'
import type { CodePurpose, LocalUser } from './users.js'

/** Where a code goes. */
export type Address = 'email' | 'phone_number'

export const addresses = ['email', 'phone_number'] as const

/** Sends a user a code, which the control page shows, and returns what the caller is told of it. */
export function sendCode(
  local: Local,
  user: LocalUser,
  purpose: CodePurpose,
  address: Address,
): CodeDelivery {
  local.users.sendCode(user, purpose)
  return deliveryTo(address, user.pending?.[address] ?? user.attributes[address] ?? '')
}

/** `CodeDeliveryDetailsType`. */
export interface CodeDelivery {
  readonly AttributeName: Address
  readonly DeliveryMedium: 'EMAIL' | 'SMS'
  readonly Destination: string
}

/** What a caller is told of a delivery: the address is masked. */
export function deliveryTo(address: Address, value: string): CodeDelivery {
  if (address === 'phone_number') {
    const Destination = `+${value.slice(1).replace(/.(?=.{4})/g, '*')}`
    return { AttributeName: address, DeliveryMedium: 'SMS', Destination }
  }
  const [name = '', host = ''] = value.split('@')
  const Destination = `${name.slice(0, 1)}***@${host.slice(0, 1)}***`
  return { AttributeName: address, DeliveryMedium: 'EMAIL', Destination }
}

/** What a caller is told who asks for a user that is hidden: the same for the same name. */
export const simulatedDelivery = (username: string): CodeDelivery =>
  username.startsWith('+')
    ? deliveryTo('phone_number', username)
    : deliveryTo('email', username.includes('@') ? username : `${username}@example.com`)
