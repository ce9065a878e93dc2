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
  readonly queryStringParameters?: EventValues | null | undefined
  readonly multiValueQueryStringParameters?: EventValues | null | undefined
  readonly requestContext?: object | undefined
}

/** Headers or parameters of an event. */
export type EventValues = Readonly<Record<string, string | readonly string[] | undefined>>

/** Returns the guard's view of an event. Rebuilds the query where the event has it parsed. */
export function eventView(event: HttpEvent): RequestView {
  const { http } = (event.requestContext ?? {}) as { http?: { method: string } }
  const method = event.httpMethod ?? event.method ?? http?.method
  return {
    header: name => eventHeader(event, name),
    ...(method === undefined ? {} : { method }),
    get url() {
      const query = queryOf(event)
      return `${event.rawPath ?? event.path ?? ''}${query && `?${query}`}`
    },
  }
}

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

function queryOf(event: HttpEvent): string {
  if (event.rawQueryString !== undefined) return event.rawQueryString
  const parameters = event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {}
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  )
  // load balancers leave them encoded
  const isEncoded = 'elb' in (event.requestContext ?? {})
  return isEncoded ? pairs.map(pair => pair.join('=')).join('&') : new URLSearchParams(pairs).toString()
}
