// Over 150 lines: one table, with a family of attacks for each code.
import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { AuthErrorCode } from '../errors.js'
import { nextTestKey, type TestKey } from './keys.js'
import type { TestIssuer } from './types.js'

/** A token that no API may accept. */
export interface Attack {
  /** What it tries, in a few words. */
  readonly name: string
  /** Visible ASCII without spaces and commas, so that it can be sent in any header. */
  readonly token: string
  /** The code that the verifier refuses it with. */
  readonly code: AuthErrorCode
}

/**
 * Returns tokens that an API for access tokens of this issuer must refuse: forged, altered, expired, meant for another client,
 * or encoded so that two parsers may differ. Each of them a known weakness of token libraries would accept.
 *
 * @example
 * await refusesAll(token => app.request('/orders', { headers: { authorization: `Bearer ${token}` } }), attacks(issuer))
 */
export function attacks(issuer: TestIssuer): readonly Attack[] {
  const genuine = issuer.accessToken({ groups: ['readers'], scopes: ['orders/read'] })
  const material = { issuer, genuine, ...partsOf(genuine), unpublished: unpublishedKey(issuer) }
  return families.flatMap(([code, family]) =>
    Object.entries(family(material)).map(([name, token]) => ({ name, token, code })),
  )
}

interface Material {
  readonly issuer: TestIssuer
  readonly genuine: string
  /** The genuine header and claims, decoded and as encoded in the token, and the signature. */
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly encoded: readonly [header: string, claims: string, signature: string]
  /** A key that the issuer does not publish. */
  readonly unpublished: TestKey
}

type Family = (material: Material) => Readonly<Record<string, string>>

const unsigned: Family = ({ encoded: [, claims] }) => ({
  'alg none, no signature': `${encode({ alg: 'none' })}.${claims}.`,
  'alg none, two parts': `${encode({ alg: 'none' })}.${claims}`,
  'alg RS256, no signature': `${encode({ alg: 'RS256' })}.${claims}.`,
})

const wrongAlgorithm: Family = ({ issuer, claims, header, encoded }) => {
  const called = (alg: string) => issuer.sign({ header: { alg }, claims })
  const jwk = issuer.jwks().keys.find(({ kid }) => kid === header.kid) as unknown as JsonWebKey
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const mac = (secret: string | Buffer) => {
    const input = `${encode({ ...header, alg: 'HS256' })}.${encoded[1]}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  return {
    'alg none over a genuine signature': called('none'),
    'alg None': called('None'),
    'alg NONE': called('NONE'),
    'alg nOnE': called('nOnE'),
    'alg rs256': called('rs256'),
    'alg RS512': called('RS512'),
    'alg PS256': called('PS256'),
    'alg ES256': called('ES256'),
    'alg __proto__': called('__proto__'),
    'HS256 with the public key (PEM) as the secret': mac(key.export({ type: 'spki', format: 'pem' })),
    'HS256 with the public key (DER) as the secret': mac(key.export({ type: 'spki', format: 'der' })),
    'HS256 with the public key (JWK) as the secret': mac(JSON.stringify(jwk)),
    'HS256 with nothing as the secret': mac(''),
  }
}

const wrongSignature: Family = ({
  issuer,
  claims,
  header,
  encoded: [first, second, signature],
  unpublished,
}) => {
  const forged = (members: object = {}) => sealed(unpublished, { ...header, ...members }, claims)
  const bytes = Buffer.from(signature, 'base64url')
  const other = partsOf(issuer.accessToken()).encoded[2]
  const altered = encode({ ...claims, 'cognito:groups': ['admin'] })
  return {
    'claims changed after the signature': `${first}.${altered}.${signature}`,
    'signature of another token': `${first}.${second}.${other}`,
    'signature of another key under a genuine kid': forged(),
    'signature of zeros': `${first}.${second}.${Buffer.alloc(256).toString('base64url')}`,
    'signature cut short': `${first}.${second}.${bytes.subarray(0, 255).toString('base64url')}`,
    'signature with a byte too many': `${first}.${second}.${Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url')}`,
    'signature of one byte': `${first}.${second}.AQ`,
    'jwk in the header, signed with it': forged({ jwk: unpublished.jwk }),
    'jku in the header': forged({ jku: 'https://keys.attacker.example/jwks.json' }),
    'x5u in the header': forged({ x5u: 'https://keys.attacker.example/chain.pem' }),
    'x5c in the header': forged({ x5c: [unpublished.jwk.n] }),
  }
}

const wrongKey: Family = ({ issuer, claims, unpublished }) => {
  const named = (kid: string | undefined) => issuer.sign({ header: { kid }, claims })
  return {
    'key of a stranger': sealed(unpublished, { kid: unpublished.jwk.kid, alg: 'RS256' }, claims),
    'key of a stranger, brought along': sealed(
      unpublished,
      { kid: unpublished.jwk.kid, alg: 'RS256', jwk: unpublished.jwk },
      claims,
    ),
    'no kid': named(undefined),
    'kid of nothing': named(''),
    'kid that is a path': named('../../../../dev/null'),
    'kid that is a URL': named('https://keys.attacker.example/jwks.json'),
    'kid that is SQL': named("' UNION SELECT 'key' --"),
    'kid that is a command': named('|/bin/true'),
    'kid __proto__': named('__proto__'),
    'kid constructor': named('constructor'),
  }
}

const malformedHeader: Family = ({ issuer, claims, header }) => {
  const withHeader = (members: object) => issuer.sign({ header: members, claims })
  const text = JSON.stringify(header).slice(0, -1)
  return {
    'kid that is a list': withHeader({ kid: [header.kid] }),
    'kid that is a number': withHeader({ kid: 0 }),
    'alg that is a list': withHeader({ alg: ['RS256'] }),
    'no alg': withHeader({ alg: undefined }),
    'crit of an unknown extension': withHeader({ crit: ['http://attacker.example/ext'] }),
    'crit of exp': withHeader({ crit: ['exp'], exp: 0 }),
    'crit of nothing': withHeader({ crit: [] }),
    'b64 false': withHeader({ b64: false, crit: ['b64'] }),
    zip: withHeader({ zip: 'DEF' }),
    'cty JWT': withHeader({ cty: 'JWT' }),
    'typ of another kind of token': withHeader({ typ: 'dpop+jwt' }),
    'alg twice': issuer.sign({ header: `${text},"alg":"none"}`, claims }),
    'kid twice': issuer.sign({ header: `${text},"k\\u0069d":"x"}`, claims }),
    'header that is a list': issuer.sign({ header: JSON.stringify([header]), claims }),
  }
}

const malformedClaims: Family = ({ issuer, claims }) => {
  const text = JSON.stringify(claims).slice(0, -1)
  const withText = (more: string) => issuer.sign({ claims: `${text},${more}}` })
  return {
    'exp twice': withText('"exp":9999999999'),
    'groups twice': withText('"cognito:groups":["admin"]'),
    'groups twice, one of them escaped': withText('"cognito\\u003agroups":["admin"]'),
    'a claim __proto__': withText('"__proto__":{"cognito:groups":["admin"]}'),
    'half a surrogate pair': withText('"x":"\\ud800"'),
    'claims too deep': withText(`"x":${'['.repeat(1_000)}${']'.repeat(1_000)}`),
    'claims that are a list': issuer.sign({ claims: JSON.stringify([claims]) }),
    'claims that are null': issuer.sign({ claims: 'null' }),
    'claims with a comma too many': issuer.sign({ claims: `${text},}` }),
    'claims after a byte order mark': issuer.sign({ claims: `\ufeff${text}}` }),
  }
}

const spelledOtherwise: Family = ({ genuine, encoded: [header, claims, signature] }) => ({
  padded: `${header}=.${claims}.${signature}`,
  'signature padded': `${genuine}==`,
  'signature with spare bits': `${genuine.slice(0, -1)}${nextLetter(genuine)}`,
  'a character that is not base64url': `${header}.${claims}.~${signature.slice(1)}`,
  'standard base64': `${header}.${claims}.+/${signature.slice(2)}`,
  'a fourth part': `${genuine}.${signature}`,
  'no header': `.${claims}.${signature}`,
  'no claims': `${header}..${signature}`,
  quoted: `"${genuine}"`,
  'URL-encoded': genuine.replaceAll('.', '%2E'),
  'encoded twice': Buffer.from(genuine).toString('base64url'),
  'cut off': genuine.slice(0, genuine.length / 2),
  'a refresh token': `${encode({ cty: 'JWT', enc: 'A256GCM', alg: 'RSA-OAEP' })}.${signature}.AAAA.AAAA.AAAA`,
  huge: `${header}.${claims.repeat(Math.ceil(17_000 / claims.length))}.${signature}`,
  'not a token': 'undefined',
})

const wrongIssuer: Family = ({ issuer, claims }) => {
  const of = (iss: unknown) => issuer.sign({ claims: { ...claims, iss } })
  const { issuer: own } = issuer
  return {
    'another user pool': of(own.replace(/_.*$/, '_Another00')),
    'another Region': of(own.replace(/(?<=\.)[a-z]+-/, 'xx-')),
    'issuer with a slash behind': of(`${own}/`),
    'issuer by http': of(own.replace('https:', 'http:')),
    'issuer in capitals': of(own.toUpperCase()),
    'issuer that starts like ours': of(own.replace('.com/', '.com.attacker.example/')),
    'issuer with our name as the user': of(own.replace('https://', 'https://attacker.example@')),
    'our pool ID alone': of(issuer.options.userPoolId),
    'a stranger for an issuer': of('https://attacker.example'),
    'no issuer': of(undefined),
    'a list of issuers': of([own]),
  }
}

const wrongUse: Family = ({ issuer, claims }) => {
  const of = (token_use: unknown) => issuer.sign({ claims: { ...claims, token_use } })
  return {
    'an ID token': issuer.idToken({ groups: ['admin'] }),
    'no token_use': of(undefined),
    'token_use refresh': of('refresh'),
    'token_use in capitals': of('ACCESS'),
    'a list of token_use': of(['access']),
  }
}

const wrongClient: Family = ({ issuer, claims }) => {
  const { clientId } = issuer.options
  const of = (client_id: unknown, aud?: unknown) => issuer.sign({ claims: { ...claims, client_id, aud } })
  return {
    'another client': of('another1client2of3the4pool5'),
    'another client, with ours as the audience': of('another1client2of3the4pool5', clientId),
    'no client': of(undefined),
    'no client, with ours as the audience': of(undefined, clientId),
    'a list of clients': of([clientId]),
    'a client that starts like ours': of(`${clientId}x`),
    'a machine of another client': issuer.machineToken({
      clientId: 'another1client2of3the4pool5',
      scopes: ['orders/read'],
    }),
  }
}

const wrongAudience: Family = ({ issuer, claims }) => ({
  'bound to another API': issuer.accessToken({ resource: 'https://api.attacker.example' }),
  'a list of audiences': issuer.sign({ claims: { ...claims, aud: [claims.client_id] } }),
})

const wrongTypes: Family = ({ issuer, claims }) => {
  const withClaims = (members: object) => issuer.sign({ claims: { ...claims, ...members } })
  return {
    'no exp': withClaims({ exp: undefined }),
    'exp as a text': withClaims({ exp: '9999999999' }),
    'exp null': withClaims({ exp: null }),
    'exp in milliseconds': withClaims({ exp: (claims.exp as number) * 1_000 }),
    'nbf as a text': withClaims({ nbf: '0' }),
    'iat as a text': withClaims({ iat: String(claims.iat) }),
    'groups as a text': withClaims({ 'cognito:groups': 'admin' }),
    'groups as an object': withClaims({ 'cognito:groups': { admin: true } }),
    'scope as a list': withClaims({ scope: ['orders/read'] }),
    'no subject': withClaims({ sub: undefined }),
    'a number for a subject': withClaims({ sub: 1 }),
    'username as an object': withClaims({ username: { toString: 'admin' } }),
  }
}

const bound: Family = ({ issuer, claims }) => {
  const to = (cnf: unknown) => issuer.sign({ claims: { ...claims, cnf } })
  return {
    'bound to a key (DPoP)': to({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }),
    'bound to a certificate (mTLS)': to({ 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }),
    'bound to a key by its ID': to({ kid: 'k' }),
    'bound to nothing': to({}),
    'bound to null': to(null),
  }
}

const expired: Family = ({ issuer, claims }) => ({
  'expired an hour ago': issuer.accessToken({ expiresIn: -3_600 }),
  'expired in 1970': issuer.sign({ claims: { ...claims, exp: 0 } }),
})

const early: Family = ({ issuer, claims }) => {
  const tomorrow = (claims.iat as number) + 86_400
  return {
    'not valid before tomorrow': issuer.sign({ claims: { ...claims, nbf: tomorrow, exp: tomorrow + 60 } }),
    'issued tomorrow': issuer.sign({ claims: { ...claims, iat: tomorrow, exp: tomorrow + 60 } }),
  }
}

const families: readonly (readonly [AuthErrorCode, Family])[] = [
  ['ERR_TOKEN_MALFORMED', unsigned],
  ['ERR_TOKEN_ALGORITHM', wrongAlgorithm],
  ['ERR_TOKEN_SIGNATURE', wrongSignature],
  ['ERR_TOKEN_KEY', wrongKey],
  ['ERR_TOKEN_MALFORMED', malformedHeader],
  ['ERR_TOKEN_MALFORMED', malformedClaims],
  ['ERR_TOKEN_MALFORMED', spelledOtherwise],
  ['ERR_TOKEN_ISSUER', wrongIssuer],
  ['ERR_TOKEN_USE', wrongUse],
  ['ERR_TOKEN_CLIENT', wrongClient],
  ['ERR_TOKEN_AUDIENCE', wrongAudience],
  ['ERR_TOKEN_CLAIM', wrongTypes],
  ['ERR_TOKEN_BOUND', bound],
  ['ERR_TOKEN_EXPIRED', expired],
  ['ERR_TOKEN_NOT_YET_VALID', early],
]

function partsOf(token: string): Pick<Material, 'header' | 'claims' | 'encoded'> {
  const encoded = token.split('.') as unknown as Material['encoded']
  return { header: decode(encoded[0]), claims: decode(encoded[1]), encoded }
}

const decode = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

function sealed(key: TestKey, header: object, claims: object): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${key.sign(input)}`
}

function unpublishedKey(issuer: TestIssuer): TestKey {
  const published = new Set(issuer.jwks().keys.map(({ kid }) => kid))
  const passed: TestKey[] = []
  for (;;) {
    const key = nextTestKey(passed)
    if (!published.has(key.jwk.kid)) return key
    passed.push(key)
  }
}

/** A signature of 256 bytes ends with a letter of which four bits are unused: the next letter decodes to the same byte. */
const nextLetter = (token: string) => String.fromCharCode(token.charCodeAt(token.length - 1) + 1)
