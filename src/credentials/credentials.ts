/**
 * Temporary AWS credentials for the users and guests of an identity pool. Longer than 150 lines: half of it documents the interface.
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
  readonly identityPoolId: string
  /** What ID tokens are verified by, before anything is done with them: it must accept them (`tokenUse: 'id'`). */
  readonly verifier: Verifier
  /** How many seconds before they expire credentials are fetched again. Default 300. */
  readonly refreshBefore?: number
  /** How many identities' credentials are remembered; the least recently used go first. Default 1,000. */
  readonly maxIdentities?: number
}

/** Credentials in the form that every client of the AWS SDK v3 takes. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  /** Whose credentials these are. */
  readonly identityId: string
}

/** For the option `credentials` of any client of the AWS SDK v3. It is asked again when the credentials expire. */
export type CredentialProvider = () => Promise<AwsCredentials>

/** Exchanges tokens for credentials. */
export interface Credentials {
  /**
   * Returns the credentials of the user whom an ID token speaks for.
   *
   * @param customRoleArn the role to ask for, of several that the user may have. Default: the one that the identity pool chooses
   * @throws AuthError (as a rejection of the provider) when the token does not pass the verifier
   * @throws CredentialsError (likewise) when the identity pool refuses, saying what to do about it
   */
  forUser(idToken: string, customRoleArn?: string): CredentialProvider
  /**
   * Returns the credentials of a guest: of a new one each time, or of one who was here before.
   *
   * @param identityId the guest's, from their earlier credentials. Whoever knows it is that guest: keep it from others
   * @throws CredentialsError (as a rejection of the provider)
   */
  forGuest(identityId?: string): CredentialProvider
}

/**
 * Returns an exchange of verified ID tokens, or of nobody's, for temporary AWS credentials, through the enhanced flow of an identity pool.
 * They are remembered until shortly before they expire: one exchange per identity, role and lasting claims, however many requests ask for it
 * at a time.
 *
 * A token is verified each time that its credentials are asked for, so that they are no longer given out for a token that has expired or is
 * revoked; credentials that were given out stay valid for their hour.
 *
 * Source: Amazon Cognito Developer Guide, "Identity pools authentication flow".
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const credentials = createCredentials({ client: new CognitoIdentity({ region }), identityPoolId, verifier })
 * const s3 = new S3Client({ region, credentials: credentials.forUser(idToken) })
 */
export function createCredentials(options: CredentialsOptions): Credentials {
  // Over 40 lines: what is remembered is shared by users and guests.
  checkOptions('createCredentials', options, checks)
  const { client, identityPoolId, verifier, refreshBefore = 300, maxIdentities = 1_000 } = options
  const known = new LRUCache<string, Promise<AwsCredentials>>({ max: maxIdentities })
  /** Tells guests apart that have no identity yet. */
  let guests = 0
  const isFresh = ({ expiration }: AwsCredentials) =>
    expiration.getTime() - refreshBefore * 1_000 > verifier.clock.now()

  /** What is remembered or on its way, if it is fresh; else one new exchange for all who ask. A failure is not remembered. */
  async function remembered(key: string, exchange: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
    const before = known.get(key)
    const credentials = await before?.catch(() => undefined)
    if (credentials && isFresh(credentials)) return credentials
    const current = known.get(key)
    if (current && current !== before) return current
    const fetched = exchange()
    known.set(key, fetched)
    fetched.catch(() => known.peek(key) === fetched && known.delete(key))
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
      // The issuer is what a login is called by: the pool refuses a token under another name.
      const logins = { Logins: { [claims.iss.replace('https://', '')]: idToken } }
      const lasting = Object.entries(claims).filter(([name]) => !passing.has(name))
      return remembered(JSON.stringify([role, lasting]), () => exchange(logins, undefined, role))
    },
    forGuest(identityId) {
      let id = identityId
      // nobody's identity ID, whatever it is, may read as the number of a guest who has none yet
      const key = id === undefined ? `new guest ${guests++}` : `guest ${id}`
      return async () => {
        const credentials = await remembered(key, () => exchange({}, id))
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
  // The service speaks of a SecretKey, clients of a secretAccessKey.
  const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials ?? {}
  // The pool may have merged the identity into another.
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
 * Claims that come anew with every token. Rules and principal tags may name any of the others: who comes back with one changed, such as
 * the tenant that the user works for now, gets other credentials.
 */
const passing = new Set([
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
