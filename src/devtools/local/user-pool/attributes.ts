import { fault, listOf, textOf } from '../aws.js'
import type { LocalConfig, PoolAttribute } from '../types.js'

/** Whether a user pool can have an attribute of this name: a standard one, or a custom one (Working with user attributes, Amazon Cognito Developer Guide). */
export const isAttribute = (name: string): boolean =>
  standardAttributes.has(name) || verifications.has(name) || /^custom:\S{1,20}$/.test(name)

/** The attributes of the pool: the standard ones, those that it declares, and the custom ones of the users in the file. */
export function schemaOf(config: LocalConfig): PoolAttribute[] {
  const users = [...config.users, ...config.identityProviders.flatMap(({ users = [] }) => users)]
  const used = users.flatMap(({ attributes = {} }) => Object.keys(attributes))
  const names = [...standardAttributes, ...used.filter(name => name.startsWith('custom:'))]
  return [
    ...new Map(
      [...names.map(name => ({ name })), ...config.attributes].map(attribute => [attribute.name, attribute]),
    ).values(),
  ]
}

/** What may be written, by whom: a user cannot say that an address is verified. */
export type Writer = 'user' | 'administrator'

/** The attributes of a list that a call has, by name. */
export const attributesOf = (list: unknown): Record<string, string> =>
  Object.fromEntries(listOf(list).map(({ Name, Value }) => [textOf(Name), textOf(Value)]))

/** Attributes in the form of the API. */
export const attributeList = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))

/** Refuses attributes that the pool does not have, and values that are not in its formats. */
export function checkAttributes(
  config: LocalConfig,
  attributes: Readonly<Record<string, string>>,
  writer: Writer,
): void {
  const given = Object.entries(attributes)
  const schema = new Map(schemaOf(config).map(attribute => [attribute.name, attribute]))
  if (writer === 'user' && given.some(([name]) => verifications.has(name)))
    throw fault('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
  const strange = given.filter(([name]) => !schema.has(name) && !verifications.has(name))
  if (strange.length > 0)
    throw unlike(strange.map(([name]) => `${name}: Attribute does not exist in the schema.`))
  for (const [name, value] of given) checkValue(name, value, schema.get(name)?.type)
}

/** Refuses a user without an attribute that the pool requires. */
export function checkRequired(
  config: LocalConfig,
  attributes: Readonly<Record<string, string>>,
  isMeant: (name: string) => boolean = () => true,
): void {
  const missing = schemaOf(config).filter(
    ({ name, required }) => required && !attributes[name] && isMeant(name),
  )
  if (missing.length > 0) throw unlike(missing.map(({ name }) => `${name}: The attribute is required`))
}

/** Refuses to change or delete what cannot be changed once it is set. */
export function checkMutable(config: LocalConfig, names: readonly string[]): void {
  const schema = schemaOf(config)
  const fixed = names.filter(
    name =>
      name === 'sub' || schema.some(attribute => attribute.name === name && attribute.mutable === false),
  )
  if (fixed.length > 0)
    throw fault(
      'InvalidParameterException',
      fixed.map(name => `user.${name}: Attribute cannot be updated.\n`).join(''),
    )
}

/** An empty value deletes an attribute. */
function checkValue(name: string, value: string, type: PoolAttribute['type'] = 'String'): void {
  if (value === '') return
  const { [name]: format = formats[type] } = formats
  if (format && !format.pattern.test(value))
    throw format.message === undefined
      ? unlike([`${name}: The value is not ${format.like}`])
      : fault('InvalidParameterException', format.message)
  if (value.length > 2048) throw unlike([`${name}: The value is longer than 2048 characters`])
}

const unlike = (problems: readonly string[]) =>
  fault(
    'InvalidParameterException',
    `Attributes did not conform to the schema: ${problems.map(problem => `${problem}\n`).join('')}`,
  )

const verifications: ReadonlySet<string> = new Set(['email_verified', 'phone_number_verified'])

/** By attribute and by type. */
const formats: Readonly<Record<string, { pattern: RegExp; like?: string; message?: string }>> = {
  email: { pattern: /^[^\s@]+@[^\s@]+$/, message: 'Invalid email address format.' },
  phone_number: { pattern: /^\+\d{1,15}$/, message: 'Invalid phone number format.' },
  birthdate: { pattern: /^\d{4}-\d\d-\d\d$/, like: 'a date in the format YYYY-MM-DD' },
  email_verified: { pattern: /^(true|false)$/i, like: 'a boolean' },
  phone_number_verified: { pattern: /^(true|false)$/i, like: 'a boolean' },
  Boolean: { pattern: /^(true|false)$/i, like: 'a boolean' },
  Number: { pattern: /^-?\d+(\.\d+)?$/, like: 'a number' },
}

const standardAttributes: ReadonlySet<string> = new Set([
  'address',
  'birthdate',
  'email',
  'family_name',
  'gender',
  'given_name',
  'locale',
  'middle_name',
  'name',
  'nickname',
  'phone_number',
  'picture',
  'preferred_username',
  'profile',
  'updated_at',
  'website',
  'zoneinfo',
])
