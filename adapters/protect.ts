import { isPolicy } from '../src/guard/policy.js'

/**
 * Checks an adapter's arguments when it is created. Refuses an explicit `undefined` as the policy: that is a misspelt name, and must not mean
 * no policy. Refuses a second policy, which would be ignored.
 *
 * @throws TypeError naming the factory and the argument
 */
export function checkArguments(guard: unknown, policies: readonly unknown[], factory = 'protect'): void {
  if (typeof guard !== 'function')
    throw new TypeError(`${factory}: guard must be a guard, such as createGuard({ ... })`)
  if (policies.length > 1 || Array.isArray(policies[0]))
    throw new TypeError(`${factory}: expected one policy; every(...) and some(...) make one of several`)
  if (policies.length > 0 && !isPolicy(policies[0]))
    throw new TypeError(
      `${factory}: policy is ${policies[0] === undefined ? '' : 'a '}${typeof policies[0]}, not a policy`,
    )
}
