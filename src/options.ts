import type { Clock } from './types.js'

/** What is wrong with an option's value, or `undefined` when nothing is. */
export interface OptionCheck {
  (value: unknown): string | undefined
  /** Whether the option may be left out but not be given as `undefined`. Default: it may. */
  readonly refusesUndefined?: true
}

/** The checks of a factory's options by name. A name that ends in `?` is optional. */
export type OptionChecks = Readonly<Record<string, OptionCheck>>

/**
 * Checks options when a factory is called, so that a wrong one fails at start-up with its name.
 *
 * @throws TypeError naming the factory and the option
 */
export function checkOptions(factory: string, options: unknown, checks: OptionChecks): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${factory}: options must be an object`)
  }
  for (const name of Object.keys(options)) {
    if (name.endsWith('?') || !(Object.hasOwn(checks, name) || Object.hasOwn(checks, `${name}?`))) {
      const names = Object.keys(checks).map(key => key.replace('?', ''))
      const meant = names.find(known => known.toLowerCase() === name.toLowerCase())
      throw new TypeError(
        `${factory}: ${name} is not an option; ${meant ? `${meant} is` : `known are ${names.join(', ')}`}`,
      )
    }
  }
  for (const [key, check] of Object.entries<OptionCheck>(checks)) {
    const optional = key.endsWith('?')
    const name = optional ? key.slice(0, -1) : key
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined) {
      if (!optional || (check.refusesUndefined && Object.hasOwn(options, name)))
        throw new TypeError(`${factory}: ${name} is undefined`)
      continue
    }
    const problem = check(value)
    if (problem) throw new TypeError(`${factory}: ${name} ${problem}`)
  }
}

/** The options of a factory that another factory's checks name: to be passed on to it. */
export const optionsIn = (options: object, checks: OptionChecks): object =>
  Object.fromEntries(Object.entries(options).filter(([name]) => `${name}?` in checks))

/** One value as a list of one. */
export const listOf = <T extends string>(value: T | readonly T[]): readonly T[] =>
  typeof value === 'string' ? [value] : value

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

export const aString: OptionCheck = value =>
  typeof value === 'string' && value !== '' ? undefined : 'must be a non-empty string'

/** Short enough for a label, and of one line in a log. */
export const aName: OptionCheck = value =>
  typeof value === 'string' && /^[\x20-\x7e]{1,64}$/.test(value)
    ? undefined
    : 'must be 1 to 64 printable ASCII characters'

export const aBoolean: OptionCheck = value =>
  typeof value === 'boolean' ? undefined : 'must be true or false'

export const aFunction: OptionCheck = value =>
  typeof value === 'function' ? undefined : 'must be a function'

export const anObject: OptionCheck = value =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object'

/**
 * An object whose own members are values by name. What a prototype or a `Map` holds would be ignored: a policy that is not asked. By what it has, since
 * every realm has its own `Object.prototype`.
 */
export const valuesByName: OptionCheck = value => {
  const problem = anObject(value)
  if (problem) return problem
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.hasOwn(prototype as object, 'hasOwnProperty')
    ? undefined
    : 'must be a plain object, without a prototype of its own'
}

/** A clock, or anything with a `now()`: `Date` and `performance` are. */
export const aClock: OptionCheck = value =>
  typeof (value as { now?: unknown } | null)?.now === 'function' ? undefined : 'must have a function now()'

/** A clock of the time of day, in milliseconds: one in seconds is in the year 1970, where no token is valid yet. */
export const aWallClock: OptionCheck = value =>
  aClock(value) ?? (tellsSeconds(value as Clock) ? 'must tell milliseconds, not seconds' : undefined)

/** What it throws is thrown when it is asked for the time of a token. */
function tellsSeconds(clock: Clock): boolean {
  try {
    return Math.abs(clock.now() - 5e9) < 4e9
  } catch {
    return false
  }
}

/** A finite number of seconds within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export function seconds(least: number, most: number): OptionCheck {
  return value =>
    typeof value === 'number' && value >= least && value <= most
      ? undefined
      : `must be a number of seconds from ${least} to ${most}${instead(value, least, most)}`
}

/** What was probably meant, where a value that is too great is one in milliseconds, or a text holds a number. */
function instead(value: unknown, least: number, most: number): string {
  if (typeof value === 'string') return ': it is a text; convert it with Number()'
  return typeof value === 'number' && value >= 1_000 * (least || 1) && value <= 1_000 * most
    ? ': it seems to be in milliseconds; divide it by 1000'
    : ''
}

/** A whole number within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export function aCount(least: number, most: number): OptionCheck {
  return value =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`
}

export const oneOf =
  (...allowed: readonly string[]): OptionCheck =>
  value =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.join(', ')}`

/** One of the supported algorithms, or a non-empty list of them. */
export const someAlgorithms: OptionCheck = value => oneOrMore(oneOf(...algorithms))(value)

/** One value that passes the check, or a non-empty list of such values. */
export const oneOrMore =
  (check: OptionCheck): OptionCheck =>
  value => {
    if (!Array.isArray(value)) return check(value)
    if (value.length === 0) return 'must not be an empty list'
    return Array.from(value as unknown[], check)
      .find(problem => problem)
      ?.replace(/^/, 'has an entry that ')
  }
