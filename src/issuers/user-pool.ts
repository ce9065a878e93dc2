// Over 150 lines: half of it documents the options.
import { refusal } from '../errors.js'
import { keySetByIssuer } from '../jwks/by-issuer.js'
import { anIssuer, type KeySetOptions, keySet, keySetOptionChecks, keyUrl } from '../jwks/jwks.js'
import {
  aBoolean,
  aFunction,
  aString,
  checkOptions,
  listOf,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  oneOrMore,
  optionsIn,
} from '../options.js'
import { isArray } from '../runtime.js'
import { isText, isTextList } from '../token/claims.js'
import type { JwsHeader, JwtClaims, KeyResolver, TrustedIssuer } from '../types.js'
import { type GroupsFrom, groupsBy } from './groups.js'
import { isMachineToken, scopesOf, userPoolPrincipal } from './principal.js'
import { aSchema, type ClaimsSchema, claimsBy } from './schema.js'
import type { TokenUse, UserPoolClaims } from './user-pool-claims.js'
import { aClientId, aCustomScope, aPoolId, aRegion, issuersOf } from './user-pool-ids.js'

/**
 * The options of {@link userPool}. `clientId` is required, unless `anyClient` or `insecureSkipClientCheck` stands in its place; `resource` is
 * where tokens must be bound to one.
 *
 * @interface
 */
export type UserPoolOptions<U extends TokenUse = 'access', S extends object = object> = PoolOptions<U, S> &
  (Bound | Unbound) &
  (AnyClient | SkippedClientCheck | WithClientId)

// Compilers say of a call that fits no part of a union what it lacks for the last one: by position, or by name in TypeScript 7.

/** The options of {@link userPool} that do not depend on each other. */
export interface PoolOptions<U extends TokenUse = 'access', S extends object = object> extends KeySetOptions {
  /** As the console shows it: Region, underscore, name. The issuer's URL follows from it. */
  readonly userPoolId: string
  /**
   * Which tokens are accepted. Default `'access'`: an ID token is for the app that the user signed in to, not for calling APIs.
   */
  readonly tokenUse?: U | readonly U[]
  /**
   * Custom scopes, `<resource server>/<scope>`, of which a machine's token must have one to be accepted without being bound, where others
   * must be bound. Name those of this API's own resource server, and let clients that register themselves have none of them. Default: no
   * unbound token is accepted.
   */
  readonly machineScope?: string | readonly string[]
  /** The Regions of a pool's replicas, whose tokens may name their own Region in `iss`. Default none. */
  readonly additionalRegions?: string | readonly string[]
  /**
   * The one exact `iss` to accept in place of those that follow from the pool ID, for partitions where they are not documented and for
   * emulators. An `https:` URL, but any text with `jwksUri`, or with `jwks` and `offline`: nothing is fetched from there.
   */
  readonly issuer?: string
  /** Where the key set is. Default: `<iss>/.well-known/jwks.json` of the token's issuer. */
  readonly jwksUri?: string
  /**
   * A schema for the claims, of any synchronous Standard Schema validator (zod, valibot, arktype). Its output types the claims.
   * Default: none.
   */
  readonly claims?: ClaimsSchema<S>
  /**
   * Where groups are, in place of `cognito:groups`, such as `groupsFromText('custom:groups')` for those of a SAML provider.
   * Claims that users may write are never groups unless they are named here. Default `cognito:groups`.
   */
  readonly groupsFrom?: GroupsFrom
  /**
   * Accepts tokens with a `cnf` claim, without a proof: for a pool that uses the name for something else. Where it is a key that the
   * token is bound to (DPoP, mTLS), a stolen one is then as good as any. Default `false`: `ERR_TOKEN_BOUND`.
   */
  readonly insecureIgnoreConfirmation?: boolean
}

interface Bound {
  readonly resource: string | readonly string[]
  /**
   * Whether access tokens must be bound to one of `resource`. Cognito cannot bind those of machines: see `machineScope`. Default `false`,
   * with `anyClient` `true`.
   */
  readonly requireResource?: boolean
}

interface Unbound {
  /**
   * This API's resource identifiers (RFC 8707): an access token that is bound to a resource must be bound to one of these.
   * Without this option, a token bound to any resource is refused. A token that is bound to none is accepted; see `requireResource`.
   */
  readonly resource?: string | readonly string[]
  readonly requireResource?: false
}

interface AnyClient {
  /**
   * Accepts access tokens of any app client of the pool, but only those that are bound to one of `resource`, which it makes required: for
   * clients that register themselves (RFC 7591), whose IDs nobody can list. A token bound to nothing is refused, but for a machine's with a
   * `machineScope`. In place of `clientId`; implies `requireResource`; ID tokens cannot be bound. Default `false`.
   */
  readonly anyClient: true
  // none, but not `undefined`: a compiler that is given that would say that `insecureSkipClientCheck` is missing
  readonly clientId?: readonly never[]
  readonly resource: string | readonly string[]
  readonly requireResource?: true
  readonly tokenUse?: 'access' | readonly 'access'[]
  readonly insecureSkipClientCheck?: false
}

interface SkippedClientCheck {
  /** Accepts tokens of any app client of the pool, for whatever API they are; `anyClient` asks for this one. In place of `clientId`. Default `false`. */
  readonly insecureSkipClientCheck: true
  readonly clientId?: string | readonly string[]
  readonly anyClient?: false
}

interface WithClientId {
  /**
   * The app clients whose tokens are accepted: `client_id` of an access token, `aud` of an ID token. Required, unless `anyClient` or
   * `insecureSkipClientCheck` stands in its place.
   */
  readonly clientId: string | readonly string[]
  readonly anyClient?: false
  readonly insecureSkipClientCheck?: boolean
}

/**
 * Returns a user pool as a trusted issuer: its original and its updated `iss`, RS256, and the checks of Cognito's claims.
 * A key set is fetched for the first token of its issuer, or by `verifier.ready()`.
 * Does not check groups and scopes: those are the policy's.
 *
 * Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens" and "Identity provider and relying party endpoints".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * createVerifier({ issuers: [userPool({ userPoolId: 'eu-west-1_AbCdEf123', clientId: '1example23456789' })] })
 */
export function userPool<const U extends TokenUse = 'access', S extends object = object>(
  options: UserPoolOptions<U, S>,
): TrustedIssuer<UserPoolClaims<U> & S> {
  checkOptions('userPool', options, checksFor(Object(options)))
  const issuers = options.issuer
    ? [options.issuer]
    : issuersOf(options.userPoolId, listOf(options.additionalRegions ?? []))
  const uses = listOf<TokenUse>(options.tokenUse ?? 'access')
  const clients =
    options.insecureSkipClientCheck || options.anyClient ? undefined : listOf<string>(options.clientId)
  const audience = {
    resources: listOf(options.resource ?? []),
    isRequired: mustBeBound(options),
    machineScopes: listOf(options.machineScope ?? []),
  }
  const { groupsFrom } = options
  return {
    name: options.name ?? 'userPool',
    issuers,
    algorithms,
    insecureIgnoreConfirmation: options.insecureIgnoreConfirmation === true,
    keys: keysOf(options, issuers),
    ...(options.issuer && { revokedBy: [options.userPoolId] }),
    validate(_header: JwsHeader, claims: JwtClaims) {
      validateUse(claims, uses)
      if (claims.token_use === 'access') {
        validateClient(claims.client_id, clients)
        validateAudience(claims, audience)
      } else validateClient(claims.aud, clients)
      validateTypes(claims)
      return claimsBy(options.claims, claims) as UserPoolClaims<U> & S
    },
    ...(groupsFrom && {
      principal: claims => ({ ...userPoolPrincipal(claims), groups: groupsBy(groupsFrom, claims) }),
    }),
  }
}

function validateUse({ token_use: use }: JwtClaims, uses: readonly string[]): void {
  if (typeof use === 'string' && uses.includes(use)) return
  throw refusal('ERR_TOKEN_USE', use === 'id' || use === 'access' ? useHints[use] : undefined)
}

function validateClient(client: unknown, clients: readonly string[] | undefined): void {
  if (!isText(client) || (clients && !clients.includes(client))) throw refusal('ERR_TOKEN_CLIENT')
}

function validateAudience(claims: JwtClaims, { resources, isRequired, machineScopes }: Audience): void {
  const { client_id: client, aud } = claims
  if (typeof aud === 'string' && resources.includes(aud)) return
  // a trigger may set `aud` to the client ID, and to nothing else: that binds the token to no resource
  const isFree = aud === undefined || aud === client
  if (isFree && (!isRequired || isMachineWith(machineScopes, claims))) return
  throw refusal('ERR_TOKEN_AUDIENCE', isFree ? unboundHint : undefined)
}

const isMachineWith = (required: readonly string[], claims: JwtClaims) =>
  isMachineToken(claims) && scopesOf(claims.scope).some(scope => required.includes(scope))

/** Checks the documented types of the claims that authorization depends on. */
function validateTypes(claims: JwtClaims): void {
  const { sub, scope, username, origin_jti, identities } = claims
  const groups = claims['cognito:groups']
  const cognitoUsername = claims['cognito:username']
  const valid =
    isText(sub) &&
    (scope === undefined || typeof scope === 'string') &&
    (groups === undefined || isTextList(groups)) &&
    (username === undefined || typeof username === 'string') &&
    (cognitoUsername === undefined || typeof cognitoUsername === 'string') &&
    (origin_jti === undefined || typeof origin_jti === 'string') &&
    (identities === undefined || isArray(identities))
  if (!valid) throw refusal('ERR_TOKEN_CLAIM')
}

/** One key set for each issuer, so that only those of issuers in use are fetched: the other answers 403. */
function keysOf(options: UserPoolOptions<TokenUse>, issuers: readonly string[]): KeyResolver {
  const keySetAt = (url: string) =>
    keySet({ ...optionsIn(options, keySetOptionChecks), url, algorithms, factory: 'userPool' })
  if (options.jwksUri || issuers.length === 1)
    return keySetAt(options.jwksUri ?? keySetUrl(issuers[0] as string))
  return keySetByIssuer(new Map(issuers.map(issuer => [issuer, keySetAt(keySetUrl(issuer))])))
}

/** What an access token must be bound to. */
interface Audience {
  readonly resources: readonly string[]
  readonly isRequired: boolean
  readonly machineScopes: readonly string[]
}

const mustBeBound = ({ anyClient, requireResource }: UserPoolOptions<TokenUse>) =>
  anyClient === true || requireResource === true

const keySetUrl = (issuer: string) => `${issuer}/.well-known/jwks.json`

function checksFor(options: UserPoolOptions<TokenUse>): OptionChecks {
  const { anyClient, insecureSkipClientCheck, issuer } = options
  const isBound = mustBeBound(options)
  return {
    ...keySetOptionChecks,
    userPoolId: aPoolId(Boolean(issuer)),
    'anyClient?': aBoolean,
    ...(anyClient === true && withAnyClient),
    ...(anyClient !== true && {
      [insecureSkipClientCheck === true ? 'clientId?' : 'clientId']: oneOrMore(aClientId),
      'tokenUse?': oneOrMore(oneOf('access', 'id')),
      'requireResource?': aBoolean,
      'insecureSkipClientCheck?': aBoolean,
    }),
    [isBound ? 'resource' : 'resource?']: oneOrMore(aString),
    'machineScope?': isBound ? oneOrMore(aCustomScope) : unavailable('needs anyClient or requireResource'),
    'claims?': aSchema,
    'groupsFrom?': aFunction,
    'additionalRegions?': oneOrMore(aRegion),
    'issuer?': anIssuer(options),
    'jwksUri?': keyUrl(options),
    'insecureIgnoreConfirmation?': aBoolean,
  }
}

const unavailable =
  (problem: string): OptionCheck =>
  () =>
    problem

/** With `anyClient`, what would contradict it. */
const withAnyClient: OptionChecks = {
  'clientId?': unavailable('cannot be combined with anyClient; requireResource: true keeps both checks'),
  'tokenUse?': value =>
    [value].flat().every(use => use === 'access') && listOf(value as string).length > 0
      ? undefined
      : "must be 'access' with anyClient: an ID token is bound to its client",
  'requireResource?': value => (value === true ? undefined : 'must be true with anyClient'),
  'insecureSkipClientCheck?': value => (value === false ? undefined : 'cannot be combined with anyClient'),
}

const algorithms = ['RS256'] as const

const useHints = {
  id: 'This is an ID token; this API accepts access tokens. Amplify: (await fetchAuthSession()).tokens.accessToken.',
  access:
    'This is an access token; this API accepts ID tokens. Amplify: (await fetchAuthSession()).tokens.idToken.',
}

const unboundHint =
  'This token is bound to no resource: ask for it with the parameter resource at /oauth2/authorize; a machine needs a scope named in machineScope.'
