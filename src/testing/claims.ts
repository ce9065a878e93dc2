import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { checkOptions } from '../options.js'
import type { Clock } from '../types.js'
import {
  accessTokenChecks,
  idTokenChecks,
  machineTokenChecks,
  type TestAccessTokenOptions,
  type TestIdTokenOptions,
  type TestMachineTokenOptions,
  type TestProvider,
  type TestUserTokenOptions,
} from './token-options.js'

/** The properties of a test issuer that go into claims. */
interface TestPool {
  readonly userPoolId: string
  readonly clientId: string
  readonly issuer: string
  readonly tokenLifetime: number
  readonly clock: Clock
}

/**
 * The claims of a user's access token.
 * Source: "Understanding the access token", Amazon Cognito Developer Guide.
 */
export function accessTokenClaims(pool: TestPool, options: TestAccessTokenOptions): Record<string, unknown> {
  checkOptions('accessToken', options, accessTokenChecks)
  const { scopes, resource, provider, clientId = pool.clientId } = options
  const { username, sub, groups } = userOf(pool, options)
  const isManagedLogin = scopes !== undefined || resource !== undefined || provider !== undefined
  return {
    sub,
    'cognito:groups': groups,
    iss: pool.issuer,
    version: isManagedLogin ? 2 : undefined,
    client_id: clientId,
    aud: resource,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    token_use: 'access',
    scope: (scopes ?? [isManagedLogin ? 'openid' : sdkScope]).join(' '),
    ...timesOf(pool, options),
    jti: randomUUID(),
    username,
    ...options.claims,
  }
}

/**
 * The claims of an ID token.
 * Source: "Understanding the identity (ID) token", Amazon Cognito Developer Guide.
 */
export function idTokenClaims(pool: TestPool, options: TestIdTokenOptions): Record<string, unknown> {
  checkOptions('idToken', options, idTokenChecks)
  const { provider, clientId = pool.clientId } = options
  const { username, sub, groups } = userOf(pool, options)
  return {
    sub,
    'cognito:groups': groups,
    email_verified: true,
    iss: pool.issuer,
    'cognito:username': username,
    // managed login makes a nonce when it sends the user on to a provider
    nonce: provider && randomBytes(32).toString('base64url'),
    origin_jti: randomUUID(),
    aud: clientId,
    identities: provider && [identityOf(pool, provider)],
    event_id: randomUUID(),
    token_use: 'id',
    ...timesOf(pool, options),
    jti: randomUUID(),
    email: options.email ?? (username.includes('@') ? username : `${username}@example.com`),
    ...options.claims,
  }
}

/**
 * The claims of a machine's access token: no user, no groups, and the client is the subject.
 * Source: "Understanding the access token", section on machine-to-machine, Amazon Cognito Developer Guide.
 */
export function machineTokenClaims(
  pool: TestPool,
  options: TestMachineTokenOptions,
): Record<string, unknown> {
  checkOptions('machineToken', options, machineTokenChecks)
  const { scopes, clientId = pool.clientId } = options
  return {
    sub: clientId,
    token_use: 'access',
    scope: scopes.join(' '),
    iss: pool.issuer,
    ...timesOf(pool, options),
    version: 2,
    jti: randomUUID(),
    client_id: clientId,
    ...options.claims,
  }
}

function userOf(pool: TestPool, { provider, username, sub, groups = [] }: TestUserTokenOptions) {
  const isCreatedBySignIn = provider !== undefined && username === undefined
  const name = username ?? (provider ? `${provider.name}_${provider.userId}` : 'test-user')
  const all = isCreatedBySignIn ? [`${pool.userPoolId}_${provider.name}`, ...groups] : groups
  return {
    username: name,
    sub: sub ?? uuidOf(`${pool.userPoolId} ${name}`),
    groups: all.length === 0 ? undefined : all,
  }
}

function timesOf(
  { clock, tokenLifetime }: TestPool,
  { expiresIn = tokenLifetime, signedInAgo = 0 }: TestUserTokenOptions,
) {
  const now = Math.floor(clock.now() / 1000)
  const iat = expiresIn > 0 ? now : now + expiresIn - tokenLifetime
  return { auth_time: iat - signedInAgo, exp: now + expiresIn, iat }
}

/** One of the `identities`: all strings, even the boolean and the date. */
const identityOf = ({ clock }: TestPool, { userId, name, type, issuer }: TestProvider) => ({
  userId,
  providerName: name,
  providerType: type,
  issuer: issuer ?? null,
  primary: 'true',
  dateCreated: String(clock.now()),
})

/** A UUID that is always the same for a text. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const sdkScope = 'aws.cognito.signin.user.admin'
