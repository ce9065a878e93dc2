import { refusal } from '../errors.js'
import { type KeyOptions, keyOptionChecks, keyPerUrl, keyUrl } from '../jwks/jwks.js'
import { aString, listOf, type OptionCheck, type OptionChecks, oneOrMore, optionsIn } from '../options.js'
import { isNumericDate } from '../token/claims.js'
import type { Algorithm, JwsHeader, JwtClaims, KeyResolver } from '../types.js'
import { mistakeIn } from './user-pool-ids.js'

/** The options of every service that stands in front of an application and signs what it knows of the user. */
export interface FrontDoorOptions extends KeyOptions {
  /**
   * The URL that a key ID is appended to, in place of the one that follows from the ARN: for partitions where it is not documented,
   * and for proxies. Makes any partition acceptable.
   */
  readonly publicKeysUrl?: string
}

/** The ARNs of one service. */
export interface Arn {
  readonly pattern: RegExp
  readonly example: string
  /** Where the keys of one Region are; `undefined` where that is not documented. */
  keysUrl(partition: string, region: string): string | undefined
}

/**
 * Returns the claims with the issuer and the expiry of the header. Both places are checked: the header always has them, the claims only
 * where the issuer's user info has them.
 *
 * @throws AuthError `ERR_TOKEN_SIGNER | _ISSUER | _CLAIM`
 */
export function signedClaims(
  header: JwsHeader,
  claims: JwtClaims,
  { signers, issuer }: { readonly signers: readonly string[]; readonly issuer: string },
): JwtClaims {
  if (!signers.includes(header.signer as string)) throw refusal('ERR_TOKEN_SIGNER')
  if (header.iss !== issuer) throw refusal('ERR_TOKEN_ISSUER')
  const exp = dateOf(header.exp)
  const ownExp = claims.exp === undefined ? exp : claims.exp
  // Each by itself: the lesser of the two would hide one that is no date.
  if (!isNumericDate(exp) || !isNumericDate(ownExp)) throw refusal('ERR_TOKEN_CLAIM')
  return { ...claims, iss: claims.iss ?? issuer, exp: Math.min(exp, ownExp) }
}

/** Returns the keys for these ARNs. All are of one Region, so that nothing in a token decides where keys are fetched. */
export function publicKeys(
  arns: string | readonly string[],
  options: FrontDoorOptions,
  { keysUrl }: Arn,
  algorithm: Algorithm,
  factory: string,
): KeyResolver {
  const [arn = ''] = listOf(arns)
  const base = options.publicKeysUrl ?? keysUrlOf(arn, keysUrl)
  const urlOf = (kid: string) => `${base?.replace(/\/$/, '')}/${kid}`
  return keyPerUrl({ ...optionsIn(options, keyOptionChecks), urlOf, algorithm, factory })
}

/** The checks of {@link FrontDoorOptions}. */
export const frontDoorChecks = (options: FrontDoorOptions | undefined) =>
  ({
    ...keyOptionChecks,
    issuer: aString,
    'publicKeysUrl?': keyUrl(options),
  }) as const satisfies OptionChecks

/** Checks ARNs: all of one Region, whose keys' URL is documented. */
export const arnsOf =
  ({ pattern, example, keysUrl }: Arn, options: FrontDoorOptions | undefined): OptionCheck =>
  value => {
    const problem = oneOrMore(each =>
      typeof each === 'string' && pattern.test(each)
        ? undefined
        : `must be an ARN, such as ${example}${mistakeIn(each)}`,
    )(value)
    if (problem || options?.publicKeysUrl) return problem
    const urls = new Set(listOf(value as string | readonly string[]).map(arn => keysUrlOf(arn, keysUrl)))
    if (urls.has(undefined))
      return 'is of a partition where its keys are not documented: give publicKeysUrl as well'
    return urls.size === 1 ? undefined : 'must all be of one Region'
  }

function keysUrlOf(arn: string, keysUrl: Arn['keysUrl']): string | undefined {
  const [, partition, , region] = arn.split(':') as [string, string, string, string]
  return keysUrl(partition, region)
}

/** A number, or a string as in the documentation's example. */
const dateOf = (exp: unknown): unknown =>
  typeof exp === 'string' && /^\d{1,12}$/.test(exp) ? Number(exp) : exp
