import { at, isObject, type Report } from './shapes.js'

/** Returns what a factory makes of a part of the file; reports its TypeError at its place, and returns the stand-in, so that other mistakes are found too. */
export type Attempt = <T>(place: string, options: unknown, factory: () => T, standIn: T) => T

/** Returns an {@link Attempt} that reports to this. */
export const attempting =
  (report: Report): Attempt =>
  (place, options, factory, standIn) => {
    try {
      return factory()
    } catch (error) {
      report(...located(place, options, (error as TypeError).message))
      return standIn
    }
  }

/** A factory names itself and the option: `userPool: userPoolId must be ...` is said of `issuers.users.userPool.userPoolId`. */
function located(place: string, options: unknown, message: string): [place: string, problem: string] {
  const problem = message.replace(/^\w+: /, '')
  const option = problem.replace(/\W.*$/, '')
  return isObject(options) && Object.hasOwn(options, option)
    ? [at(place, option), problem.slice(option.length).replace(/^:? /, '')]
    : [place, problem]
}
