import type { Refusal } from '../../src/guard/answer.js'
import type { Guard } from '../../src/guard/guard.js'
import type { Policy } from '../../src/guard/policy.js'
import type { JwtClaims, MaybePromise, VerifiedToken } from '../../src/types.js'
import { checkArguments } from '../protect.js'
import { eventView, type HttpEvent } from './event-view.js'

/** The response to a refused HTTP event. */
export interface RefusedResult {
  readonly statusCode: Refusal['status']
  readonly headers: Record<string, string>
  readonly multiValueHeaders?: Record<string, string[]>
  readonly body: string
  readonly isBase64Encoded: false
}

/** A handler behind a guard: it gets what Lambda passes, with the verified token after the event. */
export type GuardedHandler<E, A, Rest extends readonly unknown[], R> = (
  event: E,
  auth: A,
  ...rest: Rest
) => MaybePromise<R>

/** What Lambda passes after the event, also to a handler that ignores it. */
type Passed<Rest extends readonly unknown[]> = Rest extends readonly [] ? readonly unknown[] : Rest

/**
 * Returns a handler of HTTP events that verifies the token inside the function: for function URLs, targets of load balancers and VPC Lattice,
 * and proxy integrations without an authorizer. It responds to refused events; for the others it calls your handler with the verified token after
 * the event, and then what Lambda passes: the context, or the response stream and the context.
 * Faults, which are not refusals, reject; an event without a path or a method is one (TypeError).
 *
 * Does not add CORS headers: function URLs and HTTP APIs have their own; elsewhere wrap this handler in one that adds them.
 *
 * @throws TypeError for anything but a guard, a policy and a handler
 * @example
 * export const handler = protect(guard, hasScope('orders/read'), async (event: LambdaFunctionURLEvent, auth) => ({ body: auth.principal.subject }))
 */
export function protect<
  C extends JwtClaims,
  A extends VerifiedToken<C> | undefined,
  E extends HttpEvent,
  Rest extends readonly unknown[],
  R,
>(
  guard: Guard<C, A>,
  handler: GuardedHandler<E, A, Rest, R>,
): (event: E, ...rest: Passed<Rest>) => Promise<R | RefusedResult>
export function protect<
  C extends JwtClaims,
  A extends VerifiedToken<C> | undefined,
  E extends HttpEvent,
  Rest extends readonly unknown[],
  R,
>(
  guard: Guard<C, A>,
  policy: Policy<C>,
  handler: GuardedHandler<E, A, Rest, R>,
): (event: E, ...rest: Passed<Rest>) => Promise<R | RefusedResult>
export function protect(guard: Guard, ...rest: readonly unknown[]) {
  const policy = rest.slice(0, -1) as [Policy?]
  const handler = rest.at(-1)
  checkArguments(guard, policy)
  if (typeof handler !== 'function')
    throw new TypeError(`protect: handler is ${String(handler)}, not a function`)
  // one declared parameter: Lambda takes a function of three for a handler with a callback
  return async (event: HttpEvent, ...passed: readonly unknown[]) => {
    const decision = await guard(eventView(event), ...policy)
    if (decision.authorized) return handler(event, decision.auth, ...passed)
    return isStream(passed[0]) ? stream(passed[0], decision) : refusedResult(decision, event)
  }
}

function refusedResult({ status, headers, body }: Refusal, event: HttpEvent): RefusedResult {
  const result = {
    statusCode: status,
    headers: { ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  } as const
  // a load balancer that sends multi-value headers accepts nothing else
  if (event.headers || !event.multiValueHeaders) return result
  const lists = Object.entries(headers).map(([name, value]) => [name, [value]])
  return { ...result, multiValueHeaders: Object.fromEntries(lists) }
}

const isStream = (value: unknown): value is ResponseStream =>
  typeof (value as Partial<ResponseStream> | undefined)?.write === 'function'

/** AWS Lambda Developer Guide, "Response streaming for Lambda functions": status and headers go before the first byte. */
function stream(responseStream: ResponseStream, { status, headers, body }: Refusal): void {
  const { awslambda } = globalThis as unknown as { awslambda: LambdaGlobal }
  const answer = awslambda.HttpResponseStream.from(responseStream, { statusCode: status, headers })
  answer.write(JSON.stringify(body))
  answer.end()
}

interface ResponseStream {
  write(chunk: string): unknown
  end(): unknown
}

interface LambdaGlobal {
  readonly HttpResponseStream: { from(stream: ResponseStream, metadata: object): ResponseStream }
}
