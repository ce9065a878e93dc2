import { encoding } from '../../token/encoding.js'
import { parseJson } from '../../token/json.js'

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** The readable parts of a token, however malformed. For display only: no decision depends on it. */
export interface Decoded {
  readonly parts: readonly string[]
  readonly header: Json | undefined
  readonly claims: Json | undefined
}

/** Returns the readable parts of a text. */
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

/** A member of any type as a string: empty when it is not one. Never calls `toString` of an object. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether a part of a token is canonical base64url (RFC 7515 section 2). */
export const isBase64url = (part: string): boolean =>
  /^[\w-]*$/.test(part) && encoding.bytes(part) !== undefined
