/**
 * Events as the hosts send them, in the shapes of the AWS documentation and of `@types/aws-lambda`; what this library does not read is left out
 * where it is long.
 */
import type {
  ALBEvent,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewayTokenAuthorizerEvent,
  AppSyncAuthorizerEvent,
  CloudFrontRequestEvent,
} from 'aws-lambda'
import type { AppSyncEventsAuthorizerEvent } from 'cognito-guard/lambda'

export type Pairs = readonly (readonly [name: string, value: string])[]

export const stage = 'arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod'

export const tokenEvent = (
  authorizationToken: string,
  methodArn = `${stage}/GET/orders`,
): APIGatewayTokenAuthorizerEvent => ({ type: 'TOKEN', authorizationToken, methodArn })

export const requestEvent = (headers: Pairs, methodArn = `${stage}/GET/orders`) =>
  ({
    type: 'REQUEST',
    methodArn,
    resource: '/orders',
    path: '/orders',
    httpMethod: 'GET',
    ...bothMaps(headers),
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: {},
    stageVariables: {},
    requestContext: restContext(undefined),
  }) as unknown as APIGatewayRequestAuthorizerEvent

/** As the console's test button sends it. */
export const consoleEvent = () =>
  ({
    ...requestEvent([]),
    headers: null,
    multiValueHeaders: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
  }) as APIGatewayRequestAuthorizerEvent

export const connectEvent = (headers: Pairs, query: Record<string, string> = {}) => ({
  type: 'REQUEST',
  methodArn: `${stage}/$connect`,
  ...bothMaps(headers),
  queryStringParameters: query,
  multiValueQueryStringParameters: Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, [value]]),
  ),
  stageVariables: {},
  requestContext: {
    routeKey: '$connect',
    eventType: 'CONNECT',
    messageDirection: 'IN',
    connectionId: 'Zz1ZzcAsIAMCJXg=',
    connectedAt: 1_790_000_000_000,
    requestTimeEpoch: 1_790_000_000_000,
    domainName: 'abcdef1234.execute-api.eu-west-1.amazonaws.com',
    stage: 'prod',
    apiId: 'abcdef1234',
    identity: { sourceIp: '203.0.113.7' },
  },
})

export const httpAuthorizerEvent = (
  headers: Pairs,
  cookies: string[] = [],
): APIGatewayRequestAuthorizerEventV2 => ({
  version: '2.0',
  type: 'REQUEST',
  routeArn: `${stage}/GET/orders`,
  identitySource: headers.map(([, value]) => value),
  routeKey: 'GET /orders',
  rawPath: '/prod/orders',
  rawQueryString: 'page=1&tag=a&tag=b',
  cookies,
  headers: joined(headers),
  queryStringParameters: { page: '1', tag: 'a,b' },
  requestContext: httpContext('GET', '/prod/orders'),
})

export const httpAuthorizerEventV1 = (headers: Pairs) =>
  ({
    ...requestEvent(headers),
    version: '1.0',
    identitySource: headers.map(([, value]) => value).join(','),
    authorizationToken: headers.map(([, value]) => value).join(','),
  }) as APIGatewayRequestAuthorizerEvent

export const proxyEvent = (headers: Pairs, authorizer?: object | null, identity: object = {}) =>
  ({
    resource: '/orders',
    path: '/orders',
    httpMethod: 'GET',
    ...bothMaps(headers),
    queryStringParameters: { tag: 'b c' },
    multiValueQueryStringParameters: { tag: ['a', 'b c'] },
    pathParameters: null,
    stageVariables: null,
    requestContext: restContext(authorizer, identity),
    body: null,
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEvent

/** Payload 2.0 of an HTTP API; a function URL's is the same, without an authorizer or with `null`. */
export const proxyEventV2 = (headers: Pairs, authorizer?: object | null, cookies?: string[]) =>
  ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/orders',
    rawQueryString: 'tag=a&tag=b%20c',
    ...(cookies ? { cookies } : {}),
    headers: joined(headers),
    queryStringParameters: { tag: 'a,b c' },
    requestContext: { ...httpContext('GET', '/orders'), ...(authorizer === undefined ? {} : { authorizer }) },
    isBase64Encoded: false,
  }) as APIGatewayProxyEventV2

export const albEvent = (headers: Pairs): ALBEvent => ({
  requestContext: {
    elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1' },
  },
  httpMethod: 'GET',
  path: '/orders',
  queryStringParameters: { tag: 'b%20c' },
  headers: joined(headers),
  body: '',
  isBase64Encoded: false,
})

/** From a load balancer that sends lists of values. */
export const albEventOfLists = (headers: Pairs): ALBEvent => {
  const { headers: _, queryStringParameters: __, ...event } = albEvent([])
  const { multiValueHeaders } = bothMaps(headers.map(([name, value]) => [name.toLowerCase(), value]))
  return { ...event, multiValueHeaders, multiValueQueryStringParameters: { tag: ['a', 'b%20c'] } }
}

/** VPC Lattice, version 2.0 of its events. */
export const latticeEvent = (headers: Pairs) => ({
  version: '2.0',
  path: '/orders',
  method: 'GET',
  headers: bothMaps(headers).multiValueHeaders,
  queryStringParameters: { tag: ['a', 'b c'] },
  body: '',
  isBase64Encoded: false,
  requestContext: {
    serviceArn: 'arn:aws:vpc-lattice:eu-west-1:123456789012:service/svc-1',
    region: 'eu-west-1',
  },
})

/** VPC Lattice, version 1 of its events, which Envoy sends too: values of one header in one text. */
export const latticeEventV1 = (headers: Pairs) => ({
  raw_path: '/orders',
  method: 'GET',
  headers: joined(headers),
  query_string_parameters: { tag: 'b c' } as Record<string, string | string[]>,
  body: '',
  is_base64_encoded: false,
})

export const latticeEventV1OfLists = (headers: Pairs) => ({
  ...latticeEventV1([]),
  headers: bothMaps(headers).multiValueHeaders,
  query_string_parameters: { tag: ['a', 'b c'] },
})

export const appSyncEvent = (authorizationToken: string, requestHeaders = {}): AppSyncAuthorizerEvent => ({
  authorizationToken,
  requestContext: {
    apiId: 'aaaaaa123123123example123',
    accountId: '123456789012',
    requestId: 'f4081827-1111-4444-5555-5cf4695f339f',
    queryString: 'mutation DeleteOrder {\n  deleteOrder(id: "1") { id }\n}\n',
    operationName: 'DeleteOrder',
    variables: {},
  },
  requestHeaders,
})

export const appSyncEventsEvent = (
  authorizationToken: string,
  operation: AppSyncEventsAuthorizerEvent['requestContext']['operation'],
  channel: string | null,
): AppSyncEventsAuthorizerEvent => ({
  authorizationToken,
  requestContext: {
    apiId: 'aaaaaa123123123example123',
    accountId: '123456789012',
    requestId: 'f4081827-1111-4444-5555-5cf4695f339f',
    operation,
    channelNamespaceName: channel?.split('/')[1] ?? null,
    channel,
  },
  requestHeaders: { host: 'example.appsync-api.eu-west-1.amazonaws.com' },
})

export const viewerRequest = (headers: Pairs, querystring = ''): CloudFrontRequestEvent => ({
  Records: [
    {
      cf: {
        config: {
          distributionDomainName: 'd111111abcdef8.cloudfront.net',
          distributionId: 'EDFDVBD6EXAMPLE',
          eventType: 'viewer-request',
          requestId: '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==',
        },
        request: {
          clientIp: '203.0.113.178',
          method: 'GET',
          uri: '/orders',
          querystring,
          headers: Object.fromEntries(
            [...new Set(headers.map(([name]) => name.toLowerCase()))].map(name => [
              name,
              headers.filter(([key]) => key.toLowerCase() === name).map(([key, value]) => ({ key, value })),
            ]),
          ),
        },
      },
    },
  ],
})

/** Maps keep the case that the client sent; the one of single values has the last. */
function bothMaps(headers: Pairs) {
  const multiValueHeaders: Record<string, string[]> = {}
  for (const [name, value] of headers) (multiValueHeaders[name] ??= []).push(value)
  return { headers: Object.fromEntries(headers), multiValueHeaders }
}

/** Payload 2.0: names in lower case, values of the same name in one. */
function joined(headers: Pairs): Record<string, string> {
  const map: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    map[key] = key in map ? `${map[key]},${value}` : value
  }
  return map
}

const restContext = (authorizer: object | null | undefined, identity: object = {}) => ({
  accountId: '123456789012',
  apiId: 'abcdef1234',
  resourceId: '123456',
  resourcePath: '/orders',
  httpMethod: 'GET',
  path: '/prod/orders',
  protocol: 'HTTP/1.1',
  stage: 'prod',
  requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  requestTimeEpoch: 1_790_000_000_123,
  identity: {
    accountId: null,
    caller: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    cognitoAuthenticationType: null,
    cognitoAuthenticationProvider: null,
    sourceIp: '203.0.113.7',
    user: null,
    userArn: null,
    ...identity,
  },
  ...(authorizer === undefined ? {} : { authorizer }),
})

const httpContext = (method: string, path: string) => ({
  accountId: '123456789012',
  apiId: 'abcdef1234',
  domainName: 'abcdef1234.execute-api.eu-west-1.amazonaws.com',
  domainPrefix: 'abcdef1234',
  http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'agent' },
  requestId: 'JKJaXmPLvHcESHA=',
  routeKey: 'GET /orders',
  stage: 'prod',
  time: '10/Mar/2026:05:16:23 +0000',
  timeEpoch: 1_790_000_000_123,
})
