import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import {
  allowAnonymous,
  bearer,
  createGuard,
  firstOf,
  hasScope,
  inGroup,
  isMachine,
  isUser,
  type Policy,
  queryToken,
} from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express, { type ErrorRequestHandler, type Express } from 'express'
import t from 'tap'
import { claimsOf, now, token, verifierOf } from '../mint.js'

const guard = createGuard({ verifier: verifierOf() })

/** Serves an app on loopback until the test has ended. */
async function serve(t: { teardown(end: () => void): void }, app: Express): Promise<number> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What a server answers to bytes: duplicate headers are more than an HTTP client would send. */
async function raw(port: number, ...lines: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`${lines.join('\r\n')}\r\nHost: x\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

const app = () => {
  const api = express()
  api.use((_req, res, next) => {
    res.set('Access-Control-Allow-Origin', '*')
    next()
  })
  api.get(
    '/orders',
    protect(guard, hasScope('orders/read')),
    (req, res) => void res.json(authOf(req).principal),
  )
  api.all('/any', protect(guard), (req, res) => void res.json(authOf(req).claims.sub))
  api.get('/admin', protect(guard, inGroup('admin')), (_req, res) => void res.json('secret'))
  api.get(
    '/open',
    protect(allowAnonymous(guard)),
    (req, res) => void res.json('auth' in req && req.auth ? 'known' : 'unknown'),
  )
  api.get(
    '/later',
    protect(guard, async () => true),
    (_req, res) => void res.json('later'),
  )
  api.get('/bare', (req, res) => void res.json(authOf(req).principal))
  return api
}

t.test('a real server answers a real client', async t => {
  const url = `http://127.0.0.1:${await serve(t, app())}`
  const good = `Bearer ${token()}`
  const expired = `Bearer ${token(claimsOf({ exp: now - 60 }))}`
  const cases: [string, string | undefined, number, unknown][] = [
    ['/orders', undefined, 401, { error: 'unauthorized', error_description: 'The request has no token' }],
    ['/orders', good, 200, { kind: 'user', subject: claimsOf().sub }],
    ['/orders', expired, 401, { error: 'invalid_token', error_description: 'The token has expired' }],
    ['/orders', 'Bearer abc', 401, { error: 'invalid_token', error_description: 'The token is invalid' }],
    ['/orders', 'Bearer a b', 400, { error: 'invalid_request' }],
    ['/orders', `Basic ${Buffer.from(good).toString('base64')}`, 401, { error: 'unauthorized' }],
    ['/orders', `Basic ${token()}`, 401, { error: 'unauthorized' }],
    ['/admin', good, 403, { error: 'insufficient_scope' }],
    ['/later', good, 200, 'later'],
    ['/open', undefined, 200, 'unknown'],
    ['/open', good, 200, 'known'],
    ['/open', 'Bearer abc', 401, { error: 'invalid_token' }],
  ]
  for (const [path, authorization, status, body] of cases) {
    const response = await fetch(
      url + path,
      authorization === undefined ? {} : { headers: { authorization } },
    )
    t.equal(response.status, status, `${path} ${authorization?.slice(0, 12)}`)
    t.match(await response.json(), body)
    t.equal(response.headers.get('access-control-allow-origin'), '*', 'what others have set stays')
    if (status === 401) {
      t.match(response.headers.get('www-authenticate'), /^Bearer realm="api"/)
      t.equal(response.headers.get('cache-control'), 'no-store')
      t.equal(response.headers.get('content-type'), 'application/json')
    }
  }
})

t.test('headers are read as they were sent', async t => {
  const port = await serve(t, app())
  const good = `Authorization: Bearer ${token()}`
  const cases: [string, string[], RegExp][] = [
    ['one', [good], /^HTTP\/1.1 200 /],
    ['any case', [good.replace('Authorization: Bearer', 'AUTHORIZATION: bEARER')], /^HTTP\/1.1 200 /],
    ['the same twice', [good, good], /^HTTP\/1.1 400 /],
    ['a good one first', [good, 'Authorization: Bearer abc'], /^HTTP\/1.1 400 /],
    ['a good one last', ['authorization: Bearer abc', good], /^HTTP\/1.1 400 /],
    ['another scheme first', ['Authorization: Basic YTpi', good], /^HTTP\/1.1 400 /],
    ['three', [good, 'X: y', good, good], /^HTTP\/1.1 400 /],
    ['joined', [`${good}, Bearer abc`], /^HTTP\/1.1 400 /],
    ['empty', ['Authorization:'], /^HTTP\/1.1 401 /],
    ['a name that only looks alike', [good.replace('Authorization', 'Authorisation')], /^HTTP\/1.1 401 /],
    ['a tab', [`Authorization: Bearer\t${token()}`], /^HTTP\/1.1 400 /],
  ]
  for (const [name, headers, answer] of cases)
    t.match(await raw(port, 'GET /any HTTP/1.1', ...headers), answer, name)
})

t.test('only the header is read unless configured, and no method is exempt', async t => {
  const port = await serve(t, app())
  const good = token()
  const requests: [string, string[]][] = [
    ['OPTIONS', ['OPTIONS /any HTTP/1.1']],
    ['HEAD', ['HEAD /any HTTP/1.1']],
    ['a preflight', ['OPTIONS /any HTTP/1.1', 'Origin: https://x', 'Access-Control-Request-Method: GET']],
    ['a method override', ['POST /any HTTP/1.1', 'X-HTTP-Method-Override: OPTIONS']],
    ['the query', [`GET /any?access_token=${good} HTTP/1.1`]],
    ['a cookie', ['GET /any HTTP/1.1', `Cookie: access_token=${good}`]],
    ['a form', ['POST /any HTTP/1.1', 'Content-Type: application/x-www-form-urlencoded']],
    ['a header of ours', ['GET /any HTTP/1.1', `X-Access-Token: ${good}`]],
    [
      'a load balancer’s identity',
      ['GET /any HTTP/1.1', 'X-Amzn-Oidc-Identity: admin', `X-Amzn-Oidc-Accesstoken: ${good}`],
    ],
    [
      'a proxy’s user',
      ['GET /any HTTP/1.1', 'X-Forwarded-User: admin', `Proxy-Authorization: Bearer ${good}`],
    ],
  ]
  for (const [name, lines] of requests) t.match(await raw(port, ...lines), /^HTTP\/1.1 401 /, name)
})

t.test('the query is that of the request, also behind a mount', async t => {
  const fromQuery = createGuard({ verifier: verifierOf(), token: firstOf(bearer(), queryToken()) })
  const api = express()
  const inner = express.Router()
  inner.get('/x', protect(fromQuery), (_req, res) => void res.json('in'))
  api.use('/mount', inner)
  const url = `http://127.0.0.1:${await serve(t, api)}/mount/x?access_token=${token()}`
  t.equal((await fetch(url)).status, 200)
  t.equal((await fetch(`${url}&access_token=abc`)).status, 400)
})

t.test('what is no refusal goes to next', async t => {
  const api = app()
  const boom: Policy = () => {
    throw new RangeError('a fault')
  }
  const later: Policy = async () => boom(undefined as never, undefined as never)
  api.get('/sync', protect(guard, boom), (_req, res) => void res.json('in'))
  api.get('/async', protect(guard, later), (_req, res) => void res.json('in'))
  const seen: unknown[] = []
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    seen.push(error)
    res.status(500).json('fault')
  }
  api.use(onError)
  const url = `http://127.0.0.1:${await serve(t, api)}`
  for (const path of ['/sync', '/async']) {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token()}` } })
    t.equal(response.status, 500, path)
  }
  t.match(seen, [RangeError('a fault'), RangeError('a fault')])
  t.equal((await fetch(`${url}/bare`)).status, 500)
  t.match(seen[2], {
    message: 'authOf: no guard let this request through with a token; put protect(guard) before the handler',
  })
})

t.test('a request of another shape than HTTP gives is no fault', async t => {
  const responses = await Promise.all(
    [`/open?${'x'.repeat(6_000)}`, '/open#?', '//open', '/open/'].map(async path => {
      const port = await serve(t, app())
      return new Promise<number>(resolve => {
        httpRequest({ port, host: '127.0.0.1', path }, response => {
          response.resume()
          resolve(response.statusCode ?? 0)
        }).end()
      })
    }),
  )
  t.notOk(responses.some(status => status >= 500))
})

t.test('wrong arguments are named', async t => {
  t.throws(
    () => protect(undefined as never),
    new TypeError('protect: guard must be a guard, such as createGuard({ ... })'),
  )
  t.throws(
    () => protect({} as never),
    new TypeError('protect: guard must be a guard, such as createGuard({ ... })'),
  )
  t.throws(() => protect(guard, undefined), new TypeError('protect: policy is undefined, not a policy'))
  t.throws(() => protect(guard, 'admin' as never), new TypeError('protect: policy is a string, not a policy'))
  const two = protect as (...args: readonly unknown[]) => unknown
  for (const several of [[isUser, isMachine], [[isUser, isMachine]], [isUser, undefined]])
    t.throws(
      () => two(guard, ...several),
      new TypeError('protect: expected one policy; every(...) and some(...) make one of several'),
    )
})

t.test('types: the middleware fits Express, and leaves the types of a route as they are', async t => {
  const handler: express.RequestHandler = protect(guard)
  const handlers: express.RequestHandler[] = [protect(guard), protect(guard, isUser)]
  t.equal(handler.name, 'cognitoGuard')
  const app = express()
  app.use(protect(guard)).use('/users', ...handlers)
  app.get('/users/:id', protect(guard), (req, res) => {
    const id: string = req.params.id
    res.json(id)
  })
  interface Tenant {
    tenant: string
  }
  app.get<Tenant>('/t/:tenant', protect(guard), (req, res) => {
    const tenant: string = req.params.tenant
    res.json(tenant)
  })
  app.post<object, { ok: boolean }, { amount: number }>('/pay', protect(guard), (req, res) => {
    const amount: number = req.body.amount
    res.json({ ok: amount > 0 })
  })
  express.Router().use(protect(guard))
})
