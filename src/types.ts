// Over 150 lines: the types that all folders share, most of it documentation.
import type { AuthError } from './errors.js'

/** A source of the current time in milliseconds since the epoch. `Date` is one. */
export interface Clock {
  /** The time, in milliseconds since the epoch. */
  now(): number
}

/** A value, or a promise of one. Code on the hot path never wraps a value in a promise. */
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
  /** The algorithm of the signature, such as `RS256`. */
  readonly alg: string
  /** The ID of the key that signed it. */
  readonly kid?: string
  readonly [member: string]: unknown
}

/** The claims that every accepted token has (RFC 7519 section 4.1), and any others it holds. */
export interface JwtClaims {
  /** The issuer. */
  readonly iss: string
  /** Seconds since the epoch. */
  readonly exp: number
  /** The subject: whom the token is about. */
  readonly sub?: string
  /** When it was issued, in seconds since the epoch. */
  readonly iat?: number
  /** When it begins to be valid, in seconds since the epoch. */
  readonly nbf?: number
  /** The token's own ID. */
  readonly jti?: string
  readonly [claim: string]: unknown
}

/** A public key bound to one algorithm when it was imported. */
export interface VerificationKey {
  /** The one algorithm that it verifies. */
  readonly algorithm: Algorithm
  /** Whether `verify` is done with its arguments when it returns, so that the caller may reuse their buffers. Default `false`. */
  readonly isImmediate?: true
  /**
   * Returns whether `signature` is this key's over `signingInput`: at once with node:crypto; as a promise with WebCrypto, or when the
   * caller can wait and there is more to verify than one turn of the event loop should take.
   *
   * @param canWait whether it may return a promise; default `false`
   */
  verify(signingInput: Uint8Array, signature: Uint8Array, canWait?: boolean): MaybePromise<boolean>
}

/**
 * Returns the key of a token. A function alone is enough for tests; the optional members are for key sets that are fetched.
 *
 * @param kid the key ID in the token's header, `undefined` when it has none
 * @param algorithm the token's algorithm, already known to be one of the issuer's
 * @param now the verifier's one clock reading of this call, in milliseconds
 * @param issuer which of its issuer's `iss` values the token has
 * @returns the key; `undefined` when the issuer has no such key, which is `ERR_TOKEN_KEY` for the token
 * @throws AuthError `ERR_KEYS_UNAVAILABLE` when the key is not cached and the keys cannot be fetched
 */
export interface KeyResolver {
  (
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
    issuer?: string,
  ): MaybePromise<VerificationKey | undefined>
  /**
   * Returns the key if it is loaded, and fetches nothing. Only with it is a client told that its token has expired: for an expired token, whose
   * signature is not verified yet, nobody is asked for a key. Default: clients are told that such a token is invalid.
   */
  readonly loaded?: (
    kid: string | undefined,
    algorithm: Algorithm,
    now: number,
    issuer?: string,
  ) => VerificationKey | undefined
  /** Fetches the keys unless they are already loaded. */
  readonly ready?: (now: number) => Promise<void>
  /** Called when a signature does not verify: the issuer may have replaced the key under the same ID. Returns at once. */
  readonly suspect?: (kid: string | undefined, now: number, issuer?: string) => void
  /** Returns the state of the keys; `undefined` where there is none to tell. */
  readonly health?: (now: number) => KeySetHealth | undefined
  /** Aborts fetches in flight and closes sockets. */
  readonly close?: () => void
}

/** The state of one issuer's keys. */
export interface KeySetHealth {
  /** `empty`: never loaded. `fresh`, `stale`: in use, `stale` when a refresh is overdue. `expired`: too old to be used. */
  readonly state: 'empty' | 'fresh' | 'stale' | 'expired'
  /** Seconds since the fetch of the keys in use began; `undefined` when there are none, or they were never fetched. */
  readonly age: number | undefined
  /** How many keys are loaded. */
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
 * Nothing in a token picks a URL, an algorithm or a key type: it only looks up what is configured here.
 */
export interface TrustedIssuer<C extends JwtClaims = JwtClaims> {
  /** What it is called in events, metrics and `health()`. Default `'custom'`. */
  readonly name?: string
  /** The exact `iss` values of its tokens. A user pool has an original and an updated one. */
  readonly issuers: readonly string[]
  /** The algorithms that its tokens may be signed with. */
  readonly algorithms: readonly Algorithm[]
  /** Finds its keys. */
  readonly keys: KeyResolver
  /** Whether its tokens are padded base64url, as those of load balancers are against RFC 7515 section 2. Default: none is. */
  readonly padding?: 'required' | 'allowed'
  /**
   * The names under which its tokens can be revoked beside their `iss`: the ID of their user pool, where the host in `iss` is not one of AWS,
   * and other `iss` of the same pool. Never a name of another pool. Default none.
   */
  readonly revokedBy?: readonly string[]
  /**
   * Accepts its tokens with a `cnf` claim (RFC 7800), such as those bound to a key by DPoP or mTLS. Nothing checks the proof. Default `false`:
   * such a token is refused with `ERR_TOKEN_BOUND`.
   */
  readonly insecureIgnoreConfirmation?: boolean
  /**
   * Returns the claims of a token, typed, after every check that does not depend on time. They must hold the `iss` that the token was looked up
   * by: a claim, or where there is none a member of the header.
   * Whatever else it throws is a fault, and thrown only for a token whose signature verifies.
   * @throws AuthError `ERR_TOKEN_USE | _CLIENT | _AUDIENCE | _CLAIM | _SIGNER`
   */
  validate(header: JwsHeader, claims: JwtClaims): C
  /** Returns who a token stands for. Default: as a user pool's claims say. */
  principal?(claims: C, header: JwsHeader): Principal
  /**
   * Returns the issuer with this `iss`, for a value that stands for more issuers than it can list; its own `issuers` is then empty.
   * The `iss` comes from a token that is not verified yet: look it up, and do nothing else with it.
   */
  find?(iss: string, now: number): MaybePromise<TrustedIssuer<C> | undefined>
}

/** Who a token stands for. Computed once for a token, frozen. */
export interface Principal {
  /** `user` only where the token shows that it is a person's. */
  readonly kind: 'user' | 'machine' | 'guest'
  /** The `sub` claim: the user, the client or the account (machine) or the identity (guest). */
  readonly subject: string
  /** The `iss` claim. */
  readonly issuer: string
  /** Of a user pool's token: the `token_use` claim. */
  readonly tokenUse?: 'access' | 'id'
  /** The app client that the token was issued to, where the token names one. */
  readonly clientId?: string
  /** The user's name in the user pool, where the token names one. */
  readonly username?: string
  /** Empty when the token names none. */
  readonly groups: readonly string[]
  /** Empty when the token names none. */
  readonly scopes: readonly string[]
  /** The identity provider of a federated user: of a user pool's, the first that was linked, not the one signed in at this time. */
  readonly provider?: Provider
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** An identity provider that knows a federated user. */
export interface Provider {
  /** Such as `Google`, or the name that the pool gives to the provider. */
  readonly name: string
  /** Such as `Google`, `SAML` or `OIDC`. */
  readonly type: string
  /** The user's ID at the provider. */
  readonly userId: string
}

/** A token that passed every check. Frozen, all the way down. */
export interface VerifiedToken<C extends JwtClaims = JwtClaims> {
  /** The JOSE header. */
  readonly header: JwsHeader
  /** The claims, typed by the issuer's kind. */
  readonly claims: C
  /** Who the token stands for, the same for every issuer. */
  readonly principal: Principal
  /** The `revokedBy` of its issuer, for lists of revocations. */
  readonly revokedBy?: readonly string[]
}

/** Verifies tokens of any mix of issuers. */
export interface Verifier<C extends JwtClaims = JwtClaims> {
  /** The clock of this verifier; policies about time use it too. */
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
   * Returns the verified token, or the refusal, which `isAuthError` recognizes: at once when it need not wait, else as a promise.
   * For guards: promises and exceptions take longer than the check itself. What is thrown is a fault, never an `AuthError`.
   *
   * @param details filled in when the verdict is there, for logs and metrics; a verifier of your own may ignore it. Default: none is.
   */
  check(token: string, details?: CheckDetails): MaybePromise<VerifiedToken<C> | AuthError>
  /**
   * Fetches every key set once, and waits for the list of revocations to be read, for start-up and Lambda init.
   * @throws AuthError `ERR_KEYS_UNAVAILABLE` when a key set cannot be fetched, else `ERR_REVOCATION_UNAVAILABLE` when the list cannot be
   *   read; the others are loaded all the same
   */
  ready(): Promise<void>
  /** Returns the state of each issuer's keys, in the order of the `issuers` option. */
  health(): readonly VerifierHealth[]
  /**
   * Aborts fetches in flight and starts no more. A process also exits without it. Does not close what other verifiers may share: the list
   * of revocations, and idle sockets, which close by themselves after 10 s.
   */
  close(): void
}

/** What a verifier says about a verdict beside it: few distinct values and a time, nothing of a token. */
export interface CheckDetails {
  /** Whether the token was in the cache; `undefined` where none was verified. */
  cached?: boolean | undefined
  /** The `name` of the issuer that the token was checked by; `undefined` where it was none, or one of several that refused it. */
  issuer?: string | undefined
  /** The time by `performance.now()` when the verification began. Left out for a token in the cache: to read a clock takes as long as to find it. */
  startedAt?: number | undefined
}

/** The health of one issuer's keys. */
export interface VerifierHealth extends KeySetHealth {
  /** The issuer's `name`. */
  readonly name: string
  /** The issuer's `iss` values. */
  readonly issuers: readonly string[]
}

/** Tells which tokens, sessions, users or clients are revoked. Called for every token, cached or not; it never waits. */
export interface RevocationList {
  /** Returns whether a token is revoked. */
  readonly isRevoked: RevocationCheck
  /** Called by each verifier that is created with the list, with its issuers: they may have other names, see `revokedBy`. */
  verifies?(issuers: readonly TrustedIssuer[]): void
  /**
   * Resolves when the list is loaded: a verifier's `ready` waits for it.
   * @throws AuthError (as a rejection) `ERR_REVOCATION_UNAVAILABLE` when it cannot be read
   */
  ready?(): Promise<void>
}

/**
 * Returns whether a token is revoked.
 *
 * @param now the verifier's one clock reading of this call, in milliseconds
 * @throws AuthError `ERR_REVOCATION_UNAVAILABLE` when the list is out of reach and the application chose to refuse then
 */
export interface RevocationCheck {
  (token: VerifiedToken, now: number): boolean
  /**
   * Returns a number that changes whenever a token that was not revoked may have become so. Until it changes, a cached token is not checked
   * again; `NaN` is never the same. It belongs to the function, so that a wrapper without it is called for every token. Default none.
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
