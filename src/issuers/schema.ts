import { refusal } from '../errors.js'
import type { JwtClaims, MaybePromise } from '../types.js'

/** A validator of any library that follows Standard Schema (standardschema.dev), such as zod, valibot and arktype. */
export interface ClaimsSchema<T extends object = object> {
  /** The properties that Standard Schema defines. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => MaybePromise<SchemaResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** The result of a validator: the value, or the issues. */
export type SchemaResult<T> =
  | {
      /** The output. */
      readonly value: T
      /** None. */
      readonly issues?: undefined
    }
  | {
      /** What is wrong. */
      readonly issues: readonly unknown[]
    }

/**
 * Returns the claims merged with the schema's output: its members replace those of the same name, the others stay.
 *
 * @throws AuthError `ERR_TOKEN_CLAIM`, without the schema's issues, which may quote the token
 * @throws TypeError for a schema that is not synchronous
 */
export function claimsBy<T extends object>(
  schema: ClaimsSchema<T> | undefined,
  claims: JwtClaims,
): JwtClaims & T {
  if (!schema) return claims as JwtClaims & T
  const result = schema['~standard'].validate(claims)
  if ('then' in result) {
    result.catch(() => {})
    throw new TypeError('claims: the schema must be synchronous')
  }
  if (result.issues) throw refusal('ERR_TOKEN_CLAIM', schemaHint)
  return { ...claims, ...result.value }
}

export const aSchema = (value: unknown): string | undefined =>
  typeof (value as Partial<ClaimsSchema> | null)?.['~standard']?.validate === 'function'
    ? undefined
    : 'must be a schema that follows Standard Schema, such as one of zod or valibot'

const schemaHint = 'The claims do not satisfy the schema in the option claims.'
