/**
 * Issuers, the verifier, the guard and its policies.
 *
 * @module
 */
export {
  chooseRole,
  type IdentityPoolRoles,
  type RoleChoice,
  type RoleMapping,
  type RoleReason,
  type RoleRule,
} from './credentials/role.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorOptions,
  isAuthError,
  type OAuthError,
} from './errors.js'
export type { Refusal, RefusalBody } from './guard/answer.js'
export {
  type BehindLoadBalancer,
  type BehindLoadBalancerOptions,
  behindLoadBalancer,
} from './guard/behind-load-balancer.js'
export { demand } from './guard/demand.js'
export {
  type AnyGuard,
  type AuthOf,
  allowAnonymous,
  createGuard,
  type Decision,
  type DecisionEvent,
  type Guard,
  type GuardOptions,
} from './guard/guard.js'
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
} from './guard/policy.js'
export { refusalOf } from './guard/refusal-of.js'
export { sensitiveHeaders } from './guard/sensitive-headers.js'
export { throwRefusals } from './guard/throw-refusals.js'
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
} from './guard/token-source.js'
export { byRole, byServiceAccount } from './guard/workload.js'
export { type AwsWorkloadClaims, type AwsWorkloadOptions, awsWorkload } from './issuers/aws-workload.js'
export type { FrontDoorOptions } from './issuers/front-door.js'
export { type GroupsFrom, groupsFromText } from './issuers/groups.js'
export {
  type IdentityPoolClaims,
  type IdentityPoolOptions,
  identityPool,
} from './issuers/identity-pool.js'
export type { KindFrom } from './issuers/kind.js'
export { type LoadBalancerClaims, type LoadBalancerOptions, loadBalancer } from './issuers/load-balancer.js'
export { type OidcClaims, type OidcProviderOptions, oidcProvider } from './issuers/oidc-provider.js'
export type { ClaimsSchema, SchemaResult } from './issuers/schema.js'
export { type TenantResolver, type TenantsOptions, tenants } from './issuers/tenants.js'
export { type UserPoolOptions, userPool } from './issuers/user-pool.js'
export type {
  AccessTokenClaims,
  IdTokenClaims,
  TokenUse,
  UserPoolClaims,
} from './issuers/user-pool-claims.js'
export {
  type VerifiedAccessClaims,
  type VerifiedAccessOptions,
  verifiedAccess,
} from './issuers/verified-access.js'
export type { KeyFetch, KeySetEvent } from './jwks/jwks.js'
export type { KeyOptions, KeySetOptions } from './jwks/options.js'
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
export type * from './types.js'
export type { VerifiedTokenCacheOptions } from './verifier/verified-tokens.js'
export { type ClaimsOf, createVerifier, type VerifierOptions } from './verifier/verifier.js'
