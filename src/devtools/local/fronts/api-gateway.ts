import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, loopback, type Reach } from '../../../testing/loopback.js'
import type { Clock } from '../../../types.js'
import { type AuthorizerEvent, type AuthorizerType, authorizerEvent } from './authorizer-event.js'
import { forward } from './proxy.js'
import { type Answer, readVerdict, type Verdict } from './verdict.js'

/** A Lambda authorizer. */
export type Authorizer = (event: never, context: object) => unknown

/** How an authorizer stands in front of an API. */
export interface ApiGatewayOptions {
  readonly authorizer: Authorizer
  readonly type: AuthorizerType
  /** Seconds that a policy is cached for a token. Default on AWS: 300 for REST APIs, 0 for HTTP APIs. */
  readonly ttl: number
  readonly apiPort: number
  readonly port: number
  readonly clock: Clock
  /** From where it is reached. Default: from this machine. */
  readonly reach?: Reach
  /** Seconds that the authorizer has. API Gateway gives it ten. */
  readonly timeout?: number
}

/**
 * Resolves to an API Gateway on loopback: it calls a Lambda authorizer with the event of a request, caches the answer, and forwards an
 * authorized request to an API on this machine. It refuses any other. The API gets `requestContext`, with what the authorizer added, as
 * JSON in the header `x-amzn-request-context`, as the AWS Lambda Web Adapter passes it.
 * Source: "Use API Gateway Lambda authorizers", API Gateway Developer Guide.
 */
export function startApiGateway(options: ApiGatewayOptions): Promise<Loopback> {
  const { type, ttl, apiPort, port, clock, reach } = options
  const cache = new Map<string, { readonly verdict: Verdict; readonly until: number }>()

  async function verdictOf(token: string, event: AuthorizerEvent['event']): Promise<Verdict> {
    const cached = cache.get(token)
    if (cached && clock.now() < cached.until) return cached.verdict
    const verdict = readVerdict(type, await call(options, event))
    cache.set(token, { verdict, until: clock.now() + ttl * 1000 })
    return verdict
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers
    if (authorization === undefined) return refuse(response, refusals[type].unauthorized)
    const { arn, event, requestContext } = authorizerEvent(type, request, clock.now())
    let verdict: Verdict
    try {
      verdict = await verdictOf(authorization, event)
    } catch (error) {
      const isRefused = (error as Partial<Error> | undefined)?.message === 'Unauthorized'
      return refuse(response, refusals[type][isRefused ? 'unauthorized' : 'failed'])
    }
    if (!verdict.allows(arn)) return refuse(response, refusals[type].denied)
    const context = JSON.stringify({ ...requestContext, authorizer: verdict.authorizer })
    forward(request, response, apiPort, /^x-amzn-request-context$/, { 'x-amzn-request-context': context })
  }

  return loopback(handle, port, reach)
}

async function call({ authorizer, timeout = 10 }: ApiGatewayOptions, event: object): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The authorizer took too long.')), timeout * 1000)
  })
  try {
    return (await Promise.race([authorizer(event as never, {}), late])) as Answer
  } finally {
    clearTimeout(timer)
  }
}

type Refusal = readonly [status: number, body: object, type: string]

const refuse = (response: ServerResponse, [status, body, type]: Refusal) =>
  void response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify(body))

const ofRestApi = {
  unauthorized: [401, { message: 'Unauthorized' }, 'UnauthorizedException'],
  denied: [403, { Message: 'User is not authorized to access this resource' }, 'AccessDeniedException'],
  failed: [500, { message: null }, 'AuthorizerConfigurationException'],
} as const

const refusals: Readonly<Record<AuthorizerType, Readonly<Record<keyof typeof ofRestApi, Refusal>>>> = {
  token: ofRestApi,
  request: ofRestApi,
  http: {
    unauthorized: [401, { message: 'Unauthorized' }, 'UnauthorizedException'],
    denied: [403, { message: 'Forbidden' }, 'ForbiddenException'],
    failed: [500, { message: 'Internal Server Error' }, 'InternalServerErrorException'],
  },
}
