import { type AuthError, asRefusal } from '../../errors.js'

/** The error that a step of verification refuses with; `undefined` when it passes. */
export function refusalOf(step: () => unknown): AuthError | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    return asRefusal(error)
  }
}
