// Over 150 lines: one table of requests, which every host of an MCP server answers alike.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { isUser, signedInWithin } from 'cognito-guard'
import { authOf } from 'cognito-guard/express'
import {
  every,
  hasScope,
  inGroup,
  type McpAdmission,
  type McpAuthInfo,
  type McpOptions,
  mcp,
} from 'cognito-guard/mcp'
import { createTestIssuer } from 'cognito-guard/testing'
import express from 'express'
import { Hono } from 'hono'
import t from 'tap'

const issuer = createTestIssuer()
const { clientId: _, ...userPool } = issuer.options
const resource = 'https://api.example.com/mcp'
const [read, write, purge] = ['read', 'write', 'purge'].map(name => `${resource}/${name}`) as [
  string,
  string,
  string,
]
const browser = 'http://localhost:6274'

const options: McpOptions = {
  userPool: { ...userPool, machineScope: purge },
  clock: issuer.clock,
  resource,
  scopes: [read],
  name: 'Notes',
  documentation: 'https://docs.example.com/',
  allowedOrigins: [browser],
  tools: {
    write: hasScope(write),
    purge: every(inGroup('admin'), hasScope(purge)),
    naïve: inGroup('nobody'),
  },
  onWarning: () => {},
}
const bound = (scopes: readonly string[], more: object = {}) =>
  issuer.accessToken({ username: 'alice', clientId: 'registeredaminuteago', resource, scopes, ...more })
const alice = bound([read])

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
  readonly body?: unknown
}
interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}
type Host = (options: McpOptions) => Promise<{ ask(asked: Asked): Promise<Answered>; close(): unknown }>

const answerOf = ({ authInfo, auth }: McpAdmission) => ({
  ...authInfo,
  extra: Object.keys(authInfo.extra),
  same: auth.principal === authInfo.extra.principal,
})

/** Sends a request as a `Request`. */
const inProcess =
  (build: (options: McpOptions) => (request: Request) => Response | Promise<Response>): Host =>
  async options => {
    const handle = build(options)
    return {
      ask: async asked => answered(await handle(requestOf('https://host.invalid', asked))),
      close() {},
    }
  }

const requestOf = (base: string, { method = 'POST', path = '/mcp', headers = {}, token, body }: Asked) =>
  new Request(`${base}${path}`, {
    method,
    headers: {
      ...headers,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

async function answered(response: Response): Promise<Answered> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
}

const hosts: Record<string, Host> = {
  async express(options) {
    const app = express().set('env', 'test')
    app.use(express.json({ strict: false }), mcp(options).middleware)
    app.use((req, res) => {
      const { auth } = req as unknown as { auth: McpAuthInfo }
      res.json(answerOf({ authInfo: auth, auth: authOf(req) as McpAdmission['auth'] }))
    })
    const server = createServer(app)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { ask: async asked => answered(await fetch(requestOf(base, asked))), close: () => server.close() }
  },
  fetch: inProcess(options =>
    mcp(options).fetch(async (request, admission) => {
      // the body is still there for the server
      if (request.method === 'POST') await request.text()
      return Response.json(answerOf(admission))
    }),
  ),
  hono: inProcess(options => {
    const app = new Hono<{ Variables: McpAdmission }>()
    app.use(mcp(options).hono)
    app.all('*', async c => {
      if (c.req.method === 'POST') await c.req.text()
      return c.json(answerOf({ auth: c.get('auth'), authInfo: c.get('authInfo') }))
    })
    return app.fetch
  }),
  lambda: inProcess(options => {
    const handler = mcp(options).lambda(async (request, admission) => {
      t.equal(new URL(request.url).origin, 'https://api.example.com', 'the URL is that of the resource')
      return Response.json(answerOf(admission))
    })
    return async request => {
      const { pathname, search } = new URL(request.url)
      const result = await handler({
        headers: Object.fromEntries(request.headers),
        rawPath: pathname,
        rawQueryString: search.slice(1),
        body: Buffer.from(await request.arrayBuffer()).toString('base64'),
        isBase64Encoded: true,
        requestContext: {
          apiId: 'x',
          domainName: 'x.lambda-url.eu-west-1.on.aws',
          http: { method: request.method },
        },
      })
      return new Response(result.body || null, { status: result.statusCode, headers: result.headers })
    }
  }),
}

const call = (name: unknown, method = 'tools/call') => ({ jsonrpc: '2.0', id: 1, method, params: { name } })
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const document = {
  resource,
  authorization_servers: [issuer.issuer],
  scopes_supported: [read],
  bearer_methods_supported: ['header'],
  resource_name: 'Notes',
  resource_documentation: 'https://docs.example.com/',
}
const metadata = 'https://api.example.com/.well-known/oauth-protected-resource/mcp'
const known = `Bearer realm="api", resource_metadata="${metadata}"`
const denied = `${known}, error="insufficient_scope", error_description="The token does not permit this request"`
const invalid = `${known}, error="invalid_token", error_description="The token is invalid", scope="${read}"`
const named = (method: string, name?: string, version = '2026-07-28') => ({
  'mcp-protocol-version': version,
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
})
const admin = bound([read, purge], { groups: ['admin'] })
const mismatch = {
  status: 400,
  body: { error: { code: -32_020, message: 'The headers do not match the body' } },
}
const noMessage = {
  status: 400,
  body: { error: { code: -32_600, message: 'The body is not a JSON-RPC message' } },
}

const cases: [string, Asked, { status: number; challenge?: string; body?: object; headers?: object }][] = [
  ...['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'].map(
    (path): (typeof cases)[number] => [
      path,
      { method: 'GET', path, headers: { origin: 'https://anybody.example' } },
      {
        status: 200,
        body: document,
        headers: { 'access-control-allow-origin': '*', 'content-type': 'application/json' },
      },
    ],
  ),
  [
    'the metadata, with a query',
    { method: 'GET', path: '/.well-known/oauth-protected-resource?x' },
    { status: 200, body: document },
  ],
  [
    'a preflight for the metadata',
    {
      method: 'OPTIONS',
      path: '/.well-known/oauth-protected-resource/mcp',
      headers: { origin: 'https://anybody.example' },
    },
    {
      status: 204,
      headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'Authorization, *' },
    },
  ],
  [
    'the metadata, written',
    { path: '/.well-known/oauth-protected-resource' },
    { status: 405, headers: { allow: 'GET, HEAD' } },
  ],
  [
    'metadata of something else',
    { method: 'GET', path: '/.well-known/oauth-protected-resource/other' },
    { status: 401 },
  ],
  ['no bridge', { method: 'GET', path: '/.well-known/oauth-authorization-server' }, { status: 401 }],
  ['no registration', { path: '/oauth2/register', body: {} }, { status: 401 }],
  ['no token', { body: list }, { status: 401, challenge: `${known}, scope="${read}"` }],
  ['no token, no body', {}, { status: 401, challenge: `${known}, scope="${read}"` }],
  [
    'a token',
    { body: list, token: alice },
    {
      status: 200,
      body: {
        clientId: 'registeredaminuteago',
        token: '',
        scopes: [read],
        resource,
        extra: ['principal', 'claims'],
        same: true,
      },
    },
  ],
  ['a stream', { method: 'GET', token: alice }, { status: 200 }],
  [
    'a token that is bound to nothing',
    { body: list, token: bound([read], { resource: undefined }) },
    { status: 401, challenge: invalid },
  ],
  [
    'a token for another server',
    { body: list, token: bound([read], { resource: 'https://api.example.com/other' }) },
    { status: 401, challenge: invalid },
  ],
  [
    'a machine with the scope',
    { body: list, token: issuer.machineToken({ scopes: [read, purge] }) },
    { status: 200, body: { resource: undefined } },
  ],
  [
    'a machine without',
    { body: list, token: issuer.machineToken({ scopes: [read] }) },
    { status: 401, challenge: invalid },
  ],
  ['an ID token', { body: list, token: issuer.idToken() }, { status: 401, challenge: invalid }],
  [
    'an expired token',
    { body: list, token: bound([read], { expiresIn: -60 }) },
    { status: 401, challenge: invalid.replace('is invalid', 'has expired') },
  ],
  [
    'the scope of every request is missing',
    { body: list, token: bound(['openid']) },
    { status: 403, challenge: `${denied}, scope="${read}"` },
  ],
  [
    'that of a tool',
    { body: call('write'), token: alice },
    { status: 403, challenge: `${denied}, scope="${read} ${write}"` },
  ],
  [
    'that of a tool: what others need stays',
    { body: call('write'), token: admin },
    { status: 403, challenge: `${denied}, scope="${read} ${purge} ${write}"` },
  ],
  ['the tool', { body: call('write'), token: bound([read, write]) }, { status: 200 }],
  [
    'a group of a tool',
    { body: call('purge'), token: bound([read, purge]) },
    { status: 403, challenge: denied },
  ],
  ['all that a tool needs', { body: call('purge'), token: admin }, { status: 200 }],
  ['a tool that is not listed', { body: call('look'), token: alice }, { status: 200 }],
  ['names are exact', { body: call('Write'), token: alice }, { status: 200 }],
  ['names of objects are no tools', { body: call('constructor'), token: alice }, { status: 200 }],
  ['a prompt of that name', { body: call('write', 'prompts/get'), token: alice }, { status: 200 }],
  ['a list of messages', { body: [list, call('look'), call('write')], token: alice }, { status: 403 }],
  ['a list without it', { body: [list, call('look')], token: alice }, { status: 200 }],
  ['a response', { body: { jsonrpc: '2.0', id: 1, result: {} }, token: alice }, { status: 200 }],
  ['an error to the server', { body: { jsonrpc: '2.0', id: 1, error: {} }, token: alice }, { status: 200 }],
  ...[
    call(['write']),
    call(undefined),
    { method: 'tools/call' },
    { method: 1 },
    'null',
    '7',
    [[]],
    {},
    [{}],
    { jsonrpc: '2.0', id: 1 },
  ].map((body): (typeof cases)[number] => [
    `no message: ${JSON.stringify(body)}`,
    { body, token: alice },
    noMessage,
  ]),
  [
    'the headers of the body',
    { body: call('write'), token: alice, headers: named('tools/call', 'write') },
    { status: 403 },
  ],
  ['other headers: method', { body: call('write'), token: alice, headers: named('tools/list') }, mismatch],
  [
    'other headers: name',
    { body: call('write'), token: alice, headers: named('tools/call', 'look') },
    mismatch,
  ],
  [
    'other headers, before they were binding',
    { body: call('write'), token: alice, headers: named('tools/call', 'look', '2025-11-25') },
    mismatch,
  ],
  [
    'a name in base64',
    {
      body: call('naïve'),
      token: alice,
      headers: named('tools/call', `=?base64?${Buffer.from('naïve').toString('base64')}?=`),
    },
    { status: 403 },
  ],
  [
    'no base64',
    { body: call('naïve'), token: alice, headers: named('tools/call', '=?base64?%?=') },
    mismatch,
  ],
  ['the name of a list', { body: list, token: alice, headers: named('tools/list', 'x') }, { status: 200 }],
  [
    'a resource',
    {
      body: { method: 'resources/read', params: { uri: 'x:1' } },
      token: alice,
      headers: named('resources/read', 'x:1'),
    },
    { status: 200 },
  ],
  [
    'a prompt without a name',
    { body: { method: 'prompts/get' }, token: alice, headers: named('prompts/get', 'x') },
    mismatch,
  ],
  [
    'another resource',
    {
      body: { method: 'resources/read', params: { uri: 'x:1' } },
      token: alice,
      headers: named('resources/read', 'x:2'),
    },
    mismatch,
  ],
  [
    'the own origin',
    { body: list, token: alice, headers: { origin: 'https://api.example.com' } },
    { status: 200 },
  ],
  [
    'a browser client',
    { body: list, token: alice, headers: { origin: browser } },
    {
      status: 200,
      headers: {
        'access-control-allow-origin': browser,
        'access-control-expose-headers': 'WWW-Authenticate, Retry-After, Mcp-Session-Id',
      },
    },
  ],
  [
    'a browser client without a token',
    { body: list, headers: { origin: browser } },
    { status: 401, headers: { 'access-control-allow-origin': browser } },
  ],
  [
    'its preflight',
    { method: 'OPTIONS', headers: { origin: browser, 'access-control-request-method': 'POST' } },
    {
      status: 204,
      headers: { 'access-control-allow-origin': browser, 'access-control-allow-headers': 'Authorization, *' },
    },
  ],
  ...['https://evil.example', 'null', `${browser}0`, 'https://api.example.com:8443'].map(
    (origin): (typeof cases)[number] => [
      `another origin: ${origin}`,
      { body: list, token: alice, headers: { origin } },
      {
        status: 403,
        body: { error: { message: 'The origin is not allowed' } },
        headers: { 'access-control-allow-origin': null },
      },
    ],
  ),
  ['a token in the query', { path: `/mcp?access_token=${alice}`, body: list }, { status: 400 }],
  [
    'a token in the query as well',
    { path: '/mcp?a=b&access_token=x', body: list, token: alice },
    { status: 400 },
  ],
  ['another query', { path: '/mcp?a=b', body: list, token: alice }, { status: 200 }],
]

for (const [name, host] of Object.entries(hosts)) {
  t.test(name, async t => {
    const { ask, close } = await host(options)
    t.teardown(close)
    for (const [title, asked, expected] of cases) {
      const got = await ask(asked)
      const header = (wanted: string) => got.headers.get(wanted)
      t.match(
        {
          status: got.status,
          ...(expected.challenge && { challenge: header('www-authenticate') }),
          ...(expected.body && { body: got.body }),
          headers: Object.fromEntries(
            Object.keys(expected.headers ?? {}).map(wanted => [wanted, header(wanted)]),
          ),
        },
        { headers: {}, ...expected },
        title,
      )
    }
    const outage = createTestIssuer()
    outage.takeDown()
    const { clientId: _, ...pool } = outage.options
    const down = await host({ ...options, userPool: pool, clock: outage.clock })
    t.teardown(down.close)
    const got = await down.ask({ body: list, token: outage.accessToken({ resource }) })
    t.equal(got.status, 503, 'our outage')
    t.ok(Number(got.headers.get('retry-after')) > 0)
  })
}

const bridge = {
  domain: 'https://auth.example.com',
  clientId: 'onepublicclient',
  redirectUris: ['https://claude.ai/api/mcp/auth_callback', 'http://localhost:8787/callback'],
}

t.test('the bridge, where it is asked for', async t => {
  for (const [name, host] of Object.entries(hosts)) {
    const { ask, close } = await host({ ...options, bridge })
    t.teardown(close)
    const get = async (path: string) => (await ask({ method: 'GET', path })).body
    t.match(
      await get('/.well-known/oauth-protected-resource'),
      { authorization_servers: ['https://api.example.com'] },
      name,
    )
    t.same(await get('/.well-known/oauth-authorization-server'), {
      issuer: 'https://api.example.com',
      authorization_endpoint: 'https://auth.example.com/oauth2/authorize',
      token_endpoint: 'https://auth.example.com/oauth2/token',
      revocation_endpoint: 'https://auth.example.com/oauth2/revoke',
      registration_endpoint: 'https://api.example.com/oauth2/register',
      jwks_uri: `${issuer.issuer}/.well-known/jwks.json`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      scopes_supported: [read],
    })
    const register = (body: unknown) => ask({ path: '/oauth2/register', body })
    const [redirectUri, other] = bridge.redirectUris
    t.match(
      await register({ redirect_uris: [redirectUri], client_name: 'Mallory', grant_types: ['implicit'] }),
      {
        status: 201,
        body: {
          client_id: 'onepublicclient',
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          client_name: undefined,
          client_secret: undefined,
        },
      },
    )
    t.match(await register({ redirect_uris: [redirectUri, other] }), { status: 201 })
    const wrong = [
      [redirectUri, 'https://evil.example/'],
      ['https://evil.example/'],
      [],
      redirectUri,
      [[redirectUri]],
      undefined,
    ]
    for (const redirect_uris of wrong)
      t.match(
        await register({ redirect_uris }),
        { status: 400, body: { error: 'invalid_redirect_uri' } },
        `${name}: ${JSON.stringify(redirect_uris)}`,
      )
    t.match(await register('7'), { status: 400 })
    t.match(await ask({ method: 'GET', path: '/oauth2/register' }), { status: 405 })
    t.match(await ask({ method: 'OPTIONS', path: '/oauth2/register' }), { status: 204 })
    t.match(await ask({ body: list }), { status: 401 }, 'the server itself is guarded as ever')
  }
})

t.test('variants of the configuration', async t => {
  const fetched = hosts.fetch as Host
  const ask = async (changes: Partial<McpOptions>, asked: Asked) =>
    (await fetched({ ...options, ...changes })).ask(asked)

  t.match(await ask({ exposeToken: true }, { body: list, token: alice }), { body: { token: alice } })
  const listed = { userPool: { ...userPool, clientId: 'thisclient' } }
  t.match(await ask(listed, { body: list, token: alice }), { status: 401 }, 'a list of clients')
  t.match(await ask(listed, { body: list, token: bound([read], { clientId: 'thisclient' }) }), {
    status: 200,
  })
  t.match(
    await ask(listed, { body: list, token: bound([read], { clientId: 'thisclient', resource: undefined }) }),
    { status: 401 },
  )
  t.match(await ask({ policy: inGroup('admin') }, { body: list, token: alice }), { status: 403 })
  t.match(await ask({ policy: inGroup('admin') }, { body: list, token: admin }), { status: 200 })
  const recent = { tools: { look: signedInWithin(60) } }
  const old = bound([read], { signedInAgo: 90 })
  t.match(
    (await ask(recent, { body: call('look'), token: old })).headers.get('www-authenticate'),
    /max_age="60"$/,
  )
  const closed = { tools: { look: hasScope(read), '*': inGroup('nobody') } }
  t.match(await ask(closed, { body: call('look'), token: admin }), { status: 200 })
  t.match(
    await ask(closed, { body: call('purge'), token: admin }),
    { status: 403 },
    'tools that are not listed',
  )
  t.match(await ask(closed, { body: list, token: admin }), { status: 200 }, 'what is no tool')

  for (const spelling of ['https://api.example.com', 'https://api.example.com/']) {
    const root = { resource: spelling }
    for (const aud of ['https://api.example.com', 'https://api.example.com/'])
      t.match(
        await ask(root, { body: list, token: bound([read], { resource: aud }) }),
        { status: 200 },
        `${spelling} ${aud}`,
      )
    t.match(await ask(root, { body: list, token: alice }), { status: 401 })
    t.match((await ask(root, { method: 'GET', path: '/.well-known/oauth-protected-resource' })).body, {
      resource: spelling,
    })
    t.match(
      (await ask(root, {})).headers.get('www-authenticate'),
      /resource_metadata="https:\/\/api\.example\.com\/\.well-known\/oauth-protected-resource"/,
    )
  }

  for (const slash of ['', '/'])
    for (const asked of ['', '/']) {
      const path = `/.well-known/oauth-protected-resource/mcp${asked}`
      const found = await ask({ resource: `${resource}${slash}` }, { method: 'GET', path })
      t.match(found, { status: 200, body: { resource: `${resource}${slash}` } }, `${slash}, ${asked}`)
    }

  const plain = mcp({ userPool, resource, clock: issuer.clock, realm: 'notes' }).fetch(
    () => new Response('served'),
  )
  const answer = await plain(
    requestOf('https://api.example.com', { body: 'rubbish', token: bound(['openid']) }),
  )
  t.equal(await answer.text(), 'served', 'without tools no body is read')
  const nobody = await plain(requestOf('https://api.example.com', {}))
  t.equal(nobody.headers.get('www-authenticate'), `Bearer realm="notes", resource_metadata="${metadata}"`)
  const metadataOfPlain = await plain(
    requestOf('https://api.example.com', { method: 'GET', path: '/.well-known/oauth-protected-resource' }),
  )
  t.same(await metadataOfPlain.json(), {
    resource,
    authorization_servers: [issuer.issuer],
    bearer_methods_supported: ['header'],
  })
})

t.test('headers alone, where the server behind checks them', async t => {
  const ask = async (asked: Asked) =>
    (await (hosts.fetch as Host)({ ...options, serverChecksHeaders: true })).ask({ token: alice, ...asked })
  const cases: [string, Asked, number][] = [
    ['a tool', { headers: named('tools/call', 'write'), body: 'anything' }, 403],
    ['a tool in base64', { headers: named('tools/call', '=?base64?d3JpdGU=?='), body: 'anything' }, 403],
    ['another tool', { headers: named('tools/call', 'look'), body: 'anything' }, 200],
    ['no tool', { headers: named('tools/list'), body: 'anything' }, 200],
    ['a later revision', { headers: named('tools/call', 'write', '2027-01-01'), body: 'anything' }, 403],
    [
      'an earlier revision: the body',
      { headers: named('tools/list', undefined, '2025-11-25'), body: call('write') },
      400,
    ],
    ['no revision: the body', { headers: { 'mcp-method': 'tools/list' }, body: call('write') }, 400],
    [
      'something else than a revision: the body',
      { headers: named('tools/list', undefined, 'zzz'), body: call('write') },
      400,
    ],
    ['no name: the body', { headers: named('tools/call'), body: call('write') }, 403],
    ['no method: the body', { headers: { 'mcp-protocol-version': '2026-07-28' }, body: call('write') }, 403],
  ]
  for (const [name, asked, status] of cases) t.equal((await ask(asked)).status, status, name)
})

t.test('bodies', async t => {
  const guarded = mcp(options)
  const serve = guarded.fetch(async request => new Response(await request.text()))
  const long = JSON.stringify({ ...call('look'), padding: 'x'.repeat(4 * 1024 * 1024) })
  const refused = await serve(requestOf('https://x.invalid', { body: long, token: alice }))
  t.equal(refused.status, 400, 'longer than a message may be')
  const asked = requestOf('https://x.invalid', { body: call('look'), token: alice })
  t.same(JSON.parse(await (await serve(asked)).text()), call('look'), 'the server gets it as well')
  t.equal((await serve(requestOf('https://x.invalid', { token: alice }))).status, 400, 'none')

  const json = { 'content-type': 'application/json; charset=utf-8', 'content-length': '9' }
  const through = (body: unknown, more: Readonly<Record<string, string>> = json) =>
    new Promise<unknown>(resolve => {
      const headers: Record<string, string> = { authorization: `Bearer ${alice}`, ...more }
      const response = {
        headersSent: false,
        statusCode: 0,
        setHeader() {},
        end: () => resolve(response.statusCode),
      }
      guarded.middleware({ headers, method: 'POST', url: '/mcp', body } as never, response as never, resolve)
    })
  for (const body of [call('look'), JSON.stringify(call('look')), Buffer.from(JSON.stringify(call('look')))])
    t.equal(await through(body), undefined)
  for (const body of [
    call('write'),
    JSON.stringify(call('write')),
    Buffer.from(JSON.stringify(call('write'))),
  ])
    t.equal(await through(body), 403)
  t.equal(await through('rubbish'), 400)
  t.equal(
    await through(list, { ...json, 'mcp-method': ['tools/list', 'tools/list'] } as never),
    400,
    'a header that came twice',
  )
  t.match(await through(undefined), { name: 'TypeError', message: /put express\.json\(\) before/ })
  t.match(await through(undefined, { ...json, 'content-length': '0', 'transfer-encoding': 'chunked' }), {
    name: 'TypeError',
  })
  for (const more of [
    {},
    { 'content-type': 'application/json' },
    { ...json, 'content-type': 'text/plain' },
    { ...json, 'content-type': 'application/json-rpc' },
  ])
    for (const body of [undefined, {}])
      t.equal(await through(body, more), 400, 'what a client sends is no fault of ours')
  const broken = mcp({
    ...options,
    policy: () => {
      throw undefined
    },
  })
  const caught = () =>
    new Promise(resolve => {
      const headers = { authorization: `Bearer ${alice}` }
      broken.middleware({ headers, method: 'GET', url: '/mcp' } as never, {} as never, resolve)
    })
  for (const when of ['later', 'at once']) t.match(await caught(), { name: 'TypeError' }, when)
  const sent = { headersSent: true, setHeader: () => t.fail('somebody else has answered') }
  guarded.middleware({ headers: {}, method: 'GET', url: '/mcp' } as never, sent as never, () =>
    t.fail('not authorized'),
  )
})

t.test('a response whose headers cannot be changed', async t => {
  const fixed = Response.redirect('https://api.example.com/', 302)
  const serve = mcp(options).fetch(() => fixed)
  const browserRequest = requestOf('https://x.invalid', {
    body: list,
    token: alice,
    headers: { origin: browser },
  })
  const response = await serve(browserRequest)
  t.match([response.status, response.headers.get('access-control-allow-origin')], [302, browser])
  t.equal(
    await serve(requestOf('https://x.invalid', { body: list, token: alice })),
    fixed,
    'else it is left alone',
  )
})

t.test('lambda: shapes of events, and what API Gateway does to challenges', async t => {
  const warnings: string[] = []
  const onWarning = (message: string) => warnings.push(message)
  const guarded = mcp({ ...options, onWarning })
  const handler = guarded.lambda(async (request, _admission, context) =>
    Response.json([request.method, await request.text(), context]),
  )
  const body = JSON.stringify(call('look'))
  const headers = { authorization: `Bearer ${alice}` }
  const functionUrl = { apiId: 'x', domainName: 'x.lambda-url.eu-west-1.on.aws', http: { method: 'POST' } }
  const v2 = { headers, rawPath: '/mcp', rawQueryString: '', body }
  t.match(await handler({ ...v2, requestContext: functionUrl }, 'context'), {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(['POST', body, 'context']),
  })
  const balancer = {
    multiValueHeaders: { authorization: [`Bearer ${alice}`], other: undefined },
    httpMethod: 'GET',
    path: '/mcp',
    body: '',
    requestContext: { elb: {} },
  }
  t.match(await handler(balancer), {
    statusCode: 200,
    multiValueHeaders: { 'content-type': ['application/json'] },
  })
  t.match(
    await handler({ httpMethod: 'HEAD', path: '/mcp', body: null }),
    { statusCode: 401 },
    'hardly anything',
  )
  t.match(
    await handler({ ...balancer, multiValueHeaders: { authorization: [`Bearer ${alice}`, 'Bearer x'] } }),
    { statusCode: 400 },
  )
  t.same(warnings, [])
  for (const domainName of ['x.execute-api.eu-west-1.amazonaws.com', 'api.example.com', undefined])
    t.match(await handler({ ...v2, requestContext: { ...functionUrl, domainName } }, 'context'), {
      statusCode: 200,
    })
  t.equal(warnings.length, 1, 'once')
  t.match(warnings, [/^mcp: API Gateway renames WWW-Authenticate/])

  const atGateway = { userPool, resource: 'https://x.execute-api.eu-west-1.amazonaws.com/mcp' }
  mcp({ ...atGateway, onWarning }).lambda(() => new Response())
  t.equal(warnings.length, 2, 'at start-up, where the resource says it')
  const warned = new Promise<Error>(resolve => process.once('warning', resolve))
  mcp(atGateway).lambda(() => new Response())
  t.match(await warned, { name: 'CognitoGuardWarning', message: /function URL/ })
})

t.test('wrong options are named', async t => {
  const url = 'must be an https URL without credentials, query and fragment (http only for a loopback host)'
  const cases: [object, string][] = [
    [{ resource: undefined }, 'mcp: resource is undefined'],
    ...['http://api.example.com/mcp', '/mcp', `${resource}?x`, `${resource}#x`, `${resource}"`, 1].map(
      (value): [object, string] => [{ resource: value }, `mcp: resource ${url}`],
    ),
    [{ userPool: undefined }, 'mcp: userPool is undefined'],
    [{ userPool: {} }, 'userPool: userPoolId is undefined'],
    ...['resource', 'anyClient', 'requireResource', 'tokenUse', 'insecureSkipClientCheck'].map(
      (name): [object, string] => [
        { userPool: { ...userPool, clientId: 'thisclient', [name]: true } },
        `mcp: userPool.${name} cannot be set: access tokens must be bound to resource`,
      ],
    ),
    [{ scopes: read }, 'mcp: scopes must be a list'],
    [{ scopes: [] }, 'mcp: scopes must not be an empty list'],
    [{ scopes: ['a b'] }, 'mcp: scopes has an entry that must be a scope, without spaces and quotes'],
    [{ scopes: ['offline_access'] }, 'mcp: scopes has an entry that Cognito does not know: offline_access'],
    [{ policy: undefined }, 'mcp: policy is undefined'],
    [{ tools: [] }, 'mcp: tools must be an object'],
    ...[
      { __proto__: { write: isUser } },
      Object.create(Object.create(null)),
      new Map([['write', isUser]]),
    ].map((tools): [object, string] => [
      { tools },
      'mcp: tools must be a plain object, without a prototype of its own',
    ]),
    [{ tools: { write: undefined } }, 'mcp: tools.write is not a policy'],
    [{ tools: { write } }, 'mcp: tools.write is not a policy'],
    [{ serverChecksHeaders: 1 }, 'mcp: serverChecksHeaders must be true or false'],
    [{ documentation: 'docs' }, 'mcp: documentation must be a URL'],
    ...['*', 'https://app.example.com/', 'app.example.com'].map((origin): [object, string] => [
      { allowedOrigins: [origin] },
      'mcp: allowedOrigins has an entry that must be an origin, such as https://app.example.com',
    ]),
    [{ realm: 'a"b' }, 'createGuard: realm must be printable ASCII without quotes and backslashes'],
    [{ clock: 1 }, 'createVerifier: clock must have a function now()'],
    [{ audience: resource }, 'mcp: audience is not an option; known are '],
    [{ bridge: {} }, 'mcp: bridge: domain is undefined'],
    [{ bridge: { ...bridge, domain: 'auth.example.com' } }, `mcp: bridge: domain ${url}`],
    [
      { bridge: { ...bridge, domain: 'https://auth.example.com/' } },
      'mcp: bridge: domain must be an origin, such as https://app.example.com',
    ],
    [{ bridge: { ...bridge, redirectUris: [] } }, 'mcp: bridge: redirectUris must not be an empty list'],
    [{ bridge: { ...bridge, clientSecret: 'x' } }, 'mcp: bridge: clientSecret is not an option; known are '],
  ]
  for (const [changes, message] of cases)
    t.throws(
      () => mcp({ ...options, userPool, ...changes } as McpOptions),
      { name: 'TypeError', message: message.endsWith(' ') ? new RegExp(`^${message}`) : message },
      message,
    )
  t.ok(mcp({ userPool, resource: 'http://127.0.0.1:3000/mcp' }), 'on loopback')
  for (const tools of [
    { write: isUser },
    Object.assign(Object.create(null), { write: isUser }),
    runInNewContext('({})'),
  ])
    t.ok(mcp({ ...options, userPool, tools }), 'a plain object, of any realm')
})
