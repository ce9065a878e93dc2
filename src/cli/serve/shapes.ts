/**
 * What a configuration may hold, said once: each shape is both the check at start and its part of the published JSON schema (draft 7, which every
 * editor knows), so that the two cannot differ. Over 150 lines: one kind of shape after the other.
 */

/** What a value may be. */
export interface Shape {
  readonly schema: JsonSchema
  /** Reports every mistake in a value, with its place. */
  readonly check: (value: unknown, place: string, report: Report) => void
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** Called with a mistake: where it is, and what it should be. */
export type Report = (place: string, problem: string) => void

/** The shape with a description for editors. */
export const described = (description: string, { schema, check }: Shape): Shape => ({
  // beside `$ref`, draft 7 ignores all else
  schema: '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema },
  check,
})

/** A non-empty text, also one that matches. */
export const text = (pattern?: RegExp, what = 'a non-empty string'): Shape => ({
  schema: { type: 'string', ...(pattern ? { pattern: pattern.source } : { minLength: 1 }) },
  check: unless(
    value => typeof value === 'string' && (pattern ? pattern.test(value) : value !== ''),
    `must be ${what}`,
  ),
})

export const flag: Shape = {
  schema: { type: 'boolean' },
  check: unless(value => typeof value === 'boolean', 'must be true or false'),
}

/** The one value `false`. */
export const never: Shape = {
  schema: { const: false },
  check: unless(value => value === false, 'must be false'),
}

export const numberFrom = (minimum: number, maximum: number, what = 'a number of seconds'): Shape => ({
  schema: { type: 'number', minimum, maximum },
  check: unless(
    value => typeof value === 'number' && value >= minimum && value <= maximum,
    `must be ${what} from ${minimum} to ${maximum}`,
  ),
})

export const wholeFrom = (minimum: number, maximum: number): Shape => ({
  schema: { type: 'integer', minimum, maximum },
  check: unless(
    value => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
    `must be a whole number from ${minimum} to ${maximum}`,
  ),
})

export const oneOf = (...allowed: readonly string[]): Shape => ({
  schema: { enum: allowed },
  check: unless(value => allowed.includes(value as string), `must be one of ${allowed.join(', ')}`),
})

/** A list of at least one. */
export const listOf = (shape: Shape): Shape => ({
  schema: { type: 'array', items: shape.schema, minItems: 1 },
  check(value, place, report) {
    if (!Array.isArray(value)) return report(place, 'must be a list')
    if (value.length === 0) return report(place, 'must not be an empty list')
    for (const [index, item] of value.entries()) shape.check(item, `${place}[${index}]`, report)
  },
})

/** One value, or a list of them. */
export const oneOrMore = (shape: Shape): Shape => either(Array.isArray, listOf(shape), shape)

/** The first shape for values that are told apart by `isFirst`, else the second. */
export const either = (isFirst: (value: unknown) => boolean, first: Shape, second: Shape): Shape => ({
  schema: { anyOf: [second.schema, first.schema] },
  check: (value, place, report) => (isFirst(value) ? first : second).check(value, place, report),
})

/** An object of these members and no others. A name that ends in `?` is optional. */
export function objectOf(members: Readonly<Record<string, Shape>>): Shape {
  const shapes = new Map(Object.entries(members).map(([name, shape]) => [name.replace('?', ''), shape]))
  const required = Object.keys(members).filter(name => !name.endsWith('?'))
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(Array.from(shapes, ([name, { schema }]) => [name, schema])),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
    check(value, place, report) {
      if (!isObject(value)) return report(place, 'must be an object')
      for (const name of required) if (!Object.hasOwn(value, name)) report(at(place, name), 'is missing')
      checkMembers(value, shapes, place, report)
    },
  }
}

/** An object of exactly one of these members. */
export function oneMemberOf(members: Readonly<Record<string, Shape>>): Shape {
  const shapes = new Map(Object.entries(members))
  const { schema } = objectOf(Object.fromEntries(Array.from(shapes, ([name, shape]) => [`${name}?`, shape])))
  const names = [...shapes.keys()].join(', ')
  return {
    schema: { ...schema, minProperties: 1, maxProperties: 1 },
    check(value, place, report) {
      if (!isObject(value)) return report(place, `must be an object with one of ${names}`)
      if (Object.keys(value).length !== 1) report(place, `must have exactly one of ${names}`)
      checkMembers(value, shapes, place, report)
    },
  }
}

/** An object of any members with such names. */
export const recordOf = (name: RegExp, what: string, shape: Shape): Shape => ({
  schema: {
    type: 'object',
    propertyNames: { pattern: name.source },
    additionalProperties: shape.schema,
    minProperties: 1,
  },
  check(value, place, report) {
    if (!isObject(value)) return report(place, 'must be an object')
    if (Object.keys(value).length === 0) report(place, 'must not be empty')
    for (const [key, member] of Object.entries(value)) {
      if (!name.test(key)) report(at(place, key), `must be named by ${what}`)
      shape.check(member, at(place, key), report)
    }
  },
})

/** A shape that contains itself, by its name among the schema's definitions. */
export const named = (name: string, shape: () => Shape): Shape => ({
  schema: { $ref: `#/definitions/${name}` },
  check: (value, place, report) => shape().check(value, place, report),
})

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The place of a member: `guards.admin`, `routes["/admin/*"]`. */
export const at = (place: string, name: string): string =>
  /^[\w$-]+$/.test(name) ? `${place}${place && '.'}${name}` : `${place}[${JSON.stringify(name)}]`

function checkMembers(
  value: Readonly<Record<string, unknown>>,
  shapes: ReadonlyMap<string, Shape>,
  place: string,
  report: Report,
): void {
  for (const [name, member] of Object.entries(value)) {
    const shape = shapes.get(name)
    if (shape) shape.check(member, at(place, name), report)
    else report(at(place, name), `is not known here: ${[...shapes.keys()].join(', ')}`)
  }
}

function unless(isRight: (value: unknown) => boolean, problem: string): Shape['check'] {
  return (value, place, report) => {
    if (!isRight(value)) report(place, problem)
  }
}
