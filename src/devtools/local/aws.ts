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
    if (!operation) throw fault('UnknownOperationException', 'The local Cognito does not know this call.')
    const input = inputOf(await request.text())
    const isSigned = request.headers.get('authorization')?.startsWith('AWS4-HMAC-SHA256 ') === true
    return answer(200, await operation(local, { input, isSigned }))
  } catch (error) {
    if (!isFault(error)) throw error
    return answer(400, { __type: error.name, message: error.message }, { 'x-amzn-errortype': error.name })
  }
}

/** A string that a call must have. */
export function required(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name]
  if (typeof value === 'string' && value !== '') return value
  throw fault('InvalidParameterException', `Missing required parameter ${name}`)
}

/** The members of a value that should be an object, and none of anything else. */
export const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

function inputOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return members(JSON.parse(body))
  } catch {
    throw fault('SerializationException', 'The body is no JSON.')
  }
}

/** Whether an error is one for the caller. */
export const isFault = (error: unknown): error is Error =>
  error instanceof Error && error.name.endsWith('Exception')

const answer = (status: number, document: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(document), {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID(), ...headers },
  })
