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

function route(path: string, name: keyof typeof policies, argument = ''): [string, Route] {
  const [policy, claim] = policies[name]
  const policyCode = argument ? `${name}('${argument}')` : name
  const code = `app.get('${path}', protect(guard, ${policyCode}), (req, res) => res.json(authOf(req).principal))`
  return [path, { policy: policy(argument), code, policyCode, claim }]
}

const policies = {
  isUser: [() => isUser, 'username'],
  hasScope: [(scope: string) => hasScope(scope), 'scope'],
  inGroup: [(group: string) => inGroup(group), 'cognito:groups'],
} as const

/** The routes by path. */
export const routes: ReadonlyMap<string, Route> = new Map([
  route('/me', 'isUser'),
  route('/orders', 'hasScope', 'orders/read'),
  route('/admin', 'inGroup', 'admin'),
])
