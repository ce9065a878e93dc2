import { createServer } from 'node:http'
import { initTRPC, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPHandler } from '@trpc/server/adapters/standalone'
import { demand, hasScope, inGroup, isAuthError, type Policy } from 'cognito-guard'
import { authOf, protect } from 'cognito-guard/node'
import { guard } from './guard.js'
import { listen } from './listen.js'

const createContext = ({ req }: CreateHTTPContextOptions) => ({ auth: authOf(req) })
const t = initTRPC.context<typeof createContext>().create()

/** A procedure for those whom a policy permits: the others get FORBIDDEN, or UNAUTHORIZED where they must sign in again. */
const permitted = (policy: Policy) =>
  t.procedure.use(async ({ ctx, next }) => {
    try {
      await demand(ctx.auth, policy)
    } catch (error) {
      if (!isAuthError(error)) throw error
      const code = error.status === 403 ? 'FORBIDDEN' : 'UNAUTHORIZED'
      throw new TRPCError({ code, message: error.message, cause: error })
    }
    return next()
  })

const router = t.router({
  me: t.procedure.query(({ ctx }) => ctx.auth.principal),
  orders: permitted(hasScope('orders/read')).query(({ ctx }) => ctx.auth.principal),
  admin: permitted(inGroup('admin')).query(({ ctx }) => ctx.auth.principal),
})
export type AppRouter = typeof router

// The guard stands before tRPC: a batch of calls is one request with one token.
const secure = protect(guard)
const handle = createHTTPHandler({ router, createContext })
listen(
  createServer((req, res) =>
    secure(req, res, error => {
      if (!error) return handle(req, res)
      res.statusCode = 500
      res.end()
    }),
  ),
)
