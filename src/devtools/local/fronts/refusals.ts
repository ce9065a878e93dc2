import type { ServerResponse } from 'node:http'
import type { AuthorizerType } from './authorizer-event.js'

/** An answer of API Gateway's own. */
export type Refusal = readonly [
  status: number,
  body: object,
  type: string,
  headers?: Readonly<Record<string, string>>,
]

/** Why API Gateway answers by itself. */
export type RefusalReason = keyof typeof ofRestApi | 'forbidden'

export const refuse = (response: ServerResponse, [status, body, type, headers]: Refusal) =>
  void response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type, ...headers })
    .end(JSON.stringify(body))

const forbidden: Refusal = [403, { message: 'Forbidden' }, 'ForbiddenException']

const ofRestApi = {
  unauthorized: [401, { message: 'Unauthorized' }, 'UnauthorizedException'],
  denied: [403, { Message: 'User is not authorized to access this resource' }, 'AccessDeniedException'],
  failed: [500, { message: null }, 'AuthorizerConfigurationException'],
  forbidden,
} as const

/** The answers of each kind of API. */
export const refusals: Readonly<Record<AuthorizerType, Readonly<Record<RefusalReason, Refusal>>>> = {
  token: ofRestApi,
  request: ofRestApi,
  http: {
    unauthorized: ofRestApi.unauthorized,
    denied: forbidden,
    failed: [500, { message: 'Internal Server Error' }, 'InternalServerErrorException'],
    forbidden,
  },
}
