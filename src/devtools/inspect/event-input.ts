// Over 150 lines: a table of the places where tools and events keep a token.
import {
  bearer,
  firstOf,
  headerToken,
  queryToken,
  type TokenSource,
  webSocketProtocol,
} from '../../guard/token-source.js'
import type { Json } from './decode.js'
import { type Header, headerInput, type Input, view } from './header-input.js'
import type { Finding } from './types.js'

/** Returns how to read an event. The shapes are those of the guides of API Gateway, AppSync, Lambda, CloudFront and Elastic Load Balancing. */
export function eventInput(event: Json, prefersData: boolean): Input {
  const context = objectIn(event, 'requestContext')
  const { authorizationToken } = event
  if (typeof authorizationToken === 'string') {
    const name =
      authorizerNames.find(([, is]) => is(event, context))?.[0] ?? 'the event of an AppSync authorizer'
    const source: TokenSource = isBare(authorizationToken) ? headerToken('authorization') : bearer()
    return { name, request: view([['authorization', authorizationToken]]), source, findings: [] }
  }
  const edge = objectIn(objectIn(firstIn(event, 'Records'), 'cf'), 'request')
  const cookies = [event.cookies]
    .flat()
    .flatMap(pair => (typeof pair === 'string' ? [['cookie', pair] as const] : []))
  const headers = [...[event, objectIn(event, 'request'), edge].flatMap(headersIn), ...cookies]
  const name = eventNames.find(([, is]) => is(event, context))?.[0]
  if (name === undefined) return answerInput(event)
  const authorizer = objectIn(context, 'authorizer')
  const hasClaims = 'claims' in authorizer || 'claims' in objectIn(authorizer, 'jwt')
  const findings = hasClaims ? [textClaims] : []
  if (name.includes('WebSocket')) {
    const query = new URLSearchParams(objectIn(event, 'queryStringParameters') as Record<string, string>)
    const source = firstOf(bearer(), webSocketProtocol(), queryToken(), queryToken('token'))
    return { name, request: view(headers, `?${query.toString()}`), source, findings }
  }
  const input = headerInput(name, headers, prefersData)
  // clients of AppSync send the token without a scheme, Amplify's do
  const bare = name === resolver && isBare(input.request.header('authorization'))
  return { ...input, ...(bare && { source: headerToken('authorization') }), findings }
}

/** The answer to a sign-in: of /oauth2/token, InitiateAuth, the local Cognito's /_local/tokens, Amplify or a client's storage. */
function answerInput(answer: Json): Input {
  const members = [answer, objectIn(answer, 'AuthenticationResult'), objectIn(answer, 'tokens')].flatMap(
    Object.entries,
  )
  const found = answerMembers.flatMap(([kind, name]) =>
    members
      .filter(([member]) => name.test(member))
      .flatMap(([, value]) => tokenIn(value).map(token => ({ kind, token }))),
  )[0]
  const unfinished = unfinishedAnswers.find(([member]) => typeof answer[member] === 'string')
  return {
    name: found ? `the answer to a sign-in; its ${found.kind}` : (unfinished?.[1] ?? 'JSON, but no event'),
    request: view([]),
    source: () => found?.token,
    findings: [],
    missing:
      unfinished?.[2] ??
      'This JSON is neither an event nor the answer to a sign-in: give the token in it by itself.',
  }
}

const failedAnswer = [
  'the error of a sign-in',
  'The sign-in has failed and given no token: see what the error says, and sign in again.',
] as const

const unfinishedAnswers = [
  [
    'ChallengeName',
    'the answer to a sign-in that is not finished',
    'The sign-in asks for a challenge and has given no token yet: answer it with RespondToAuthChallenge, and take the access token of that.',
  ],
  ['error', ...failedAnswer],
  ['__type', ...failedAnswer],
] as const

/** Amplify wraps a token: `{ payload, jwtToken }`. */
const tokenIn = (value: unknown): readonly string[] =>
  [value, Object(value).jwtToken].filter(each => typeof each === 'string')

/** An API is called with the first of these that there is. */
const answerMembers = [
  ['access token', /(?:^|\.)access_?token$|^token$/i],
  ['ID token', /(?:^|\.)id_?token$/i],
  ['refresh token', /(?:^|\.)refresh_?token$/i],
] as const

const textClaims: Finding = {
  what: 'The event holds claims that API Gateway has checked and made into texts: groups are "[a b]" or "a,b" there, dates are words.',
  fix: 'Take what the library makes of the event, or verify the token in its header; do not take those texts apart.',
}

const isBare = (authorization: unknown) =>
  typeof authorization === 'string' && !/^bearer\b/i.test(authorization)

type Is = (event: Json, context: Json) => boolean

const authorizerNames: readonly (readonly [string, Is])[] = [
  ['the event of a REST API authorizer (TOKEN)', ({ type }) => type === 'TOKEN'],
  ['the event of an HTTP API authorizer (payload 1.0)', ({ version }) => version === '1.0'],
  [
    'the event of an AppSync Events authorizer',
    (_, { operation }) => typeof operation === 'string' && operation.startsWith('EVENT_'),
  ],
]

const resolver = 'the context of an AppSync resolver'

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
  [
    'the event of VPC Lattice',
    ({ raw_path: path }, context) =>
      typeof path === 'string' || 'serviceNetworkArn' in context || 'serviceArn' in context,
  ],
  [
    'the event of a function URL',
    (_, { domainName }) => typeof domainName === 'string' && domainName.includes('.lambda-url.'),
  ],
  ['the event of an HTTP API', (event, context) => 'http' in context || event.version === '1.0'],
  ['the event of a REST API', ({ httpMethod }) => typeof httpMethod === 'string'],
  ['the event of Lambda@Edge', ({ Records }) => Array.isArray(Records)],
  [resolver, event => 'identity' in event && 'request' in event],
]

/** The headers of an event: one value or a list for each, or CloudFront's pairs; where an event has both maps, only the lists are complete. */
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

function objectIn(parent: Json, name: string): Json {
  const value = parent[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

const firstIn = (parent: Json, name: string): Json => objectIn({ first: [parent[name]].flat()[0] }, 'first')
