// Requests as they really arrive: changed by middleware, made from the event of a function, called in process, by HTTP/2, or a mock.
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { ServerlessAdapter } from '@h4ad/serverless-adapter'
import { ApiGatewayV2Adapter } from '@h4ad/serverless-adapter/adapters/aws'
import { ExpressFramework } from '@h4ad/serverless-adapter/frameworks/express'
import { DefaultHandler } from '@h4ad/serverless-adapter/handlers/default'
import { PromiseResolver } from '@h4ad/serverless-adapter/resolvers/promise'
import { createAdaptorServer } from '@hono/node-server'
import {
  allowAnonymous,
  cookie,
  createGuard,
  createVerifier,
  type Policy,
  type RequestView,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { authOf as expressAuthOf, protect as protectExpress } from 'cognito-guard/express'
import { authOf as fastifyAuthOf, protect as protectFastify } from 'cognito-guard/fastify'
import { protect as protectFetch } from 'cognito-guard/fetch'
import { protect as protectHono } from 'cognito-guard/hono'
import { protect as protectKoa } from 'cognito-guard/koa'
import { createTestIssuer, events } from 'cognito-guard/testing'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { methodOverride } from 'hono/method-override'
import Koa from 'koa'
import mocks from 'node-mocks-http'
import serverless from 'serverless-http'
import t, { type Test } from 'tap'
import { nodeRequestView } from '../../adapters/node-http.js'
import { send } from './contract.js'

const issuer = createTestIssuer()
const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
const guard = createGuard({ verifier })
const anonymous = allowAnonymous(guard)
const alice = issuer.accessToken({ username: 'alice', groups: ['admin'] })
const bob = issuer.accessToken({ username: 'bob' })
const nameOf = (auth: VerifiedToken | undefined) => auth?.principal.username ?? 'nobody'
const bearing = (token: string) => [['Authorization', `Bearer ${token}`] as const]

t.test('Hono decides over the request that it is given, on Node.js as elsewhere', async t => {
  const app = new Hono()
  const mayDelete: Policy = ({ principal }, { method }) =>
    method !== 'DELETE' || principal.groups.includes('admin')
  app.use('/posts/*', methodOverride({ app }))
  app.all('/posts/1', protectHono(guard, mayDelete), c =>
    c.text(`${c.req.method} by ${nameOf(c.get('auth'))}`),
  )
  app.get('/me', protectHono(guard), c => c.text(nameOf(c.get('auth'))))
  app.get('/feed', protectHono(anonymous), c => c.text(nameOf(c.get('auth'))))
  app.get('/as-bob', c => app.request('/me', { headers: { Authorization: `Bearer ${bob}` } }, c.env))
  app.get('/as-nobody', c => app.request('/me', {}, c.env))
  app.use('/changed/*', async (c, next) => {
    const headers = new Headers(c.req.raw.headers)
    if (c.req.path.endsWith('removed')) headers.delete('authorization')
    else headers.set('authorization', `Bearer ${bob}`)
    c.req.raw = new Request(c.req.raw, { headers })
    await next()
  })
  app.get('/changed/added', protectHono(guard), c => c.text(nameOf(c.get('auth'))))
  app.get('/changed/removed', protectHono(anonymous), c => c.text(nameOf(c.get('auth'))))
  const port = await listen(t, createAdaptorServer(app) as Server)
  const form = { method: 'POST', body: '_method=DELETE' }
  const formed = (token: string) => ({
    ...form,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  const from = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
  const rows: [string, string, RequestInit, number, string][] = [
    ['a form of bob’s deletes', '/posts/1', formed(bob), 403, 'insufficient_scope'],
    ['a form of alice’s deletes', '/posts/1', formed(alice), 200, 'DELETE by alice'],
    ['a call as bob, for alice', '/as-bob', from(alice), 200, 'bob'],
    ['a call as nobody, for alice', '/as-nobody', from(alice), 401, 'no token'],
    ['a call as bob, for nobody', '/as-bob', {}, 200, 'bob'],
    ['a header that was added', '/changed/added', {}, 200, 'bob'],
    ['a header that was replaced', '/changed/added', from(alice), 200, 'bob'],
    ['a header that was removed', '/changed/removed', from(alice), 200, 'nobody'],
    ['a header as it came', '/feed', from(alice), 200, 'alice'],
  ]
  for (const [name, path, init, status, text] of rows) {
    for (const [where, response] of [
      ['Node.js', await fetch(`http://127.0.0.1:${port}${path}`, init)],
      ['elsewhere', await app.request(path, init)],
    ] as const) {
      t.equal(response.status, status, `${name}, ${where}`)
      t.match(await response.text(), text, `${name}, ${where}`)
    }
  }
})

/** What a middleware does to the headers of `/<name>` before the guard. */
const changes: Readonly<Record<string, (headers: Record<string, unknown>) => void>> = {
  added: headers => void (headers.authorization = `Bearer ${bob}`),
  removed: headers => void delete headers.authorization,
  cleared: headers => void (headers.authorization = undefined),
  untouched: () => {},
}

/** The frameworks whose middleware changes Node's headers, in a real server. */
const servers: Readonly<Record<string, (t: Test) => Promise<number>>> = {
  async Express(t) {
    const app = express()
    app.use((req, _res, next) => {
      changes[req.path.slice(1)]?.(req.headers)
      next()
    })
    app.use(
      protectExpress(anonymous),
      (req, res) => void res.send(nameOf((req as { auth?: VerifiedToken }).auth)),
    )
    return listen(t, createHttp(app))
  },
  async Koa(t) {
    const app = new Koa()
    app.use((ctx, next) => {
      changes[ctx.path.slice(1)]?.(ctx.headers)
      return next()
    })
    app.use(protectKoa(anonymous)).use(ctx => {
      ctx.body = nameOf(ctx.state.auth)
    })
    return listen(t, createHttp(app.callback()))
  },
  async Fastify(t) {
    const app = Fastify()
    app.addHook('onRequest', async request => changes[request.originalUrl.slice(1)]?.(request.headers))
    app.addHook('onRequest', protectFastify(anonymous))
    app.get('/*', async request => nameOf((request as { auth?: VerifiedToken }).auth))
    t.teardown(() => app.close())
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
  async 'Fastify, headers replaced'(t) {
    const app = Fastify()
    app.addHook('onRequest', async request => {
      const headers = { ...request.headers }
      changes[request.originalUrl.slice(1)]?.(headers)
      request.headers = { ...headers, authorization: headers.authorization }
    })
    app.addHook('onRequest', protectFastify(anonymous))
    app.get('/*', async request => nameOf((request as { auth?: VerifiedToken }).auth))
    t.teardown(() => app.close())
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
}

for (const [name, serve] of Object.entries(servers)) {
  t.test(`${name}: headers count as a middleware leaves them, and what came twice is refused`, async t => {
    const port = await serve(t)
    const ask = async (path: string, ...headers: (readonly [string, string])[]) => {
      const { status, body } = await send(port, { path, headers })
      return status === 200 ? body : status
    }
    t.equal(await ask('/added'), 'bob')
    t.equal(await ask('/added', ...bearing(alice)), 'bob')
    t.equal(await ask('/removed', ...bearing(alice)), 'nobody')
    t.equal(await ask('/cleared', ...bearing(alice)), 'nobody')
    t.equal(await ask('/untouched', ...bearing(alice)), 'alice')
    t.equal(await ask('/untouched', ...bearing(alice), ...bearing(bob)), 400)
    t.equal(await ask('/untouched', ...bearing(alice), ...bearing(alice)), 400)
    t.equal(await ask('/added', ...bearing(alice), ...bearing(alice)), 'bob', 'the middleware has decided')
  })
}

t.test('requests that a function makes of an event have no record of what came', async t => {
  const app = express().set('env', 'test')
  app.get('/orders', protectExpress(guard), (req, res) => void res.send(nameOf(expressAuthOf(req))))
  app.get(
    '/feed',
    protectExpress(anonymous),
    (req, res) => void res.send(nameOf((req as { auth?: VerifiedToken }).auth)),
  )
  const koa = new Koa().use(protectKoa(guard)).use(ctx => {
    ctx.body = nameOf(ctx.state.auth)
  })
  const h4ad = ServerlessAdapter.new(app)
    .setFramework(new ExpressFramework())
    .setHandler(new DefaultHandler())
    .setResolver(new PromiseResolver())
    .addAdapter(new ApiGatewayV2Adapter())
    .build()
  const handlers: Record<string, (event: object) => unknown> = {
    'serverless-http, Express': event => serverless(app)(event, {}),
    'serverless-http, Koa': event => serverless(koa)(event, {}),
    '@h4ad/serverless-adapter': event => h4ad(event, {} as never, undefined as never),
  }
  for (const [name, handle] of Object.entries(handlers)) {
    const kinds = name.startsWith('@')
      ? (['httpApi'] as const)
      : (['httpApi', 'restApi', 'loadBalancer', 'functionUrl'] as const)
    for (const kind of kinds) {
      t.match(
        await handle(events[kind]({ token: alice, path: '/orders' })),
        { statusCode: 200, body: 'alice' },
        `${name}, ${kind}`,
      )
      t.match(
        await handle(events[kind]({ token: 'a.b.c', path: '/orders' })),
        { statusCode: 401, body: 'invalid_token' },
        kind,
      )
    }
  }
  for (const handle of [handlers['serverless-http, Express'], handlers['@h4ad/serverless-adapter']]) {
    t.match(
      await handle?.(events.httpApi({ token: 'a.b.c', path: '/feed' })),
      { statusCode: 401 },
      'a bad token is never none',
    )
    t.match(await handle?.(events.httpApi({ path: '/feed' })), { statusCode: 200, body: 'nobody' })
  }
})

t.test('mocks and plain objects', async t => {
  const express = async (request: object) => {
    const response = mocks.createResponse()
    const outcome = await new Promise<unknown>(resolve => {
      protectExpress(guard)(request as never, response as never, (error?: unknown) =>
        resolve(error ?? 'next'),
      )
      if (response.writableEnded) resolve(response.statusCode)
    })
    return outcome === 'next' ? nameOf(expressAuthOf(request as never)) : outcome
  }
  const headers = { authorization: `Bearer ${alice}` }
  t.equal(await express(mocks.createRequest({ headers })), 'alice', 'keys are fetched on the way')
  t.equal(await express(mocks.createRequest({ headers })), 'alice')
  t.equal(await express(mocks.createRequest()), 401)
  t.equal(await express({ headers, url: '/' }), 'alice')
  t.equal(await express({ headers: { Authorization: `Bearer ${alice}` } }), 'alice', 'a name in another case')
  t.equal(await express({ headers: { authorization: [`Bearer ${alice}`, `Bearer ${bob}`] } }), 400)
  t.equal(await express({ headers: { ...headers, Authorization: `Bearer ${bob}` } }), 400, 'in two cases')
  t.equal(await express({ headers: { ...headers, Authorization: undefined } }), 'alice')
  t.equal(await express({}), 401)
  t.equal(
    await express({ rawHeaders: ['Authorization', `Bearer ${alice}`] }),
    'alice',
    'no headers but those that came',
  )
  const request = { headers, raw: {}, originalUrl: '/' }
  await new Promise<void>(resolve => protectFastify(guard)(request as never, {} as never, () => resolve()))
  t.equal(nameOf(fastifyAuthOf(request)), 'alice')
})

t.test('what Node makes of a header that comes twice is not what came', async t => {
  const { port, seen } = await echo(t)
  const twice = (name: string, a: string, b: string) =>
    send(port, {
      path: '/',
      headers: [
        [name, a],
        [name, b],
      ],
    })
  for (const name of ['Authorization', 'X-Token', 'Cookie', 'Set-Cookie', 'Origin']) {
    await twice(name, 'a', 'b')
    t.same(seen()?.header(name.toLowerCase()), ['a', 'b'], name)
  }
  t.equal(seen()?.header('host'), `127.0.0.1:${port}`)
  t.equal(seen()?.header('constructor'), undefined)
})

t.test('the host of HTTP/2 is its authority', async t => {
  const cookies = createGuard({ verifier, token: cookie('id') })
  const app = new Koa().use(protectKoa(cookies)).use(ctx => {
    ctx.body = nameOf(ctx.state.auth)
  })
  const server = createHttp2(app.callback())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = connectHttp2(url)
  t.teardown(() => {
    client.close()
    server.close()
  })
  const post = async (headers: Record<string, string>) => {
    const stream = client
      .request({ ':method': 'POST', ':path': '/', cookie: `id=${alice}`, ...headers })
      .end()
    const [{ ':status': status }] = (await once(stream, 'response')) as [{ ':status': number }]
    stream.resume()
    return status
  }
  t.equal(await post({ origin: url }), 200, 'its own origin')
  for (const origin of ['null', 'file://', 'https://evil.example', 'http://undefined'])
    t.equal(await post({ origin }), 400, origin)
  t.equal(await post({ origin: url, host: 'other.example' }), 400, 'two hosts that differ')
  t.equal(await post({ origin: url, host: new URL(url).host }), 200, 'two that are one')
})

t.test('a Request has its host in its URL', async t => {
  const cookies = createGuard({ verifier, token: cookie('id') })
  const handler = protectFetch(cookies)((_request, auth) => new Response(nameOf(auth)))
  const post = async (origin: string) =>
    (
      await handler(
        new Request('https://api.example/x', { method: 'POST', headers: { cookie: `id=${alice}`, origin } }),
      )
    ).status
  t.equal(await post('https://api.example'), 200)
  for (const origin of ['null', 'https://evil.example', 'http://api.example'])
    t.equal(await post(origin), 400, origin)
})

t.test('an answer that was sent is left alone', async t => {
  let release = () => {}
  const slow = createGuard({
    verifier,
    policy: () => new Promise<boolean>(resolve => (release = () => resolve(false))),
  })
  const problems: unknown[] = []
  const app = express().set('env', 'test')
  app.get(
    '/',
    (_req, res, next) => {
      next()
      res.status(503).end('too slow')
    },
    protectExpress(slow),
  )
  app.use((error: unknown, _req: unknown, _res: unknown, _next: unknown) => void problems.push(error))
  const koa = new Koa()
  koa.on('error', error => problems.push(error))
  koa.use((ctx, next) => {
    const guarded = next()
    ctx.respond = false
    ctx.res.writeHead(503).end('too slow')
    return guarded
  })
  koa.use(protectKoa(slow))
  const fastify = Fastify()
  fastify.addHook('onError', async (_request, _reply, error) => void problems.push(error))
  fastify.get('/', {
    onRequest: [
      (_request, reply, done) => {
        done()
        reply.code(503).send('too slow')
      },
      protectFastify(slow),
    ],
    handler: async () => 'in',
  })
  t.teardown(() => fastify.close())
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  for (const port of [
    await listen(t, createHttp(app)),
    await listen(t, createHttp(koa.callback())),
    (fastify.server.address() as AddressInfo).port,
  ]) {
    const { status, body } = await send(port, { path: '/', headers: bearing(alice) })
    t.same({ status, body }, { status: 503, body: 'too slow' })
    release()
    await new Promise(resolve => setImmediate(resolve))
  }
  t.same(problems, [])
})

/** A server that keeps its last request as a guard sees it. */
async function echo(t: Test) {
  let view: RequestView | undefined
  const server = createHttp((request, response) => {
    view = nodeRequestView(request)
    response.end()
  })
  return { port: await listen(t, server), seen: () => view }
}

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise(resolve => server.close(resolve)))
  return (server.address() as AddressInfo).port
}
