import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A key pair and as many tokens of one user pool as a line needs, as the bytes they are on the wire. */
export interface TokenSet {
  readonly publicKey: KeyObject
  readonly jwks: {
    readonly keys: readonly [
      {
        readonly kid: string
        readonly alg: 'RS256'
        readonly use: 'sig'
        readonly kty: 'RSA'
        readonly n: string
        readonly e: string
      },
    ]
  }
  readonly tokens: readonly Buffer[]
}

export const userPoolId = 'us-west-2_Benchmark1'
export const clientId = '1example23456789example'
export const issuer = `https://cognito-idp.us-west-2.amazonaws.com/${userPoolId}`

/** Returns access tokens of about 1.1 kB, every one another session's. */
export function accessTokens(count: number): TokenSet {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: 'jwk' }) as { n: string; e: string }
  const kid = 'Bench+ark/1234567890abcdefghijklmnopqrstuvw='
  const header = encode({ kid, alg: 'RS256' })
  const now = Math.floor(Date.now() / 1000)
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const tokens = Array.from({ length: count }, () => {
    const signingInput = `${header}.${encode(claims(now))}`
    return Buffer.from(
      `${signingInput}.${sign('sha256', Buffer.from(signingInput), key).toString('base64url')}`,
    )
  })
  return { publicKey, jwks: { keys: [{ kid, alg: 'RS256', use: 'sig', kty: 'RSA', n, e }] }, tokens }
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

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
