/** One thing that `doctor` has looked at. */
export interface Diagnosis {
  readonly name: string
  /** `note`: to be known, perhaps as wished. `unclear`: it could not be looked at. */
  readonly result: 'ok' | 'note' | 'problem' | 'unclear'
  readonly what: string
  /** Why it matters. */
  readonly why?: string
  readonly fix?: string
}

/** Returns a diagnosis of something that is as it should be. */
export const fine = (name: string, what: string): Diagnosis => ({ name, result: 'ok', what })

/** Returns a diagnosis of anything else. */
export const finding = (
  result: 'note' | 'problem' | 'unclear',
  name: string,
  what: string,
  why: string,
  fix: string,
): Diagnosis => ({ name, result, what, why, fix })
