import { Router } from '@aws-lambda-powertools/event-handler/http'
import type { Middleware } from '@aws-lambda-powertools/event-handler/types'
import type { Context } from 'aws-lambda'
import { hasScope, inGroup, type Policy, type VerifiedToken } from 'cognito-guard'
import { fetchRequestView, refusalResponse } from 'cognito-guard/fetch'
import { guard } from './guard.js'

type Env = { store: { request: { auth: VerifiedToken } } }

/** A middleware: answers a refused request, and keeps the verified token of the others. */
const secure =
  (policy?: Policy): Middleware<Env> =>
  async ({ reqCtx, next }) => {
    const decision = await guard(fetchRequestView(reqCtx.req), policy)
    if (!decision.authorized) return refusalResponse(decision)
    reqCtx.set('auth', decision.auth)
    await next()
  }

const app = new Router<Env>()
app.get('/me', [secure()], reqCtx => Response.json(reqCtx.get('auth')?.principal))
app.get('/orders', [secure(hasScope('orders/read'))], reqCtx => Response.json(reqCtx.get('auth')?.principal))
app.get('/admin', [secure(inGroup('admin'))], reqCtx => Response.json(reqCtx.get('auth')?.principal))

export const handler = (event: unknown, context: Context) => app.resolve(event, context)
