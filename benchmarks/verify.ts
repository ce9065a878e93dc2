/**
 * Prints what a verification costs, as ratios to the one thing nobody can do without: `crypto.verify` on bytes and a key at hand.
 * Every call gets a string that V8 has not seen before, as an HTTP parser makes them: the same string object in a loop would measure
 * V8's cache of string hashes.
 */
import { verify as cryptoVerify, type KeyObject } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { createGuard, createVerifier, hasScope, type TrustedIssuer, userPool } from 'cognito-guard'
import { verify as honoVerify } from 'hono/jwt'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { importKey } from '../src/crypto.js'
import { type Line, measure } from './measure.js'
import { peer } from './peers.js'
import { machine, print, progress, record } from './report.js'
import { accessTokens, clientId, ecTokens, issuer, type TokenSet, userPoolId } from './tokens.js'

type FastJwt = { createVerifier(options: object): (token: string) => unknown }
type Jsonwebtoken = { verify(token: string, key: KeyObject, options: object): unknown }

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 12 : 60
const rsa = accessTokens(10_000)
const { node, openssl, cpu, peers } = machine()
console.log(`Node ${node}, OpenSSL ${openssl}, ${cpu}; ${peers.join(', ')}`)
console.log(
  `Access tokens of ${rsa.tokens[0]?.length} bytes, RS256, RSA-2048; ${rounds} rounds in turn. Ratio: calls in the time of one of the first line's.`,
)

const pool = userPool({ userPoolId, clientId, jwks: rsa.jwks, offline: true })
await run('new tokens (cold)', coldLines())
await run('tokens seen before (hits)', hitLines())
await run('ES256, new tokens', ecLines())
await run('growth', growthLines())

async function run(title: string, lines: readonly Line[]): Promise<void> {
  const results = await measure(lines, rounds, progress(title, rounds))
  print(title, results)
  if (!isQuick) record(title, results)
}

function coldLines(): Line[] {
  const verifier = createVerifier({ issuers: [pool], cache: false })
  const aws = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' })
  aws.cacheJwks(rsa.jwks as unknown as Parameters<typeof aws.cacheJwks>[0])
  const localKeys = createLocalJWKSet({ keys: [...rsa.jwks.keys] })
  const { createVerifier: fastJwt } = peer<FastJwt>('fast-jwt')
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  const fast = fastJwt({ key: pem, algorithms: ['RS256'], allowedIss: issuer })
  const jsonwebtoken = peer<Jsonwebtoken>('jsonwebtoken')
  return [
    { name: 'crypto.verify, bytes and key at hand', call: bare(rsa, 'sha256') },
    { name: 'cognito-guard verifySync', call: index => verifier.verifySync(fresh(rsa, index)) },
    { name: 'cognito-guard verify', call: index => verifier.verify(fresh(rsa, index)) },
    { name: 'aws-jwt-verify verifySync', call: index => aws.verifySync(fresh(rsa, index)) },
    { name: 'aws-jwt-verify verify', call: index => aws.verify(fresh(rsa, index)) },
    { name: 'fast-jwt, synchronous, one key', call: index => fast(fresh(rsa, index)) },
    {
      name: 'jsonwebtoken, one KeyObject',
      call: index => jsonwebtoken.verify(fresh(rsa, index), rsa.publicKey, { algorithms: ['RS256'], issuer }),
    },
    {
      name: 'jose jwtVerify',
      call: index => jwtVerify(fresh(rsa, index), localKeys, { issuer, algorithms: ['RS256'] }),
      calls: 300,
    },
    {
      name: 'hono/jwt verify',
      call: index => honoVerify(fresh(rsa, index), rsa.jwks.keys[0], 'RS256'),
      calls: 300,
    },
  ]
}

function hitLines(): Line[] {
  const verifier = createVerifier({ issuers: [pool] })
  const guard = createGuard({ verifier })
  const mayRead = hasScope('orders/read')
  const { createVerifier: fastJwt } = peer<FastJwt>('fast-jwt')
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  const fast = fastJwt({ key: pem, algorithms: ['RS256'], allowedIss: issuer, cache: 10_000 })
  const bearer = rsa.tokens.slice(0, 1_000).map(token => Buffer.concat([Buffer.from('Bearer '), token]))
  const thousand = zipf(1_000)
  const tenThousand = zipf(10_000)
  for (let index = 0; index < rsa.tokens.length; index++) {
    verifier.verifySync(fresh(rsa, index))
    fast(fresh(rsa, index))
  }
  const calls = 20_000
  return [
    { name: 'making the string of the header, one token', call: () => fresh(rsa, 0), calls },
    { name: 'cognito-guard verifySync, one token', call: () => verifier.verifySync(fresh(rsa, 0)), calls },
    { name: 'cognito-guard verify, one token', call: () => verifier.verify(fresh(rsa, 0)), calls },
    {
      name: 'cognito-guard, guard with a scope, one token',
      call: () => {
        const header = (bearer[0] as Buffer).toString('latin1')
        return guard({ header: name => (name === 'authorization' ? header : undefined) }, mayRead)
      },
      calls,
    },
    { name: 'making the string, zipf over 1,000', call: index => fresh(rsa, thousand(index)), calls },
    {
      name: 'cognito-guard verifySync, zipf over 1,000',
      call: index => verifier.verifySync(fresh(rsa, thousand(index))),
      calls,
    },
    {
      name: 'cognito-guard verify, zipf over 1,000',
      call: index => verifier.verify(fresh(rsa, thousand(index))),
      calls,
    },
    { name: 'making the string, zipf over 10,000', call: index => fresh(rsa, tenThousand(index)), calls },
    {
      name: 'cognito-guard verifySync, zipf over 10,000',
      call: index => verifier.verifySync(fresh(rsa, tenThousand(index))),
      calls,
    },
    { name: 'fast-jwt with its cache, one token', call: () => fast(fresh(rsa, 0)), calls: 5_000 },
    {
      name: 'fast-jwt with its cache, zipf over 1,000',
      call: index => fast(fresh(rsa, thousand(index))),
      calls: 5_000,
    },
  ]
}

function ecLines(): Line[] {
  const ec = ecTokens(1_000)
  const key = importKey(ec.jwks.keys[0], 'ES256')
  const issuers: TrustedIssuer[] = [
    { issuers: [issuer], algorithms: ['ES256'], keys: () => key, validate: (_header, claims) => claims },
  ]
  const verifier = createVerifier({ issuers, cache: false })
  return [
    { name: 'crypto.verify, DER signature and key at hand', call: bare(ec, 'sha256'), calls: 300 },
    { name: 'cognito-guard verifySync', call: index => verifier.verifySync(fresh(ec, index)), calls: 300 },
  ]
}

function growthLines(): Line[] {
  const few = createVerifier({ issuers: [pool] })
  const many = createVerifier({ issuers: [pool], cache: { maxTokens: 100_000 } })
  for (let index = 0; index < 10; index++) few.verifySync(fresh(rsa, index))
  for (let index = 0; index < rsa.tokens.length; index++) many.verifySync(fresh(rsa, index))
  const others = Array.from({ length: 9_999 }, (_, index) =>
    userPool({ userPoolId: `us-west-2_Other${index}`, clientId, jwks: rsa.jwks, offline: true }),
  )
  const oneIssuer = createVerifier({ issuers: [pool], cache: false })
  const manyIssuers = createVerifier({ issuers: [...others, pool], cache: false })
  return [
    {
      name: 'hit, ten tokens remembered',
      call: index => few.verifySync(fresh(rsa, index % 10)),
      calls: 20_000,
    },
    {
      name: 'hit, 10,000 tokens remembered, ten in use',
      call: index => many.verifySync(fresh(rsa, index % 10)),
      calls: 20_000,
    },
    { name: 'new token, one issuer', call: index => oneIssuer.verifySync(fresh(rsa, index)) },
    { name: 'new token, 10,000 issuers', call: index => manyIssuers.verifySync(fresh(rsa, index)) },
  ]
}

function bare({ tokens, publicKey, nativeSignature }: TokenSet, hash: string): (index: number) => void {
  const parts = tokens.slice(0, 2_000).map(token => {
    const end = token.lastIndexOf('.')
    return { input: token.subarray(0, end), signature: nativeSignature(token.subarray(end + 1)) }
  })
  return index => {
    const { input, signature } = parts[index % parts.length] as (typeof parts)[number]
    if (!cryptoVerify(hash, input, publicKey, signature)) throw new Error('not verified')
  }
}

function fresh({ tokens }: TokenSet, index: number): string {
  return (tokens[index % tokens.length] as Buffer).toString('latin1')
}

/** Which of so many users the n-th request is from: the first is as frequent as all others are rare (exponent 1). */
function zipf(users: number): (index: number) => number {
  let sum = 0
  const upTo = Array.from({ length: users }, (_, rank) => (sum += 1 / (rank + 1)))
  const drawn = Array.from({ length: 20_000 }, () => {
    const at = Math.random() * sum
    let [low, high] = [0, users - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] as number) < at) low = middle + 1
      else high = middle
    }
    return low
  })
  return index => drawn[index % drawn.length] as number
}
