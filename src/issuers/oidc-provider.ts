import { refusal } from '../errors.js'
import {
  discoveryUrl,
  type KeySetOptions,
  keySet,
  keySetOptionChecks,
  keySetUrlIn,
  keyUrl,
} from '../jwks/jwks.js'
import {
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
import { scopesOf } from './principal.js'
import { aSchema, type ClaimsSchema, claimsBy } from './schema.js'

/** The claims of an ID token (OpenID Connect Core 1.0 section 2) or of a JWT access token (RFC 9068 section 2.2). */
export interface OidcClaims extends JwtClaims {
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly azp?: string
  readonly client_id?: string
  readonly scope?: string
}

/** The options of {@link oidcProvider}. */
export interface OidcProviderOptions<S extends object = object> extends KeySetOptions {
  /** The exact `iss` of its tokens. Also the base of the discovery URL. */
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
    issuer: anIssuer(options?.insecureLoopbackHttp),
    audience: oneOrMore(aString),
    'algorithms?': someAlgorithms,
    'jwksUri?': keyUrl(options?.insecureLoopbackHttp),
    'claims?': aSchema,
    'groupsFrom?': aFunction,
  })
  const { issuer, jwksUri, groupsFrom } = options
  const algorithms = listOf(options.algorithms ?? 'RS256')
  const audiences = listOf(options.audience)
  return {
    issuers: [issuer],
    algorithms,
    keys: keySet({
      ...optionsIn(options, keySetOptionChecks),
      ...(jwksUri
        ? { url: jwksUri }
        : { url: discoveryUrl(issuer), locate: text => keySetUrlIn(text, issuer) }),
      algorithms,
    }),
    validate(_header, claims) {
      validateAudience(claims, audiences)
      validateTypes(claims)
      return claimsBy(options.claims, claims) as OidcClaims & S
    },
    principal: claims => principalOf(claims, groupsFrom),
  }
}

function validateAudience({ aud }: JwtClaims, audiences: readonly string[]): void {
  const named = isTextList(aud) ? aud : [aud]
  if (!named.some(audience => audiences.includes(audience as string))) throw refusal('ERR_TOKEN_AUDIENCE')
}

function validateTypes({ sub, azp, client_id, scope, scp }: JwtClaims): void {
  const valid =
    isText(sub) &&
    (azp === undefined || typeof azp === 'string') &&
    (client_id === undefined || typeof client_id === 'string') &&
    (scope === undefined || typeof scope === 'string') &&
    (scp === undefined || typeof scp === 'string' || isTextList(scp))
  if (!valid) throw refusal('ERR_TOKEN_CLAIM')
}

/** A token whose subject is its client is a machine's (RFC 9068 section 2.2). */
function principalOf(claims: OidcClaims, groupsFrom: GroupsFrom | undefined): Principal {
  const { sub, iss, scope, scp, exp } = claims
  const clientId = claims.client_id ?? claims.azp
  return {
    kind: sub === clientId ? 'machine' : 'user',
    subject: sub,
    issuer: iss,
    ...(clientId !== undefined && { clientId }),
    groups: groupsBy(groupsFrom, claims),
    // Entra ID has a string in `scp`, Okta a list
    scopes: isTextList(scp) ? scp : scopesOf(scope ?? scp),
    expiresAt: exp,
  }
}

/** OpenID Connect Discovery 1.0 section 3: no query either. */
const anIssuer =
  (insecureLoopbackHttp: boolean | undefined): OptionCheck =>
  value =>
    keyUrl(insecureLoopbackHttp)(value) ??
    ((value as string).includes('?') ? 'must be a URL without a query' : undefined)
