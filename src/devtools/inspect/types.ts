import type { IdentityPoolOptions } from '../../issuers/identity-pool.js'
import type { LoadBalancerOptions } from '../../issuers/load-balancer.js'
import type { UserPoolOptions } from '../../issuers/user-pool.js'
import type { TokenUse } from '../../issuers/user-pool-claims.js'
import type { Clock } from '../../types.js'

export type * from '../../reports.js'

/** The configuration to check tokens against. */
export interface InspectOptions {
  /** The options of `userPool`. Without them a token can be described and refused for its form, never accepted. */
  readonly userPool?: UserPoolOptions<TokenUse> | undefined
  /** The options of `identityPool`, when its OpenID tokens are accepted. */
  readonly identityPool?: IdentityPoolOptions | undefined
  /** The options of `loadBalancer`, when an Application Load Balancer authenticates users. */
  readonly loadBalancer?: LoadBalancerOptions | undefined
  /** As of `createVerifier`. Default 5. */
  readonly clockTolerance?: number | undefined
  /** Whether keys may be fetched, as `userPool` would. Default `false`: only a key set that was passed (`userPool.jwks`) is used. */
  readonly network?: boolean | undefined
  /** Whether the report may be shared: no token, no claim value that identifies a person or an account. Default `false`. */
  readonly redact?: boolean | undefined
  /** Default `Date`. */
  readonly clock?: Clock | undefined
}
