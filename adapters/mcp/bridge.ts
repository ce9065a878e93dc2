import { type Answer, publicJson } from './answer.js'
import type { McpBridge, McpOptions } from './options.js'

/**
 * Returns the metadata of an authorization server (RFC 8414 section 2) whose endpoints are Cognito's. Its issuer is this server's origin, since a
 * client must find the document under the issuer that it names; the tokens' `iss` stays Cognito's.
 */
export function bridgeMetadata(
  { resource, scopes }: McpOptions,
  { domain }: McpBridge,
  poolIssuer: string,
): object {
  const { origin } = new URL(resource)
  return {
    issuer: origin,
    authorization_endpoint: `${domain}/oauth2/authorize`,
    token_endpoint: `${domain}/oauth2/token`,
    revocation_endpoint: `${domain}/oauth2/revoke`,
    registration_endpoint: `${origin}/oauth2/register`,
    jwks_uri: `${poolIssuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    ...(scopes && { scopes_supported: scopes }),
  }
}

/** Returns the answer to a registration (RFC 7591 section 3.2): always the one client that the pool knows, or that its redirect URIs are not these. */
export function registration({ clientId, redirectUris }: McpBridge, body: unknown): Answer {
  const { redirect_uris: asked } = Object(body) as { redirect_uris?: unknown }
  if (!Array.isArray(asked) || asked.length === 0 || !asked.every(uri => redirectUris.includes(uri)))
    return publicJson(400, {
      error: 'invalid_redirect_uri',
      error_description: 'The redirect URIs must be among those that this server allows',
    })
  return publicJson(
    201,
    {
      client_id: clientId,
      redirect_uris: asked,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    { 'Cache-Control': 'no-store' },
  )
}
