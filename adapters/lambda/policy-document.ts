import type { AuthorizerContext } from './context.js'
import type { AuthorizerPolicy } from './events.js'

/** The parts of a method ARN. */
interface MethodArn {
  /** `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}`, as in the event. */
  readonly stage: string
  readonly method: string
  /** Without the first slash. */
  readonly path: string
}

/** @throws TypeError for anything but an ARN of API Gateway */
export function parseMethodArn(methodArn: string | undefined): MethodArn {
  const arn = String(methodArn)
  const [, stage, method, path = ''] =
    /^(arn:[\w-]+:execute-api:[\w-]*:[\w-]*:[\w-]+\/[\w$.-]+)\/([A-Z]+|\$connect)(?:\/(.*))?$/s.exec(arn) ??
    []
  if (!stage || !method) throw new TypeError(wildcard.test(arn) ? isSample : noArn)
  return { stage, method, path }
}

/**
 * Whether an ARN, which ends in the path that a client sent, matches only itself: in a policy, and in a backend that merges slashes, decodes
 * them or resolves dot segments (RFC 3986 section 5.2.4).
 */
export const isPlain = (arn: string): boolean =>
  arn.length <= longestArn &&
  !/[*?$\\]|\/\/|%(?:2f|5c)|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(arn.replace('/$default/', '/'))

/**
 * Returns the result that allows resources, except for some.
 *
 * @throws RangeError when an ARN is longer than API Gateway accepts
 */
export function grant(
  principalId: string,
  allow: readonly string[],
  deny: readonly string[],
  context: AuthorizerContext,
): AuthorizerPolicy {
  if ([...allow, ...deny].some(arn => arn.length > longestArn))
    throw new RangeError(`routes: an ARN is longer than ${longestArn} characters`)
  const Statement = [statement('Allow', allow), ...(deny.length > 0 ? [statement('Deny', deny)] : [])]
  return { principalId, policyDocument: { Version: '2012-10-17', Statement }, context }
}

/** Returns the result that denies everything: the token is denied all other routes too. */
export const denial = (stage: string): AuthorizerPolicy => ({
  principalId: 'refused',
  policyDocument: { Version: '2012-10-17', Statement: [statement('Deny', [`${stage}/*`])] },
})

const statement = (Effect: 'Allow' | 'Deny', Resource: readonly string[]) => ({
  Action: 'execute-api:Invoke' as const,
  Effect,
  Resource: [...Resource],
})

/** Characters (Amazon API Gateway Developer Guide, quotas of REST APIs). */
const longestArn = 512

/** In the place of the stage or of the method. */
const wildcard = /^arn:[\w-]+:execute-api:[^/]*\/(?:\*|[^/]*\/\*)(?:\/|$)/

const isSample =
  'the method ARN has * for its stage or its method, as sample events in older documentation have, and no request does: write a stage and a method in its place, such as /test/GET/orders'

const noArn =
  'the event has no method ARN of API Gateway, so it asks for no authorization: answer others, such as those that keep a function warm, before the authorizer is asked'
