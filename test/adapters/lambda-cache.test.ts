/** What API Gateway and AppSync do with an authorizer's answer: they give it to whoever sends the same key. */
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda'
import {
  amplifyCookie,
  bearer,
  cookie,
  createGuard,
  createVerifier,
  firstOf,
  type Guard,
  headerToken,
  inGroup,
  queryToken,
  userPool,
} from 'cognito-guard'
import { appSyncAuthorizer, appSyncEventsAuthorizer, httpAuthorizer } from 'cognito-guard/lambda'
import { createTestIssuer, events } from 'cognito-guard/testing'
import t from 'tap'
import { appSyncEvent, appSyncEventsEvent } from './events.js'

const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
const guard = createGuard({ verifier })
const alice = issuer.accessToken({ username: 'alice', groups: ['admin'] })
const bob = issuer.accessToken({ username: 'bob' })
const { clientId } = issuer.options

interface Request {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

/** An HTTP API with an authorizer: who is behind the answer that a request gets, by whatever request it was made. */
function gateway(authorize: ReturnType<typeof httpAuthorizer>, sources: readonly string[], payload = '2.0') {
  const cache = new Map<string, unknown>()
  return async (request: Request): Promise<unknown> => {
    const headers = Object.entries(request.headers ?? {})
    const values = sources.map(source => {
      const [, kind, name = ''] = /^\$(?:request\.(header|querystring)|context)\.(.+)$/.exec(source) ?? []
      if (kind === 'header') return headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
      return kind === 'querystring' ? request.query?.[name] : 'GET /orders'
    })
    if (values.includes(undefined)) return 'not asked'
    const key = values.join('\n')
    if (sources.length > 0 && cache.has(key)) return cache.get(key)
    const event =
      payload === '1.0'
        ? {
            ...events.httpApiAuthorizerV1(request),
            identitySource: sources.length > 0 ? values.join(',') : '',
          }
        : {
            ...events.httpApiAuthorizer(request),
            identitySource: sources.length > 0 ? values : null,
            cookies: request.headers?.Cookie?.split('; ') ?? [],
          }
    const answer = await authorize(event as APIGatewayRequestAuthorizerEventV2).then(
      ({ context }) => context?.username ?? 'refused',
      (error: Error) => error.message,
    )
    if (answer !== 'Unauthorized') cache.set(key, answer)
    return answer
  }
}

const bearing = (token: string, more: object = {}): Request => ({
  headers: { Authorization: `Bearer ${token}`, ...more },
})

t.test('httpAuthorizer: nobody is let in by the answer of another', async t => {
  const version = { 'X-Api-Version': '1' }
  const cookies = (token: string) => ({ headers: { Cookie: `theme=dark; session=${token}` } })
  const amplify = (user: string, token: string) => ({
    headers: {
      Cookie: [
        `CognitoIdentityServiceProvider.${clientId}.LastAuthUser=${user}`,
        `CognitoIdentityServiceProvider.${clientId}.${user}.accessToken=${token}`,
        `CognitoIdentityServiceProvider.${clientId}.${user}.idToken=${issuer.idToken({ username: user })}`,
      ].join('; '),
    },
  })
  const inQuery = (token: string): Request => ({ query: { access_token: token, page: '1' } })
  const browser = createGuard({ verifier, token: cookie('session') })
  const any = createGuard({ verifier, token: firstOf(bearer(), cookie('session'), queryToken()) })
  const isRight: [string, Guard, string[], Request, Request][] = [
    ['the header', guard, ['$request.header.Authorization'], bearing(alice), bearing(bob)],
    [
      'the header and the route',
      guard,
      ['$context.routeKey', '$request.header.Authorization'],
      bearing(alice),
      bearing(bob),
    ],
    [
      'a header of its own',
      createGuard({ verifier, token: headerToken('x-token') }),
      ['$request.header.X-Token'],
      { headers: { 'X-Token': alice } },
      { headers: { 'X-Token': bob } },
    ],
    ['cookies', browser, ['$request.header.Cookie'], cookies(alice), cookies(bob)],
    [
      "Amplify's cookies",
      createGuard({ verifier, token: amplifyCookie(clientId) }),
      ['$request.header.Cookie'],
      amplify('alice', alice),
      amplify('bob', bob),
    ],
    ['the query', any, ['$request.querystring.access_token'], inQuery(alice), inQuery(bob)],
    [
      'one of two places, and another token beside it that the guard does not take',
      any,
      ['$request.header.Authorization'],
      bearing(alice, { Cookie: `other=${bob}` }),
      bearing(bob, { Cookie: `other=${alice}` }),
    ],
    ['no identity source, no cache', guard, [], bearing(alice), bearing(bob)],
  ]
  for (const [name, asked, sources, ofAlice, ofBob] of isRight)
    for (const payload of ['2.0', '1.0']) {
      const warnings: string[] = []
      const options = { onWarning: (message: string) => warnings.push(message) }
      // payload 1.0 takes a policy, whose context is the same
      const call = gateway(httpAuthorizer(asked, options), sources, payload)
      for (let i = 0; i < 2; i++) {
        t.equal(await call(ofAlice), 'alice', `${name}, payload ${payload}: alice`)
        t.equal(await call(ofBob), 'bob', `${name}, payload ${payload}: bob`)
      }
      const without = await call({ headers: version })
      t.match(without, sources.length > 0 ? 'not asked' : 'Unauthorized', `${name}: no token`)
      t.same(warnings, [], `${name}: no warning`)
    }

  const isWrong: [string, Guard, string[], Request, Request, Request][] = [
    [
      'a header that says nothing',
      guard,
      ['$request.header.X-Api-Version'],
      bearing(alice, version),
      bearing(bob, version),
      { headers: version },
    ],
    ['the route alone', guard, ['$context.routeKey'], bearing(alice), bearing(bob), {}],
    [
      'another place than the guard looks at',
      browser,
      ['$request.header.Authorization'],
      { headers: { ...cookies(alice).headers, Authorization: 'Bearer x' } },
      { headers: { ...cookies(bob).headers, Authorization: 'Bearer x' } },
      { headers: { Authorization: 'Bearer x' } },
    ],
    [
      'an empty value',
      browser,
      ['$request.header.Authorization'],
      { headers: { ...cookies(alice).headers, Authorization: '' } },
      { headers: { ...cookies(bob).headers, Authorization: '' } },
      { headers: { Authorization: '' } },
    ],
    [
      'a part of the token',
      guard,
      ['$request.header.X-Claims'],
      bearing(alice, { 'X-Claims': alice.slice(0, alice.lastIndexOf('.')) }),
      bearing(bob, { 'X-Claims': alice.slice(0, alice.lastIndexOf('.')) }),
      { headers: { 'X-Claims': alice.slice(0, alice.lastIndexOf('.')) } },
    ],
  ]
  for (const [name, asked, sources, ofAlice, ofBob, ofNobody] of isWrong)
    for (const options of [
      {},
      { policy: inGroup('admin') },
      { routes: { 'GET /orders': inGroup('admin') } },
    ]) {
      const warnings: string[] = []
      const onWarning = (message: string) => warnings.push(message)
      const call = gateway(httpAuthorizer(asked, { ...options, onWarning }), sources)
      for (const request of [ofAlice, ofBob, ofNobody, ofAlice])
        t.equal(await call(request), 'Unauthorized', `${name}: nobody`)
      t.match(warnings, [
        /^httpAuthorizer: no identity source holds the token.*\$request\.header\.Authorization/,
      ])
      t.equal(warnings.length, 1, `${name}: said once`)
    }
})

t.test('httpAuthorizer: a guard that does not say where its token is', async t => {
  const warnings: string[] = []
  const onWarning = (message: string) => warnings.push(message)
  const wrapped: Guard = (request, policy) => guard(request, policy)
  const authorize = httpAuthorizer(wrapped, { onWarning })
  t.equal(await gateway(authorize, ['$request.header.Authorization'])(bearing(alice)), 'Unauthorized')
  t.match(warnings, [/not one of createGuard/])
  t.equal(await gateway(authorize, [])(bearing(alice)), 'alice', 'where nothing is cached')
})

t.test('AppSync is told to remember only what its own key holds', async t => {
  const elsewhere = createGuard({ verifier, token: headerToken('x-token') })
  const header = { 'X-Token': alice }
  const graphQl = appSyncAuthorizer(elsewhere, { ttl: 300 })
  const channels = appSyncEventsAuthorizer(elsewhere, { ttl: 300 })
  t.match(await graphQl(appSyncEvent('x', header)), { isAuthorized: true, ttlOverride: 0 })
  t.match(await graphQl(appSyncEvent(alice, header)), { isAuthorized: true, ttlOverride: 300 })
  const event = { ...appSyncEventsEvent('x', 'EVENT_CONNECT', null), requestHeaders: header }
  t.match(await channels(event), { isAuthorized: true, ttlOverride: 0 })
  t.match(await channels({ ...event, authorizationToken: alice }), { ttlOverride: 300 })
})
