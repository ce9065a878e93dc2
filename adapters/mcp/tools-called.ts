import type { RequestView } from '../../src/types.js'
import { type Answer, rpcError } from './answer.js'

/**
 * Returns the names of the tools that a request calls, by its parsed body: one message, or a list of them as revision 2025-03-26 has it. Else the
 * answer to what is no message, or not what the `Mcp-Method` and `Mcp-Name` headers say (MCP 2026-07-28, "Transports").
 */
export function toolsCalled(body: unknown, request: RequestView): readonly string[] | Answer {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (!messages.every(isMessage)) return noMessage
  if (!messages.every(message => isAsNamed(message, request))) return otherHeaders
  return messages.filter(isCall).map(({ params }) => params?.name as string)
}

/**
 * Returns the name of the tool that the headers say, an empty list for no tool; `undefined` where the protocol revision does not require them.
 */
export function toolsNamed(request: RequestView): readonly string[] | undefined {
  const [version, method] = ['mcp-protocol-version', 'mcp-method'].map(name => request.header(name))
  if (!isText(version) || !isText(method) || !/^\d{4}-\d\d-\d\d$/.test(version) || version < bindingSince)
    return undefined
  if (method !== 'tools/call') return []
  const name = headerText(request, 'mcp-name')
  return isText(name) ? [name] : undefined
}

interface Message {
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return false
  const { method, params } = message as Record<string, unknown>
  // A response to the server has no method. Express 4 leaves `{}` where it has parsed nothing, and the server may then read the body itself.
  if (method === undefined) return Object.hasOwn(message, 'result') || Object.hasOwn(message, 'error')
  return isText(method) && (method !== 'tools/call' || isText((params as Message['params'])?.name))
}

const isCall = ({ method }: Message) => method === 'tools/call'

function isAsNamed({ method, params }: Message, request: RequestView): boolean {
  const [namedMethod, namedName] = ['mcp-method', 'mcp-name'].map(name => headerText(request, name))
  if (namedMethod !== undefined && namedMethod !== method) return false
  const member = members[String(method)]
  return namedName === undefined || member === undefined || namedName === params?.[member]
}

/** The value of a header; a name outside of ASCII comes as base64 of its UTF-8. `false` for a header that came twice. */
function headerText(request: RequestView, name: string): string | false | undefined {
  const value = request.header(name)
  if (value === undefined) return undefined
  if (!isText(value)) return false
  const [, encoded] = /^=\?base64\?(.*)\?=$/.exec(value) ?? []
  return encoded === undefined ? value : decode(encoded)
}

function decode(base64: string): string | false {
  try {
    const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return false
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const noMessage = rpcError(400, -32_600, 'The body is not a JSON-RPC message')

const otherHeaders = rpcError(400, -32_020, 'The headers do not match the body')

/** The member of `params` that `Mcp-Name` repeats. */
const members: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** The first revision whose servers must refuse headers that are not those of the body. */
const bindingSince = '2026-07-28'
