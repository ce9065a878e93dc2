import { type Guard, hasScope, inGroup, type VerifiedToken } from 'cognito-guard'
import { protect } from 'cognito-guard/koa'
import Koa, { type Middleware } from 'koa'

/** Returns an API: one route for any valid token, one for a scope, one for a group. */
export function createApp(guard: Guard): Koa {
  const app = new Koa()
  // what a router does: router.get('/me', protect(guard), ctx => ...)
  const get = (path: string, secured: Secured, handler: Secured) =>
    app.use((ctx, next) => (ctx.path === path ? secured(ctx, () => handler(ctx, next)) : next()))

  // CORS comes first: it answers preflights, which carry no token, and lets browsers read a refusal
  app.use(cors)
  get('/me', protect(guard), ctx => {
    ctx.body = ctx.state.auth.principal
  })
  get('/orders', protect(guard, hasScope('orders/read')), ctx => {
    ctx.body = []
  })
  get('/admin', protect(guard, inGroup('admin')), ctx => {
    ctx.body = { welcome: ctx.state.auth.principal.username }
  })
  return app
}

type Secured = Middleware<{ auth: VerifiedToken }>

const cors: Middleware = (ctx, next) => {
  ctx.set('Access-Control-Allow-Origin', 'https://app.example.com')
  ctx.set('Access-Control-Expose-Headers', 'WWW-Authenticate')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('Access-Control-Allow-Headers', 'Authorization')
  ctx.status = 204
  return undefined
}
