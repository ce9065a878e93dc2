import { connect } from 'node:net'
import {
  AuthError,
  allowAnonymous,
  cookie,
  createGuard,
  createVerifier,
  every,
  firstOf,
  type Guard,
  hasScope,
  inGroup,
  isUser,
  type JwtClaims,
  type Policy,
  queryToken,
  signedInWithin,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'

/** A guarded route. Its handler answers `answerOf(auth)` as JSON. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly guard: Guard<JwtClaims, VerifiedToken | undefined>
  readonly policy: readonly [policy?: Policy]
}

/** An adapter in a real server. */
export interface Adapter {
  /** Serves the routes; CORS for `origin` stands where the documentation recommends it. */
  serve(routes: readonly Route[]): Promise<{ readonly port: number; close(): Promise<unknown> }>
}

/** A request of the table, and the expected answer. */
interface Case {
  readonly name: string
  readonly method?: string
  readonly path: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly status: number
  /** `WWW-Authenticate`, exactly. */
  readonly challenge?: string
  /** The whole JSON body. Not compared for what the framework answers by itself. */
  readonly body?: object
  /** Further headers of the answer. */
  readonly answer?: Readonly<Record<string, string>>
}

export const origin = 'https://app.example.com'

export const answerOf = (auth: VerifiedToken | undefined) => ({ user: auth?.principal.username ?? null })

/** Sends a request as it stands, header by header, and reads the answer to its end. */
export async function send(
  port: number,
  { method = 'GET', path, headers = [] }: Pick<Case, 'method' | 'path' | 'headers'>,
): Promise<{ status: number; headers: Headers; body: string }> {
  const repeated = new Set(headers.map(([name]) => name.toLowerCase())).size < headers.length
  if (!repeated) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: headers.map(([...pair]) => pair),
    })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  // HTTP clients join or refuse repeated headers; in HTTP/1.0 the body ends with the connection
  const socket = connect(port, '127.0.0.1')
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`${method} ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n${lines}\r\n`)
  const [head = '', body = ''] = (await socket.setEncoding('latin1').toArray()).join('').split('\r\n\r\n')
  const [status = '', ...answered] = head.split('\r\n')
  const pairs = answered.map(line => line.split(/: (.*)/).slice(0, 2) as [string, string])
  return { status: Number(status.split(' ')[1]), headers: new Headers(pairs), body }
}

/** The routes that every adapter serves, with empty caches. */
export function createRoutes(): readonly Route[] {
  const pool = userPool(issuer.options)
  const verifier = createVerifier({ issuers: [pool], clock: issuer.clock })
  const guard = createGuard({ verifier })
  const unreachable = createVerifier({ issuers: [{ ...pool, keys: outage }], clock: issuer.clock })
  const discoverable = createGuard({ verifier, resourceMetadata, policy: hasScope('tools/list') })
  const token = firstOf(cookie('session', { origins: [origin] }), queryToken())
  const webGuard = createGuard({ verifier, token })
  return [
    route('/me', guard),
    route('/orders', guard, hasScope('orders/read')),
    route('/admin', guard, every(isUser, inGroup('admin'))),
    route('/recent', guard, signedInWithin(900)),
    route('/later', guard, async ({ principal: { groups } }) => groups.includes('admin')),
    route('/seen', guard, (_auth, { method, url }) => method === 'GET' && url === '/seen?by=policy'),
    route('/feed', allowAnonymous(guard)),
    route('/explained', createGuard({ verifier, explain: true, realm: 'shop' })),
    route('/tools', discoverable, hasScope('tools/call')),
    route('/tools/down', createGuard({ verifier: unreachable, resourceMetadata })),
    route('/down', createGuard({ verifier: unreachable })),
    route('/fault', guard, () => {
      throw new Error('a bug in a policy')
    }),
    route('/fault-later', guard, async () => {
      throw new Error('a bug in a policy')
    }),
    route('/web', webGuard),
    { ...route('/web', webGuard), method: 'POST' },
  ]
}

const route = (path: string, guard: Route['guard'], ...policy: Route['policy']): Route => ({
  method: 'GET',
  path,
  guard,
  policy,
})

const outage = async () => {
  throw new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 6.5 })
}

const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource/tools'

const bearing = (token: string, scheme = 'Bearer') => [['Authorization', `${scheme} ${token}`] as const]

const letIn = (user: string | null) => ({ status: 200, body: { user } })

const body = (error: string, description: string) => ({ error, error_description: description })

const refused = (status: number, error: string, description: string, more?: string) => ({
  status,
  challenge: [`Bearer realm="api", error="${error}", error_description="${description}"`, more]
    .filter(Boolean)
    .join(', '),
  body: body(error, description),
})

const issuer = createTestIssuer()
const alice = issuer.accessToken({ username: 'alice', groups: ['admin'], scopes: ['orders/read'] })
const bob = issuer.accessToken({ username: 'bob', signedInAgo: 3_000 })
const carol = issuer.accessToken({ username: 'carol', scopes: ['tools/list'] })
const dave = issuer.accessToken({ username: 'dave', scopes: ['tools/call', 'tools/list'] })
const expired = issuer.accessToken({ expiresIn: -60 })
const idToken = issuer.idToken({ username: 'alice' })
const changed = `${alice.slice(0, -8)}AAAAAAAA`

const nothing = {
  status: 401,
  challenge: 'Bearer realm="api"',
  body: body('unauthorized', 'The request has no token'),
}
/** The challenge of a guard that knows its metadata, to a client that needs these scopes. */
const discovery = (scope: string, { challenge, ...rest }: typeof nothing) => ({
  ...rest,
  challenge: `${challenge.replace('"api"', `"api", resource_metadata="${resourceMetadata}"`)}, scope="${scope}"`,
})
const invalid = refused(401, 'invalid_token', 'The token is invalid')
const late = refused(401, 'invalid_token', 'The token has expired')
const denied = refused(403, 'insufficient_scope', 'The token does not permit this request')
const ambiguous = refused(400, 'invalid_request', 'The request does not carry exactly one well-formed token')
const readable = {
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'WWW-Authenticate',
}

/** The requests to every adapter, in this order: the first finds empty caches. */
export const cases: readonly Case[] = [
  { name: 'a token', path: '/me', headers: bearing(alice), ...letIn('alice') },
  { name: 'a token again, from memory', path: '/me', headers: bearing(alice), ...letIn('alice') },
  { name: 'another token', path: '/me', headers: bearing(bob), ...letIn('bob') },
  { name: 'the scheme in another case', path: '/me', headers: bearing(alice, 'bEaReR'), ...letIn('alice') },
  {
    name: 'no token',
    path: '/me',
    ...nothing,
    answer: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  },
  { name: 'another scheme', path: '/me', headers: bearing('dXNlcjpwYXNz', 'Basic'), ...nothing },
  { name: 'a scheme that merely starts so', path: '/me', headers: bearing(alice, 'BearerX'), ...nothing },
  { name: 'a token in the query of a header guard', path: `/me?access_token=${alice}`, ...nothing },
  { name: 'a method override', path: '/me', headers: [['X-HTTP-Method-Override', 'OPTIONS']], ...nothing },
  { name: 'the scheme alone', path: '/me', headers: [['Authorization', 'Bearer']], ...ambiguous },
  {
    name: 'two tokens in one header',
    path: '/me',
    headers: bearing(`${alice}, Bearer ${bob}`),
    ...ambiguous,
  },
  { name: 'the header twice', path: '/me', headers: [...bearing(alice), ...bearing(bob)], ...ambiguous },
  {
    name: 'the same header twice',
    path: '/me',
    headers: [...bearing(alice), ...bearing(alice)],
    ...ambiguous,
  },
  {
    name: 'the header twice, in two cases',
    path: '/me',
    headers: [...bearing(alice), ['authorization', 'Basic dXNlcjpwYXNz']],
    ...ambiguous,
  },
  { name: 'rubbish', path: '/me', headers: bearing('rubbish'), ...invalid },
  { name: 'a signature that was changed', path: '/me', headers: bearing(changed), ...invalid },
  { name: 'an ID token', path: '/me', headers: bearing(idToken), ...invalid },
  {
    name: 'an expired token',
    path: '/me',
    headers: bearing(expired),
    ...late,
  },
  { name: 'the scope', path: '/orders', headers: bearing(alice), ...letIn('alice') },
  {
    name: 'no such scope',
    path: '/orders',
    headers: bearing(bob),
    ...refused(403, 'insufficient_scope', 'The token does not permit this request', 'scope="orders/read"'),
  },
  { name: 'the group', path: '/admin', headers: bearing(alice), ...letIn('alice') },
  { name: 'no such group', path: '/admin', headers: bearing(bob), ...denied },
  { name: 'a recent sign-in', path: '/recent', headers: bearing(alice), ...letIn('alice') },
  {
    name: 'an old sign-in',
    path: '/recent',
    headers: bearing(bob),
    ...refused(
      401,
      'insufficient_user_authentication',
      'A more recent or stronger sign-in is required',
      'max_age="900"',
    ),
  },
  { name: 'a policy that takes its time, yes', path: '/later', headers: bearing(alice), ...letIn('alice') },
  { name: 'a policy that takes its time, no', path: '/later', headers: bearing(bob), ...denied },
  { name: 'a policy sees method and URL', path: '/seen?by=policy', headers: bearing(bob), ...letIn('bob') },
  { name: 'a policy sees another URL', path: '/seen', headers: bearing(bob), ...denied },
  { name: 'nobody, where that is allowed', path: '/feed', ...letIn(null) },
  { name: 'somebody, where nobody is allowed', path: '/feed', headers: bearing(alice), ...letIn('alice') },
  { name: 'a bad token is never no token', path: '/feed', headers: bearing(expired), ...late },
  {
    name: 'an explanation',
    path: '/explained',
    headers: bearing(idToken),
    status: 401,
    challenge: 'Bearer realm="shop", error="invalid_token", error_description="The token is invalid"',
  },
  {
    name: 'no token, where a client can find out',
    path: '/tools',
    ...discovery('tools/list tools/call', nothing),
  },
  {
    name: 'an expired token, where a client can find out',
    path: '/tools',
    headers: bearing(expired),
    ...discovery('tools/list tools/call', late),
  },
  {
    name: 'a missing scope, where a client can find out: those it has as well',
    path: '/tools',
    headers: bearing(carol),
    ...discovery('tools/list tools/call', denied),
  },
  {
    name: 'all scopes, where a client can find out',
    path: '/tools',
    headers: bearing(dave),
    ...letIn('dave'),
  },
  {
    name: 'our outage, where a client can find out',
    path: '/tools/down',
    headers: bearing(alice),
    status: 503,
    answer: { 'retry-after': '7' },
  },
  {
    name: 'our outage',
    path: '/down',
    headers: bearing(alice),
    status: 503,
    body: body('temporarily_unavailable', 'Try again later'),
    answer: { 'retry-after': '7' },
  },
  { name: 'our bug', path: '/fault', headers: bearing(alice), status: 500 },
  { name: 'our bug, later', path: '/fault-later', headers: bearing(alice), status: 500 },
  { name: 'a cookie', path: '/web', headers: [['Cookie', `a=b; session=${alice}`]], ...letIn('alice') },
  { name: 'a query', path: `/web?access_token=${alice}`, ...letIn('alice') },
  {
    name: 'one token in two places',
    path: `/web?access_token=${alice}`,
    headers: [['Cookie', `session=${alice}`]],
    ...letIn('alice'),
  },
  {
    name: 'two tokens in two places',
    path: `/web?access_token=${bob}`,
    headers: [['Cookie', `session=${alice}`]],
    ...ambiguous,
  },
  {
    name: 'two cookies of that name',
    path: '/web',
    headers: [
      ['Cookie', `session=${alice}`],
      ['Cookie', `session=${bob}`],
    ],
    ...ambiguous,
  },
  {
    name: 'a cookie that another site makes the browser send',
    method: 'POST',
    path: '/web',
    headers: [
      ['Cookie', `session=${alice}`],
      ['Origin', 'https://evil.example'],
    ],
    ...ambiguous,
  },
  {
    name: 'a cookie from the app',
    method: 'POST',
    path: '/web',
    headers: [
      ['Cookie', `session=${alice}`],
      ['Origin', origin],
    ],
    ...letIn('alice'),
  },
  {
    name: 'a preflight is none of the guard’s business',
    method: 'OPTIONS',
    path: '/me',
    headers: [
      ['Origin', origin],
      ['Access-Control-Request-Method', 'GET'],
      ['Access-Control-Request-Headers', 'authorization'],
    ],
    status: 204,
    answer: { 'access-control-allow-origin': origin },
  },
  {
    name: 'a browser can read a refusal',
    path: '/me',
    headers: [['Origin', origin]],
    ...nothing,
    answer: readable,
  },
  {
    name: 'a browser can read a refusal that comes later',
    path: '/later',
    headers: [...bearing(bob), ['Origin', origin]],
    ...denied,
    answer: readable,
  },
]
