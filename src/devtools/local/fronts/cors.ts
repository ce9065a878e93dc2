import type { IncomingMessage, ServerResponse } from 'node:http'

/** How API Gateway answers browsers for an API. */
export interface Cors {
  /** Adds the headers that let a page of an allowed origin read the answer. */
  readonly allow: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers what no authorizer sees; returns whether it did. */
  readonly answers: (request: IncomingMessage, response: ServerResponse) => boolean
}

/**
 * CORS as an API has it that is configured for these origins, `*` for all: an HTTP API answers preflights, a REST API every `OPTIONS`, as
 * the mock integration that "Enable CORS" makes.
 * Sources: "Configure CORS for HTTP APIs" and "CORS for REST APIs", API Gateway Developer Guide.
 */
export function corsOf(origins: readonly string[], isHttpApi: boolean): Cors {
  const allow = ({ headers: { origin } }: IncomingMessage, response: ServerResponse) => {
    const isAny = origins.includes('*')
    if (origin === undefined || !(isAny || origins.includes(origin))) return
    response.setHeader('access-control-allow-origin', isAny ? '*' : origin)
    if (!isAny) response.setHeader('vary', 'origin')
  }
  return {
    allow,
    answers(request, response) {
      const {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': headers = '',
      } = request.headers
      const isPreflight =
        request.method === 'OPTIONS' && (!isHttpApi || (origin !== undefined && method !== undefined))
      if (origins.length === 0 || !isPreflight) return false
      allow(request, response)
      if (response.hasHeader('access-control-allow-origin')) {
        response.setHeader('access-control-allow-methods', 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT')
        response.setHeader('access-control-allow-headers', headers)
      }
      response.writeHead(isHttpApi ? 204 : 200).end()
      return true
    },
  }
}
