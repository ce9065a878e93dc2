import { randomUUID } from 'node:crypto'
import type { MaybePromise } from '../../types.js'
import type { Local } from './local.js'

/** The input of a call. */
export interface Call {
  readonly input: Readonly<Record<string, unknown>>
  /** Whether the request carries an AWS signature. It is not checked: there are no accounts here. */
  readonly isSigned: boolean
}

/** The calls of one service by name. */
export type Operations = Readonly<Record<string, (local: Local, call: Call) => MaybePromise<object>>>

/** An error for the caller, with the names and messages of AWS. */
export const fault = (name: `${string}Exception`, message: string): Error =>
  Object.assign(new Error(message), { name })

/** Answers a call of the JSON 1.1 protocol (AWS JSON 1.1 protocol, Smithy). */
export async function answerCall(
  services: Readonly<Record<string, Operations>>,
  local: Local,
  request: Request,
): Promise<Response> {
  const [service = '', name = ''] = (request.headers.get('x-amz-target') ?? '').split('.')
  const operations = Object.hasOwn(services, service) ? services[service] : undefined
  const operation = operations && Object.hasOwn(operations, name) ? operations[name] : undefined
  try {
    if (!operation) throw notPlayed(local, name)
    const input = inputOf(await request.text())
    const isSigned = request.headers.get('authorization')?.startsWith('AWS4-HMAC-SHA256 ') === true
    return answer(200, await operation(local, { input, isSigned }))
  } catch (error) {
    if (!isFault(error)) throw error
    return answer(400, { __type: error.name, message: error.message }, { 'x-amzn-errortype': error.name })
  }
}

/** A string that a call must have. The parameters of a sign-in, in capitals, have a message of their own. */
export function required(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name]
  if (typeof value === 'string' && value !== '') return value
  throw name === name.toUpperCase()
    ? fault('InvalidParameterException', `Missing required parameter ${name}`)
    : invalid(name, 'not be null')
}

/** The error of a member that is not as the API reference says. The value is not repeated. */
export const invalid = (name: string, constraint: string): Error =>
  fault(
    'InvalidParameterException',
    `1 validation error detected: Value at '${name[0]?.toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must ${constraint}`,
  )

/** The entries of a list, as objects. */
export const listOf = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(members) : []

/** A string that a call may have. */
export const textOf = (value: unknown, otherwise = ''): string =>
  typeof value === 'string' ? value : otherwise

/** A number that a call may have, also as text; `NaN` for what is none. */
export const numberOf = (value: unknown): number => (typeof value === 'object' ? Number.NaN : Number(value))

/** The strings of a list. */
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(text => textOf(text)) : []

/** The members of a value that should be an object, and none of anything else. */
export const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

/** Says once for each call on the console what there is instead. Names of callers' own are not repeated. */
function notPlayed(local: Local, name: string): Error {
  const isName = /^[A-Za-z]{1,64}$/.test(name)
  const [, instead] = alternatives.find(([names]) => isName && names.test(name)) ?? []
  const sentence = `${isName ? name : 'This call'} is not played by the local Cognito; ${instead ?? 'docs/local.md lists the calls that are'}.`
  local.notice(sentence)
  return fault('UnknownOperationException', sentence)
}

/** What there is instead of calls that are not played, by their names. */
const alternatives: readonly (readonly [RegExp, string])[] = [
  [/IdentityProvider/, 'identityProviders in the file has the providers'],
  [/UserImport|CSV/, 'users in the file are there from the start, and AdminCreateUser adds more'],
  [/^(Delete|Create)UserPool$|Replica/, 'there is one pool as long as it runs'],
  [/Risk|AuthEvent|LogDelivery/, 'threat protection and its logs are not there'],
  [/Branding|UICustomization|Terms/, 'its pages are its own'],
]

function inputOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body)
    if (isWithin(input, deepest)) return members(input)
  } catch {}
  throw fault('SerializationException', 'The body is no JSON, or too deep.')
}

/** What nests deeper cannot be written as JSON again, in an answer, an event of a trigger or the state. */
const isWithin = (value: unknown, levels: number): boolean =>
  levels > 0 && Object.values(members(value)).every(each => isWithin(each, levels - 1))

const deepest = 64

/** Whether an error is one for the caller. */
export const isFault = (error: unknown): error is Error =>
  error instanceof Error && error.name.endsWith('Exception')

const answer = (status: number, document: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(document), {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID(), ...headers },
  })
