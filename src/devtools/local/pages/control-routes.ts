import type { Local } from '../local.js'
import { browserCookie, newBrowser } from '../oauth/authorization.js'
import { confirmed } from '../user-pool/accounts.js'
import { control, userOf } from './controls.js'

/** A control by JSON, or by a form of the page, which is shown again. Goes by `Accept`: a tool may send JSON with the media type of a form. */
export async function controlCall(local: Local, name: string, request: Request): Promise<Response> {
  const isFromPage = request.headers.get('accept')?.includes('text/html') === true
  try {
    const body = await request.text()
    const input: unknown = isFromPage ? formInput(name, new URLSearchParams(body)) : JSON.parse(body || '{}')
    if (name === 'sign-in' && isFromPage) return signInHere(local, input)
    const answer = await control(local, name, input)
    return isFromPage ? backToPage() : Response.json(answer)
  } catch (error) {
    const { message } = error as Error
    return isFromPage ? backToPage(message) : Response.json({ error: message }, { status: 400 })
  }
}

/** The decisions of the apps as they come: server-sent events (HTML Living Standard, section 9.2). */
export function decisionStream({ decisions }: Local): Response {
  let unsubscribe: () => void
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      send(': open\n\n')
      unsubscribe = decisions.subscribe(decision => send(`data: ${JSON.stringify(decision)}\n\n`))
    },
    cancel: () => unsubscribe(),
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

/** Signs this browser in at managed login: the next sign-in of an app needs no page. */
function signInHere(local: Local, input: unknown): Response {
  const user = confirmed(userOf(local, (input as { username?: unknown }).username))
  const response = backToPage()
  response.headers.append('set-cookie', browserCookie(local, newBrowser(local, { user, methods: ['pwd'] })))
  return response
}

const backToPage = (problem?: string) =>
  new Response(null, {
    status: 303,
    headers: { location: problem === undefined ? '/' : `/?problem=${encodeURIComponent(problem)}` },
  })

/** A form has strings only, and a username may be one of digits; without a group it has no such field. */
function formInput(name: string, form: URLSearchParams): object {
  if (name === 'groups') return { username: form.get('username'), groups: form.getAll('groups') }
  return Object.fromEntries(
    [...form].map(([field, value]) => [field, numbers.has(field) && value !== '' ? Number(value) : value]),
  )
}

const numbers = new Set(['offset', 'access', 'id', 'refresh', 'seconds'])
