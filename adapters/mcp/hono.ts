import type { Admission, Endpoint } from './endpoint.js'
import { decideFetch, responseOf } from './fetch.js'

/** A middleware of Hono, without a type of it: it sets `auth` and `authInfo`. */
export type McpHonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | void>

/** Returns the adapter for Hono. */
export const honoMiddleware =
  (endpoint: Endpoint): McpHonoMiddleware =>
  async (c, next) => {
    const { headers, answer, admission } = await decideFetch(endpoint, c.req.raw)
    if (answer) return responseOf(answer, headers)
    const { auth, authInfo } = admission as Admission
    c.set('auth', auth)
    c.set('authInfo', authInfo)
    await next()
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    return undefined
  }

/** The part of Hono's context that is used. */
interface HonoContext {
  readonly req: { readonly raw: Request }
  set(name: string, value: unknown): void
  header(name: string, value: string): void
}
