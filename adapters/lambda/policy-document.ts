import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import type { AuthorizerContext } from './context.js'

/** The parts of a method ARN. */
interface MethodArn {
  /** `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}`, as in the event. */
  readonly stage: string
  readonly method: string
  /** Without the first slash. */
  readonly path: string
}

/** @throws TypeError for anything but an ARN of API Gateway */
export function parseMethodArn(methodArn: string): MethodArn {
  const [, stage, method, path = ''] =
    /^(arn:[\w-]+:execute-api:[\w-]*:[\w-]*:[\w-]+\/[\w$.-]+)\/([A-Z]+|\$connect)(?:\/(.*))?$/s.exec(
      methodArn,
    ) ?? []
  if (!stage || !method) throw new TypeError('the event has no method ARN of API Gateway')
  return { stage, method, path }
}

/** Whether an ARN, which ends in the path that a client sent, matches only itself: in a policy, and in a backend that merges slashes. */
export const isPlain = (arn: string): boolean =>
  arn.length <= longestArn && !/[*?$]|\/\//.test(arn.replace('/$default/', '/'))

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
): APIGatewayAuthorizerResult {
  if ([...allow, ...deny].some(arn => arn.length > longestArn))
    throw new RangeError(`routes: an ARN is longer than ${longestArn} characters`)
  const Statement = [statement('Allow', allow), ...(deny.length > 0 ? [statement('Deny', deny)] : [])]
  return { principalId, policyDocument: { Version: '2012-10-17', Statement }, context }
}

/** Returns the result that denies everything: the token is denied all other routes too. */
export const denial = (stage: string): APIGatewayAuthorizerResult => ({
  principalId: 'refused',
  policyDocument: { Version: '2012-10-17', Statement: [statement('Deny', [`${stage}/*`])] },
})

const statement = (Effect: 'Allow' | 'Deny', Resource: readonly string[]) => ({
  Action: 'execute-api:Invoke',
  Effect,
  Resource: [...Resource],
})

/** Characters (Amazon API Gateway Developer Guide, quotas of REST APIs). */
const longestArn = 512
