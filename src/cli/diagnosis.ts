import { type AuthErrorCode, pageOf } from '../errors.js'

/** One finding of `doctor`. */
export interface Diagnosis {
  readonly name: string
  /** `note`: perhaps intended. `unclear`: could not be checked. */
  readonly result: 'ok' | 'note' | 'problem' | 'unclear'
  readonly what: string
  /** Why it matters. */
  readonly why?: string
  readonly fix?: string
  /** The page of the error that an API answers with: a path in the repository. */
  readonly page?: string
}

/** Returns a diagnosis without a problem. */
export const fine = (name: string, what: string): Diagnosis => ({ name, result: 'ok', what })

/**
 * Returns any other diagnosis.
 *
 * @param code of the error that an API answers with because of it
 */
export const finding = (
  result: 'note' | 'problem' | 'unclear',
  name: string,
  what: string,
  why: string,
  fix: string,
  code?: AuthErrorCode,
): Diagnosis => ({ name, result, what, why, fix, ...(code && { page: pageOf(code) }) })
