// Over 150 lines: all steps of a verification, in order.

import { AuthError, asRefusal, isAuthError, refusal } from '../errors.js'
import { userPoolPrincipal } from '../issuers/principal.js'
import { isPending, later } from '../maybe-promise.js'
import { aWallClock, checkOptions, type OptionCheck, seconds } from '../options.js'
import { freeze } from '../runtime.js'
import { hasRegisteredClaims, refusedAt } from '../token/claims.js'
import { encoding, type SignedBytes } from '../token/encoding.js'
import {
  isOfTokenLength,
  type JwsParts,
  malformed,
  parseClaims,
  parseHeader,
  splitJws,
} from '../token/jws.js'
import { recentHeaders } from '../token/recent-headers.js'
import type {
  Algorithm,
  CheckDetails,
  Clock,
  JwsHeader,
  JwtClaims,
  MaybePromise,
  RevocationList,
  TrustedIssuer,
  VerificationKey,
  VerifiedToken,
  Verifier,
} from '../types.js'
import { claimedIssuer, finder, type Selected, select } from './candidates.js'
import { promised, settled, type Verdict } from './verdict.js'
import { type Entry, type VerifiedTokenCacheOptions, verifiedTokens } from './verified-tokens.js'

/** The options of {@link createVerifier}. */
export interface VerifierOptions<I extends readonly TrustedIssuer[] = readonly TrustedIssuer[]> {
  /** The issuers whose tokens are accepted: any mix, also several with one `iss` (a pool with two clients). */
  readonly issuers: I
  /** Seconds by which the clocks of issuer and verifier may differ. Default 5, at most 300. */
  readonly clockTolerance?: number
  /** The cache of verified tokens; `false` for none. Expiry, key and revocation are checked on every call all the same. */
  readonly cache?: VerifiedTokenCacheOptions | false
  /** Which tokens are revoked though they have not expired. Default none. */
  readonly revocations?: RevocationList
  /** The time. Default `Date`. */
  readonly clock?: Clock
}

/** The claims that a verifier of these issuers returns. */
export type ClaimsOf<I extends readonly TrustedIssuer[]> =
  I[number] extends TrustedIssuer<infer C> ? C : never

/**
 * Returns a verifier: signature, issuer, algorithm and claims of a token are checked once and cached;
 * its expiry, its key and its revocation are checked on every call.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const verifier = createVerifier({ issuers: [userPool({ userPoolId, clientId })] })
 * const { principal, claims } = await verifier.verify(token)
 */
export function createVerifier<const I extends readonly TrustedIssuer[]>(
  options: VerifierOptions<I>,
): Verifier<ClaimsOf<I>> {
  checkOptions('createVerifier', options, checks)
  const clock = checkedClock(options.clock ?? Date)
  const checkAt = checker(options)
  options.revocations?.verifies?.(options.issuers)
  const verdictOn = (token: string, canWait: boolean, details?: CheckDetails) => {
    try {
      const verdict = checkAt(token, clock.now(), canWait, details)
      return (verdict instanceof Promise ? verdict.catch(asRefusal) : verdict) as MaybePromise<
        Verdict<ClaimsOf<I>>
      >
    } catch (error) {
      return asRefusal(error)
    }
  }
  const check = (token: string, details?: CheckDetails) => verdictOn(token, true, details)
  return {
    clock: options.clock ? clock : Date,
    check,
    verify: token => promised(check, token),
    verifySync: token => settled(verdictOn(token, false)),
    ready: async () => allReady(options, clock.now()),
    health() {
      const now = clock.now()
      return options.issuers.flatMap(({ name = unnamed, issuers, keys }) => {
        const health = keys.health?.(now)
        return health ? { name, issuers, ...health } : []
      })
    },
    close: () => options.issuers.forEach(issuer => issuer.keys.close?.()),
  }
}

/**
 * The clock of a verifier and its policies. Compared with a value that is no time, some dates are in the future: `null` is 1970, an old `Date` is any
 * time. It is our fault, so never a refusal.
 */
const checkedClock = (clock: Clock): Clock => ({
  now() {
    const time = clock.now()
    if (typeof time === 'number' && time > 0 && time < Number.POSITIVE_INFINITY) return time
    throw new TypeError('createVerifier: clock.now() must return milliseconds since the epoch')
  },
})

async function allReady({ issuers, revocations }: VerifierOptions, now: number): Promise<void> {
  const answers = await Promise.allSettled([
    ...issuers.map(async issuer => issuer.keys.ready?.(now)),
    (async () => revocations?.ready?.())(),
  ])
  const failure = answers.find(answer => answer.status === 'rejected')
  if (failure) throw failure.reason
}

/** Returns the check behind `check` and `verify`, which may wait, and `verifySync`, which does not. */
function checker({ issuers, clockTolerance = 5, cache = {}, revocations }: VerifierOptions) {
  // Over 40 lines: its functions are the steps of a verification, in order.
  const find = finder(issuers)
  const algorithms = new Set<string>(issuers.flatMap(issuer => issuer.algorithms))
  const allowsPadding = issuers.some(issuer => issuer.padding)
  const headers = recentHeaders()
  const verifiedCache = cache ? verifiedTokens(cache) : undefined

  return function check(
    token: string,
    now: number,
    canWait: boolean,
    details?: CheckDetails,
  ): MaybePromise<Verdict> {
    const entry = isOfTokenLength(token) ? verifiedCache?.get(token) : undefined
    return entry ? recheck(entry, now, canWait, details) : verifyAfresh(token, now, canWait, details)
  }

  /** Looks up the key again: cache hits alone must keep the key set fresh, and a cached token is refused once its key is gone. */
  function recheck(
    entry: Entry,
    now: number,
    canWait: boolean,
    details: CheckDetails | undefined,
  ): MaybePromise<Verdict> {
    if (details) {
      details.cached = true
      details.issuer = nameOf(entry.issuer)
    }
    const timeError = refusedAt(entry, now, clockTolerance)
    if (timeError === 'ERR_TOKEN_EXPIRED') verifiedCache?.drop(entry)
    if (timeError) return refusal(timeError)
    const { kid, alg } = entry.header
    const key = entry.issuer.keys(kid, alg as Algorithm, now, entry.iss)
    return isPending(key)
      ? later(key, unlessReplaced, entry, now, canWait, details)
      : unlessReplaced(key, entry, now, canWait, details)
  }

  function unlessReplaced(
    key: VerificationKey | undefined,
    entry: Entry,
    now: number,
    canWait: boolean,
    details: CheckDetails | undefined,
  ): MaybePromise<Verdict> {
    if (key === entry.key) return unlessRevokedSince(entry, now)
    verifiedCache?.drop(entry)
    return key ? verifyAfresh(entry.token, now, canWait, details) : refusal('ERR_TOKEN_KEY')
  }

  function unlessRevokedSince(entry: Entry, now: number): Verdict {
    const revision = revocations?.isRevoked.revision?.(now)
    if (typeof revision === 'number' && revision === entry.revision) return entry.verified
    const verdict = unlessRevoked(entry.verified, now)
    if (verdict === entry.verified) entry.revision = revision
    return verdict
  }

  function verifyAfresh(
    token: string,
    now: number,
    canWait: boolean,
    details: CheckDetails | undefined,
  ): MaybePromise<Verdict> {
    if (details) {
      details.cached = false
      details.startedAt = performance.now()
    }
    const parts = splitJws(token, allowsPadding)
    const header = parts && (headers.get(parts.header) ?? parseHeader(parts.header))
    if (!header) return malformed(token, parts)
    if (!algorithms.has(header.alg)) return refusal('ERR_TOKEN_ALGORITHM')
    const unverified = parseClaims(parts, header)
    if (typeof unverified !== 'object') return malformed(token, parts, unverified)
    const attempt = { token, parts, header, unverified, now, canWait, details }
    const candidates = find(claimedIssuer(header, unverified), now)
    return isPending(candidates) ? later(candidates, verifyFor, attempt) : verifyFor(candidates, attempt)
  }

  function verifyFor(candidates: readonly TrustedIssuer[], attempt: Attempt): MaybePromise<Verdict> {
    const { parts, header, unverified, now, details } = attempt
    const selected = select(candidates, parts, header, unverified)
    if (details) details.issuer = isAuthError(selected) ? nameOfOnly(candidates) : nameOf(selected.issuer)
    if (isAuthError(selected)) return selected
    const { issuer, claims } = selected
    if (!hasRegisteredClaims(claims)) return refusal('ERR_TOKEN_CLAIM')
    const timeError = refusedAt(claims, now, clockTolerance)
    if (timeError) return timeError === 'ERR_TOKEN_EXPIRED' ? expired(selected, attempt) : refusal(timeError)
    const key = issuer.keys(header.kid, header.alg as Algorithm, now, claims.iss)
    return isPending(key) ? later(key, verifyWith, selected, attempt) : verifyWith(key, selected, attempt)
  }

  function verifyWith(
    key: VerificationKey | undefined,
    selected: Selected,
    attempt: Attempt,
  ): MaybePromise<Verdict> {
    // A key resolver may be custom: never trust it to return a key for the algorithm it was called with.
    if (key?.algorithm !== attempt.header.alg) return refusal('ERR_TOKEN_KEY')
    const isGenuine = isSigned(attempt, key)
    return isPending(isGenuine)
      ? later(isGenuine, conclude, key, selected, attempt)
      : conclude(isGenuine, key, selected, attempt)
  }

  function conclude(
    isGenuine: boolean,
    key: VerificationKey,
    { issuer, claims, fault }: Selected,
    { token, parts, header, unverified, now }: Attempt,
  ): Verdict {
    if (isGenuine !== true) return signatureRefused(issuer, header, claims, now)
    if (fault) throw fault.thrown
    headers.add(parts.header, header)
    const verified = verifiedToken(issuer, header, claims === unverified ? claims : frozen(claims))
    verifiedCache?.add(token, verified, issuer, key)
    return unlessRevoked(verified, now)
  }

  function unlessRevoked(verified: VerifiedToken, now: number): Verdict {
    return revocations?.isRevoked(verified, now) ? refusal('ERR_TOKEN_REVOKED') : verified
  }
}

/**
 * The refusal of an expired token. The client is told so only if the token is genuine by a key that is loaded: nothing is fetched for it, and
 * nobody waits who cannot.
 */
function expired({ issuer, claims }: Selected, attempt: Attempt): MaybePromise<AuthError> {
  const { header, now, canWait } = attempt
  const key = issuer.keys.loaded?.(header.kid, header.alg as Algorithm, now, claims.iss)
  const isGenuine = key?.algorithm === header.alg && isSigned(attempt, key)
  if (!isPending(isGenuine)) return expiredRefusal(isGenuine)
  if (canWait) return later(isGenuine, expiredRefusal)
  isGenuine.catch(() => {})
  return expiredRefusal(false)
}

const expiredRefusal = (isGenuine: boolean) =>
  isGenuine === true ? refusal('ERR_TOKEN_EXPIRED') : refusal('ERR_TOKEN_EXPIRED', unverifiedHint, true)

const unverifiedHint =
  'Refresh the session and send the new token. The signature of this one was not verified.'

/** A token being verified, and what is known of it. */
interface Attempt {
  readonly token: string
  readonly parts: JwsParts
  readonly header: JwsHeader
  readonly unverified: JwtClaims
  readonly now: number
  readonly canWait: boolean
  readonly details: CheckDetails | undefined
}

const nameOf = ({ name = unnamed }: TrustedIssuer) => name

/** Of several issuers with one `iss`, none is the one that refuses a token. */
const nameOfOnly = ([issuer, ...others]: readonly TrustedIssuer[]) =>
  issuer && others.length === 0 ? nameOf(issuer) : undefined

/** An issuer that no factory of this library made. */
const unnamed = 'custom'

function isSigned(
  { token, parts: { end, signatureEnd }, canWait }: Attempt,
  key: VerificationKey,
): MaybePromise<boolean> {
  // Never `undefined`: splitting the token has checked the same parts.
  const { signingInput, signature } = encoding.signedBytes(token, end, signatureEnd) as SignedBytes
  // Reused buffers may hold another token's bytes by the time an asynchronous key reads them.
  return key.isImmediate
    ? key.verify(signingInput, signature, canWait)
    : key.verify(Uint8Array.from(signingInput), Uint8Array.from(signature), canWait)
}

function verifiedToken(issuer: TrustedIssuer, header: JwsHeader, claims: JwtClaims): VerifiedToken {
  const principal = issuer.principal ? frozen(issuer.principal(claims, header)) : userPoolPrincipal(claims)
  const { revokedBy } = issuer
  return freeze(revokedBy ? { header, claims, principal, revokedBy } : { header, claims, principal })
}

/** A signature that does not verify may be a key that was replaced under its ID: the key set may fetch again, this token stays refused. */
function signatureRefused(
  { keys }: TrustedIssuer,
  { kid }: JwsHeader,
  { iss }: JwtClaims,
  now: number,
): AuthError {
  keys.suspect?.(kid, now, iss)
  return refusal('ERR_TOKEN_SIGNATURE')
}

/** Freezes what an issuer made, all the way down. What was parsed is frozen already. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return freeze(value)
}

const someIssuers: OptionCheck = value => {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one issuer'
  return value.every(isIssuer) ? undefined : 'has an entry that is not an issuer, such as userPool({ ... })'
}

const isIssuer = (value: Partial<TrustedIssuer> | null) =>
  Array.isArray(value?.issuers) &&
  Array.isArray(value.algorithms) &&
  typeof value.keys === 'function' &&
  typeof value.validate === 'function'

const checks = {
  issuers: someIssuers,
  'clockTolerance?': seconds(0, 300),
  'cache?': (value: unknown) =>
    value === false || (typeof value === 'object' && value !== null)
      ? undefined
      : 'must be an object, or false',
  'revocations?': (value: unknown) =>
    typeof (value as Partial<RevocationList> | null)?.isRevoked === 'function'
      ? undefined
      : 'must have a function isRevoked()',
  'clock?': aWallClock,
}
