/**
 * The adapter for servers of the Model Context Protocol (MCP): the metadata that clients find Cognito by, the guard with challenges that they act
 * on, policies for tools, and the caller for the tools of the MCP SDK, v1 and v2.
 *
 * @module
 */
import type { Endpoint } from './endpoint.js'
import { createEndpoint } from './endpoint.js'
import { fetchAdapter } from './fetch.js'
import { honoMiddleware } from './hono.js'
import { lambdaAdapter } from './lambda.js'
import { middleware } from './middleware.js'
import type { McpOptions } from './options.js'

export { every, hasScope, inGroup, isMachine, isUser, not, type Policy, some } from '../../src/index.js'
export type { McpAuthInfo } from './auth-info.js'
export type { Admission as McpAdmission } from './endpoint.js'
export type { McpFetchHandler } from './fetch.js'
export type { McpHonoMiddleware } from './hono.js'
export type { McpEvent, McpResult } from './lambda.js'
export type { McpBridge, McpOptions, McpUserPoolOptions } from './options.js'

/**
 * Returns the adapters of one MCP server. Each of them answers the public routes (RFC 9728: the path form and the root form), refuses
 * requests of other origins (403), with a token in the URL (400), without a good token (401), without a scope or what a tool's policy
 * requires (403), and during an outage of keys (503), and lets the others through. Mount it where it sees the well-known paths as well.
 *
 * Behind API Gateway clients do not see the challenge: see the documentation.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const guarded = mcp({ userPool: { userPoolId: 'eu-west-1_AbCdEf123' }, resource: 'https://api.example.com/mcp' })
 * app.use(express.json(), guarded.middleware)
 */
export function mcp(options: McpOptions) {
  const endpoint: Endpoint = createEndpoint(options)
  const { resource, onWarning = emitWarning } = options
  return {
    /** For Express, Connect and `node:http`. Sets `req.auth` for the SDK's transports. With `tools`, the body must be parsed before. */
    middleware: middleware(endpoint),
    /** For Hono: sets `authInfo` and `auth`. */
    hono: honoMiddleware(endpoint),
    /** Wraps a handler of `(request, { authInfo, auth })`, such as `createMcpHandler(...).fetch` of SDK v2. */
    fetch: fetchAdapter(endpoint),
    /** Wraps such a handler for Lambda: function URLs, load balancers, proxy integrations. Responses are not streamed. */
    lambda: lambdaAdapter(endpoint, resource, onWarning),
  }
}

const emitWarning = (message: string) => process.emitWarning(message, 'CognitoGuardWarning')
