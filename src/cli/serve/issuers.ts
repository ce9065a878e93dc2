import {
  groupsFromText,
  type IdentityPoolOptions,
  identityPool,
  type JwtClaims,
  type KeyOptions,
  type LoadBalancerOptions,
  loadBalancer,
  type OidcProviderOptions,
  oidcProvider,
  type TrustedIssuer,
  type UserPoolOptions,
  userPool,
  type VerifiedAccessOptions,
  verifiedAccess,
} from '../../index.js'
import type { Attempt } from './attempt.js'
import type { Members } from './file.js'
import { onlyMember } from './policies.js'

/** Called with what happens to the keys of an issuer. */
export type OnKeys = NonNullable<KeyOptions['onEvent']>

/** Returns the issuer that the file says by a name; `undefined` where it says it wrongly. */
export function issuerOf(
  name: string,
  issuer: Readonly<Record<string, Members>>,
  attempt: Attempt,
  onEvent: OnKeys | undefined,
): TrustedIssuer | undefined {
  const place = `issuers.${name}`
  const [kind, members] = onlyMember(issuer)
  const { groupsFrom, ...rest } = members
  const options = {
    name,
    ...rest,
    ...(groupsFrom !== undefined && { groupsFrom: readerOf(groupsFrom) }),
    ...(onEvent && { onEvent }),
  }
  return attempt<TrustedIssuer | undefined>(
    `${place}.${kind}`,
    members,
    () => (kinds[kind] as (options: unknown) => TrustedIssuer)(options),
    undefined,
  )
}

/** A claim that lists groups, or one that a provider filled with text. */
const readerOf = (groupsFrom: unknown) =>
  typeof groupsFrom === 'string'
    ? (claims: JwtClaims) => claims[groupsFrom]
    : groupsFromText((groupsFrom as { readonly text: string }).text)

const kinds: Readonly<Record<string, (options: never) => TrustedIssuer>> = {
  userPool: (options: UserPoolOptions) => userPool(options),
  identityPool: (options: IdentityPoolOptions) => identityPool(options),
  oidcProvider: (options: OidcProviderOptions) => oidcProvider(options),
  loadBalancer: (options: LoadBalancerOptions) => loadBalancer(options),
  verifiedAccess: (options: VerifiedAccessOptions) => verifiedAccess(options),
}
