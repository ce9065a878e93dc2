import { randomInt } from 'node:crypto'
import { fault } from '../aws.js'
import type { PasswordPolicy } from '../types.js'

/** Refuses a password that the pool's policy does not allow (Adding user pool password requirements, Amazon Cognito Developer Guide). */
export function checkPolicy(policy: PasswordPolicy, password: string): void {
  const problem =
    password.length < policy.minimumLength
      ? 'Password not long enough'
      : kinds.find(({ rule, has }) => policy[rule] && !has.test(password))?.problem
  if (problem !== undefined)
    throw fault('InvalidPasswordException', `Password did not conform with policy: ${problem}`)
}

/** A password that every policy allows. */
export function newPassword({ minimumLength }: PasswordPolicy): string {
  const all = kinds.map(({ some }) => some).join('')
  const rest = Array.from({ length: Math.max(minimumLength, 12) - kinds.length }, () => pick(all))
  return [...kinds.map(({ some }) => pick(some)), ...rest].join('')
}

const pick = (from: string) => from[randomInt(from.length)]

/** In the order in which they are reported. A space inside a password is a symbol too. */
const kinds = [
  {
    rule: 'requireLowercase',
    has: /[a-z]/,
    problem: 'Password must have lowercase characters',
    some: 'abcdefghijkmnpqrstuvwxyz',
  },
  {
    rule: 'requireUppercase',
    has: /[A-Z]/,
    problem: 'Password must have uppercase characters',
    some: 'ABCDEFGHJKLMNPQRSTUVWXYZ',
  },
  {
    rule: 'requireNumbers',
    has: /\d/,
    problem: 'Password must have numeric characters',
    some: '23456789',
  },
  {
    rule: 'requireSymbols',
    has: /[-^$*.[\]{}()?"!@#%&/\\,><':;|_~`+= ]/,
    problem: 'Password must have symbol characters',
    some: '!?#%+=',
  },
] as const
