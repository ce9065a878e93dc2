import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'

/** A key pair's public half, and tokens of one user pool as the bytes of a request. */
export interface TokenSet {
  readonly publicKey: KeyObject
  readonly jwks: { readonly keys: readonly [Jwk] }
  readonly tokens: readonly Buffer[]
  /** The bytes that OpenSSL verifies, of a token's third part. */
  nativeSignature(part: Buffer): Buffer
}

/** The next of an endless sequence: another token, signed on the thread pool. */
export interface TokenSource extends TokenSet {
  next(): Promise<Buffer>
}

interface Jwk {
  readonly kid: string
  readonly alg: 'RS256' | 'ES256'
  readonly use: 'sig'
  readonly kty: string
}

export const userPoolId = 'us-west-2_Benchmark1'
export const clientId = '1example23456789example'
export const issuer = `https://cognito-idp.us-west-2.amazonaws.com/${userPoolId}`

/** Returns access tokens of about 1.2 kB, each of another session. */
export function accessTokens(count: number): TokenSource {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signLater = promisify<string, Buffer, KeyObject, Buffer>(sign)
  return {
    ...tokenSet(count, 'RS256', publicKey, input => sign('sha256', input, privateKey)),
    nativeSignature: part => Buffer.from(part.toString(), 'base64url'),
    async next() {
      const input = signingInput('RS256')
      return joined(input, await signLater('sha256', input, privateKey))
    },
  }
}

/** Returns the same with ES256, as load balancers sign. */
export function ecTokens(count: number): TokenSet {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signatures = new Map<string, Buffer>()
  const both = (input: Buffer) => {
    const halves = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    signatures.set(halves.toString('base64url'), toDer(halves))
    return halves
  }
  return {
    ...tokenSet(count, 'ES256', publicKey, both),
    nativeSignature: part => signatures.get(part.toString()) as Buffer,
  }
}

/** Returns the n-th token as a string that V8 has not seen before, as an HTTP parser makes it. */
export function fresh({ tokens }: Pick<TokenSet, 'tokens'>, index: number): string {
  return (tokens[index % tokens.length] as Buffer).toString('latin1')
}

function tokenSet(
  count: number,
  alg: 'RS256' | 'ES256',
  publicKey: KeyObject,
  signed: (input: Buffer) => Buffer,
) {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } as Jwk
  const tokens = Array.from({ length: count }, () => {
    const input = signingInput(alg)
    return joined(input, signed(input))
  })
  return { publicKey, jwks: { keys: [jwk] as const }, tokens }
}

const signingInput = (alg: string) =>
  Buffer.from(`${encode({ kid, alg })}.${encode(claims(Math.floor(Date.now() / 1000)))}`)

const joined = (input: Buffer, signature: Buffer) =>
  Buffer.concat([input, Buffer.from(`.${signature.toString('base64url')}`)])

function toDer(halves: Buffer): Buffer {
  const body = Buffer.concat([integer(halves.subarray(0, 32)), integer(halves.subarray(32))])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

function integer(bytes: Buffer): Buffer {
  const digits = bytes.toString('hex').replace(/^(00)+/, '')
  const positive = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex')
  return Buffer.concat([Buffer.from([2, positive.length]), positive])
}

const claims = (now: number) => ({
  sub: crypto.randomUUID(),
  device_key: `us-west-2_${crypto.randomUUID()}`,
  'cognito:groups': ['reader', 'admin'],
  iss: issuer,
  version: 2,
  client_id: clientId,
  origin_jti: crypto.randomUUID(),
  event_id: crypto.randomUUID(),
  token_use: 'access',
  scope: 'openid profile email orders/read orders/write',
  auth_time: now - 10,
  exp: now + 3600,
  iat: now - 10,
  jti: crypto.randomUUID(),
  username: crypto.randomUUID(),
})

const kid = 'Bench+ark/1234567890abcdefghijklmnopqrstuvw='

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
