// Over 150 lines: a list of token sources, each a few lines and its documentation.
import { refusal } from '../errors.js'
import { aBoolean, checkOptions, type OptionCheck, oneOf, oneOrMore } from '../options.js'
import { parseJson } from '../token/json.js'
import type { RequestView } from '../types.js'
import { authorization, namedSource, placesOf } from './hints.js'

/**
 * Returns the token of a request, `undefined` when there is none.
 *
 * @throws AuthError `ERR_REQUEST_INVALID` for anything but exactly one token
 */
export type TokenSource = (request: RequestView) => string | undefined

/**
 * Returns the source of the token in `Authorization: Bearer` (RFC 6750 section 2.1), in any case.
 * Another scheme counts as no token. A second header, two values in one, or the scheme without exactly one word after it is refused.
 */
export const bearer = (): TokenSource =>
  namedSource(authorization, request => {
    const value = single(request.header('authorization'))
    if (value === undefined) return undefined
    if (!isBearer(value)) {
      if (namesBearer.test(value)) throw refusal('ERR_REQUEST_INVALID')
      return undefined
    }
    let start = 7
    while (value[start] === ' ') start++
    return oneWord(value.slice(start))
  })

/**
 * Returns the source of the token that is the whole value of a header, such as `x-amzn-oidc-data`.
 *
 * @throws TypeError for anything but a header's name
 */
export function headerToken(name: string): TokenSource {
  const header = checkedName('headerToken', name).toLowerCase()
  return namedSource(`the header "${header}"`, request => {
    const value = single(request.header(header))
    return value === undefined ? undefined : oneWord(value)
  })
}

/** The options of {@link cookie}. */
export interface CookieOptions {
  /** Origins besides the API's own that may send requests which change something, such as `https://app.example.com`. Default none. */
  readonly origins?: string | readonly string[]
}

/**
 * Returns the source of the token in a cookie. Other sites can make a browser send its cookies (CSRF). Therefore a request that may change something
 * (any method but GET, HEAD and OPTIONS) or opens a WebSocket must come from the API's own origin or one of `origins`, by `Sec-Fetch-Site` or `Origin`.
 * Where a browser sends no `Sec-Fetch-Site`, the own origin is `https://` and the host; `http://` only on this machine. An empty cookie is no
 * token, equal copies are one token, and different ones are refused.
 *
 * @throws TypeError for anything but a cookie's name, and for a wrong option, naming it
 */
export function cookie(name: string, options: CookieOptions = {}): TokenSource {
  const prefix = `${checkedName('cookie', name)}=`
  checkOptions('cookie', options, { 'origins?': oneOrMore(anOrigin) })
  const origins = [options.origins ?? []].flat()
  return namedSource(`the cookie "${name}" (with fetch: credentials 'include')`, request =>
    cookieToken(request, cookiesNamed(prefix, cookiesOf(request)), origins),
  )
}

/** The options of {@link amplifyCookie}. */
export interface AmplifyCookieOptions extends CookieOptions {
  /** Which of the user's tokens. Default `'access'`. */
  readonly tokenUse?: 'access' | 'id'
}

/**
 * Returns the source of the token in the cookies of an Amplify app: that of the user who signed in last, even if cookies of others are left.
 * Requests that may change something are treated as by {@link cookie}.
 *
 * @throws TypeError for anything but an app client ID, and for a wrong option, naming it
 */
export function amplifyCookie(clientId: string, options: AmplifyCookieOptions = {}): TokenSource {
  const prefix = `CognitoIdentityServiceProvider.${checkedName('amplifyCookie', clientId)}.`
  checkOptions('amplifyCookie', options, {
    'origins?': oneOrMore(anOrigin),
    'tokenUse?': oneOf('access', 'id'),
  })
  const origins = [options.origins ?? []].flat()
  const suffix = `${options.tokenUse ?? 'access'}Token=`
  return namedSource('the cookies in which Amplify keeps the tokens of this app client', request => {
    // Amplify writes names and values percent-encoded
    const cookies = cookiesOf(request).map(decoded)
    const [user, ...others] = distinct(cookiesNamed(`${prefix}LastAuthUser=`, cookies))
    if (user === undefined) return undefined
    if (others.length > 0) throw refusal('ERR_REQUEST_INVALID')
    return cookieToken(request, cookiesNamed(`${prefix}${user}.${suffix}`, cookies), origins)
  })
}

/**
 * Returns the source of the token in the query of the URL. URLs end up in logs and histories: use it only for clients that can send no header,
 * such as a browser's WebSocket.
 *
 * @param name default `'access_token'`
 * @throws TypeError for anything but a parameter's name
 */
export function queryToken(name = 'access_token'): TokenSource {
  checkedName('queryToken', name)
  return namedSource(`the parameter "${name}" in the query of the URL`, request => {
    const values = queryValues(request, name)
    if (values.length > 1) throw refusal('ERR_REQUEST_INVALID')
    return values[0] === undefined ? undefined : oneWord(values[0])
  })
}

/**
 * Returns the source of the token in `Sec-WebSocket-Protocol`, right after a marker: a browser calls `new WebSocket(url, ['bearer', token])`.
 * The server must answer with the marker as the protocol it chose (RFC 6455 section 4.2.2).
 *
 * @param marker default `'bearer'`
 * @throws TypeError for anything but a protocol's name
 */
export function webSocketProtocol(marker = 'bearer'): TokenSource {
  checkedName('webSocketProtocol', marker)
  return namedSource(`the subprotocols of new WebSocket(url, ["${marker}", token])`, request => {
    const protocols = protocolsOf(request)
    const at = protocols.indexOf(marker)
    if (at < 0) return undefined
    if (protocols.lastIndexOf(marker) !== at) throw refusal('ERR_REQUEST_INVALID')
    return oneWord(protocols[at + 1] ?? '')
  })
}

/** The options of {@link appSyncRealtime}. */
export interface AppSyncRealtimeOptions {
  /** Whether the parameter `header` of the URL is read as well, which older clients use. URLs end up in logs. Default `false`. */
  readonly query?: boolean
}

/**
 * Returns the source of the token in the `header-...` subprotocol of an AppSync client, for servers that speak the same protocol
 * (AWS AppSync Developer Guide, "Building a real-time WebSocket client"). An API key or a signature in its place counts as no token.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function appSyncRealtime(options: AppSyncRealtimeOptions = {}): TokenSource {
  checkOptions('appSyncRealtime', options, { 'query?': aBoolean })
  return namedSource('the subprotocol "header-..." of an AppSync client', request => {
    const subprotocols = protocolsOf(request).filter(protocol => protocol.startsWith('header-'))
    const [encoded, ...others] = [
      ...subprotocols.map(protocol => protocol.slice(7)),
      ...(options.query ? queryValues(request, 'header') : []),
    ]
    if (encoded === undefined) return undefined
    const header = decodedJson(encoded)
    if (others.length > 0 || typeof header !== 'object' || header === null)
      throw refusal('ERR_REQUEST_INVALID')
    const values = Object.entries(header).filter(([name]) => name.toLowerCase() === 'authorization')
    if (values.length === 0 || 'x-amz-date' in header) return undefined
    const value: unknown = values[0]?.[1]
    if (values.length > 1 || typeof value !== 'string') throw refusal('ERR_REQUEST_INVALID')
    return oneWord(isBearer(value) ? value.slice(7) : value)
  })
}

/**
 * Returns the source of the token that one of these sources finds. All are read: two different tokens in one request are refused.
 *
 * @throws TypeError without a source
 */
export function firstOf(...sources: readonly TokenSource[]): TokenSource {
  if (sources.length === 0 || !sources.every(source => typeof source === 'function')) {
    throw new TypeError('firstOf: expected token sources')
  }
  return namedSource(placesOf(sources), request => {
    const tokens = new Set(sources.map(source => source(request)))
    tokens.delete(undefined)
    if (tokens.size > 1) throw refusal('ERR_REQUEST_INVALID')
    return tokens.values().next().value
  })
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

const cookiesOf = (request: RequestView) =>
  [request.header('cookie') ?? []].flat().flatMap(value => value.split(/; */))

/** An empty cookie is what is left of one that was cleared; Python writes it as `""`. The same one may be stored for two paths. */
const distinct = (values: readonly string[]) =>
  [...new Set(values)].filter(value => value !== '' && value !== '""')

const cookiesNamed = (prefix: string, cookies: readonly string[]) =>
  cookies.filter(pair => pair.startsWith(prefix)).map(pair => pair.slice(prefix.length))

function cookieToken(request: RequestView, cookies: readonly string[], origins: readonly string[]) {
  const values = distinct(cookies)
  if (values.length === 0) return undefined
  if (values.length > 1) throw refusal('ERR_REQUEST_INVALID')
  if (!(isSafe(request) || isOwn(request, origins))) throw refusal('ERR_REQUEST_INVALID', crossSiteHint)
  return oneWord(values[0] as string)
}

const queryValues = ({ url = '' }: RequestView, name: string) =>
  url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))).getAll(name) : []

const protocolsOf = (request: RequestView) =>
  [request.header('sec-websocket-protocol') ?? []]
    .flat()
    .flatMap(value => value.split(','))
    .map(protocol => protocol.trim())

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function decodedJson(encoded: string): unknown {
  try {
    return parseJson(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return undefined
  }
}

/** A WebSocket is opened by a GET, but gives another site full use of the cookie. */
const isSafe = (request: RequestView) =>
  ['GET', 'HEAD', 'OPTIONS'].includes(request.method as string) &&
  request.header('sec-websocket-key') === undefined

function isOwn(request: RequestView, origins: readonly string[]): boolean {
  const site = single(request.header('sec-fetch-site'))
  const origin = single(request.header('origin'))
  if (site === 'same-origin') return true
  if (origin === undefined) return false
  return (
    origins.includes(origin) || (site === undefined && isOwnOrigin(origin, single(request.header('host'))))
  )
}

/**
 * An attacker in the network can serve a page of `http://` and this host. Behind a proxy nothing shows reliably by which scheme a request came
 * to it, so `http:` is an API's own origin only where there is no network.
 */
const isOwnOrigin = (origin: string, host: string | undefined) =>
  !!host && (origin === `https://${host}` || (origin === `http://${host}` && loopbackHost.test(host)))

const loopbackHost = /^(?:127(?:\.\d+){3}|\[::1\]|(?:[\w-]+\.)*localhost)(?::\d+)?$/i

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

/** Also where a header that was sent twice was joined (RFC 9110 section 5.2): a bad token never counts as no token. */
const namesBearer = /(?:^|,)\s*bearer(?![\w!#$%&'*+.^`|~-])/i

const crossSiteHint =
  'A request with a cookie may change something only from an origin of yours: list that of the app in origins of cookie(). A client without Origin sends a header instead.'
