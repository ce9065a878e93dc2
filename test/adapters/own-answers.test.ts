// Refusals in a form of one's own, in the error handler of each framework; and the types of what handlers get.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AuthError,
  type AuthOf,
  allowAnonymous,
  createGuard,
  createVerifier,
  every,
  type Guard,
  hasScope,
  isAuthError,
  type Policy,
  type RequestView,
  refusalOf,
  signedInWithin,
  throwRefusals,
  userPool,
} from 'cognito-guard'
import * as expressAdapter from 'cognito-guard/express'
import * as fastifyAdapter from 'cognito-guard/fastify'
import * as fetchAdapter from 'cognito-guard/fetch'
import * as honoAdapter from 'cognito-guard/hono'
import * as koaAdapter from 'cognito-guard/koa'
import * as lambdaAdapter from 'cognito-guard/lambda'
import * as nodeAdapter from 'cognito-guard/node'
import { createTestIssuer, events } from 'cognito-guard/testing'
import express, { type ErrorRequestHandler } from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import t from 'tap'
import { z } from 'zod'

const issuer = createTestIssuer()
const verifier = createVerifier({
  issuers: [
    userPool({
      ...issuer.options,
      claims: z.looseObject({ 'custom:plan': z.enum(['free', 'pro']).optional() }),
    }),
  ],
  clock: issuer.clock,
})
const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource'
const guard = createGuard({ verifier, policy: hasScope('api/use'), resourceMetadata })
const token = issuer.accessToken({ scopes: ['api/use', 'orders/read'], signedInAgo: 1_000 })

/** The answer in a form of one's own. */
function problemOf(error: unknown) {
  const { status, headers, body } = refusalOf(error, guard)
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: JSON.stringify({ status, title: body.error_description }),
  }
}

type Ask = (authorization: string | undefined) => Promise<Response>
type Adapter = (guard: Guard, policy: Policy, close: (server: { close(): unknown }) => void) => Promise<Ask>

const over =
  (server: Server): Ask =>
  authorization =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      headers: authorization === undefined ? {} : { authorization },
    })

async function listening(
  handler: Parameters<typeof createServer>[1],
  close: (server: Server) => void,
): Promise<Ask> {
  const server = createServer(handler)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  close(server)
  return over(server)
}

const requestOf = (authorization: string | undefined) =>
  new Request('http://127.0.0.1/', { headers: authorization === undefined ? {} : { authorization } })

const adapters: Record<string, Adapter> = {
  express(guard, policy, close) {
    const answer: ErrorRequestHandler = (error, _req, res, next) => {
      if (!isAuthError(error)) return next(error)
      const { status, headers, body } = problemOf(error)
      res.status(status).set(headers).send(body)
    }
    const app = express().set('env', 'test')
    app.get('/', expressAdapter.protect(guard, policy), (_req, res) => void res.send('fine'))
    return listening(app.use(answer), close)
  },
  node(guard, policy, close) {
    const secure = nodeAdapter.protect(guard, policy)
    return listening(
      (req, res) =>
        secure(req, res, error => {
          if (!isAuthError(error)) {
            res.writeHead(error ? 500 : 200).end()
            return
          }
          const { status, headers, body } = problemOf(error)
          res.writeHead(status, headers).end(body)
        }),
      close,
    )
  },
  koa(guard, policy, close) {
    const app = new Koa()
    app.silent = true
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        if (!isAuthError(error)) throw error
        const { status, headers, body } = problemOf(error)
        ctx.status = status
        ctx.set(headers)
        ctx.body = body
      }
    })
    app.use(koaAdapter.protect(guard, policy)).use(ctx => void (ctx.body = 'fine'))
    return listening(app.callback(), close)
  },
  async fastify(guard, policy, close) {
    const app = Fastify()
    close(app)
    app.setErrorHandler((error, _request, reply) => {
      if (!isAuthError(error)) throw error
      const { status, headers, body } = problemOf(error)
      return reply.code(status).headers(headers).send(body)
    })
    app.get('/', { onRequest: fastifyAdapter.protect(guard, policy) }, async () => 'fine')
    await app.listen({ host: '127.0.0.1', port: 0 })
    return over(app.server)
  },
  async hono(guard, policy) {
    const app = new Hono().get('/', honoAdapter.protect(guard, policy), c => c.text('fine'))
    app.onError((error, c) => {
      if (!isAuthError(error)) return c.text('fault', 500)
      const { status, headers, body } = problemOf(error)
      return c.body(body, status, headers)
    })
    return async authorization => app.request(requestOf(authorization))
  },
  async fetch(guard, policy) {
    const inner = fetchAdapter.protect(guard, policy)(() => new Response('fine'))
    return async authorization => {
      try {
        return await inner(requestOf(authorization))
      } catch (error) {
        if (!isAuthError(error)) return new Response('fault', { status: 500 })
        const { body, ...init } = problemOf(error)
        return new Response(body, init)
      }
    }
  },
  async lambda(guard, policy) {
    const inner = lambdaAdapter.protect(guard, policy, async () => ({
      statusCode: 200,
      headers: {},
      body: 'fine',
    }))
    return async authorization => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      const answer = await inner(events.functionUrl({ headers })).catch((error: unknown) => {
        if (!isAuthError(error)) return { statusCode: 500, headers: {}, body: 'fault' }
        const { status, ...rest } = problemOf(error)
        return { statusCode: status, ...rest }
      })
      return new Response(answer.body, { status: answer.statusCode, headers: answer.headers })
    }
  },
}

const failing: Policy = () => {
  throw new Error('a bug')
}

const requests: readonly (readonly [what: string, authorization: string | undefined, policy: Policy])[] = [
  ['no token', undefined, hasScope('orders/read')],
  ['two schemes', 'Bearer a b', hasScope('orders/read')],
  ['a bad token', `Bearer ${token.slice(0, -6)}`, hasScope('orders/read')],
  ['a missing scope', `Bearer ${token}`, every(hasScope('orders/write'), hasScope('orders/read'))],
  ['an old sign-in', `Bearer ${token}`, signedInWithin(900)],
]

for (const [name, adapter] of Object.entries(adapters))
  t.test(`${name}: the error handler keeps status and challenge`, async t => {
    const close = (server: { close(): unknown }) => t.teardown(() => void server.close())
    for (const [what, authorization, policy] of requests) {
      const view: RequestView = { header: key => (key === 'authorization' ? authorization : undefined) }
      const expected = await guard(view, policy)
      if (expected.authorized) throw new Error('it is refused')
      const ask = await adapter(throwRefusals(guard), policy, close)
      const answer = await ask(authorization)
      t.equal(answer.status, expected.status, what)
      t.equal(answer.headers.get('www-authenticate'), expected.headers['WWW-Authenticate'], what)
      t.equal(answer.headers.get('cache-control'), 'no-store', what)
      t.match(answer.headers.get('content-type'), 'application/problem+json', what)
      t.same(await answer.json(), { status: expected.status, title: expected.body.error_description }, what)
    }
    const fine = await adapter(throwRefusals(guard), hasScope('orders/read'), close)
    t.equal((await fine(`Bearer ${token}`)).status, 200)
    const faulty = await adapter(throwRefusals(guard), failing, close)
    t.equal((await faulty(`Bearer ${token}`)).status, 500, 'a fault is no refusal')
  })

t.test('a guard that throws decides, reports and answers as the guard does', async t => {
  const codes: (string | undefined)[] = []
  const reporting = createGuard({ verifier, onDecision: ({ code }) => codes.push(code) })
  const throwing = throwRefusals(reporting)
  const missing: RequestView = { header: () => undefined }
  const open = throwRefusals(allowAnonymous(reporting))
  t.same(
    [await open(missing), await allowAnonymous(throwing)(missing)],
    [
      { authorized: true, auth: undefined },
      { authorized: true, auth: undefined },
    ],
  )
  const thrown = await Promise.resolve()
    .then(() => throwing(missing))
    .catch((error: unknown) => error)
  t.ok(thrown instanceof AuthError)
  t.match(refusalOf(thrown, throwing), { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="api"' } })
  t.same(codes, [undefined, undefined, 'ERR_TOKEN_MISSING'])

  const outage = new AuthError('ERR_KEYS_UNAVAILABLE', { retryAfter: 7 })
  const shared = throwRefusals(createGuard({ verifier: { ...verifier, check: async () => outage } }))
  const waiting: RequestView = { header: name => (name === 'authorization' ? `Bearer ${token}` : undefined) }
  for (const policy of [hasScope('a'), hasScope('b')]) {
    const error = await Promise.resolve(shared(waiting, policy)).catch((reason: unknown) => reason)
    t.match(
      refusalOf(error, shared),
      { status: 503, headers: { 'Retry-After': '7' } },
      'one error for several requests',
    )
  }
  for (const wrong of [undefined, {}, () => ({ authorized: true })])
    t.throws(
      () => throwRefusals(wrong as never),
      new TypeError('throwRefusals: guard must be a guard, such as createGuard({ ... })'),
    )
})

t.test('authOf keeps the claims schema of its guard', async t => {
  const view: RequestView = { header: name => (name === 'authorization' ? `Bearer ${token}` : undefined) }
  const decision = await guard(view)
  if (!decision.authorized) throw new Error('it is authorized')
  const request = {}
  nodeAdapter.markAuthorized(request, decision)
  type Plan = 'free' | 'pro' | undefined
  const open = allowAnonymous(throwRefusals(guard))
  for (const { authOf } of [nodeAdapter, expressAdapter, fastifyAdapter]) {
    const plans: Plan[] = [
      authOf<typeof guard>(request).claims['custom:plan'],
      authOf<typeof open>(request).claims['custom:plan'],
    ]
    t.same(plans, [undefined, undefined])
    t.type(authOf<typeof guard>(request).principal.subject, 'string')
    // @ts-expect-error: without its guard, a claim may be anything
    const plan: Plan = authOf(request).claims['custom:plan']
    // @ts-expect-error: the schema says otherwise
    const number: number = authOf<typeof guard>(request).claims['custom:plan']
    // @ts-expect-error: no guard
    authOf<string>(request)
    t.same([plan, number], [undefined, undefined])
  }
  const planOf = (auth: AuthOf<typeof guard>): Plan => auth.claims['custom:plan']
  t.equal(planOf(decision.auth), undefined)
  fetchAdapter.protect(guard)((_request, auth) => Response.json(planOf(auth)))
  lambdaAdapter.protect(guard, async (_event, auth) => planOf(auth))
  new Hono().get('/', honoAdapter.protect(guard), c => c.json(planOf(c.get('auth'))))
  new Koa<object>().use(koaAdapter.protect(guard)).use(ctx => planOf(ctx.state.auth))
})
