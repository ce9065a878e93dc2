import { isPolicy } from '../src/guard/policy.js'

/**
 * Checks what a door is given when it is built. A policy that is there but `undefined` is a misspelt name, not the wish for none;
 * a second one would be asked by nobody.
 *
 * @throws TypeError naming the argument
 */
export function checkArguments(guard: unknown, policies: readonly unknown[]): void {
  if (typeof guard !== 'function')
    throw new TypeError('protect: guard must be a guard, such as createGuard({ ... })')
  if (policies.length > 1 || Array.isArray(policies[0]))
    throw new TypeError('protect: expected one policy; every(...) and some(...) make one of several')
  if (policies.length > 0 && !isPolicy(policies[0]))
    throw new TypeError(
      `protect: policy is ${policies[0] === undefined ? '' : 'a '}${typeof policies[0]}, not a policy`,
    )
}
