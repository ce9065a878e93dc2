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
  type OptionChecks,
  oneOf,
  oneOrMore,
  optionsIn,
} from '../options.js'
import { isText, isTextList } from '../token/claims.js'
import type { JwsHeader, JwtClaims, KeyResolver, TrustedIssuer } from '../types.js'
import { type GroupsFrom, groupsBy } from './groups.js'
import { userPoolPrincipal } from './principal.js'
import { aSchema, type ClaimsSchema, claimsBy } from './schema.js'
import type { TokenUse, UserPoolClaims } from './user-pool-claims.js'
import { aClientId, aPoolId, aRegion, issuersOf } from './user-pool-ids.js'

/** The options of {@link userPool}. */
export interface UserPoolOptions<U extends TokenUse = 'access', S extends object = object>
  extends KeySetOptions {
  /** As the console shows it: Region, underscore, name. The issuer's URL follows from it. */
  readonly userPoolId: string
  /** The app clients whose tokens are accepted: `client_id` of an access token, `aud` of an ID token. */
  readonly clientId?: string | readonly string[]
  /**
   * Which tokens are accepted. Default `'access'`: an ID token is for the app that the user signed in to, not for calling APIs.
   */
  readonly tokenUse?: U | readonly U[]
  /**
   * This API's resource identifiers (RFC 8707): an access token that is bound to a resource must be bound to one of these.
   * Without this option, a token bound to any resource is refused. A token that is bound to none is accepted; see `requireResource`.
   */
  readonly resource?: string | readonly string[]
  /** Whether access tokens must be bound to one of `resource`. Cognito cannot bind those of machines. Default `false`. */
  readonly requireResource?: boolean
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
  /** Accepts tokens of any app client of the pool. Makes `clientId` unnecessary. Default `false`. */
  readonly insecureSkipClientCheck?: boolean
  /**
   * Accepts tokens with a `cnf` claim from whoever holds them: for a pool that uses the name for something else. Where it is a key that the
   * token is bound to (DPoP, mTLS), a stolen one is then as good as any. Default `false`: `ERR_TOKEN_BOUND`.
   */
  readonly insecureIgnoreConfirmation?: boolean
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
  const clients = options.insecureSkipClientCheck
    ? undefined
    : listOf(options.clientId as string | readonly string[])
  const resources = listOf(options.resource ?? [])
  const { groupsFrom } = options
  return {
    issuers,
    algorithms,
    insecureIgnoreConfirmation: options.insecureIgnoreConfirmation === true,
    keys: keysOf(options, issuers),
    ...(options.issuer && { revokedBy: [options.userPoolId] }),
    validate(_header: JwsHeader, claims: JwtClaims) {
      validateUse(claims, uses)
      if (claims.token_use === 'access')
        validateAccess(claims, clients, resources, options.requireResource === true)
      else validateId(claims, clients)
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

function validateAccess(
  { client_id: client, aud }: JwtClaims,
  clients: readonly string[] | undefined,
  resources: readonly string[],
  mustBeBound: boolean,
): void {
  if (!isText(client) || (clients && !clients.includes(client))) throw refusal('ERR_TOKEN_CLIENT')
  const isBound = typeof aud === 'string' && resources.includes(aud)
  // a trigger may set `aud` to the client ID, and to nothing else: that binds the token to no resource
  const isFree = aud === undefined || aud === client
  if (!isBound && !(isFree && !mustBeBound)) throw refusal('ERR_TOKEN_AUDIENCE')
}

function validateId({ aud }: JwtClaims, clients: readonly string[] | undefined): void {
  if (!isText(aud) || (clients && !clients.includes(aud))) throw refusal('ERR_TOKEN_CLIENT')
}

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
    (identities === undefined || Array.isArray(identities))
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

const keySetUrl = (issuer: string) => `${issuer}/.well-known/jwks.json`

function checksFor(options: UserPoolOptions<TokenUse>): OptionChecks {
  const { insecureSkipClientCheck, insecureLoopbackHttp, issuer } = options
  return {
    ...keySetOptionChecks,
    userPoolId: aPoolId(Boolean(issuer)),
    [insecureSkipClientCheck === true ? 'clientId?' : 'clientId']: oneOrMore(aClientId),
    'tokenUse?': oneOrMore(oneOf('access', 'id')),
    'resource?': oneOrMore(aString),
    'requireResource?': aBoolean,
    'claims?': aSchema,
    'groupsFrom?': aFunction,
    'additionalRegions?': oneOrMore(aRegion),
    'issuer?': anIssuer(options),
    'jwksUri?': keyUrl(insecureLoopbackHttp),
    'insecureSkipClientCheck?': aBoolean,
    'insecureIgnoreConfirmation?': aBoolean,
  }
}

const algorithms = ['RS256'] as const

const useHints = {
  id: 'This is an ID token; this API accepts access tokens. Amplify: (await fetchAuthSession()).tokens.accessToken.',
  access:
    'This is an access token; this API accepts ID tokens. Amplify: (await fetchAuthSession()).tokens.idToken.',
}
