export type { Refusal, RefusalBody } from './answer.js'
export {
  type BehindLoadBalancer,
  type BehindLoadBalancerOptions,
  behindLoadBalancer,
} from './behind-load-balancer.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorOptions,
  isAuthError,
  type OAuthError,
} from './errors.js'
export { type GroupsFrom, groupsFromText } from './groups.js'
export {
  allowAnonymous,
  createGuard,
  type Decision,
  type DecisionEvent,
  type Guard,
  type GuardOptions,
} from './guard.js'
export type { FrontDoorOptions } from './issuers/front-door.js'
export {
  type IdentityPoolClaims,
  type IdentityPoolOptions,
  identityPool,
} from './issuers/identity-pool.js'
export { type LoadBalancerClaims, type LoadBalancerOptions, loadBalancer } from './issuers/load-balancer.js'
export { type OidcClaims, type OidcProviderOptions, oidcProvider } from './issuers/oidc-provider.js'
export { type TenantResolver, type TenantsOptions, tenants } from './issuers/tenants.js'
export {
  type AccessTokenClaims,
  type IdTokenClaims,
  type TokenUse,
  type UserPoolClaims,
  type UserPoolOptions,
  userPool,
} from './issuers/user-pool.js'
export {
  type VerifiedAccessClaims,
  type VerifiedAccessOptions,
  verifiedAccess,
} from './issuers/verified-access.js'
export {
  type Challenge,
  every,
  federatedBy,
  hasScope,
  inGroup,
  isGuest,
  isMachine,
  isRead,
  issuedWithin,
  isUser,
  not,
  type Policy,
  signedInWithin,
  some,
  withAssurance,
} from './policy.js'
export { type MemoryRevocations, memoryRevocations } from './revocation/memory.js'
export type { RevocationHealth, RevocationOptions } from './revocation/options.js'
export type {
  RevocationKind,
  Revocations,
  RevokedClient,
  RevokedPool,
  RevokedSession,
  RevokedToken,
  RevokedUser,
} from './revocation/revocation.js'
export { type RevocationAnswer, revokeFromBody } from './revocation/revoke-from-body.js'
export {
  chooseRole,
  type IdentityPoolRoles,
  type RoleChoice,
  type RoleMapping,
  type RoleReason,
  type RoleRule,
} from './role.js'
export type { ClaimsSchema, SchemaResult } from './schema.js'
export {
  type AmplifyCookieOptions,
  type AppSyncRealtimeOptions,
  amplifyCookie,
  appSyncRealtime,
  bearer,
  type CookieOptions,
  cookie,
  firstOf,
  headerToken,
  queryToken,
  type TokenSource,
  webSocketProtocol,
} from './token-source.js'
export type * from './types.js'
export type { VerifiedTokenCacheOptions } from './verified-tokens.js'
export { type ClaimsOf, createVerifier, type VerifierOptions } from './verifier.js'
