import { createServer } from 'node:http'
import { initTRPC, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPHandler } from '@trpc/server/adapters/standalone'
import { demand, hasScope, inGroup, isAuthError, type Policy, refusalOf } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/node'
import { guard } from './guard.js'
import { listen } from './listen.js'

const createContext = ({ req }: CreateHTTPContextOptions) => ({ auth: authOf(req) })
const t = initTRPC.context<typeof createContext>().create()

/** Refusals, wherever a procedure throws one, have a code of their own: tRPC takes them for a fault. */
const procedure = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (result.ok || !isAuthError(result.error.cause)) return result
  const { cause } = result.error
  throw new TRPCError({ code: codes[cause.status], message: cause.message, cause })
})

/** A procedure for those whom a policy permits. */
const permitted = (policy: Policy) =>
  procedure.use(async ({ ctx, next }) => {
    await demand(ctx.auth, policy)
    return next()
  })

const router = t.router({
  me: procedure.query(({ ctx }) => ctx.auth.principal),
  orders: permitted(hasScope('orders/read')).query(({ ctx }) => ctx.auth.principal),
  admin: permitted(inGroup('admin')).query(({ ctx }) => ctx.auth.principal),
})
export type AppRouter = typeof router

// The guard stands before tRPC: a batch of calls is one request with one token.
const secure = protect(guard)
const handle = createHTTPHandler({
  router,
  createContext,
  /** A refused procedure has its challenge; of a batch, the first one. */
  responseMeta({ errors }) {
    const refused = errors.map(({ cause }) => cause).find(isAuthError)
    return refused ? { headers: refusalOf(refused, guard).headers } : {}
  },
})
listen(
  createServer((req, res) =>
    secure(req, res, error => {
      if (!error) return handle(req, res)
      res.statusCode = 500
      res.end()
    }),
  ),
)

const codes = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE',
} as const
