/**
 * Temporary AWS credentials for the users and guests of an identity pool. Over 150 lines: half of it documents the interface.
 *
 * @module
 */
import { LRUCache } from 'lru-cache'
import { refusal } from '../errors.js'
import { aCount, aString, checkOptions, type OptionCheck, seconds } from '../options.js'
import type { Verifier } from '../types.js'
import { credentialsError, explained } from './error.js'

export type { CredentialsError, CredentialsFailure } from './error.js'

/** The part of the AWS SDK's `CognitoIdentity` client (`@aws-sdk/client-cognito-identity`) that is used here. */
export interface IdentityClient {
  getId(input: { IdentityPoolId: string; Logins?: Record<string, string> }): Promise<{
    IdentityId?: string | undefined
  }>
  getCredentialsForIdentity(input: {
    IdentityId: string
    Logins?: Record<string, string>
    CustomRoleArn?: string
  }): Promise<{
    IdentityId?: string | undefined
    Credentials?:
      | {
          AccessKeyId?: string | undefined
          SecretKey?: string | undefined
          SessionToken?: string | undefined
          Expiration?: Date | undefined
        }
      | undefined
  }>
}

/** The options of {@link createCredentials}. */
export interface CredentialsOptions {
  /** `new CognitoIdentity({ region })` of the AWS SDK, in the Region of the identity pool. It needs no credentials itself. */
  readonly client: IdentityClient
  /** As the console shows it: Region, colon, UUID. */
  readonly identityPoolId: string
  /** Verifies ID tokens before they are used: it must accept them (`tokenUse: 'id'`). */
  readonly verifier: Verifier
  /** How many seconds before their expiry credentials are fetched again. Default 300. */
  readonly refreshBefore?: number
  /** How many identities' credentials are cached; the least recently used go first. Default 1,000. */
  readonly maxIdentities?: number
}

/** Credentials in the form that every client of the AWS SDK v3 takes. */
export interface AwsCredentials {
  /** The ID of the access key. */
  readonly accessKeyId: string
  /** The key that signs requests. */
  readonly secretAccessKey: string
  /** Goes with every request. */
  readonly sessionToken: string
  /** When they end. */
  readonly expiration: Date
  /** The identity that the credentials are for. */
  readonly identityId: string
}

/** For the option `credentials` of any client of the AWS SDK v3, which calls it again when the credentials expire. */
export type CredentialProvider = () => Promise<AwsCredentials>

/** Exchanges tokens for credentials. */
export interface Credentials {
  /**
   * Returns a provider of the credentials of an ID token's user.
   *
   * @param customRoleArn the role to request, of several that the user may have. Default: the one that the identity pool chooses
   * @throws AuthError (as a rejection of the provider) when the token does not pass the verifier
   * @throws CredentialsError (likewise) when the identity pool refuses, saying what to do about it
   */
  forUser(idToken: string, customRoleArn?: string): CredentialProvider
  /**
   * Returns a provider of the credentials of a guest: of a new one for each call, or of an earlier one.
   *
   * @param identityId the guest's, from earlier credentials. It is a secret: who has it gets that guest's credentials
   * @throws CredentialsError (as a rejection of the provider)
   */
  forGuest(identityId?: string): CredentialProvider
}

/**
 * Returns an exchange of verified ID tokens, or of no token for guests, for temporary AWS credentials, through the enhanced flow of an identity
 * pool. Credentials are cached until shortly before they expire: concurrent requests share one exchange per identity, role and stable claims.
 *
 * The token is verified on each call of the provider, so that a token that has expired or is revoked gets no more credentials; those that
 * were handed out before stay valid for their hour.
 *
 * Source: Amazon Cognito Developer Guide, "Identity pools authentication flow".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const credentials = createCredentials({ client: new CognitoIdentity({ region }), identityPoolId, verifier })
 * const s3 = new S3Client({ region, credentials: credentials.forUser(idToken) })
 */
export function createCredentials(options: CredentialsOptions): Credentials {
  // Over 40 lines: users and guests share the cache.
  checkOptions('createCredentials', options, checks)
  const { client, identityPoolId, verifier, refreshBefore = 300, maxIdentities = 1_000 } = options
  const cache = new LRUCache<string, Promise<AwsCredentials>>({ max: maxIdentities })
  /** Distinguishes guests that have no identity yet. */
  let guests = 0
  const isFresh = ({ expiration }: AwsCredentials) =>
    expiration.getTime() - refreshBefore * 1_000 > verifier.clock.now()

  /** Returns cached credentials, or those in flight, if they are fresh; else those of one new exchange for all callers. Failures are not cached. */
  async function cached(key: string, exchange: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
    const before = cache.get(key)
    const credentials = await before?.catch(() => undefined)
    if (credentials && isFresh(credentials)) return credentials
    const current = cache.get(key)
    if (current && current !== before) return current
    const fetched = exchange()
    cache.set(key, fetched)
    fetched.catch(() => cache.peek(key) === fetched && cache.delete(key))
    return fetched
  }

  async function exchange(
    logins: { Logins?: Record<string, string> },
    identityId?: string,
    role?: string,
  ): Promise<AwsCredentials> {
    try {
      const id = identityId ?? (await client.getId({ IdentityPoolId: identityPoolId, ...logins })).IdentityId
      const custom = role === undefined ? {} : { CustomRoleArn: role }
      const input = { IdentityId: id as string, ...logins, ...custom }
      return credentialsIn(await client.getCredentialsForIdentity(input), id)
    } catch (error) {
      throw explained(error)
    }
  }

  return {
    forUser: (idToken, role) => async () => {
      const { claims, principal } = await verifier.verify(idToken)
      if (principal.tokenUse === 'access') throw refusal('ERR_TOKEN_USE', accessTokenHint)
      // a login is named by its issuer: the pool refuses a token under another name
      const logins = { Logins: { [claims.iss.replace('https://', '')]: idToken } }
      const stable = Object.entries(claims).filter(([name]) => !changingClaims.has(name))
      return cached(JSON.stringify([role, stable]), () => exchange(logins, undefined, role))
    },
    forGuest(identityId) {
      let id = identityId
      // no identity ID, whatever its text, may equal the key of a guest who has none yet
      const key = id === undefined ? `new guest ${guests++}` : `guest ${id}`
      return async () => {
        const credentials = await cached(key, () => exchange({}, id))
        id = credentials.identityId
        return credentials
      }
    },
  }
}

function credentialsIn(
  answer: Awaited<ReturnType<IdentityClient['getCredentialsForIdentity']>>,
  asked: string | undefined,
): AwsCredentials {
  // the service calls it SecretKey, clients of the SDK secretAccessKey
  const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials ?? {}
  // the pool may have merged the identity into another
  const identityId = answer.IdentityId ?? asked
  if (!AccessKeyId || !SecretKey || !SessionToken || !Expiration || !identityId)
    throw credentialsError('incomplete')
  return Object.freeze({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretKey,
    sessionToken: SessionToken,
    expiration: Expiration,
    identityId,
  })
}

/**
 * Claims that change with every token. Rules and principal tags may name any of the others: when one of those changes, such as the user's
 * current tenant, the token gets other credentials.
 */
const changingClaims = new Set([
  'exp',
  'iat',
  'nbf',
  'jti',
  'auth_time',
  'origin_jti',
  'event_id',
  'nonce',
  'at_hash',
])

const accessTokenHint = 'An identity pool takes ID tokens; this is an access token.'

const anIdentityClient: OptionCheck = value => {
  const { getId, getCredentialsForIdentity } = Object(value) as Partial<IdentityClient>
  return typeof getId === 'function' && typeof getCredentialsForIdentity === 'function'
    ? undefined
    : 'must be a CognitoIdentity client of the AWS SDK (not CognitoIdentityClient)'
}

const checks = {
  client: anIdentityClient,
  identityPoolId: aString,
  verifier: (value: unknown) =>
    typeof (value as Partial<Verifier> | null)?.verify === 'function'
      ? undefined
      : 'must be a verifier, such as createVerifier({ ... })',
  'refreshBefore?': seconds(0, 3_000),
  'maxIdentities?': aCount(1, 1_000_000),
}
