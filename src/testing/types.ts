import type { Clock } from '../types.js'
import type { TestClock } from './clock.js'
import type { TestJwk } from './keys.js'
import type { TestAccessTokenOptions, TestIdTokenOptions, TestMachineTokenOptions } from './token-options.js'

/** The options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** Default: `us-east-1_TestIssuer`. Its region is in `iss`. */
  readonly userPoolId?: string
  /** The app client that tokens are issued to. Default: `test1client2of3the4issuer5`. */
  readonly clientId?: string
  /** Which of a pool's two `iss` values the tokens carry. Default: `original`. */
  readonly issuerType?: 'original' | 'updated'
  /** Seconds that a token is valid, 300 to 86400. Default: 3600. */
  readonly tokenLifetime?: number
  /** The clock that the issuer's is based on. Default: one that stands still at the time of the call; `Date` for one that runs. */
  readonly clock?: Clock
}

/** A user pool in a test: tokens as Cognito signs them, and the keys to verify them. */
export interface TestIssuer {
  /** The `iss` claim of its tokens. */
  readonly issuer: string
  /** Where AWS would publish the key set. */
  readonly jwksUri: string
  /** To spread into `userPool`. Verification is the same as in production, except that the network is in process. */
  readonly options: TestUserPoolOptions
  /** Seconds that a token is valid. */
  readonly tokenLifetime: number
  /** Stamps the tokens; pass it to `createVerifier` as well. */
  readonly clock: TestClock
  /** How many requests `options.fetch` has had. */
  readonly requests: number
  /** A user's access token. */
  readonly accessToken: (options?: TestAccessTokenOptions) => string
  /** A user's ID token, signed with another key than access tokens are. */
  readonly idToken: (options?: TestIdTokenOptions) => string
  /** The access token of a client-credentials grant. */
  readonly machineToken: (options: TestMachineTokenOptions) => string
  /**
   * A token of any header and claims, with the RS256 signature of the key of access tokens. Members of `header` are set
   * after `kid` and `alg`; a string is taken as it is, so that it need not even be JSON.
   */
  readonly sign: (token: TestTokenParts) => string
  /** The key set as it is published now, whether or not it is taken down. */
  readonly jwks: () => TestJwks
  /** Signs with new keys from now on; the old ones stay published unless `keepOld` is false. */
  readonly rotateKeys: (options?: { readonly keepOld?: boolean }) => void
  /** Publishes the current keys only. */
  readonly withdrawOldKeys: () => void
  /** Answers every request for the key set with 503. */
  readonly takeDown: () => void
  /** Ends `takeDown`. */
  readonly bringUp: () => void
}

/** The options of a test issuer for `userPool`. */
export interface TestUserPoolOptions {
  /** The pool. */
  readonly userPoolId: string
  /** The app client. */
  readonly clientId: string
  /** Answers for the key set without a network. */
  readonly fetch: TestFetch
  /** The keys are known to everybody, see `userPool`. */
  readonly insecureTestKeys: true
}

/** The options of a test issuer on loopback for `userPool`. */
export interface ServedUserPoolOptions {
  /** The pool. */
  readonly userPoolId: string
  /** The app client. */
  readonly clientId: string
  /** The key set on loopback. */
  readonly jwksUri: string
  /** Loopback has no TLS. */
  readonly insecureLoopbackHttp: true
  /** The keys are known to everybody, see `userPool`. */
  readonly insecureTestKeys: true
}

/** The part of `fetch` that a key set needs. */
export type TestFetch = (
  url: string | URL | { readonly url: string },
  init?: { readonly signal?: AbortSignal | null | undefined },
) => Promise<Response>

/** A key set document (RFC 7517 section 5). */
export interface TestJwks {
  /** The public keys. */
  readonly keys: readonly TestJwk[]
}

/** A token before it is encoded and signed. */
export interface TestTokenParts {
  /** Members of the header, or its text. Default: none more. */
  readonly header?: object | string
  /** The claims, or their text. */
  readonly claims: object | string
}

/** A user who can sign in with a password. */
export interface TestUser {
  /** The name to sign in with. */
  readonly username: string
  /** The password to sign in with. */
  readonly password: string
  /** Default: none. */
  readonly groups?: readonly string[]
  /** What a pre token generation trigger adds to `aws.cognito.signin.user.admin`. Default: nothing. */
  readonly scopes?: readonly string[]
}
