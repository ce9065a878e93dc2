import { aCount, checkOptions } from '../options.js'
import type { Dates } from '../token/claims.js'
import type { JwsHeader, JwtClaims, TrustedIssuer, VerificationKey, VerifiedToken } from '../types.js'
import { type Listed, recentlyUsed } from './recently-used.js'

/** The options of a verifier's cache of verified tokens. */
export interface VerifiedTokenCacheOptions {
  /** How many tokens are cached; the least recently used is evicted first. One takes about 3 kB. Default 10,000. */
  readonly maxTokens?: number
}

/**
 * A verified token, what it was verified with, and copies of what each call reads: in one object, since the tokens and claims of many users
 * do not fit a processor's cache.
 */
export interface Entry<C extends JwtClaims = JwtClaims> extends Dates, Listed<Entry<C>> {
  readonly token: string
  readonly verified: VerifiedToken<C>
  readonly issuer: TrustedIssuer<C>
  readonly key: VerificationKey
  readonly header: JwsHeader
  readonly iss: string
  /** The revision of the revocation list at which the token was last found not revoked. */
  revision: number | undefined
}

/** Tokens that passed every check whose result cannot change. Failures are never cached, so an unauthenticated caller cannot fill it. */
interface VerifiedTokens<C extends JwtClaims = JwtClaims> {
  get(token: string): Entry<C> | undefined
  add(token: string, verified: VerifiedToken<C>, issuer: TrustedIssuer<C>, key: VerificationKey): void
  /** Removes an entry unless another has taken its place. */
  drop(entry: Entry<C>): void
}

/**
 * Returns a bounded cache of verified tokens.
 *
 * @throws TypeError for a wrong option
 */
export function verifiedTokens<C extends JwtClaims = JwtClaims>(
  options: VerifiedTokenCacheOptions,
): VerifiedTokens<C> {
  checkOptions('createVerifier: cache', options, { 'maxTokens?': aCount(1, 1_000_000) })
  const entries = recentlyUsed<Entry<C>>(options.maxTokens ?? 10_000)
  return {
    get(token) {
      const entry = entries.get(tail(token))
      return entry?.token === token ? entry : undefined
    },
    add(token, verified, issuer, key) {
      const { header, claims } = verified
      // All entries share the issuer's string; each token's claims hold a copy.
      const iss = issuer.issuers.find(each => each === claims.iss) ?? claims.iss
      const { exp, nbf, iat } = claims
      entries.add({
        id: tail(token),
        token,
        verified,
        issuer,
        key,
        header,
        iss,
        exp,
        nbf,
        iat,
        revision: undefined,
        newer: undefined,
        older: undefined,
      })
    },
    drop: entries.drop,
  }
}

/**
 * 30 bits of the signature's end, without the last character, which has spare bits. V8 takes microseconds to hash a token that it
 * has not seen before and a few nanoseconds for a small integer. A hit still compares the whole token: two tokens with one tail only
 * evict each other, and an attacker cannot aim for that without having a token signed.
 */
function tail(token: string): number {
  const end = token.length
  let bits = 0
  for (let i = end - 6; i < end - 1; i++) bits = (bits << 6) | (token.charCodeAt(i) & 0x3f)
  return bits
}
