import { hasScope, inGroup, isUser, type Policy } from '../../guard/policy.js'

/** A route of the demo's API: the policy that runs, and its source as an Express app has it. Both come from one row, so that they cannot differ. */
export interface Route {
  readonly policy: Policy
  readonly code: string
  /** The policy's source. */
  readonly policyCode: string
  /** The claim that the policy looks at. */
  readonly claim: string
}

const route = (path: string, name: keyof typeof policies, ...names: readonly string[]): [string, Route] => {
  const [policy, claim] = policies[name]
  const policyCode = `${name}${names.length > 0 ? `(${names.map(text => `'${text}'`).join(', ')})` : ''}`
  return [
    path,
    {
      policy: policy(...names),
      code: `app.get('${path}', protect(guard, ${policyCode}), (req, res) => res.json(authOf(req).principal))`,
      policyCode,
      claim,
    },
  ]
}

const policies = {
  isUser: [() => isUser, 'username'],
  hasScope: [hasScope as (...scopes: readonly string[]) => Policy, 'scope'],
  inGroup: [inGroup as (...groups: readonly string[]) => Policy, 'cognito:groups'],
} as const

/** The routes by path. */
export const routes: ReadonlyMap<string, Route> = new Map([
  route('/me', 'isUser'),
  route('/orders', 'hasScope', 'orders/read'),
  route('/admin', 'inGroup', 'admin'),
])
