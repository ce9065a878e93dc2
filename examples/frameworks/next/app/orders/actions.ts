'use server'

import { bearer, cookie, createGuard, firstOf, hasScope } from 'cognito-guard'
import { headers } from 'next/headers'
import { verifier } from '@/guard'

const guard = createGuard({ verifier, token: firstOf(bearer(), cookie('access_token')) })

/** An action is a public POST endpoint: it decides for itself, whatever page it is on. */
export async function readOrders() {
  const sent = await headers()
  const view = { header: (name: string) => sent.get(name) ?? undefined, method: 'POST' }
  const decision = await guard(view, hasScope('orders/read'))
  return decision.authorized ? { username: decision.auth.principal.username } : decision.body
}
