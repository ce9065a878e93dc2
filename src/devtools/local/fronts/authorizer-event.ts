import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Which event an authorizer is called with: that of a REST API by token or by request, or that of an HTTP API (format 2.0). */
export type AuthorizerType = 'token' | 'request' | 'http'

/** A request as API Gateway describes it to an authorizer. */
export interface AuthorizerEvent {
  /** `methodArn` or `routeArn`, which policies are about. */
  readonly arn: string
  readonly event: Readonly<Record<string, unknown>>
  /** The rest of the backend's `requestContext`. */
  readonly requestContext: Readonly<Record<string, unknown>>
}

/**
 * The event of a request.
 * Sources: "Input to an API Gateway Lambda authorizer" and "Create AWS Lambda authorizers for HTTP APIs", API Gateway Developer Guide.
 */
export function authorizerEvent(
  type: AuthorizerType,
  request: IncomingMessage,
  now: number,
): AuthorizerEvent {
  const url = new URL(`http://localhost${request.url}`)
  const arn = `arn:aws:execute-api:us-east-1:000000000000:local/${stage}/${request.method}${url.pathname}`
  if (type === 'http') return httpEvent(request, url, arn, now)
  const requestContext = restContext(request, url, now)
  if (type === 'token') {
    const authorizationToken = request.headers.authorization
    return { arn, requestContext, event: { type: 'TOKEN', authorizationToken, methodArn: arn } }
  }
  const event = {
    type: 'REQUEST',
    methodArn: arn,
    resource: url.pathname,
    path: url.pathname,
    httpMethod: request.method,
    headers: request.headers,
    multiValueHeaders: request.headersDistinct,
    queryStringParameters: Object.fromEntries(url.searchParams),
    multiValueQueryStringParameters: Object.fromEntries(
      [...url.searchParams.keys()].map(name => [name, url.searchParams.getAll(name)]),
    ),
    pathParameters: {},
    stageVariables: {},
    requestContext,
  }
  return { arn, event, requestContext }
}

function restContext({ method, headers, socket }: IncomingMessage, { pathname }: URL, now: number) {
  return {
    ...common(now),
    path: `/${stage}${pathname}`,
    resourceId: 'local0',
    resourcePath: pathname,
    httpMethod: method,
    identity: { sourceIp: socket.remoteAddress, userAgent: headers['user-agent'] },
  }
}

function httpEvent(request: IncomingMessage, url: URL, arn: string, now: number): AuthorizerEvent {
  const { method, headers, socket } = request
  const routeKey = `${method} ${url.pathname}`
  const requestContext = {
    ...common(now),
    domainName: headers.host,
    domainPrefix: 'local',
    http: {
      method,
      path: url.pathname,
      protocol: 'HTTP/1.1',
      sourceIp: socket.remoteAddress,
      userAgent: headers['user-agent'],
    },
    routeKey,
    time: new Date(now).toUTCString(),
    timeEpoch: now,
  }
  const { cookie, ...others } = headers
  const event = {
    version: '2.0',
    type: 'REQUEST',
    routeArn: arn,
    identitySource: [headers.authorization],
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    cookies: cookie?.split('; ') ?? [],
    headers: others,
    queryStringParameters: Object.fromEntries(url.searchParams),
    requestContext,
    pathParameters: {},
    stageVariables: {},
  }
  return { arn, event, requestContext }
}

const common = (requestTimeEpoch: number) => ({
  accountId: '000000000000',
  apiId: 'local',
  stage,
  requestId: randomUUID(),
  requestTimeEpoch,
})

const stage = 'dev'
