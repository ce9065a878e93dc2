import { refusal } from '../../src/errors.js'
import type { RequestView } from '../../src/types.js'
import { isPlain } from './plain-path.js'

/** How a proxy asks. Each has a path of its own: one that guessed would let a client choose by the headers that it sends. */
export type Dialect = 'auth-request' | 'forward-auth' | 'haproxy' | 'ext-authz'

/** A check as it came: the request of the proxy, not that of its client. */
export interface Check {
  readonly method: string | undefined
  /** Path and query. */
  readonly url: string
  /** As {@link RequestView.header}. */
  readonly header: RequestView['header']
  /** The address of the proxy, or `unix`. */
  readonly peer: string | undefined
  /** Whether `url` is as it was sent. A `Request` has normalised it. */
  readonly isRaw: boolean
}

/** What the path of a check names. */
export interface Asked {
  readonly dialect: Dialect
  readonly name: string
  /** The original path and query, where they follow the name. */
  readonly rest: string | undefined
}

/** Returns what a check asks for by its path; `undefined` for any other path. */
export function askedBy(url: string): Asked | undefined {
  const envoy = /^\/ext-authz\/([a-z0-9-]+)(\/.*)$/.exec(url)
  if (envoy) return { dialect: 'ext-authz', name: envoy[1] as string, rest: envoy[2] }
  // Caddy adds the query of the original request
  const [, dialect, name = 'default'] = byHeaders.exec(url) ?? []
  return dialect === undefined ? undefined : { dialect: dialect as Dialect, name, rest: undefined }
}

/**
 * Returns the view of the original request, as the dialect says it, and nothing of it where the dialect says nothing.
 * Reading its `url` refuses what normalisation would change.
 *
 * @throws AuthError `ERR_REQUEST_INVALID` for headers that came twice, or that no proxy writes
 */
export function originalOf({ dialect, rest }: Asked, check: Check): RequestView {
  once(check, 'authorization', anything)
  if (dialect === 'ext-authz') {
    once(check, 'host', host)
    return viewOf(check.header, check.method, rest)
  }
  const prefix = dialect === 'auth-request' ? 'x-original-' : 'x-forwarded-'
  const originalHost = once(check, `${prefix}host`, host)
  once(check, `${prefix}proto`, word)
  once(check, `${prefix}for`, anything)
  return viewOf(
    name => (name === 'host' ? originalHost : name.startsWith(prefix) ? undefined : check.header(name)),
    once(check, `${prefix}method`, method),
    once(check, `${prefix}uri`, uri),
  )
}

function viewOf(
  header: RequestView['header'],
  method: string | undefined,
  url: string | undefined,
): RequestView {
  const known = { header, ...(method !== undefined && { method }) }
  if (url === undefined) return known
  return Object.defineProperty(known, 'url', {
    enumerable: true,
    get() {
      if (!isPlain(url)) throw refusal('ERR_REQUEST_INVALID', notPlain)
      return url
    },
  })
}

/** The only value of a header; an empty one is none. A `Headers` object joins what came twice by a comma, which no such value may hold. */
function once({ header }: Check, name: string, pattern: RegExp): string | undefined {
  const value = header(name)
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string' && pattern.test(value)) return value
  throw refusal('ERR_REQUEST_INVALID', twice)
}

const byHeaders = /^\/(auth-request|forward-auth|haproxy)(?:\/([a-z0-9-]+))?(?:\?.*)?$/

const anything = /^/
const word = /^[a-z]+$/i
const host = /^[\w.:[\]-]+$/

/** Methods are in capitals by convention; policies compare them as they are (RFC 9110 section 9.1). */
const method = /^[A-Z][A-Z_-]{0,31}$/

/** Not the two that a proxy joined, the client's own first. */
const uri = /^(?!.*,\/)[^\s]+$/

const notPlain =
  'Send the path as it is after normalisation: this guard decides by it, and backends read others in different ways.'

const twice =
  'The proxy must overwrite the headers of the original request, so that each comes once: see the recipes.'
