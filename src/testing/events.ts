// Over 150 lines: one event for each service, and events are long.
import { randomUUID } from 'node:crypto'

/** The options of an event. */
export interface TestEventOptions {
  /** Sent as `Authorization: Bearer <token>`, or where the adapter takes it from. Default: none. */
  readonly token?: string
  /** Default `GET`. */
  readonly method?: string
  /** Default `/orders`. */
  readonly path?: string
  /** Further headers, and those to send in place of the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: none. */
  readonly query?: Readonly<Record<string, string>>
}

/** The options of an event of AppSync Events. */
export interface TestChannelEventOptions extends Pick<TestEventOptions, 'token' | 'headers'> {
  /** Default `EVENT_CONNECT`. */
  readonly operation?: 'EVENT_CONNECT' | 'EVENT_SUBSCRIBE' | 'EVENT_PUBLISH'
  /** Default `/orders/new`. */
  readonly channel?: string | null
}

/**
 * Events as AWS services send them, with a token: to call a handler with, in process. Nothing in them but the token is secret or real.
 *
 * Source: API Gateway, AppSync, Lambda, CloudFront, Application Load Balancer and VPC Lattice guides.
 *
 * @example
 * const response = await handler(events.httpApi({ token: issuer.accessToken() }), context)
 */
export const events = {
  /** For a Lambda authorizer of type TOKEN of a REST API. */
  restApiTokenAuthorizer(options: TestEventOptions = {}) {
    return {
      type: 'TOKEN' as const,
      methodArn: methodArn(options),
      authorizationToken: bearerOf(options.token) ?? '',
    }
  },

  /** For a Lambda authorizer of type REQUEST of a REST API. */
  restApiRequestAuthorizer(options: TestEventOptions = {}) {
    const { resource, path, httpMethod, ...rest } = restApiRequest(options)
    return { type: 'REQUEST' as const, methodArn: methodArn(options), resource, path, httpMethod, ...rest }
  },

  /** For a Lambda function behind a REST API. */
  restApi(options: TestEventOptions = {}) {
    return { ...restApiRequest(options), ...noBody }
  },

  /** For a Lambda authorizer of an HTTP API, payload format 2.0. */
  httpApiAuthorizer(options: TestEventOptions = {}) {
    const { token, method = 'GET', path = '/orders' } = options
    const { headers: all, requestContext, ...request } = httpApiRequest(options, `${apiId}.execute-api`)
    return {
      type: 'REQUEST' as const,
      routeArn: `${arn}:${apiId}/$default/${method}${path}`,
      // It is null where the authorizer has no identity source, which @types/aws-lambda does not know.
      identitySource: (token === undefined ? null : [`Bearer ${token}`]) as string[],
      ...request,
      cookies: [] as string[],
      headers: all,
      requestContext,
      pathParameters: {},
      stageVariables: {},
    }
  },

  /** For a Lambda authorizer of an HTTP API, payload format 1.0. */
  httpApiAuthorizerV1(options: TestEventOptions = {}) {
    const credential = bearerOf(options.token) ?? ''
    const { resource, path, httpMethod, ...rest } = restApiRequest(options)
    return {
      version: '1.0' as const,
      type: 'REQUEST' as const,
      methodArn: methodArn(options),
      identitySource: credential,
      authorizationToken: credential,
      resource,
      path,
      httpMethod,
      ...rest,
    }
  },

  /** For a Lambda function behind an HTTP API, payload format 2.0. */
  httpApi(options: TestEventOptions = {}) {
    return { ...httpApiRequest(options, `${apiId}.execute-api`), isBase64Encoded: false }
  },

  /** For the `$connect` authorizer of a WebSocket API. The token is among the subprotocols, after `bearer`: browsers can set no other header. */
  webSocketAuthorizer({ token, headers = {}, query = {} }: TestEventOptions = {}) {
    const protocols = token === undefined ? {} : { 'Sec-WebSocket-Protocol': `bearer, ${token}` }
    const all = { Host: `${apiId}.execute-api.${region}.amazonaws.com`, ...protocols, ...headers }
    return {
      type: 'REQUEST' as const,
      methodArn: `${arn}:${apiId}/test/$connect`,
      headers: all,
      multiValueHeaders: lists(all),
      queryStringParameters: { ...query },
      multiValueQueryStringParameters: lists(query),
      stageVariables: {},
      requestContext: {
        routeKey: '$connect' as const,
        eventType: 'CONNECT' as const,
        extendedRequestId: 'EXAMPLE=',
        requestTime: clfTime,
        messageDirection: 'IN' as const,
        stage: 'test',
        connectedAt: epoch,
        requestTimeEpoch: epoch,
        identity: { sourceIp: '203.0.113.7' },
        requestId: randomUUID(),
        domainName: `${apiId}.execute-api.${region}.amazonaws.com`,
        connectionId: 'EXAMPLEconnection=',
        apiId,
      },
    }
  },

  /** For the Lambda authorizer of an AppSync GraphQL API. The token is there without `Bearer`. */
  appSyncAuthorizer(options: TestEventOptions = {}) {
    return appSyncEvent(options, {
      queryString: 'query { orders { id } }',
      operationName: 'Orders',
      variables: {},
    })
  },

  /** For the Lambda authorizer of an AppSync Events API. A connection has no channel. */
  appSyncEventsAuthorizer({ operation = 'EVENT_CONNECT', ...options }: TestChannelEventOptions = {}) {
    const { channel = operation === 'EVENT_CONNECT' ? null : '/orders/new' } = options
    return appSyncEvent(options, {
      operation,
      channelNamespaceName: channel === null ? null : (channel.split('/')[1] as string),
      channel,
    })
  },

  /** For a Lambda function as a target of an Application Load Balancer. */
  loadBalancer(options: TestEventOptions = {}) {
    const { method: httpMethod = 'GET', path = '/orders', query = {} } = options
    return {
      requestContext: {
        elb: {
          targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/orders/0123456789abcdef`,
        },
      },
      httpMethod,
      path,
      queryStringParameters: { ...query },
      headers: lowerCase(headersOf(options, 'api.example.com')),
      body: '',
      isBase64Encoded: false,
    }
  },

  /** For a Lambda function as a target of VPC Lattice, event structure V1: the default of target groups. */
  latticeV1(options: TestEventOptions = {}) {
    const { method = 'GET', path = '/orders', query = {} } = options
    return {
      raw_path: path,
      method,
      headers: lowerCase(headersOf(options, latticeHost)),
      query_string_parameters: { ...query },
      body: '',
      is_base64_encoded: false,
    }
  },

  /** For a Lambda function as a target of VPC Lattice, event structure V2. */
  lattice(options: TestEventOptions = {}) {
    const { method = 'GET', path = '/orders', query = {} } = options
    return {
      version: '2.0' as const,
      path,
      method,
      headers: lists(lowerCase(headersOf(options, latticeHost))),
      queryStringParameters: lists(query),
      body: '',
      isBase64Encoded: false,
      requestContext: {
        serviceNetworkArn: `${lattice}:servicenetwork/sn-0123456789abcdef0`,
        serviceArn: `${lattice}:service/svc-0123456789abcdef0`,
        targetGroupArn: `${lattice}:targetgroup/tg-0123456789abcdef0`,
        region,
        timeEpoch: `${epoch}000`,
      },
    }
  },

  /** For a function URL: payload format 2.0, and nobody has authorized anything. */
  functionUrl(options: TestEventOptions = {}) {
    return { ...httpApiRequest(options, `${apiId}.lambda-url`), isBase64Encoded: false }
  },

  /** For a Lambda@Edge function on viewer requests of CloudFront. */
  edge(options: TestEventOptions = {}) {
    const { method = 'GET', path: uri = '/orders', query = {} } = options
    const all = Object.entries(headersOf(options, 'd111111abcdef8.cloudfront.net'))
    return {
      Records: [
        {
          cf: {
            config: {
              distributionDomainName: 'd111111abcdef8.cloudfront.net',
              distributionId: 'EDFDVBD6EXAMPLE',
              eventType: 'viewer-request' as const,
              requestId: '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==',
            },
            request: {
              clientIp: '203.0.113.7',
              method,
              uri,
              querystring: new URLSearchParams(query).toString(),
              headers: Object.fromEntries(all.map(([key, value]) => [key.toLowerCase(), [{ key, value }]])),
            },
          },
        },
      ],
    }
  },
}

/** What REST APIs and payload format 1.0 have in common. */
function restApiRequest(options: TestEventOptions) {
  const { method = 'GET', path = '/orders', query = {} } = options
  const all = headersOf(options, `${apiId}.execute-api.${region}.amazonaws.com`)
  const hasQuery = Object.keys(query).length > 0
  return {
    resource: path,
    path,
    httpMethod: method,
    headers: all,
    multiValueHeaders: lists(all),
    queryStringParameters: hasQuery ? { ...query } : null,
    multiValueQueryStringParameters: hasQuery ? lists(query) : null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId,
      apiId,
      authorizer: undefined,
      protocol: 'HTTP/1.1',
      httpMethod: method,
      identity,
      path: `/test${path}`,
      stage: 'test',
      requestId: randomUUID(),
      requestTimeEpoch: epoch,
      resourceId: 'example',
      resourcePath: path,
    },
  }
}

/** Payload format 2.0. Names of headers are in lower case. */
function httpApiRequest(options: TestEventOptions, domain: string) {
  const { method = 'GET', path = '/orders', query = {} } = options
  const domainName = `${domain}.${region}.${domain.endsWith('lambda-url') ? 'on.aws' : 'amazonaws.com'}`
  return {
    version: '2.0' as const,
    routeKey: '$default',
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: lowerCase(headersOf(options, domainName)),
    ...(Object.keys(query).length > 0 && { queryStringParameters: { ...query } }),
    requestContext: {
      accountId,
      apiId,
      domainName,
      domainPrefix: apiId,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'example' },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: clfTime,
      timeEpoch: epoch,
    },
  }
}

const appSyncEvent = <C extends object>(
  { token = '', headers = {} }: TestChannelEventOptions,
  context: C,
) => ({
  authorizationToken: token,
  requestContext: { apiId, accountId, requestId: randomUUID(), ...context },
  requestHeaders: {
    authorization: token,
    host: `${apiId}.appsync-api.${region}.amazonaws.com`,
    ...headers,
  },
})

const headersOf = ({ token, headers = {} }: TestEventOptions, host: string): Record<string, string> => ({
  Host: host,
  'X-Forwarded-For': '203.0.113.7',
  ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  ...headers,
})

const bearerOf = (token: string | undefined) => (token === undefined ? undefined : `Bearer ${token}`)

const methodArn = ({ method = 'GET', path = '/orders' }: TestEventOptions) =>
  `${arn}:${apiId}/test/${method}${path}`

const lists = (values: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]))

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const region = 'eu-west-1'
const accountId = '111122223333'
const apiId = 'a1b2c3d4e5'
const arn = `arn:aws:execute-api:${region}:${accountId}`
const lattice = `arn:aws:vpc-lattice:${region}:${accountId}`
const latticeHost = `orders-0123456789abcdef0.7d67968.vpc-lattice-svcs.${region}.on.aws`

/** Any time: no decision depends on an event's timestamp. */
const epoch = 1_759_345_200_000
const clfTime = '01/Oct/2025:19:00:00 +0000'

const noBody = { body: null, isBase64Encoded: false }

const identity = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  sourceIp: '203.0.113.7',
  user: null,
  userAgent: 'example',
  userArn: null,
}
