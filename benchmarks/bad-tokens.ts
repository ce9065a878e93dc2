import type { TestIssuer } from 'cognito-guard/testing'

/** Returns a token of each kind that is refused, by its kind. */
export function badTokens(source: TestIssuer): Record<string, string> {
  const good = source.accessToken()
  const long = (length: number) =>
    forged(source.accessToken({ claims: { x: 'x'.repeat(Math.ceil((length - good.length) * 0.75)) } }))
  const [, claims, signature] = good.split('.')
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
  return {
    expired: source.accessToken({ expiresIn: -600 }),
    'wrong issuer': source.accessToken({ claims: { iss: 'https://issuer.example' } }),
    'unknown kid': source.accessToken({ header: { kid: 'unknown' } }),
    'bad signature': forged(good),
    none: `${unsigned}.${claims}.`,
    'none, signed': `${unsigned}.${claims}.${signature}`,
    garbage: 'x'.repeat(good.length),
    '8 KB': long(8 << 10),
    '64 KB': long(64 << 10),
    '1 MB': long(1 << 20),
    'a million dots': '.'.repeat(1_000_000),
  }
}

/** The token with another signature of the same length in base64url. */
function forged(token: string): string {
  const end = token.lastIndexOf('.')
  return token.slice(0, end + 1) + token.slice(end + 1).replace(/.{20}/, 'A'.repeat(20))
}
