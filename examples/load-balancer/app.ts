import { type BehindLoadBalancerOptions, behindLoadBalancer, createGuard, inGroup } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/express'
import express, { type Express } from 'express'

/** Returns an application for EC2 or ECS behind an Application Load Balancer that signs users in. */
export function createApp(options: BehindLoadBalancerOptions): Express {
  const guard = createGuard(behindLoadBalancer(options))
  const app = express()
  // For the load balancer's health checks, which have no user.
  app.get('/health', (_req, res) => res.json({ ok: true }))
  app.get('/', protect(guard), (req, res) => res.json({ hello: authOf(req).principal.username }))
  app.get('/admin', protect(guard, inGroup('admin')), (req, res) => res.json(authOf(req).claims))
  return app
}
