import type { RequestView } from '../../src/types.js'

/**
 * The members of an HTTP event that are read: of REST, HTTP and WebSocket APIs (payloads 1.0 and 2.0), function URLs, load balancers and VPC
 * Lattice.
 */
export interface HttpEvent {
  readonly headers?: EventValues | null | undefined
  readonly multiValueHeaders?: EventValues | null | undefined
  readonly cookies?: readonly string[] | undefined
  readonly httpMethod?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly rawPath?: string | undefined
  readonly rawQueryString?: string | undefined
  /** Of VPC Lattice's structure V1, which Envoy sends too. */
  readonly raw_path?: string | undefined
  readonly query_string_parameters?: EventValues | null | undefined
  readonly queryStringParameters?: EventValues | null | undefined
  readonly multiValueQueryStringParameters?: EventValues | null | undefined
  readonly requestContext?: object | undefined
}

/** Headers or parameters of an event. */
export type EventValues = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Returns the guard's view of an event. Rebuilds the query where the event has it parsed.
 *
 * @param known what an authorizer knows of the request from its ARN, for events that do not have it
 * @throws TypeError for an event without a path or a method: a policy that lists what is closed would permit it
 */
export function eventView(event: HttpEvent, known?: KnownRequest): RequestView {
  const { http, connectionId } = (event?.requestContext ?? {}) as WebContext
  const fallback = known ?? (connectionId ? handshake : undefined)
  const path = event?.rawPath || event?.raw_path || event?.path || fallback?.path
  const method = event?.httpMethod || event?.method || http?.method || fallback?.method
  if (!path?.startsWith('/') || !(method || fallback)) throw new TypeError(noRequest)
  return {
    header: name => eventHeader(event, name),
    ...(method && { method }),
    get url() {
      const query = queryOf(event)
      return query ? `${path}?${query}` : path
    },
  }
}

/** A request as far as an authorizer knows it from its ARN. */
export interface KnownRequest {
  readonly path: string
  readonly method?: string
}

/** The request that opens a WebSocket: to the root of the API, and without a method, so that cookies need an origin. */
export const handshake: KnownRequest = { path: '/' }

/** Returns the values of a header, whatever the case of its name. */
export function eventHeader(
  { multiValueHeaders, headers, cookies }: HttpEvent,
  name: string,
): string | readonly string[] | undefined {
  if (name === 'cookie' && cookies) return cookies.join('; ')
  const [found] = [multiValueHeaders, headers]
    .map(values =>
      Object.entries(values ?? {})
        .filter(([key]) => key.toLowerCase() === name)
        .flatMap(([, value]) => value ?? []),
    )
    .filter(values => values.length > 0)
  return found && found.length > 1 ? found : found?.[0]
}

/** Nothing where the path has it: in structure V1 of VPC Lattice it may, and the parameters then hold but the last of each name. */
function queryOf(event: HttpEvent): string {
  if (event.rawQueryString !== undefined) return event.rawQueryString
  if (event.raw_path?.includes('?')) return ''
  const parameters =
    event.multiValueQueryStringParameters ??
    event.queryStringParameters ??
    event.query_string_parameters ??
    {}
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  )
  // load balancers leave them encoded
  const isEncoded = 'elb' in (event.requestContext ?? {})
  return isEncoded ? pairs.map(pair => pair.join('=')).join('&') : new URLSearchParams(pairs).toString()
}

interface WebContext {
  readonly http?: { readonly method?: string }
  readonly connectionId?: string
}

const noRequest =
  'the event has no path or no method, so it is no HTTP request: answer others, such as those that keep a function warm, before the guard is asked'
