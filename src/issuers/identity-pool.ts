import { refusal } from '../errors.js'
import { anIssuer, type KeySetOptions, keySet, keySetOptionChecks, keyUrl } from '../jwks/jwks.js'
import { aBoolean, checkOptions, type OptionCheck, optionsIn } from '../options.js'
import { isText, isTextList } from '../token/claims.js'
import type { JwtClaims, Principal, Provider, TrustedIssuer } from '../types.js'
import { mistakeIn } from './user-pool-ids.js'

/** The claims of an identity pool's OpenID token ("Identity pools authentication flow", Amazon Cognito Developer Guide). */
export interface IdentityPoolClaims extends JwtClaims {
  /** The identity ID: not the user's ID at their provider. */
  readonly sub: string
  /** The identity pool. */
  readonly aud: string
  /** `authenticated` or `unauthenticated`, and for the former the login. */
  readonly amr: readonly string[]
  /** The ARN of the identity pool. */
  readonly 'https://cognito-identity.amazonaws.com/identity-pool-arn'?: string
  /** The principal tags of attributes for access control. */
  readonly 'https://aws.amazon.com/tags'?: unknown
}

/** The options of {@link identityPool}. */
export interface IdentityPoolOptions extends KeySetOptions {
  /** As the console shows it: Region, colon, UUID. All identity pools of a Region share an issuer: only this ID tells yours from those of others. */
  readonly identityPoolId: string
  /**
   * The one exact `iss` to accept in place of the one that follows from the Region, for partitions where it is not documented. An `https:`
   * URL, but any text with `jwksUri`, or with `jwks` and `offline`.
   */
  readonly issuer?: string
  /** Where the key set is. Default: `<iss>/.well-known/jwks_uri`, which is the key set itself. */
  readonly jwksUri?: string
  /**
   * Accepts tokens with a `cnf` claim, without a proof: for a pool that uses the name for something else. Where it is a key that the
   * token is bound to (DPoP, mTLS), a stolen one is then as good as any. Default `false`: `ERR_TOKEN_BOUND`.
   */
  readonly insecureIgnoreConfirmation?: boolean
}

/**
 * Returns an identity pool as a trusted issuer: of the OpenID tokens that `GetOpenIdToken` gives to signed-in users and to guests, RS512.
 * The principal is the identity: a `guest`, or a `user` with the provider and the user's ID there. Only a policy that names guests
 * authorizes a guest, see {@link isGuest}.
 *
 * Source: Amazon Cognito Developer Guide, "Identity pools authentication flow" and "Developer-authenticated identities".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * createVerifier({ issuers: [identityPool({ identityPoolId: 'eu-west-1:11111111-2222-3333-4444-555555555555' })] })
 */
export function identityPool(options: IdentityPoolOptions): TrustedIssuer<IdentityPoolClaims> {
  checkOptions('identityPool', options, {
    ...keySetOptionChecks,
    identityPoolId: options?.issuer ? aPoolId : aPoolIdOfDocumentedRegion,
    'issuer?': anIssuer(Object(options) as IdentityPoolOptions),
    'jwksUri?': keyUrl(options),
    'insecureIgnoreConfirmation?': aBoolean,
  })
  const { identityPoolId } = options
  const issuer = options.issuer ?? issuerOf(identityPoolId)
  return {
    name: options.name ?? 'identityPool',
    issuers: [issuer],
    algorithms,
    insecureIgnoreConfirmation: options.insecureIgnoreConfirmation === true,
    keys: keySet({
      ...optionsIn(options, keySetOptionChecks),
      url: options.jwksUri ?? `${issuer}/.well-known/jwks_uri`,
      algorithms,
      factory: 'identityPool',
    }),
    validate(_header, claims) {
      const { aud, amr, sub } = claims
      if (aud !== identityPoolId) throw refusal('ERR_TOKEN_AUDIENCE', otherPool)
      if (!isText(sub) || !isTextList(amr) || isAuthenticated(amr) === isUnauthenticated(amr))
        throw refusal('ERR_TOKEN_CLAIM')
      return claims as IdentityPoolClaims
    },
    principal: claims => principalOf(claims, identityPoolId),
  }
}

function principalOf({ sub, iss, amr, exp }: IdentityPoolClaims, identityPoolId: string): Principal {
  const provider = providerOf(amr, identityPoolId)
  return {
    kind: isUnauthenticated(amr) ? 'guest' : 'user',
    subject: sub,
    issuer: iss,
    groups: [],
    scopes: [],
    ...(provider && { provider }),
    expiresAt: exp,
  }
}

/**
 * Returns the login that an identity was signed in with. In `amr` it follows the name of its provider: `<provider>:<type>:<user ID>`, or for
 * an application's own users `<provider>:<identity pool ID>:<user ID>`. Other forms are not documented: `undefined`.
 */
export function providerOf(amr: readonly string[], identityPoolId: string): Provider | undefined {
  const [name = '', login = ''] = amr.filter(entry => entry !== 'authenticated')
  const own = `${name}:${identityPoolId}:`
  if (login.startsWith(own)) return { name, type: 'Developer', userId: login.slice(own.length) }
  // an OIDC provider's login starts with its ARN, which ends in the name
  const at = login.indexOf(`${name}:`)
  if (at < 0) return undefined
  const [, type, userId] = /^(CognitoSignIn|OIDC):(.+)$/.exec(login.slice(at + name.length + 1)) ?? []
  return type && userId ? { name, type, userId } : undefined
}

/** Returns the `iss` of an identity pool's tokens (Amazon Cognito Developer Guide, "Developer-authenticated identities", on the issuer by Region). */
export function issuerOf(identityPoolId: string): string {
  const region = regionOf(identityPoolId)
  return sharingRegions.split(' ').includes(region)
    ? 'https://cognito-identity.amazonaws.com'
    : `https://cognito-identity.${region}.amazonaws.com`
}

const regionOf = (identityPoolId: string) => identityPoolId.slice(0, identityPoolId.indexOf(':'))
const isAuthenticated = (amr: readonly string[]) => amr.includes('authenticated')
const isUnauthenticated = (amr: readonly string[]) => amr.includes('unauthenticated')

/** Amazon Cognito Federated Identities API Reference, "IdentityPool". */
const aPoolId: OptionCheck = value =>
  typeof value === 'string' && value.length <= 55 && /^[\w-]+:[0-9a-f-]+$/.test(value)
    ? undefined
    : `must be an identity pool ID, such as eu-west-1:11111111-2222-3333-4444-555555555555${mistakeIn(value)}`

/** The commercial partition: elsewhere the exact `iss` is not documented. */
const aPoolIdOfDocumentedRegion: OptionCheck = value =>
  aPoolId(value) ??
  (/^(?!cn-)[a-z]{2}-[a-z]+-\d+$/.test(regionOf(value as string))
    ? undefined
    : 'is of a Region whose issuer is not documented: give the issuer option as well')

/** The Regions whose identity pools share one issuer. */
const sharingRegions =
  'us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ' +
  'ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3'

const algorithms = ['RS512'] as const

const otherPool =
  'Identity pools of all AWS accounts share an issuer: check the identity pool ID against the "aud" claim.'
