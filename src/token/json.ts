/**
 * Returns the frozen value of a JSON text (RFC 8259), if no two parsers can differ on it; else `undefined`.
 * Refuses, beyond what JSON.parse does: duplicate members, a member named `__proto__`, lone surrogates, more than 32 levels, more than 750 values
 * in a text over 2 kB.
 *
 * @throws TypeError where Object.prototype was extended: its members would be claims of every token
 */
export function parseJson(text: string): unknown {
  for (const _ in nothing) throw new TypeError('Object.prototype has an enumerable property')
  if (text.length > longText && isExcessive(text)) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const members = freezeAndCount(value, 0)
  if (members < 0) return undefined
  if (members !== countColons(text) && hasDuplicates(text)) return undefined
  if (text.includes('\\u') && !isWellFormed(value)) return undefined
  return value
}

/** Whether a text has too many levels or values, whether or not it is valid. Cheap, where parsing it would take a fraction of a millisecond. */
function isExcessive(text: string): boolean {
  let depth = 0
  let values = 1
  let isInString = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === quote) isInString = !isInString
    else if (isInString) i += character === backslash ? 1 : 0
    else if (character === comma) values++
    else if (character === closeBrace || character === closeBracket) depth--
    else if (character === openBrace || character === openBracket) {
      depth++
      values++
    }
    if (depth > maxDepth || values > maxValues) return true
  }
  return false
}

/** Freezes a value and counts the members of the objects in it; negative when one is named `__proto__` or the value is too deep. */
function freezeAndCount(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === maxDepth) return Number.NEGATIVE_INFINITY
  let count = 0
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) count += freezeAndCount(value[i], depth + 1)
  } else {
    for (const name in value) {
      if (name === '__proto__') return Number.NEGATIVE_INFINITY
      const member = (value as Record<string, unknown>)[name]
      count += typeof member === 'object' ? 1 + freezeAndCount(member, depth + 1) : 1
    }
  }
  Object.freeze(value)
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

/** Whether an object in a valid JSON text has two members of one name. Exact, and slower than counting. */
function hasDuplicates(text: string): boolean {
  const objects: (Set<unknown> | undefined)[] = []
  for (const [token, string, colon] of text.matchAll(stringOrBracket)) {
    if (token === '{') objects.push(new Set())
    else if (token === '[') objects.push(undefined)
    else if (token === '}' || token === ']') objects.pop()
    else if (colon) {
      const name: unknown = string?.includes('\\') ? JSON.parse(string) : string?.slice(1, -1)
      const names = objects.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

/** Whether no string and no name in a value holds half of a surrogate pair, which no UTF-8 text can. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return !loneSurrogate.test(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => !loneSurrogate.test(name) && isWellFormed(member))
}

const nothing = {}

const maxDepth = 32
const maxValues = 750

/** A shorter text has no room for what takes long to parse. */
const longText = 2_048

const [quote, backslash, comma, space] = [0x22, 0x5c, 0x2c, 0x20]
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const stringOrBracket = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[[\]{}]/g
const loneSurrogate = /[\ud800-\udfff]/u
