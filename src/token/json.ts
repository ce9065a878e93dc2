import { freeze, isArray } from '../runtime.js'

/**
 * Returns the frozen value of a JSON text (RFC 8259), if no two parsers can differ on it; else `undefined`.
 * Refuses, beyond what JSON.parse does: duplicate members, a member named `__proto__`, lone surrogates, more than 32 levels, and in a long text
 * more than 750 values or 500 members.
 *
 * @throws TypeError where Object.prototype was extended: its members would be claims of every token
 */
export function parseJson(text: string): unknown {
  const value = parseJsonWithin(text, maxValues)
  return value === tooMuch ? undefined : value
}

/**
 * Returns the same as `parseJson`; `tooMuch` for a long text of more than 32 levels or 500 members, or of more values than there is room for.
 * An object and a list count as one each, and once more where they are empty.
 */
export function parseJsonWithin(text: string, room: number): unknown {
  for (const _ in nothing) throw new TypeError('Object.prototype has an enumerable property')
  // A value takes two characters: a shorter text has no room for too many, nor for what takes long to parse.
  const counted = text.length > 2 * room ? countMembers(text, room) : undefined
  if (counted === tooMuch) return tooMuch
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const members = freezeAndCount(value, 0)
  if (members < 0) return undefined
  if (members !== (counted ?? countColons(text)) && members !== (counted ?? countMembers(text, room)))
    return undefined
  return hasLoneSurrogate(text) ? undefined : value
}

/** Returns how many values a parsed value is made of, counted as `parseJson` counts them. */
export function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  const members = Object.values(value)
  return members.length === 0 ? 2 : members.reduce((sum, member) => sum + valuesIn(member), 1)
}

/**
 * Returns the number of members in a text, which for a valid one is exact, and does not depend on how they are spelled: where the parsed value has
 * fewer, some were duplicates. Returns `tooMuch` at the first level or value too many: cheap, where parsing would take a fraction of a millisecond.
 */
function countMembers(text: string, room: number): number | typeof tooMuch {
  let depth = 0
  let values = 1
  let members = 0
  let isInString = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === quote) isInString = !isInString
    else if (isInString) i += character === backslash ? 1 : 0
    else if (character === colon) members++
    else if (character === comma) values++
    else if (character === closeBrace || character === closeBracket) depth--
    else if (character === openBrace || character === openBracket) {
      depth++
      values++
    }
    if (depth > maxDepth || values > room || members > maxMembers) return tooMuch
  }
  return members
}

/** Freezes a value and counts the members of the objects in it; negative when one is named `__proto__` or the value is too deep. */
function freezeAndCount(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === maxDepth) return Number.NEGATIVE_INFINITY
  let count = 0
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) count += freezeAndCount(value[i], depth + 1)
  } else {
    for (const name in value) {
      if (name === '__proto__') return Number.NEGATIVE_INFINITY
      const member = (value as Record<string, unknown>)[name]
      count += typeof member === 'object' ? 1 + freezeAndCount(member, depth + 1) : 1
    }
  }
  freeze(value)
  return count
}

/**
 * How many `":` stand in a text: one a member, where none has white space before its colon (else -1) and no string holds the pair.
 * A duplicate is one member more in the text than in the value; a pair within a string too, so a difference only calls for the exact check.
 */
function countColons(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === quote) count++
    else if (before <= space) return -1
  }
  return count
}

/** Whether a string or a name in a valid JSON text holds half of a surrogate pair, which only an escape can spell: there is none in UTF-8. */
function hasLoneSurrogate(text: string): boolean {
  if (!text.includes('\\ud') && !text.includes('\\uD')) return false
  let at = text.indexOf('\\')
  while (at >= 0) {
    const half = surrogateAt(text, at)
    if (half === 'low' || (half === 'high' && surrogateAt(text, at + 6) !== 'low')) return true
    at = text.indexOf('\\', at + (half ? 12 : 2))
  }
  return false
}

/** Which half of a surrogate pair an escape stands for. */
function surrogateAt(text: string, at: number): 'high' | 'low' | undefined {
  if (text.charCodeAt(at) !== backslash || text.charCodeAt(at + 1) !== letterU) return undefined
  if ((text.charCodeAt(at + 2) | lowerCase) !== letterD) return undefined
  const digit = text.charCodeAt(at + 3) | lowerCase
  return digit >= letterC ? 'low' : digit >= digit8 ? 'high' : undefined
}

const nothing = {}

/** Instead of a value: its text has too many levels or values to be parsed. */
export const tooMuch = Symbol('too much')

/** In a token, of its header and its claims together. Cognito's largest, with a hundred groups, have some 130. */
export const maxValues = 750
const maxDepth = 32

/** To parse as many takes an eighth of a millisecond; a list of as many values takes a quarter of that. */
const maxMembers = 500

const [quote, backslash, comma, colon, space] = [0x22, 0x5c, 0x2c, 0x3a, 0x20]
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const [digit8, letterC, letterD, letterU, lowerCase] = [0x38, 0x63, 0x64, 0x75, 0x20]
