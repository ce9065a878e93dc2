// Over 150 lines: the types that rooms share, most of it their documentation.
import type { AuthError } from './errors.js'

/** A source of the current time in milliseconds since the epoch. `Date` is one. */
export interface Clock {
  now(): number
}

/** A value that is at hand, or will be. Code on the hot path never makes the first into the second. */
export type MaybePromise<T> = T | Promise<T>

/** The JWS algorithms a key can be bound to (RFC 7518 section 3.1, RFC 8037). No `none`, no HMAC: there is no code for them. */
export type Algorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** The JOSE header of a token (RFC 7515 section 4). Only `alg` and `kid` are used, and only to look up configured values. */
export interface JwsHeader {
  readonly alg: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/** The claims that every accepted token has (RFC 7519 section 4.1), and whatever else it holds. */
export interface JwtClaims {
  readonly iss: string
  /** Seconds since the epoch. */
  readonly exp: number
  readonly sub?: string
  readonly iat?: number
  readonly nbf?: number
  readonly jti?: string
  readonly [claim: string]: unknown
}

/** A public key bound to one algorithm when it was imported. */
export interface VerificationKey {
  readonly algorithm: Algorithm
  /** Whether `verify` is done with its arguments when it returns, so that they need not be copied for it. Default `false`. */
  readonly isImmediate?: true
  /**
   * Whether `signature` is this key's over `signingInput`. At once with node:crypto; later with WebCrypto, and where the caller can wait and
   * there is more to verify than one turn of the event loop should take.
   *
   * @param canWait whether a promise is welcome; default `false`
   */
  verify(signingInput: Uint8Array, signature: Uint8Array, canWait?: boolean): MaybePromise<boolean>
}

/**
 * Finds the key of a token. A test double is a lambda; the rest is for key sets that are fetched.
 *
 * @param kid the key ID in the token's header, `undefined` when it has none
 * @param algorithm the token's algorithm, already known to be one of the issuer's
 * @param now the verifier's one clock reading of this call, in milliseconds
 * @param issuer which of its issuer's `iss` values the token has
 * @returns the key; `undefined` when the issuer has no such key, which is `ERR_TOKEN_KEY` for the token
 * @throws AuthError `ERR_KEYS_UNAVAILABLE` when nobody can tell
 */
export interface KeyResolver {
  (
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
    issuer?: string,
  ): MaybePromise<VerificationKey | undefined>
  /** Fetches the keys unless they are at hand. */
  readonly ready?: (now: number) => Promise<void>
  /** Told of a signature that does not verify: perhaps the issuer has replaced the key under the same ID. Returns at once. */
  readonly suspect?: (kid: string | undefined, now: number, issuer?: string) => void
  readonly health?: (now: number) => KeySetHealth | undefined
  /** Ends what is in flight and closes sockets. */
  readonly close?: () => void
}

/** How the keys of one issuer are. */
export interface KeySetHealth {
  /** `empty`: never loaded. `fresh`, `stale`: in use, `stale` when a refresh is overdue. `expired`: too old to be used. */
  readonly state: 'empty' | 'fresh' | 'stale' | 'expired'
  /** Seconds since the fetch of the keys in use began; `undefined` when there are none, or they were never fetched. */
  readonly age: number | undefined
  readonly keys: number
  /** Why the last fetch failed; `undefined` when it did not. */
  readonly lastFailure: KeySetFailure | undefined
}

/** What went wrong with a fetch: a closed set, safe to log and to count. */
export type KeySetFailure =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'status'
  | 'redirect'
  | 'body'
  | 'empty'
  | 'fetch'
  | 'closed'

/**
 * One issuer is one value. A new kind of issuer is a new function that returns one of these.
 * Nothing in a token picks a URL, an algorithm or a key type: it only looks up what stands here.
 */
export interface TrustedIssuer<C extends JwtClaims = JwtClaims> {
  /** The exact `iss` values of its tokens. A user pool has an original and an updated one. */
  readonly issuers: readonly string[]
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeyResolver
  /** Whether its tokens are padded base64url, which no JWT is: load balancers sign such. Default: none of them is. */
  readonly padding?: 'required' | 'allowed'
  /**
   * By what its tokens are revoked beside their `iss`: the ID of their user pool, where `iss` is not on a host of AWS and does not say it, and
   * other `iss` of the same pool. Never what another pool goes by. Default: by nothing else.
   */
  readonly revokedBy?: readonly string[]
  /**
   * The claims of a token, typed, after every check that does not depend on time. They must hold the `iss` that the token was looked up
   * by: a claim, or where there is none a member of the header.
   * @throws AuthError `ERR_TOKEN_USE | _CLIENT | _AUDIENCE | _CLAIM | _SIGNER`
   */
  validate(header: JwsHeader, claims: JwtClaims): C
  /** Who a token speaks for. Default: as a user pool's claims say. */
  principal?(claims: C, header: JwsHeader): Principal
  /**
   * For a value that stands for more issuers than can be listed, which then has no `issuers` itself: the one with this `iss`.
   * It comes from a token that is not verified yet; it may be looked up, and nothing else.
   */
  find?(iss: string, now: number): MaybePromise<TrustedIssuer<C> | undefined>
}

/** Who a token speaks for. Computed once for a token, frozen. */
export interface Principal {
  readonly kind: 'user' | 'machine' | 'guest'
  /** The `sub` claim: the user, the client (machine) or the identity (guest). */
  readonly subject: string
  readonly issuer: string
  readonly tokenUse?: 'access' | 'id'
  readonly clientId?: string
  readonly username?: string
  /** Empty when the token names none. */
  readonly groups: readonly string[]
  /** Empty when the token names none. */
  readonly scopes: readonly string[]
  /** The identity provider of a federated user. */
  readonly provider?: Provider
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Where a federated user signed in. */
export interface Provider {
  readonly name: string
  readonly type: string
  /** The user's ID at the provider. */
  readonly userId: string
}

/** A token that passed every check. Frozen, all the way down. */
export interface VerifiedToken<C extends JwtClaims = JwtClaims> {
  readonly header: JwsHeader
  readonly claims: C
  readonly principal: Principal
  /** What its issuer says in `revokedBy`: for lists of revocations. */
  readonly revokedBy?: readonly string[]
}

/** Verifies tokens of any mix of issuers. */
export interface Verifier<C extends JwtClaims = JwtClaims> {
  /** What tells the time here; policies about time are asked by it too. */
  readonly clock: Clock
  /**
   * Resolves to the verified token.
   * @throws AuthError (as a rejection) `ERR_TOKEN_*`, `ERR_KEYS_UNAVAILABLE`, `ERR_REVOCATION_UNAVAILABLE`
   */
  verify(token: string): Promise<VerifiedToken<C>>
  /**
   * Returns the verified token, without a promise in between.
   * @throws AuthError as `verify`, and `ERR_KEYS_NOT_LOADED` when a key would have to be fetched
   */
  verifySync(token: string): VerifiedToken<C>
  /**
   * Returns the verified token, or the refusal, which `isAuthError` tells: at once when all that it takes is at hand, else as a promise.
   * For guards: promises and exceptions take longer than to find out that a token is good, or bad. What is thrown is a fault, never an `AuthError`.
   */
  check(token: string): MaybePromise<VerifiedToken<C> | AuthError>
  /**
   * Fetches every key set once, and waits for the list of revocations to be read, for start-up and Lambda init.
   * @throws AuthError `ERR_KEYS_UNAVAILABLE` when a key set cannot be fetched, else `ERR_REVOCATION_UNAVAILABLE` when the list cannot be
   *   read; the others are loaded all the same
   */
  ready(): Promise<void>
  /** How the keys of each issuer are, in the order of the `issuers` option. */
  health(): readonly VerifierHealth[]
  /**
   * Ends fetches in flight; none follows. A process also exits without it. Does not close what other verifiers may share: the list of
   * revocations, and idle sockets, which go by themselves after 10 s.
   */
  close(): void
}

/** The health of one issuer's keys. */
export interface VerifierHealth extends KeySetHealth {
  /** The issuer's `iss` values. */
  readonly issuers: readonly string[]
}

/** Tells which tokens, sessions, users or clients are revoked: asked on every call, after the cache, and at once. It never waits. */
export interface RevocationList {
  readonly isRevoked: RevocationCheck
  /** Told by each verifier that is created with the list whose tokens it takes: a list may know their issuers by other names then. */
  verifies?(issuers: readonly TrustedIssuer[]): void
  /**
   * Resolves when the list can tell: a verifier's `ready` waits for it.
   * @throws AuthError (as a rejection) `ERR_REVOCATION_UNAVAILABLE` when it cannot be had
   */
  ready?(): Promise<void>
}

/**
 * Whether a token is revoked.
 *
 * @param now the verifier's one clock reading of this call, in milliseconds
 * @throws AuthError `ERR_REVOCATION_UNAVAILABLE` when it cannot tell and the application chose to refuse then
 */
export interface RevocationCheck {
  (token: VerifiedToken, now: number): boolean
  /**
   * A number that changes whenever a token that was not revoked may have become so: until then, no more is asked about a token that is
   * remembered; `NaN` is never the same. It belongs to the function, so that one that wraps another is asked on every call. Default: so is this one.
   */
  readonly revision?: (now: number) => number
}

/** All that the guard sees of a request. Each adapter makes one. */
export interface RequestView {
  /**
   * The value of a header by its lower-case name; an array when the request carries it more than once.
   * An adapter reads it where the framework does not hide duplicates.
   */
  header(name: string): string | readonly string[] | undefined
  /** In capitals. */
  readonly method?: string
  /** Path and query as sent. */
  readonly url?: string
}
