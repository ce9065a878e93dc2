import { andThen } from '../../src/maybe-promise.js'
import type { MaybePromise, RequestView } from '../../src/types.js'
import { type Answer, preflight, publicJson } from './answer.js'
import { bridgeMetadata, registration } from './bridge.js'
import type { McpOptions } from './options.js'

/** Returns the parsed JSON body of a request. */
export type ReadBody = () => MaybePromise<unknown>

/**
 * Returns the public routes of an MCP server: its metadata (RFC 9728) in the path form and in the root form, since a gateway may rename the header
 * that names the first, and those of the bridge. They need no token, and answer before the guard; `undefined` for any other path.
 */
export function wellKnown(options: McpOptions, issuer: string) {
  const { resource, bridge } = options
  const { origin } = new URL(resource)
  const document = resourceMetadata(options, bridge ? origin : issuer)
  const gets = new Map<string, object>([
    [metadataPath(resource).replace(/\/$/, ''), document],
    [metadataRoot, document],
    ...(bridge
      ? [['/.well-known/oauth-authorization-server', bridgeMetadata(options, bridge, issuer)] as const]
      : []),
  ])
  return ({ method, url = '' }: RequestView, readBody: ReadBody): MaybePromise<Answer | undefined> => {
    // clients differ on a slash at the end of the resource
    const path = (url.split('?')[0] as string).replace(/\/$/, '')
    const found = gets.get(path)
    const isRegistration = bridge !== undefined && path === registrationPath
    if (!found && !isRegistration) return undefined
    const methods = found ? 'GET, HEAD' : 'POST'
    if (method === 'OPTIONS') return preflight('*', methods)
    if (!methods.split(', ').includes(method as string))
      return publicJson(405, { error: 'method_not_allowed' }, { Allow: methods })
    if (found) return publicJson(200, found, { 'Cache-Control': 'public, max-age=300' })
    return andThen(readBody(), body => registration(bridge as NonNullable<typeof bridge>, body))
  }
}

/** The URL of the document in its path form (RFC 9728 section 3.1). */
export const metadataUrl = (resource: string): string =>
  `${new URL(resource).origin}${metadataPath(resource)}`

/** Where the bridge registers clients. */
export const registrationPath = '/oauth2/register'

/** RFC 9728 section 2. */
function resourceMetadata(
  { resource, scopes, name, documentation }: McpOptions,
  authorizationServer: string,
) {
  return {
    resource,
    authorization_servers: [authorizationServer],
    ...(scopes && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name && { resource_name: name }),
    ...(documentation && { resource_documentation: documentation }),
  }
}

function metadataPath(resource: string): string {
  const { pathname } = new URL(resource)
  return pathname === '/' ? metadataRoot : `${metadataRoot}${pathname}`
}

const metadataRoot = '/.well-known/oauth-protected-resource'
