import { setTimeout as sleep } from 'node:timers/promises'
import type { Local } from '../local.js'

/** The key set, in the way that the control of that name asks for. */
export async function keySet({ keys, keySet: { mode, seconds } }: Local): Promise<Response> {
  switch (mode) {
    case 'error':
      return new Response('Internal Server Error', { status: 500 })
    case 'refuse':
      return Response.error()
    case 'hang':
      return new Promise(() => {})
    case 'slow':
      await sleep(seconds * 1000, undefined, { ref: false })
  }
  return Response.json(keys.jwks())
}
