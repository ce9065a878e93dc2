import type { Policy, VerifiedToken } from 'cognito-guard'
import { fetchRequestView, refusalResponse } from 'cognito-guard/fetch'
import { nodeRequestView } from 'cognito-guard/node'
import type { EventHandler, H3Event } from 'nitro/h3'
import { guard } from '../guard'

/** Returns a route's handler, which gets the verified token after the event. */
export const secure =
  (policy: Policy | undefined, handler: (event: H3Event, auth: VerifiedToken) => unknown): EventHandler =>
  async event => {
    // on Node.js the request itself shows headers that came twice
    const { req } = event.runtime?.node ?? {}
    const decision = await guard(req ? nodeRequestView(req) : fetchRequestView(event.req), policy)
    return decision.authorized ? handler(event, decision.auth) : refusalResponse(decision)
  }
