import type { Handle } from '@sveltejs/kit'
import { hasScope, inGroup, type Policy } from 'cognito-guard'
import { fetchRequestView, refusalResponse } from 'cognito-guard/fetch'
import { nodeRequestView } from 'cognito-guard/node'
import { guard } from '../../guard'

const policies: Readonly<Record<string, Policy>> = {
  '/orders': hasScope('orders/read'),
  '/admin': inGroup('admin'),
}

export const handle: Handle = async ({ event, resolve }) => {
  // with adapter-node the request itself shows headers that came twice
  const sent = event.platform?.req
  const view = sent ? nodeRequestView(sent) : fetchRequestView(event.request)
  const decision = await guard(view, event.route.id ? policies[event.route.id] : undefined)
  if (!decision.authorized) return refusalResponse(decision)
  event.locals.auth = decision.auth
  return resolve(event)
}
