import { type Guard, hasScope, inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/hono'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

/** Returns an API: one route for any valid token, one for a scope, one for a group. */
export function createApp(guard: Guard) {
  const app = new Hono()
  // CORS comes first: it answers preflights, which carry no token, and lets browsers read a refusal
  app.use(cors({ origin: 'https://app.example.com', exposeHeaders: ['WWW-Authenticate'] }))
  app.get('/me', protect(guard), c => c.json(c.get('auth').principal))
  app.get('/orders', protect(guard, hasScope('orders/read')), c => c.json([]))
  app.get('/admin', protect(guard, inGroup('admin')), c =>
    c.json({ welcome: c.get('auth').principal.username }),
  )
  return app
}
