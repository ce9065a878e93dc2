import { type Guard, hasScope, inGroup } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express, { type Express } from 'express'

/** Returns an API: one route for any valid token, one for a scope, one for a group. */
export function createApp(guard: Guard): Express {
  const app = express()
  app.get('/me', protect(guard), (req, res) => res.json(authOf(req).principal))
  app.get('/orders', protect(guard, hasScope('orders/read')), (_req, res) => res.json([]))
  app.get('/admin', protect(guard, inGroup('admin')), (req, res) =>
    res.json({ welcome: authOf(req).principal.username }),
  )
  return app
}
