import { hasScope, inGroup, type Policy, type VerifiedToken } from 'cognito-guard'
import { fetchRequestView, refusalResponse } from 'cognito-guard/fetch'
import { nodeRequestView } from 'cognito-guard/node'
import { type EventHandler, H3, type H3Event, serve } from 'h3'
import { guard } from './guard.js'

/** Returns a route's handler, which gets the verified token after the event. */
const secure =
  (policy: Policy | undefined, handler: (event: H3Event, auth: VerifiedToken) => unknown): EventHandler =>
  async event => {
    // on Node.js the request itself shows headers that came twice
    const { req } = event.runtime?.node ?? {}
    const decision = await guard(req ? nodeRequestView(req) : fetchRequestView(event.req), policy)
    return decision.authorized ? handler(event, decision.auth) : refusalResponse(decision)
  }

const app = new H3()
app.get(
  '/me',
  secure(undefined, (_event, auth) => auth.principal),
)
app.get(
  '/orders',
  secure(hasScope('orders/read'), (_event, auth) => auth.principal),
)
app.get(
  '/admin',
  secure(inGroup('admin'), (_event, auth) => auth.principal),
)

const server = serve(app, { port: Number(process.env.PORT ?? '3000'), hostname: '127.0.0.1', silent: true })
await server.ready()
console.log(`Listening on ${server.url}`)
