import type { AuthErrorCode } from '../../errors.js'
import type { IdentityPoolOptions } from '../../issuers/identity-pool.js'
import type { LoadBalancerOptions } from '../../issuers/load-balancer.js'
import type { UserPoolOptions } from '../../issuers/user-pool.js'
import type { TokenUse } from '../../issuers/user-pool-claims.js'
import type { KeySetEvent } from '../../jwks/jwks.js'
import type { Clock } from '../../types.js'
import type { Json } from './decode.js'

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

/** What an API with this configuration does with a token. */
export interface Outcome {
  /** `unknown`: keys or configuration are missing. */
  readonly verdict: 'accepted' | 'refused' | 'unknown'
  /** Why a token is refused, or why the verdict is unknown: the code of the library. */
  readonly code?: AuthErrorCode
  /** The same in a sentence. */
  readonly message: string
}

/** What {@link inspect} finds out. Plain data: JSON.stringify keeps all of it. */
export interface Report extends Outcome {
  /** What the input is: a token by itself, a header, the event of a service. */
  readonly input: string
  readonly kind: TokenKind
  /** What the token is, and what it is for. */
  readonly description: string
  /** Who and what the token speaks for. Nothing of it is verified unless the verdict is `accepted`. */
  readonly facts: readonly Fact[]
  /** What damaged the token on its way, and other remarks. */
  readonly findings: readonly Finding[]
  /** Every check of verification, in its order. Of a damaged token: the checks of the token in it. */
  readonly checks: readonly Check[]
  /** The one cause of a refusal or an outage, and what to do. The checks that fail after it follow from it, or show once it is fixed. */
  readonly cause?: Cause
  /** When the token was damaged and could be repaired: the outcome for the repaired token. */
  readonly mended?: Outcome
  /** How fetching the keys went. Only when keys may be fetched. */
  readonly network?: Network
  /** What is in the token. Not in a report to share. */
  readonly token?: { readonly header: Json | undefined; readonly claims: Json | undefined }
}

/** Why a token is refused or cannot be verified, and how to fix it. */
export interface Cause {
  /** What it is and what to do: the first sentence says both. */
  readonly fix: string
  readonly code: AuthErrorCode
  /** The page of the error: a path in the repository. */
  readonly page: string
  /** The names of the other checks that fail. Fix the cause first. */
  readonly alsoFailed: readonly string[]
}

/** The kind of a text. */
export type TokenKind =
  | 'access'
  | 'machine'
  | 'id'
  | 'refresh'
  | 'load-balancer'
  | 'verified-access'
  | 'identity-pool'
  | 'aws-workload'
  | 'other-issuer'
  | 'encrypted'
  | 'authorization-code'
  | 'opaque'
  | 'truncated'
  | 'none'

/** A statement of a token. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** A remark, and how to fix its cause. */
export interface Finding {
  readonly what: string
  readonly fix: string
}

/** One check of verification. */
export interface Check {
  readonly name: string
  /** `open`: it could not be made. */
  readonly result: 'passed' | 'failed' | 'open'
  readonly expected: string
  readonly actual: string
  /** The library's code for a token that fails this check. */
  readonly code?: AuthErrorCode
  /** How to fix it: of the first that fails alone, the same as of the report's `cause`. */
  readonly fix?: string
}

/** How fetching the keys went. */
export interface Network {
  readonly milliseconds: number
  readonly events: readonly KeySetEvent[]
}
