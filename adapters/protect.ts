import { isPolicy } from '../src/policy.js'

/**
 * Checks what a door is given when it is built. A policy that is there but `undefined` is a misspelt name, not the wish for none.
 *
 * @throws TypeError naming the argument
 */
export function checkArguments(guard: unknown, policies: readonly unknown[]): void {
  if (typeof guard !== 'function')
    throw new TypeError('protect: guard must be a guard, such as createGuard({ ... })')
  if (policies.length > 0 && !isPolicy(policies[0]))
    throw new TypeError(`protect: policy is ${String(policies[0])}, not a policy`)
}
