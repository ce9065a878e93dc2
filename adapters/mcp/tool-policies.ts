import { type Challenge, every, joinScopes, type Policy, refusedBy } from '../../src/guard/policy.js'
import type { RequestView, VerifiedToken } from '../../src/types.js'
import type { Answer } from './answer.js'
import type { McpOptions } from './options.js'
import { toolsCalled, toolsNamed } from './tools-called.js'
import type { ReadBody } from './well-known.js'

/** The policy of one request, and why it is not answered by the server although it is authorized. */
interface ToolCheck {
  readonly policy: readonly [policy?: Policy]
  readonly problem: () => Answer | undefined
}

/**
 * Returns the policy of a request: that of the tool that it calls. It reads the body when the token has been verified and the policy for all
 * requests permits it, not before.
 */
export function toolPolicies({ tools, scopes = [], serverChecksHeaders }: McpOptions) {
  const ofTools = Object.values(tools ?? {}).map(({ challenge }) => challenge?.scope)
  const known = joinScopes([...scopes, ...ofTools]).split(' ')
  const policyOf = (name: string): readonly Policy[] =>
    [tools?.[Object.hasOwn(tools, name) ? name : '*'] ?? []].flat()

  return (request: RequestView, readBody: ReadBody): ToolCheck => {
    if (!tools || bodiless.has(request.method as string)) return unchecked
    let problem: Answer | undefined
    const policy: Policy = async (auth, ...rest) => {
      const named = serverChecksHeaders ? toolsNamed(request) : undefined
      const called = named ?? toolsCalled(await readBody(), request)
      if (!Array.isArray(called)) {
        problem = called as Answer
        return true
      }
      const asked = called.flatMap(policyOf)
      if (asked.length === 0) return true
      const all = every(...asked)
      const refusing = await refusedBy(all, auth, ...rest)
      // this policy is of one request
      if (refusing?.challenge)
        Object.assign(policy, { challenge: keepingScopes(refusing.challenge, all, auth, known) })
      return refusing === undefined
    }
    return { policy: [policy], problem: () => problem }
  }
}

/**
 * A refusal for a missing scope names the scopes of all tools that the token has, beside what is missing: a client that asks for this one alone would
 * lose them, and come back for them at the next call. They are named as they are configured.
 */
function keepingScopes(
  challenge: Challenge,
  all: Policy,
  auth: VerifiedToken,
  known: readonly string[],
): Challenge {
  if (!challenge.scope) return challenge
  const held = known.filter(scope => auth.principal.scopes.includes(scope))
  return { ...challenge, scope: joinScopes([...held, all.challenge?.scope, challenge.scope]) }
}

const unchecked: ToolCheck = { policy: [], problem: () => undefined }

/** Requests that open a stream or end a session: they call nothing. */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])
