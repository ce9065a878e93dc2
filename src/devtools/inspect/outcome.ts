import { type AuthError, asRefusal } from '../../errors.js'

/** What a step of verification refuses with; `undefined` when it does not refuse. */
export function refusalOf(step: () => unknown): AuthError | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    return asRefusal(error)
  }
}
