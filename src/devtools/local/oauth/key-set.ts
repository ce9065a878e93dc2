import { setTimeout as sleep } from 'node:timers/promises'
import type { Local } from '../local.js'

/** Answers with the key set, in the mode of the control of that name. */
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
