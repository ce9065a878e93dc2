import { refusal } from './errors.js'
import { checkOptions, type OptionCheck, oneOrMore } from './options.js'
import type { RequestView } from './types.js'

/**
 * Where the token of a request is. Returns `undefined` when there is none.
 *
 * @throws AuthError `ERR_REQUEST_INVALID` when there is something that is not exactly one token
 */
export type TokenSource = (request: RequestView) => string | undefined

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1); the scheme's case does not matter.
 * Another scheme is no token. A second header, two values in one, or the scheme without exactly one word after it is refused.
 */
export const bearer = (): TokenSource => request => {
  const value = single(request.header('authorization'))
  if (value === undefined) return undefined
  if (!isBearer(value)) {
    if (namesBearer.test(value)) throw refusal('ERR_REQUEST_INVALID')
    return undefined
  }
  let start = 7
  while (value[start] === ' ') start++
  return oneWord(value.slice(start))
}

/**
 * The token that is the whole value of a header, such as `x-amzn-oidc-data`.
 *
 * @throws TypeError for anything but a header's name
 */
export function headerToken(name: string): TokenSource {
  const header = checkedName('headerToken', name).toLowerCase()
  return request => {
    const value = single(request.header(header))
    return value === undefined ? undefined : oneWord(value)
  }
}

/** The options of {@link cookie}. */
export interface CookieOptions {
  /** Origins besides the API's own that may send requests which change something, such as `https://app.example.com`. Default none. */
  readonly origins?: string | readonly string[]
}

/**
 * The token in a cookie. A browser sends cookies whoever makes it do so, therefore a request that may change something (any method but
 * GET, HEAD and OPTIONS) must come from the API's own origin or one of `origins`, as `Sec-Fetch-Site` or `Origin` shows.
 *
 * @throws TypeError for anything but a cookie's name, and for a wrong option, naming it
 */
export function cookie(name: string, options: CookieOptions = {}): TokenSource {
  const prefix = `${checkedName('cookie', name)}=`
  checkOptions('cookie', options, { 'origins?': oneOrMore(anOrigin) })
  const origins = [options.origins ?? []].flat()
  return request => {
    const pairs = [request.header('cookie') ?? []].flat().flatMap(value => value.split(/; */))
    const values = pairs.filter(pair => pair.startsWith(prefix)).map(pair => pair.slice(prefix.length))
    if (values.length === 0) return undefined
    if (values.length > 1 || !(isSafe(request) || isOwn(request, origins)))
      throw refusal('ERR_REQUEST_INVALID')
    return oneWord(values[0] as string)
  }
}

/**
 * The token in the query of the URL. URLs end up in logs and histories: only for clients that can send no header, such as a browser's WebSocket.
 *
 * @param name default `'access_token'`
 * @throws TypeError for anything but a parameter's name
 */
export function queryToken(name = 'access_token'): TokenSource {
  checkedName('queryToken', name)
  return ({ url = '' }) => {
    const values = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))).getAll(name) : []
    if (values.length > 1) throw refusal('ERR_REQUEST_INVALID')
    return values[0] === undefined ? undefined : oneWord(values[0])
  }
}

/**
 * The token in `Sec-WebSocket-Protocol`, right after a marker: a browser writes `new WebSocket(url, ['bearer', token])`.
 * The server must answer with the marker as the protocol it chose (RFC 6455 section 4.2.2).
 *
 * @param marker default `'bearer'`
 * @throws TypeError for anything but a protocol's name
 */
export function webSocketProtocol(marker = 'bearer'): TokenSource {
  checkedName('webSocketProtocol', marker)
  return request => {
    const values = [request.header('sec-websocket-protocol') ?? []].flat()
    const protocols = values.flatMap(value => value.split(',')).map(protocol => protocol.trim())
    const at = protocols.indexOf(marker)
    if (at < 0) return undefined
    if (protocols.lastIndexOf(marker) !== at) throw refusal('ERR_REQUEST_INVALID')
    return oneWord(protocols[at + 1] ?? '')
  }
}

/**
 * The token of the first of these sources that has one. All are asked: two different tokens in one request are refused.
 *
 * @throws TypeError without a source
 */
export function firstOf(...sources: readonly TokenSource[]): TokenSource {
  if (sources.length === 0 || !sources.every(source => typeof source === 'function')) {
    throw new TypeError('firstOf: expected token sources')
  }
  return request => {
    const tokens = new Set(sources.map(source => source(request)))
    tokens.delete(undefined)
    if (tokens.size > 1) throw refusal('ERR_REQUEST_INVALID')
    return tokens.values().next().value
  }
}

const isBearer = (value: string) => value[6] === ' ' && value.slice(0, 6).toLowerCase() === 'bearer'

function single(value: string | readonly string[] | undefined): string | undefined {
  if (typeof value === 'string' || value === undefined) return value
  if (value.length > 1) throw refusal('ERR_REQUEST_INVALID')
  return value[0]
}

function oneWord(value: string): string {
  if (value === '' || value.includes(' ') || value.includes(',')) throw refusal('ERR_REQUEST_INVALID')
  return value
}

const isSafe = ({ method }: RequestView) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

function isOwn(request: RequestView, origins: readonly string[]): boolean {
  const site = single(request.header('sec-fetch-site'))
  const origin = single(request.header('origin'))
  if (site === 'same-origin') return true
  if (origin === undefined) return false
  return (
    origins.includes(origin) ||
    (site === undefined && /^https?:\/\/(.+)$/.exec(origin)?.[1] === single(request.header('host')))
  )
}

/** As browsers write it in `Origin`: anything else would never match, or match too much. */
const anOrigin: OptionCheck = value =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value
    ? undefined
    : 'must be an origin, such as https://app.example.com'

function checkedName(factory: string, name: string): string {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throw new TypeError(`${factory}: expected a name`)
  return name
}

/** Also where a header that came twice was joined (RFC 9110 section 5.2): a bad token is never no token. */
const namesBearer = /(?:^|,)\s*bearer(?![\w!#$%&'*+.^`|~-])/i
