import {
  createHash,
  createSign,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto'
import {
  createVerifier,
  type TrustedIssuer,
  type UserPoolOptions,
  userPool,
  type VerifierOptions,
} from 'cognito-guard'

/** A key pair of one algorithm, and its public half as a key set has it. */
export interface KeyPair {
  readonly jwk: JsonWebKey & { readonly kid: string; readonly alg: string; readonly use: string }
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** The time of every token here, in seconds. */
export const now = 1_800_000_000

export const clock = { now: () => now * 1000 }

export const userPoolId = 'eu-west-1_Strict123'
export const clientId = '1example23456789client'
export const issuer = `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`

export function rsaPair(modulusLength = 2048, publicExponent = 65537): KeyPair {
  return pair(generateKeyPairSync('rsa', { modulusLength, publicExponent }), 'RS256')
}

export const ecPair = (namedCurve = 'P-256', alg = 'ES256'): KeyPair =>
  pair(generateKeyPairSync('ec', { namedCurve }), alg)

function pair(
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  alg: string,
): KeyPair {
  const jwk = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64')
  return { jwk: { ...jwk, kid, alg, use: 'sig' }, privateKey, publicKey }
}

/** The pool's own key, and one that it does not publish. */
export const own = rsaPair()
export const foreign = rsaPair()

export const base64url = (text: string | Uint8Array): string =>
  Buffer.from(text as string).toString('base64url')

/** A signing input with the RS256 signature over it, whatever it is. */
export const seal = (signingInput: string, { privateKey } = own): string =>
  `${signingInput}.${createSign('sha256').update(signingInput).sign(privateKey).toString('base64url')}`

/** The same with ES256: two numbers of 32 bytes. */
export const sealEs256 = (signingInput: string, { privateKey }: KeyPair): string =>
  `${signingInput}.${signBytes('sha256', Buffer.from(signingInput), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`

/** A JSON text, from an object, or as it is. */
export const json = (part: object | string): string =>
  typeof part === 'string' ? part : JSON.stringify(part)

export const headerOf = (members: object = {}): object => ({ kid: own.jwk.kid, alg: 'RS256', ...members })

/** The claims of an access token (Amazon Cognito Developer Guide, "Understanding the access token"). */
export const claimsOf = (claims: object = {}): Record<string, unknown> => ({
  sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  'cognito:groups': ['readers'],
  iss: issuer,
  client_id: clientId,
  origin_jti: 'aaaaaaaa-0000-cccc-dddd-eeeeeeeeeeee',
  token_use: 'access',
  scope: 'openid orders/read',
  auth_time: now - 60,
  exp: now + 3600,
  iat: now - 60,
  jti: 'aaaaaaaa-1111-cccc-dddd-eeeeeeeeeeee',
  username: 'somebody@example.com',
  ...claims,
})

/** A token that the pool signed, with any header and claims. */
export const token = (
  claims: object | string = claimsOf(),
  header: object | string = headerOf(),
  key = own,
): string => seal(`${base64url(json(header))}.${base64url(json(claims))}`, key)

/** The pool, with its key loaded. */
export const pool = (options: Partial<Omit<UserPoolOptions, never>> = {}) =>
  userPool({ userPoolId, clientId, jwks: { keys: [own.jwk] }, offline: true, ...options } as UserPoolOptions)

export const verifierOf = (
  issuers: readonly TrustedIssuer[] = [pool()],
  options: Partial<Omit<VerifierOptions, 'issuers'>> = {},
) => createVerifier({ issuers, clock, ...options })

/** What a call throws: the code of a refusal, the whole of anything else, `undefined` when it returns. */
export function codeOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}

/** The code of what a call is refused with, at once or later; `undefined` when it is not. */
export const codeLater = (call: () => Promise<unknown>): Promise<unknown> =>
  call().then(
    () => undefined,
    error => error.code,
  )
