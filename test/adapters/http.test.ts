import { createServer as createHttp } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import fastifyCors from '@fastify/cors'
import { createAdaptorServer } from '@hono/node-server'
// @ts-expect-error: it has no types
import koaCors from '@koa/cors'
import {
  allowAnonymous,
  createGuard,
  createVerifier,
  type Decision,
  hasScope,
  isUser,
  type RequestView,
  userPool,
} from 'cognito-guard'
import { authOf as expressAuthOf, protect as protectExpress } from 'cognito-guard/express'
import { authOf as fastifyAuthOf, protect as protectFastify } from 'cognito-guard/fastify'
import { protect as protectFetch } from 'cognito-guard/fetch'
import { protect as protectHono } from 'cognito-guard/hono'
import { protect as protectKoa } from 'cognito-guard/koa'
import { markAuthorized, protect as protectNode } from 'cognito-guard/node'
import { createTestIssuer } from 'cognito-guard/testing'
import cors from 'cors'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { cors as honoCors } from 'hono/cors'
import Koa from 'koa'
import t from 'tap'
import { type Adapter, answerOf, cases, createRoutes, origin, type Route, send } from './contract.js'

const exposed = 'WWW-Authenticate'

const expressAdapter: Adapter = {
  async serve(routes) {
    const app = express().set('env', 'test')
    app.use(cors({ origin, exposedHeaders: exposed }))
    for (const { method, path, guard, policy } of routes) {
      app[method === 'GET' ? 'get' : 'post'](path, protectExpress(guard, ...policy), (req, res) =>
        res.json(answerOf((req as { auth?: ReturnType<typeof expressAuthOf> }).auth)),
      )
    }
    return listen(createHttp(app))
  },
}

const nodeAdapter: Adapter = {
  async serve(routes) {
    const handlers = new Map(
      routes.map(({ method, path, guard, policy }) => [`${method} ${path}`, protectNode(guard, ...policy)]),
    )
    const server = createHttp((req, res) => {
      // CORS goes around the guard
      res.setHeader('Access-Control-Allow-Origin', origin)
      res.setHeader('Access-Control-Expose-Headers', exposed)
      if (req.method === 'OPTIONS') return void res.writeHead(204).end()
      const next = (error?: unknown) => {
        res.statusCode = error ? 500 : 200
        res.end(JSON.stringify(answerOf((req as { auth?: ReturnType<typeof expressAuthOf> }).auth)))
      }
      handlers.get(`${req.method} ${req.url?.split('?')[0]}`)?.(req, res, next)
    })
    return listen(server)
  },
}
const koaAdapter: Adapter = {
  async serve(routes) {
    const app = new Koa()
    app.silent = true
    app.use(koaCors({ origin, exposeHeaders: exposed }))
    for (const { method, path, guard, policy } of routes) {
      const secured = protectKoa(guard, ...policy)
      app.use((ctx, next) => {
        if (ctx.method !== method || ctx.path !== path) return next()
        return secured(ctx, async () => {
          ctx.body = answerOf(ctx.state.auth)
        })
      })
    }
    return listen(createHttp(app.callback()))
  },
}

function honoApp(routes: readonly Route[]) {
  const app = new Hono()
  app.use(honoCors({ origin, exposeHeaders: [exposed] }))
  for (const { method, path, guard, policy } of routes) {
    app.on(method, path, protectHono(guard, ...policy), c => c.json(answerOf(c.get('auth'))))
  }
  return app.onError((_error, c) => c.text('fault', 500))
}

const honoAdapter: Adapter = {
  serve: async routes => listen(createAdaptorServer(honoApp(routes))),
}

const honoElsewhereAdapter: Adapter = {
  serve: async routes => {
    const app = honoApp(routes)
    return listen(createAdaptorServer({ fetch: request => app.fetch(request) }))
  },
}

const fastifyAdapter: Adapter = {
  async serve(routes) {
    const app = Fastify()
    await app.register(fastifyCors, { origin, exposedHeaders: exposed })
    for (const { method, path, guard, policy } of routes) {
      app.route({
        method,
        url: path,
        // the members of a refusal are not those of the route's answers
        schema: { response: { '4xx': { type: 'object', properties: { message: { type: 'string' } } } } },
        onRequest: protectFastify(guard, ...policy),
        handler: async request => answerOf((request as { auth?: ReturnType<typeof fastifyAuthOf> }).auth),
      })
    }
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
  },
}

const fetchAdapter: Adapter = {
  async serve(routes) {
    const handlers = new Map(
      routes.map(({ method, path, guard, policy }) => [
        `${method} ${path}`,
        protectFetch(guard, ...policy)((_request, auth) => Response.json(answerOf(auth))),
      ]),
    )
    // CORS goes around the guard
    const app = async (request: Request) => {
      const allowed = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposed }
      if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: allowed })
      const handler = handlers.get(`${request.method} ${new URL(request.url).pathname}`)
      const response = await handler?.(request)
      for (const [name, value] of Object.entries(allowed)) response?.headers.set(name, value)
      return response ?? new Response(null, { status: 404 })
    }
    const fetch = (request: Request) => app(request).catch(() => new Response(null, { status: 500 }))
    return listen(createAdaptorServer({ fetch }))
  },
}

const adapters: Record<string, Adapter> = {
  express: expressAdapter,
  'node:http': nodeAdapter,
  koa: koaAdapter,
  'hono on Node.js': honoAdapter,
  'hono elsewhere': honoElsewhereAdapter,
  fastify: fastifyAdapter,
  fetch: fetchAdapter,
}

for (const [name, adapter] of Object.entries(adapters)) {
  t.test(name, async t => {
    const server = await adapter.serve(createRoutes())
    t.teardown(() => server.close())
    for (const { name, body, answer = {}, challenge = null, status, ...request } of cases) {
      const { headers, ...got } = await send(server.port, request)
      const header = (wanted: string) => headers.get(wanted)?.split(';')[0]
      t.same(
        {
          status: got.status,
          // each framework answers errors in its own way
          challenge: status === 500 ? null : headers.get('www-authenticate'),
          body: body && JSON.parse(got.body),
          answer: Object.fromEntries(Object.keys(answer).map(wanted => [wanted, header(wanted)])),
        },
        { status, challenge, body, answer },
        name,
      )
    }
  })
}

const thrown: readonly unknown[] = [undefined, null, false, '', 0, 'route', 'router']
const nextTakesErrors = new Set(['express', 'node:http', 'fastify'])

for (const [name, adapter] of Object.entries(adapters)) {
  t.test(`${name}: what is thrown is a fault, also where it is no error`, async t => {
    const issuer = createTestIssuer()
    const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
    const guard = createGuard({ verifier })
    const routes = thrown.flatMap((value, index): Route[] => {
      const atOnce = (): never => {
        throw value
      }
      const later = () => Promise.reject(value)
      const routes: Route[] = [
        { method: 'GET', path: `/now/${index}`, guard, policy: [atOnce] },
        { method: 'GET', path: `/later/${index}`, guard, policy: [later] },
      ]
      if (!nextTakesErrors.has(name)) return routes
      return [
        ...routes,
        { method: 'GET', path: `/own/now/${index}`, guard: atOnce, policy: [] },
        { method: 'GET', path: `/own/later/${index}`, guard: later, policy: [] },
      ]
    })
    const server = await adapter.serve(routes)
    t.teardown(() => server.close())
    const headers = [['authorization', `Bearer ${issuer.accessToken()}`]] as const
    for (const { path } of routes) t.equal((await send(server.port, { path, headers })).status, 500, path)
  })
}

t.test('what is not a guard or a policy is refused when a adapter is built', async t => {
  const verifier = createVerifier({ issuers: [userPool(createTestIssuer().options)] })
  const guard = createGuard({ verifier })
  const misspelt = { adminOnly: hasScope('admin') } as unknown as { onlyAdmin: ReturnType<typeof hasScope> }
  const all: ((...args: never[]) => unknown)[] = [
    protectExpress,
    protectNode,
    protectKoa,
    protectHono,
    protectFastify,
    protectFetch,
  ]
  for (const adapter of all) {
    const protect = adapter as (...args: unknown[]) => unknown
    t.throws(() => protect(verifier), { name: 'TypeError', message: /guard/ })
    t.throws(() => protect(guard, misspelt.onlyAdmin), { name: 'TypeError', message: /policy is undefined/ })
    t.throws(() => protect(guard, 'admin'), { name: 'TypeError', message: /policy is a string/ })
    t.throws(() => protect(guard, isUser, isUser), { name: 'TypeError', message: /expected one policy/ })
  }
  t.throws(() => expressAuthOf({} as never), { name: 'TypeError', message: /protect\(guard\)/ })
  t.throws(() => fastifyAuthOf({}), { name: 'TypeError', message: /protect\(guard\)/ })
  const auth = { principal: { username: 'mallory' } }
  for (const authOf of [expressAuthOf, fastifyAuthOf])
    t.throws(() => authOf({ auth } as never), /no guard let this request through/, 'what others left there')
})

t.test("an adapter of one's own marks what its guard authorized, and nothing else", async t => {
  const issuer = createTestIssuer()
  const token = issuer.accessToken()
  const view: RequestView = { header: name => (name === 'authorization' ? `Bearer ${token}` : undefined) }
  const verifier = createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock })
  const guard = createGuard({ verifier })
  const noToken = { header: () => undefined }
  type Authorized = Extract<Decision, { authorized: true }>
  const decision = (await guard(view)) as Authorized
  for (const authOf of [expressAuthOf, fastifyAuthOf]) {
    const request = {}
    t.throws(() => authOf(request), /no guard let this request through/, 'before')
    markAuthorized(request, decision)
    t.equal(authOf(request), decision.auth)
    t.equal((request as { auth?: unknown }).auth, decision.auth)
    markAuthorized(request, (await allowAnonymous(guard)(noToken)) as Authorized)
    t.throws(() => authOf(request), /no guard let this request through/, 'anonymous')
    const copied = JSON.parse(JSON.stringify(Object.assign(request, { auth: decision.auth })))
    t.throws(() => authOf(copied), /no guard let this request through/, 'a copy')
  }
  const wrong = new TypeError('markAuthorized: decision must be one of a guard that authorizes the request')
  for (const none of [
    await guard(noToken),
    guard(view, async () => true),
    decision.auth,
    true,
    undefined,
    null,
  ]) {
    const request = {}
    t.throws(() => markAuthorized(request, none as never), wrong)
    t.strictSame(Object.keys(request), [])
  }
})

t.test('handlers have the type of auth, and the arguments of the platform', async t => {
  const issuer = createTestIssuer()
  const guard = createGuard({
    verifier: createVerifier({ issuers: [userPool(issuer.options)], clock: issuer.clock }),
  })
  const token = issuer.accessToken({ username: 'alice' })
  const request = new Request('https://api.example.com/me', { headers: { Authorization: `Bearer ${token}` } })

  const hono = new Hono().get('/me', protectHono(guard), c => c.text(c.get('auth').claims.client_id))
  t.equal(await (await hono.fetch(request)).text(), issuer.options.clientId)

  const koa = new Koa<object>().use(protectKoa(guard)).use(ctx => ctx.state.auth.claims.client_id.length)
  t.ok(koa)

  const fetched = protectFetch(guard)((_request, auth, env: { region: string }) =>
    Response.json([auth.claims.client_id, env.region]),
  )
  t.same(await (await fetched(request, { region: 'eu-west-1' })).json(), [
    issuer.options.clientId,
    'eu-west-1',
  ])
})

async function listen(server: Pick<Server, 'listen' | 'address' | 'close'>) {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, close: () => new Promise(resolve => server.close(resolve)) }
}
