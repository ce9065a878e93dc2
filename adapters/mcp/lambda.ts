import type { RequestView } from '../../src/types.js'
import { eventView, type HttpEvent } from '../lambda/event-view.js'
import type { Endpoint } from './endpoint.js'
import { fetchAdapter, type McpFetchHandler } from './fetch.js'

/** The event of a function URL, a load balancer, or a proxy integration of API Gateway. */
export interface McpEvent extends HttpEvent {
  readonly body?: string | null | undefined
  readonly isBase64Encoded?: boolean | undefined
}

/** The response to such an event. */
export interface McpResult {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly multiValueHeaders?: Record<string, string[]>
  readonly body: string
  readonly isBase64Encoded: false
}

/**
 * Returns the adapter for Lambda: the event becomes a `Request` whose URL is that of the resource, since `Host` is the gateway's or anybody's.
 * Warns once where API Gateway is in front, which renames the header of challenges.
 */
export function lambdaAdapter(endpoint: Endpoint, resource: string, onWarning: (message: string) => void) {
  const { origin, hostname } = new URL(resource)
  let isWarned = false
  const warn = () => {
    if (!isWarned) onWarning(`mcp: ${renamed}`)
    isWarned = true
  }
  return (handler: McpFetchHandler<readonly unknown[]>) => {
    if (/\.execute-api\./.test(hostname)) warn()
    const handle = fetchAdapter(endpoint)(handler)
    return async (event: McpEvent, ...rest: readonly unknown[]): Promise<McpResult> => {
      if (isApiGateway(event)) warn()
      return resultOf(await handle(requestOf(event, eventView(event), origin), ...rest), event)
    }
  }
}

function requestOf(event: McpEvent, { method, url }: RequestView, origin: string): Request {
  const { headers, multiValueHeaders, body, isBase64Encoded } = event
  const pairs = Object.entries(multiValueHeaders ?? headers ?? {}).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  )
  const hasBody = body && method !== 'GET' && method !== 'HEAD'
  return new Request(`${origin}${url}`, {
    method: method as string,
    headers: pairs,
    ...(hasBody && { body: isBase64Encoded ? Buffer.from(body, 'base64') : body }),
  })
}

async function resultOf(response: Response, event: McpEvent): Promise<McpResult> {
  const result = {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    isBase64Encoded: false,
  } as const
  // a load balancer that sends multi-value headers accepts nothing else
  if (event.headers || !event.multiValueHeaders) return result
  const lists = Object.entries(result.headers).map(([name, value]) => [name, [value]])
  return { ...result, multiValueHeaders: Object.fromEntries(lists) }
}

/** The context of a function URL has the shape of an HTTP API's. */
function isApiGateway({ requestContext }: McpEvent): boolean {
  const { apiId, domainName = '' } = (requestContext ?? {}) as { apiId?: string; domainName?: string }
  return apiId !== undefined && !domainName.includes('.lambda-url.')
}

const renamed =
  'API Gateway renames WWW-Authenticate to x-amzn-remapped-www-authenticate on the answers of a function, so clients find the metadata only at the well-known paths of the same origin: route those to this function too, or use a function URL, a load balancer or CloudFront'
