/**
 * Prints what it costs to refuse a token, in microseconds, beside the other libraries in one run: a stranger decides how often it is paid.
 * The cost of making the string, which an HTTP parser pays, is in every line; it is what the last row is about.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { createVerifier, userPool } from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { measure, type Result } from './measure.js'
import { peer } from './peers.js'
import { machine, progress, record } from './report.js'

type Header = { readonly kid: string }
type FastJwt = { createVerifier(options: object): (token: string) => Promise<unknown> }
type Jsonwebtoken = {
  verify(
    token: string,
    key: (header: Header, done: (error: unknown, key?: KeyObject) => void) => void,
    options: object,
    done: (error: Error | null) => void,
  ): void
}
type Verify = (token: string) => unknown

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 8 : 30
const source = createTestIssuer({ clock: Date })
const { userPoolId, clientId } = source.options
const keys = source.jwks().keys

const libraries = libraryCalls()
const kinds = kindsOfTokens()
const { node, openssl, cpu, peers } = machine()
console.log(`Node ${node}, OpenSSL ${openssl}, ${cpu}; ${peers.join(', ')}`)
console.log(`Microseconds a refused token, median of ${rounds} rounds in turn.\n`)
console.log(
  `${''.padEnd(16)}${[...Object.keys(libraries), 'the string'].map(name => name.padStart(16)).join('')}`,
)

const rows: Record<string, readonly Result[]> = {}
for (const [kind, token] of Object.entries(kinds)) {
  const bytes = Buffer.from(token)
  const fresh = () => bytes.toString('latin1')
  for (const [name, verify] of Object.entries(libraries)) await mustRefuse(kind, name, verify, fresh())
  const calls = bytes.length > 20_000 ? 20 : 200
  const lines = Object.entries(libraries).map(([name, verify]) => ({
    name,
    calls,
    call: () => refused(verify, fresh()),
  }))
  rows[kind] = await measure(
    [...lines, { name: 'the string', calls, call: fresh }],
    rounds,
    progress(kind, rounds),
  )
  console.log(
    `${kind.padEnd(16)}${rows[kind].map(({ median }) => (median / 1_000).toFixed(1).padStart(16)).join('')}`,
  )
}
if (!isQuick) record('refusals', rows)

/** One call of each library that ends in a refusal, at once or later. Keys are looked up by their ID, as in a key set. */
function libraryCalls(): Record<string, Verify> {
  const issuer = source.issuer
  const ours = createVerifier({ issuers: [userPool({ ...source.options, jwks: { keys }, offline: true })] })
  const aws = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' })
  aws.cacheJwks({ keys: [...keys] } as unknown as Parameters<typeof aws.cacheJwks>[0])
  const set = createLocalJWKSet({ keys: [...keys] })
  const found = new Map(keys.map(key => [key.kid, createPublicKey({ key: { ...key }, format: 'jwk' })]))
  const pems = new Map([...found].map(([kid, key]) => [kid, key.export({ format: 'pem', type: 'spki' })]))
  const find = ({ kid }: Header) => {
    const pem = pems.get(kid)
    if (!pem) throw new Error('unknown key')
    return pem
  }
  const fast = peer<FastJwt>('fast-jwt').createVerifier({
    key: async ({ header }: { header: Header }) => find(header),
    algorithms: ['RS256'],
    allowedIss: issuer,
  })
  const jsonwebtoken = peer<Jsonwebtoken>('jsonwebtoken')
  return {
    'cognito-guard': token => ours.verifySync(token),
    'aws-jwt-verify': token => aws.verifySync(token),
    jose: token => jwtVerify(token, set, { issuer, algorithms: ['RS256'] }),
    'fast-jwt': token => fast(token),
    jsonwebtoken: token =>
      new Promise((resolve, reject) => {
        jsonwebtoken.verify(
          token,
          ({ kid }, done) => done(found.has(kid) ? null : new Error('unknown key'), found.get(kid)),
          { issuer, algorithms: ['RS256'] },
          error => (error ? reject(error) : resolve(undefined)),
        )
      }),
  }
}

function kindsOfTokens(): Record<string, string> {
  const good = source.accessToken()
  const long = (length: number) =>
    forged(source.accessToken({ claims: { x: 'x'.repeat(Math.ceil((length - good.length) * 0.75)) } }))
  const [, claims] = good.split('.')
  return {
    expired: source.accessToken({ expiresIn: -600 }),
    'wrong issuer': source.accessToken({ claims: { iss: 'https://issuer.example' } }),
    'unknown kid': source.accessToken({ header: { kid: 'unknown' } }),
    'bad signature': forged(good),
    none: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`,
    garbage: 'x'.repeat(good.length),
    '8 KB': long(8 << 10),
    '64 KB': long(64 << 10),
    '1 MB': long(1 << 20),
    'a million dots': '.'.repeat(1_000_000),
  }
}

/** The token with another signature that is as long, and base64url. */
function forged(token: string): string {
  const end = token.lastIndexOf('.')
  return token.slice(0, end + 1) + token.slice(end + 1).replace(/.{20}/, 'A'.repeat(20))
}

async function mustRefuse(kind: string, name: string, verify: Verify, token: string): Promise<void> {
  const isRefused = await Promise.resolve(token)
    .then(verify)
    .then(
      () => false,
      () => true,
    )
  if (!isRefused) throw new Error(`${name} does not refuse: ${kind}`)
}

function refused(verify: Verify, token: string): unknown {
  try {
    const answer = verify(token)
    return answer instanceof Promise ? answer.catch(() => undefined) : undefined
  } catch {
    return undefined
  }
}
