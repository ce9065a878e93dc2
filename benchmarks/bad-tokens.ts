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

/** Returns the tokens under 16 KiB that take longest to refuse, by what is in them. They pass every check up to the signature, where one can. */
export function worstTokens(source: TestIssuer): Record<string, string> {
  const [header, claims, signature] = forged(source.accessToken()).split('.') as [string, string, string]
  const withMembers = (part: string, members: string) =>
    `${Buffer.from(part, 'base64url').toString().slice(0, -1)},${members}}`
  const tokenOf = (inClaims: string, inHeader = '"x":0') =>
    [withMembers(header, inHeader), withMembers(claims, inClaims)]
      .map(part => Buffer.from(part).toString('base64url'))
      .concat(signature)
      .join('.')
  const members = (count: number, write: (name: string) => string) =>
    Array.from({ length: count }, (_, index) => write(index.toString(36))).join()
  const spaced = (count: number) => members(count, name => `"${name}" :1`)
  const escaped = (count: number) => members(count, name => `"\\u0061${name}" :1`)
  return {
    '480 spaced members': tokenOf(spaced(480)),
    '700 spaced members, twice': tokenOf(spaced(700), spaced(700)),
    '480 escaped members': tokenOf(escaped(480)),
    '480 members, 90 in the header': tokenOf(escaped(480), escaped(90)),
    '380 escaped members, twice': tokenOf(escaped(380), escaped(380)),
    '480 members, one twice': tokenOf(`${escaped(480)},"\\u0061" :1,"a":1`),
    '480 escaped strings': tokenOf(members(480, name => `"\\u0061${name}":"\\u0061"`)),
    '480 names of pairs': tokenOf(members(480, name => `"${name}\\ud83d\\ude00":1`)),
    '480 numbers for names': tokenOf(
      Array.from({ length: 480 }, (_, index) => `"${(480 - index) * 100_003}":1`).join(),
    ),
    '480 long floats': tokenOf(members(480, name => `"${name}":1.797693134862315`)),
    'numbers of 600 digits': tokenOf(members(18, name => `"${name}":${'1'.repeat(600)}`)),
    '700 long floats in a list': tokenOf(`"x":[${members(700, () => '1.7976931348')}]`),
    '16 nests of 30 levels': tokenOf(
      members(16, name => `"${name}":${'{"a":'.repeat(29)}1${'}'.repeat(29)}`),
    ),
    '5,000 levels': tokenOf(`"x":${'['.repeat(5_000)}`),
    escapes: tokenOf(`"x":"${'\\u0061'.repeat(1_850)}"`),
    'pairs of surrogates': tokenOf(`"x":"${'\\ud83d\\ude00'.repeat(920)}"`),
    'colons in a string': tokenOf(`"x":"${'\\":'.repeat(3_600)}"`),
  }
}

/** The token with another signature of the same length in base64url. */
function forged(token: string): string {
  const end = token.lastIndexOf('.')
  return token.slice(0, end + 1) + token.slice(end + 1).replace(/.{20}/, 'A'.repeat(20))
}
