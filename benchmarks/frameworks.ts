/** One of the servers of adapters.ts, in a process of its own: bare, behind our guard, or behind a peer. */
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { createGuard, createVerifier, hasScope, userPool } from 'cognito-guard'
import { protect as protectExpress } from 'cognito-guard/express'
import { protect as protectFastify } from 'cognito-guard/fastify'
import { protect as protectFetch } from 'cognito-guard/fetch'
import { protect as protectHono } from 'cognito-guard/hono'
import { protect as protectKoa } from 'cognito-guard/koa'
import express, { type RequestHandler } from 'express'
import Fastify, { type onRequestHookHandler } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { jwk } from 'hono/jwk'
import Koa, { type Middleware } from 'koa'
import { peer } from './peers.js'
import { clientId, issuer, type TokenSet, userPoolId } from './tokens.js'

/** The message that configures a server. */
export interface Setup {
  readonly name: string
  readonly jwks: TokenSet['jwks']
  readonly jwksUri: string
}

/** The names of the servers. The first of a framework is the bare one. */
export const adapters: Readonly<Record<string, readonly string[]>> = {
  express: ['bare', 'hit', 'cold', 'aws-jwt-verify', 'express-oauth2-jwt-bearer', 'express-jwt + jwks-rsa'],
  koa: ['bare', 'hit', 'cold', 'aws-jwt-verify', 'koa-jwt + jwks-rsa'],
  hono: ['bare', 'hit', 'cold', 'aws-jwt-verify', 'hono/jwk'],
  fastify: ['bare', 'hit', 'cold', 'aws-jwt-verify'],
  fetch: ['bare', 'bare, one header read', 'hit', 'cold', 'aws-jwt-verify'],
}

if (process.send && process.argv[2] === '--serve')
  process.once('message', (setup: Setup) => void serve(setup))

async function serve(setup: Setup): Promise<void> {
  const [framework = '', kind = ''] = setup.name.split(': ')
  const server = await make[framework]?.(kind, setup)
  if (!server) throw new Error(`there is no ${setup.name}`)
  // connections wait for their turn
  Object.assign(server, { keepAliveTimeout: 0 })
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port })
    process.on('message', () => {
      const { user, system } = process.cpuUsage()
      process.send?.({ cpu: user + system })
    })
  })
}

/** The guard on the route of every server: the token, and one scope. */
function guardOf(kind: string, { jwks }: Setup) {
  const cache = kind === 'hit' ? { maxTokens: 10_000 } : (false as const)
  const pool = userPool({ userPoolId, clientId, jwks, offline: true })
  return createGuard({ verifier: createVerifier({ issuers: [pool], cache }) })
}

const mayRead = hasScope('orders/read')

/** What people write by hand around the verifier of AWS: the header, the token, the scope. */
function byHand({ jwks }: Setup) {
  const verifier = CognitoJwtVerifier.create({
    userPoolId,
    clientId,
    tokenUse: 'access',
    scope: 'orders/read',
  })
  verifier.cacheJwks(jwks as unknown as Parameters<typeof verifier.cacheJwks>[0])
  return (authorization: string | null | undefined) => {
    if (!authorization?.startsWith('Bearer ')) throw new Error('no token')
    return verifier.verify(authorization.slice(7))
  }
}

const isReader = (scope: unknown) => String(scope).split(' ').includes('orders/read')

const make: Record<string, (kind: string, setup: Setup) => Promise<Pick<Server, 'listen' | 'address'>>> = {
  async express(kind, setup) {
    const app = express()
    app.get('/orders', ...expressOf(kind, setup), (_req, res) => void res.json({ ok: true }))
    return createServer(app)
  },
  async koa(kind, setup) {
    const app = new Koa()
    for (const middleware of koaOf(kind, setup)) app.use(middleware)
    app.use(ctx => {
      ctx.body = { ok: true }
    })
    return createServer(app.callback())
  },
  async hono(kind, setup) {
    const app = new Hono()
    for (const middleware of honoOf(kind, setup)) app.use(middleware)
    app.get('/orders', c => c.json({ ok: true }))
    return createAdaptorServer(app)
  },
  async fastify(kind, setup) {
    const app = Fastify()
    const onRequest = fastifyOf(kind, setup)
    app.get('/orders', onRequest ? { onRequest } : {}, (_request, reply) => void reply.send({ ok: true }))
    await app.ready()
    return app.server
  },
  async fetch(kind, setup) {
    return createAdaptorServer({ fetch: fetchOf(kind, setup) })
  },
}

function expressOf(kind: string, setup: Setup): RequestHandler[] {
  const { jwksUri } = setup
  if (kind === 'bare') return []
  if (kind === 'aws-jwt-verify') {
    const verify = byHand(setup)
    return [
      async (req, res, next) => {
        try {
          Object.assign(req, { auth: await verify(req.headers.authorization) })
        } catch {
          res.status(401).end()
          return
        }
        next()
      },
    ]
  }
  if (kind === 'express-oauth2-jwt-bearer') {
    const { auth, requiredScopes } = peer<Bearer>(kind)
    // Cognito's access tokens have no audience
    return [
      auth({ issuer, jwksUri, audience: 'none', validators: { aud: false } }),
      requiredScopes('orders/read'),
    ]
  }
  if (kind === 'express-jwt + jwks-rsa') {
    const { expressjwt } = peer<{ expressjwt(options: object): RequestHandler }>('express-jwt')
    const secret = peer<JwksRsa>('jwks-rsa').expressJwtSecret({ cache: true, jwksUri })
    return [
      expressjwt({ secret, algorithms: ['RS256'], issuer }),
      (req, res, next) => {
        if (isReader((req as unknown as { auth: { scope: string } }).auth.scope)) next()
        else res.status(403).end()
      },
    ]
  }
  return [protectExpress(guardOf(kind, setup), mayRead)]
}

function koaOf(kind: string, setup: Setup): Middleware[] {
  if (kind === 'bare') return []
  if (kind === 'aws-jwt-verify') {
    const verify = byHand(setup)
    return [
      async (ctx, next) => {
        try {
          ctx.state.auth = await verify(ctx.headers.authorization)
        } catch {
          ctx.throw(401)
        }
        return next()
      },
    ]
  }
  if (kind === 'koa-jwt + jwks-rsa') {
    const koaJwt = peer<(options: object) => Middleware>('koa-jwt')
    const secret = peer<JwksRsa>('jwks-rsa').koaJwtSecret({ cache: true, jwksUri: setup.jwksUri })
    return [
      koaJwt({ secret, algorithms: ['RS256'], issuer }),
      (ctx, next) => (isReader(ctx.state.user.scope) ? next() : ctx.throw(403)),
    ]
  }
  return [protectKoa(guardOf(kind, setup), mayRead)]
}

function honoOf(kind: string, setup: Setup): MiddlewareHandler[] {
  if (kind === 'bare') return []
  if (kind === 'aws-jwt-verify') {
    const verify = byHand(setup)
    return [
      async (c, next) => {
        try {
          c.set('auth', await verify(c.req.header('authorization')))
        } catch {
          return c.body(null, 401)
        }
        return next()
      },
    ]
  }
  if (kind === 'hono/jwk') {
    return [
      jwk({ keys: [...setup.jwks.keys], alg: ['RS256'], verification: { iss: issuer } }),
      async (c, next) =>
        isReader((c.get('jwtPayload') as { scope: string }).scope) ? next() : c.body(null, 403),
    ]
  }
  return [protectHono(guardOf(kind, setup), mayRead)]
}

function fastifyOf(kind: string, setup: Setup): onRequestHookHandler | undefined {
  if (kind === 'bare') return undefined
  if (kind !== 'aws-jwt-verify') return protectFastify(guardOf(kind, setup), mayRead)
  const verify = byHand(setup)
  return (request, reply, done) => {
    Promise.resolve(request.headers.authorization)
      .then(verify)
      .then(
        auth => {
          Object.assign(request, { auth })
          done()
        },
        () => reply.code(401).send(),
      )
  }
}

const answer = () => Response.json({ ok: true })

function fetchOf(kind: string, setup: Setup): (request: Request) => Response | Promise<Response> {
  if (kind === 'bare') return answer
  if (kind === 'bare, one header read') return request => Response.json({ ok: request.headers.has('accept') })
  if (kind !== 'aws-jwt-verify') return protectFetch(guardOf(kind, setup), mayRead)(answer)
  const verify = byHand(setup)
  return async request => {
    try {
      await verify(request.headers.get('authorization'))
    } catch {
      return new Response(null, { status: 401 })
    }
    return answer()
  }
}

interface Bearer {
  auth(options: object): RequestHandler
  requiredScopes(scopes: string): RequestHandler
}

interface JwksRsa {
  expressJwtSecret(options: object): unknown
  koaJwtSecret(options: object): unknown
}
