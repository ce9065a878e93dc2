import {
  bearer,
  firstOf,
  headerToken,
  queryToken,
  type TokenSource,
  webSocketProtocol,
} from '../token-source.js'
import type { RequestView } from '../types.js'

/** A text as the door of an API would see it. */
export interface Input {
  /** What the text is. */
  readonly name: string
  readonly request: RequestView
  /** Where an API looks for the token in such a request. */
  readonly source: TokenSource
  /** Claims that a service has put into its event, which are not the token's own any more. */
  readonly hasClaims?: boolean
}

/** Returns what a text is: the event of a service, headers, the value of one, or else a token by itself. */
export function readInput(text: string): Input {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) {
    const event = parseObject(trimmed)
    if (event) return eventInput(event)
  }
  const headers = headerLines(trimmed)
  if (headers.length > 0) return headerInput('headers', headers)
  if (/^bearer\s/i.test(trimmed))
    return headerInput('the value of an Authorization header', [['authorization', trimmed]])
  // What a shell or an editor puts at the end of every text.
  const token = text.replace(/\r?\n$/, '')
  return { name: 'a token', request: view([]), source: () => token || undefined }
}

type Header = readonly [name: string, value: string]

function headerInput(name: string, headers: readonly Header[]): Input {
  const request = view(headers)
  const token = tokenHeaders.find(header => request.header(header) !== undefined)
  if (token === undefined) return { name, request, source: bearer() }
  return { name: `${name} of a load balancer`, request, source: headerToken(token) }
}

/** The access token comes first: an API verifies it as any other, while the claims of x-amzn-oidc-data are the load balancer's. */
const tokenHeaders = ['x-amzn-oidc-accesstoken', 'x-amzn-oidc-data', 'x-amzn-ava-user-context']

/** The headers in what was copied from a client, a log or `curl -v`. */
const headerLines = (text: string): Header[] =>
  text.split('\n').flatMap(line => {
    const [, name, value] = /^(?:[<>] )?([A-Za-z][\w-]*):[ \t]*(?!\/\/)(\S.*?)\s*$/.exec(line) ?? []
    return name !== undefined && value !== undefined ? [[name.toLowerCase(), value] as const] : []
  })

const view = (headers: readonly Header[], url?: string): RequestView => ({
  header(name) {
    const values = headers.filter(([each]) => each === name).map(([, value]) => value)
    return values.length > 1 ? values : values[0]
  },
  ...(url !== undefined && { url }),
})

/** The shapes are those of the guides of API Gateway, AppSync, Lambda, CloudFront and Elastic Load Balancing. */
function eventInput(event: Json): Input {
  const context = objectIn(event, 'requestContext')
  const { authorizationToken } = event
  if (typeof authorizationToken === 'string') {
    const name =
      authorizerNames.find(([, is]) => is(event, context))?.[0] ?? 'the event of an AppSync authorizer'
    const source: TokenSource = /^bearer\b/i.test(authorizationToken)
      ? bearer()
      : headerToken('authorization')
    return { name, request: view([['authorization', authorizationToken]]), source }
  }
  const edge = objectIn(objectIn(firstIn(event, 'Records'), 'cf'), 'request')
  const headers = [event, objectIn(event, 'request'), edge].flatMap(headersIn)
  const name = eventNames.find(([, is]) => is(event, context))?.[0]
  if (name === undefined) return { name: 'JSON, but no event', request: view([]), source: () => undefined }
  const authorizer = objectIn(context, 'authorizer')
  const hasClaims = 'claims' in authorizer || 'claims' in objectIn(authorizer, 'jwt')
  if (name.includes('WebSocket')) {
    const query = new URLSearchParams(objectIn(event, 'queryStringParameters') as Record<string, string>)
    const source = firstOf(bearer(), webSocketProtocol(), queryToken(), queryToken('token'))
    return { name, request: view(headers, `?${query.toString()}`), source, hasClaims }
  }
  return { ...headerInput(name, headers), hasClaims }
}

type Json = Readonly<Record<string, unknown>>
type Is = (event: Json, context: Json) => boolean

const authorizerNames: readonly (readonly [string, Is])[] = [
  ['the event of a REST API authorizer (TOKEN)', ({ type }) => type === 'TOKEN'],
  ['the event of an HTTP API authorizer (payload 1.0)', ({ version }) => version === '1.0'],
  [
    'the event of an AppSync Events authorizer',
    (_, { operation }) => typeof operation === 'string' && operation.startsWith('EVENT_'),
  ],
]

const eventNames: readonly (readonly [string, Is])[] = [
  [
    'the event of a WebSocket API',
    (_, { routeKey, connectionId }) => routeKey === '$connect' || !!connectionId,
  ],
  ['the event of a REST API authorizer (REQUEST)', ({ type, version }) => type === 'REQUEST' && !version],
  [
    'the event of an HTTP API authorizer (payload 2.0)',
    ({ type, version }) => type === 'REQUEST' && version === '2.0',
  ],
  ['the event of a load balancer', (_, context) => 'elb' in context],
  ['the event of VPC Lattice', (_, context) => 'serviceNetworkArn' in context],
  [
    'the event of a function URL',
    (_, { domainName }) => typeof domainName === 'string' && domainName.includes('.lambda-url.'),
  ],
  ['the event of an HTTP API', (event, context) => 'http' in context || event.version === '1.0'],
  ['the event of a REST API', ({ httpMethod }) => typeof httpMethod === 'string'],
  ['the event of Lambda@Edge', ({ Records }) => Array.isArray(Records)],
  ['the context of an AppSync resolver', event => 'identity' in event && 'request' in event],
]

/** The headers of an event: one value or a list for each, or CloudFront's pairs; where an event has both maps, the lists are whole. */
function headersIn(event: Json): Header[] {
  const lists = objectIn(event, 'multiValueHeaders')
  const headers = Object.keys(lists).length > 0 ? lists : objectIn(event, 'headers')
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap(each => {
      const text = (each as { value?: unknown } | null)?.value ?? each
      return typeof text === 'string' ? [[name.toLowerCase(), text] as const] : []
    }),
  )
}

function parseObject(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function objectIn(parent: Json, name: string): Json {
  const value = parent[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

const firstIn = (parent: Json, name: string): Json => objectIn({ first: [parent[name]].flat()[0] }, 'first')
