/**
 * For tests: issuers that sign tokens as AWS does, attacks, and the events of AWS.
 *
 * @module
 */
export { type Attack, attacks } from './attacks.js'
export type { TestClock } from './clock.js'
export { events, type TestChannelEventOptions, type TestEventOptions } from './events.js'
export {
  createTestIdentityPool,
  serveTestIdentityPool,
  type TestIdentityPool,
  type TestIdentityPoolOptions,
  type TestIdentityTokenOptions,
} from './identity-pool.js'
export type { AwsAnswer } from './initiate-auth.js'
export { createTestIssuer } from './issuer.js'
export type { TestJwk } from './keys.js'
export {
  createTestLoadBalancer,
  type ServedTestLoadBalancer,
  serveTestLoadBalancer,
  type TestLoadBalancer,
  type TestLoadBalancerTokenOptions,
} from './load-balancer.js'
export type { Loopback } from './loopback.js'
export {
  type AppUnderAttack,
  type AttackOutcome,
  type RefusesAllOptions,
  refusesAll,
} from './refuses-all.js'
export { reportTo } from './report-to.js'
export {
  type ServedTestIssuer,
  type ServeTestIssuerOptions,
  serveTestIssuer,
} from './server.js'
export type {
  TestAccessTokenOptions,
  TestIdTokenOptions,
  TestMachineTokenOptions,
  TestProvider,
  TestTokenOptions,
  TestUserTokenOptions,
} from './token-options.js'
export type {
  ServedUserPoolOptions,
  TestFetch,
  TestIssuer,
  TestIssuerOptions,
  TestJwks,
  TestTokenParts,
  TestUser,
  TestUserPoolOptions,
} from './types.js'
