// Over 150 lines: a third of it documents the options.
import { refusal } from '../errors.js'
import {
  anIssuer,
  discoveryUrl,
  type KeySetOptions,
  keySet,
  keySetOptionChecks,
  keySetUrlIn,
  keyUrl,
} from '../jwks/jwks.js'
import {
  aBoolean,
  aFunction,
  aString,
  checkOptions,
  listOf,
  type OptionCheck,
  oneOrMore,
  optionsIn,
  someAlgorithms,
} from '../options.js'
import { isText, isTextList } from '../token/claims.js'
import type { Algorithm, JwtClaims, Principal, TrustedIssuer } from '../types.js'
import { type GroupsFrom, groupsBy } from './groups.js'
import { clientOf, type KindFrom, kindBy } from './kind.js'
import { scopesOf } from './principal.js'
import { aSchema, type ClaimsSchema, claimsBy } from './schema.js'

/** The claims of an ID token (OpenID Connect Core 1.0 section 2) or of a JWT access token (RFC 9068 section 2.2). */
export interface OidcClaims extends JwtClaims {
  /** Of a machine's token that has none: its client ID. */
  readonly sub: string
  /** Whom the token is meant for: a client, or an API. */
  readonly aud: string | readonly string[]
  /** The client, in ID tokens of some providers. */
  readonly azp?: string
  /** The client, in access tokens. */
  readonly client_id?: string
  /** The scopes: separated by spaces, or a list. */
  readonly scope?: string | readonly string[]
}

/** The options of {@link oidcProvider}. */
export interface OidcProviderOptions<S extends object = object> extends KeySetOptions {
  /** The exact `iss` of its tokens: a URL where its keys are discovered there, any text with `jwksUri`, or with `jwks` and `offline`. */
  readonly issuer: string
  /** The accepted `aud`: a client ID for ID tokens, an API's name or URL for access tokens. */
  readonly audience: string | readonly string[]
  /** The accepted algorithms, one or several of RS256 to EdDSA. Default `'RS256'`. */
  readonly algorithms?: Algorithm | readonly Algorithm[]
  /** Where the key set is. Default: as in the discovery document, which must be on the origin of `issuer`; Google's, for one, is not. */
  readonly jwksUri?: string
  /** A schema for the claims, of any synchronous Standard Schema validator (zod, valibot, arktype). Its output types them. Default: none. */
  readonly claims?: ClaimsSchema<S>
  /** Where groups are, such as `claims => claims.roles`. Default: no groups; each provider has its own claim. */
  readonly groupsFrom?: GroupsFrom
  /**
   * Whether a token is a user's, a machine's or a guest's, such as `claims => (claims.actor === 'service' ? 'machine' : 'user')`. Default: what
   * the claims show, by what the large providers write into them. Where nothing shows that there is a person, it is a machine's.
   */
  readonly kindFrom?: KindFrom
  /**
   * Accepts tokens with a `cnf` claim, without a proof: for a provider that uses the name for something else. Where it is a key that the
   * token is bound to (DPoP, mTLS), a stolen one is then as good as any. Default `false`: `ERR_TOKEN_BOUND`.
   */
  readonly insecureIgnoreConfirmation?: boolean
}

/**
 * Returns any OpenID Connect provider as a trusted issuer: Google, Apple, Entra ID, Okta, Auth0.
 * Accepts only the configured issuer, audience and algorithms; nothing in a token or a document adds to them.
 * Does not tell ID tokens from access tokens, except by their audiences.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * oidcProvider({ issuer: 'https://accounts.google.com', audience: clientId, jwksUri: 'https://www.googleapis.com/oauth2/v3/certs' })
 */
export function oidcProvider<S extends object = object>(
  options: OidcProviderOptions<S>,
): TrustedIssuer<OidcClaims & S> {
  checkOptions('oidcProvider', options, {
    ...keySetOptionChecks,
    issuer: anIssuer(Object(options), discoverable(options)),
    audience: oneOrMore(aString),
    'algorithms?': someAlgorithms,
    'jwksUri?': keyUrl(options),
    'claims?': aSchema,
    'groupsFrom?': aFunction,
    'kindFrom?': aFunction,
    'insecureIgnoreConfirmation?': aBoolean,
  })
  const { issuer, jwksUri, groupsFrom, kindFrom } = options
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const audiences = listOf(options.audience)
  return {
    name: options.name ?? 'oidcProvider',
    issuers: [issuer],
    algorithms,
    insecureIgnoreConfirmation: options.insecureIgnoreConfirmation === true,
    keys: keySet({
      ...optionsIn(options, keySetOptionChecks),
      ...(jwksUri
        ? { url: jwksUri }
        : { url: discoveryUrl(issuer), locate: text => keySetUrlIn(text, issuer) }),
      algorithms,
      allowsUnnamed: true,
      factory: 'oidcProvider',
    }),
    validate(_header, claims) {
      validateAudience(claims, audiences)
      validateTypes(claims)
      return claimsBy(options.claims, withSubject(claims, kindFrom)) as OidcClaims & S
    },
    principal: claims => principalOf(claims, groupsFrom, kindFrom),
  }
}

/** @throws AuthError `ERR_TOKEN_AUDIENCE` where `aud` names none of these, exactly */
export function validateAudience({ aud }: JwtClaims, audiences: readonly string[]): void {
  const named = isTextList(aud) ? aud : [aud]
  if (!named.some(audience => audiences.includes(audience as string))) throw refusal('ERR_TOKEN_AUDIENCE')
}

function validateTypes(claims: JwtClaims): void {
  const { sub, azp, client_id, scope, scp } = claims
  const valid =
    (isText(sub) || (sub === undefined && clientOf(claims) !== undefined)) &&
    (azp === undefined || typeof azp === 'string') &&
    (client_id === undefined || typeof client_id === 'string') &&
    (scope === undefined || typeof scope === 'string' || isScopeList(scope)) &&
    (scp === undefined || typeof scp === 'string' || isScopeList(scp))
  if (!valid) throw refusal('ERR_TOKEN_CLAIM')
}

/** Scopes are separated by spaces (RFC 6749 section 3.3): an entry with a space would be one scope here and two elsewhere. */
const isScopeList = (value: unknown) =>
  isTextList(value) && value.every(scope => isText(scope) && !scope.includes(' '))

/** The subject of a machine's token that has none is its client (RFC 9068 section 2.2). Nobody else's may be missing. */
function withSubject(claims: JwtClaims, kindFrom: KindFrom | undefined): JwtClaims {
  if (claims.sub !== undefined) return claims
  if (kindBy(kindFrom, claims) !== 'machine') throw refusal('ERR_TOKEN_CLAIM')
  return { ...claims, sub: clientOf(claims) as string }
}

function principalOf(
  claims: OidcClaims,
  groupsFrom: GroupsFrom | undefined,
  kindFrom: KindFrom | undefined,
): Principal {
  const { sub, iss, scope, scp, exp } = claims
  const clientId = clientOf(claims)
  const scopes = scope ?? scp
  return {
    kind: kindBy(kindFrom, claims),
    subject: sub,
    issuer: iss,
    ...(clientId !== undefined && { clientId }),
    groups: groupsBy(groupsFrom, claims),
    // Entra ID has a string in `scp`, Okta a list, Duende a list in `scope`
    scopes: isTextList(scopes) ? scopes : scopesOf(scopes),
    expiresAt: exp,
  }
}

/** OpenID Connect Discovery 1.0 section 3: no query either. */
const discoverable =
  (options: KeySetOptions | undefined): OptionCheck =>
  value =>
    keyUrl(options)(value) ?? ((value as string).includes('?') ? 'must be a URL without a query' : undefined)
