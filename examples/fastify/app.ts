import cors from '@fastify/cors'
import { type Guard, hasScope, inGroup } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/fastify'
import Fastify, { type FastifyInstance } from 'fastify'

/** Returns an API: one route for any valid token, one for a scope, one for a group. */
export async function createApp(guard: Guard): Promise<FastifyInstance> {
  const app = Fastify()
  // CORS comes first: it answers preflights, which carry no token, and lets browsers read a refusal
  await app.register(cors, { origin: 'https://app.example.com', exposedHeaders: 'WWW-Authenticate' })
  app.get('/me', { onRequest: protect(guard) }, request => authOf(request).principal)
  app.get('/orders', { onRequest: protect(guard, hasScope('orders/read')) }, () => [])
  app.register(async admin => {
    // for all routes of a scope
    admin.addHook('onRequest', protect(guard, inGroup('admin')))
    admin.get('/admin', request => ({ welcome: authOf(request).principal.username }))
  })
  return app
}
