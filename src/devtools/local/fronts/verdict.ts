import type { AuthorizerType } from './authorizer-event.js'

/** The answer of an authorizer, for every request with the same token. */
export interface Verdict {
  readonly allows: (arn: string) => boolean
  /** `requestContext.authorizer` of the backend. */
  readonly authorizer: object
}

/** What an authorizer may answer with. */
export interface Answer {
  readonly isAuthorized?: boolean
  readonly principalId?: string
  readonly policyDocument?: { readonly Statement: Statement | readonly Statement[] }
  readonly context?: Readonly<Record<string, unknown>>
}

interface Statement {
  readonly Action: string | readonly string[]
  readonly Effect: string
  readonly Resource: string | readonly string[]
}

/**
 * The verdict of an answer (Output from an API Gateway Lambda authorizer, API Gateway Developer Guide).
 *
 * @throws Error for what API Gateway cannot use
 */
export function readVerdict(
  type: AuthorizerType,
  { isAuthorized, principalId, policyDocument, context = {} }: Answer,
): Verdict {
  if (type === 'http' && typeof isAuthorized === 'boolean')
    return { allows: () => isAuthorized, authorizer: { lambda: context } }
  if (typeof principalId !== 'string' || policyDocument === undefined) throw new Error('This is no policy.')
  const statements = [policyDocument.Statement].flat()
  const applying = (effect: string, arn: string) =>
    statements.some(
      ({ Effect, Action, Resource }) =>
        Effect === effect && matches(Action, 'execute-api:Invoke') && matches(Resource, arn),
    )
  return {
    allows: arn => applying('Allow', arn) && !applying('Deny', arn),
    authorizer:
      type === 'http' ? { lambda: context } : { ...asTexts(context), principalId, integrationLatency: 0 },
  }
}

/** A REST API takes texts, numbers and booleans, and passes them on as texts. */
function asTexts(context: object): Record<string, string> {
  const entries = Object.entries(context)
  if (entries.some(([, value]) => typeof value === 'object' && value !== null))
    throw new Error('The context holds an object or a list.')
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

/** `*` stands for any text, also across slashes, and `?` for one character (IAM JSON policy elements: Resource, IAM User Guide). */
function matches(patterns: string | readonly string[], text: string): boolean {
  return [patterns].flat().some(pattern => {
    const source = pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
    return new RegExp(`^${source}$`, 's').test(text)
  })
}
