import type { OptionCheck } from '../options.js'

/**
 * Returns the `iss` values of a pool: original and updated, in its own Region, and the original one in each additional Region.
 * Hosts outside of the commercial partition and GovCloud are not documented, and not guessed.
 */
export function issuersOf(userPoolId: string, additionalRegions: readonly string[]): string[] {
  const region = userPoolId.slice(0, userPoolId.indexOf('_'))
  const original = (of: string) => `https://cognito-idp.${of}.amazonaws.com/${userPoolId}`
  return [
    original(region),
    `https://issuer-cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    ...additionalRegions.map(original),
  ]
}

/** Cognito User Pools API Reference, "UserPoolType". */
export const aPoolId =
  (hasIssuer: boolean): OptionCheck =>
  value => {
    if (typeof value !== 'string' || value.length > 55 || !/^[\w-]+_[0-9a-zA-Z]+$/.test(value))
      return `must be a user pool ID, such as eu-west-1_AbCdEf123${mistakeIn(value)}`
    return hasIssuer || documentedRegion.test(value.replace(/_[^_]*$/, '')) ? undefined : undocumented
  }

export const aRegion: OptionCheck = value =>
  typeof value === 'string' && documentedRegion.test(value)
    ? undefined
    : `must be a Region, such as eu-west-1${mistakeIn(value)}`

export const aClientId: OptionCheck = value =>
  typeof value === 'string' && value.length <= 128 && /^(?!undefined$|null$)[\w+]+$/.test(value)
    ? undefined
    : `must be an app client ID${mistakeIn(value)}`

/**
 * A scope of a resource server. Those of Cognito itself (`aws.cognito`) belong to no API
 * (Amazon Cognito Developer Guide, "Scopes, M2M, and resource servers"; RFC 6749 section 3.3).
 */
export const aCustomScope: OptionCheck = value =>
  typeof value === 'string' &&
  /^(?!aws\.cognito)[\x21\x23-\x5b\x5d-\x7e]+\/[\x21\x23-\x2e\x30-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'must be a scope of a resource server, such as orders/read'

/** What a value is instead, and what to do, in a clause: empty where nothing is known. Does not quote the value. */
export const mistakeIn = (value: unknown): string =>
  mistakes.find(([pattern]) => typeof value === 'string' && pattern.test(value))?.[1] ?? ''

/** In order: what is around a value comes before what is in it. */
const mistakes: readonly (readonly [RegExp, string])[] = [
  [/[\r\n]|^\s|\s$/, ': it has blanks or a line break in it; trim it'],
  [/["'`]/, ': it is in quotes, which Docker keeps; take them away'],
  [/[,\s]/, ': it is a list; split it'],
  [/^(?:arn|https?):/, ': it is an ARN or a URL; the ID is what follows the last slash'],
  [/:[\da-f-]{36}$/i, ': it is the ID of an identity pool; give that to identityPool'],
  [/^[\da-z]{26}$/, ': it is an app client ID'],
  [/^[a-z-]+-\d_\w{9}$/, ': it is a user pool ID'],
  [/^(?:undefined|null|\W.*)$/, ': it is an unfilled placeholder'],
]

/** The commercial partition and GovCloud. */
const documentedRegion = /^(?!cn-)[a-z]{2}-(?:gov-)?[a-z]+-\d+$/

const undocumented = 'is of a Region whose issuer is not documented: give the issuer option as well'
