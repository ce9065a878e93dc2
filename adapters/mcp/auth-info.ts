import type { AccessTokenClaims } from '../../src/issuers/user-pool-claims.js'
import type { Principal, VerifiedToken } from '../../src/types.js'

/** What tools get to know of the caller: the `AuthInfo` of the MCP SDK, v1 and v2. */
export interface McpAuthInfo {
  /** Empty, unless `exposeToken` is set: it must not be passed on. */
  token: string
  /** The client that the token was issued to. */
  clientId: string
  /** The scopes of the token. */
  scopes: string[]
  /** Seconds since the epoch. */
  expiresAt: number
  /** The resource that the token is bound to. A machine's is bound to none. */
  resource?: URL
  /** The principal and the claims of the token. */
  extra: {
    readonly principal: Principal
    readonly claims: AccessTokenClaims
    readonly [name: string]: unknown
  }
}

/** @param token the raw token; empty unless it was asked for */
export function authInfoOf(
  { principal, claims }: VerifiedToken<AccessTokenClaims>,
  resources: readonly string[],
  token: string,
): McpAuthInfo {
  const bound = resources.find(resource => resource === claims.aud)
  return {
    token,
    clientId: claims.client_id,
    scopes: [...principal.scopes],
    expiresAt: principal.expiresAt,
    ...(bound !== undefined && { resource: new URL(bound) }),
    extra: { principal, claims },
  }
}
