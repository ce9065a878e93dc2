import { encoding } from '../../token/encoding.js'
import { parseJson } from '../../token/json.js'

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>

/** What can be read of a token, however little of it is right. To look at: nothing is decided by it. */
export interface Decoded {
  readonly parts: readonly string[]
  readonly header: Json | undefined
  readonly claims: Json | undefined
}

/** Returns what can be read of a text. */
export function decode(text: string): Decoded {
  const parts = text.split('.')
  const [header = '', claims = ''] = parts
  return { parts, header: objectOf(header), claims: objectOf(claims) }
}

function objectOf(part: string): Json | undefined {
  const json = encoding.text(part.replace(/={1,2}$/, ''))
  const value = json === undefined ? undefined : parseJson(json)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

/** A member that may be of any type, as a text: empty when it is none. An object is never asked what it says of itself. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether a part of a token is spelled as it must be (RFC 7515 section 2). */
export const isBase64url = (part: string): boolean =>
  /^[\w-]*$/.test(part) && encoding.bytes(part) !== undefined
