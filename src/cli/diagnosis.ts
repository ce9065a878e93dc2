import { type AuthErrorCode, pageOf } from '../errors.js'
import type { Diagnosis } from '../reports.js'

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
