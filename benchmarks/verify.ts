/**
 * Prints what a verification costs, as ratios to the one thing nobody can do without: `crypto.verify` on bytes and a key at hand.
 * Every call gets a string that V8 has not seen before, as an HTTP parser makes them: the same string object in a loop would measure
 * V8's cache of string hashes.
 */
import { verify as cryptoVerify } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { createGuard, createVerifier, hasScope, userPool } from 'cognito-guard'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { type Line, measure } from './measure.js'
import { accessTokens, clientId, issuer, userPoolId } from './tokens.js'

const rounds = process.argv.includes('--quick') ? 15 : 60
const { publicKey, jwks, tokens } = accessTokens(2_000)
const parts = tokens.map(token => {
  const text = token.toString('latin1')
  const end = text.lastIndexOf('.')
  return {
    signingInput: Buffer.from(text.slice(0, end)),
    signature: Buffer.from(text.slice(end + 1), 'base64url'),
  }
})
const fresh = (index: number) => (tokens[index % tokens.length] as Buffer).toString('latin1')
const one = () => (tokens[0] as Buffer).toString('latin1')

const pool = userPool({ userPoolId, clientId, jwks, offline: true })
const cold = createVerifier({ issuers: [pool], cache: false })
const cached = createVerifier({ issuers: [pool] })
const guard = createGuard({ verifier: cached })
const mayRead = hasScope('orders/read')
const view = (token: string) => ({
  header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined),
})

const aws = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' })
aws.cacheJwks(jwks as unknown as Parameters<typeof aws.cacheJwks>[0])
const localKeys = createLocalJWKSet({ keys: [...jwks.keys] })

const lines: Line[] = [
  {
    name: 'crypto.verify, bytes and key at hand',
    call: index => {
      const { signingInput, signature } = parts[index % parts.length] as (typeof parts)[number]
      if (!cryptoVerify('sha256', signingInput, publicKey, signature)) throw new Error('not verified')
    },
  },
  { name: 'cognito-guard, cold, verifySync', call: index => cold.verifySync(fresh(index)) },
  { name: 'cognito-guard, cold, verify', call: index => cold.verify(fresh(index)) },
  { name: 'cognito-guard, hit, verifySync', call: () => cached.verifySync(one()) },
  { name: 'cognito-guard, hit, verify', call: () => cached.verify(one()) },
  { name: 'cognito-guard, hit, guard with a scope', call: () => guard(view(one()), mayRead) },
  { name: 'making the string alone', call: () => one() },
  { name: 'aws-jwt-verify, verifySync', call: index => aws.verifySync(fresh(index)) },
  { name: 'aws-jwt-verify, verify', call: index => aws.verify(fresh(index)) },
  {
    name: 'jose, jwtVerify',
    call: index => jwtVerify(fresh(index), localKeys, { issuer, algorithms: ['RS256'] }),
    calls: 300,
  },
]

const isTerminal = process.stdout.isTTY
const results = await measure(lines, rounds, round => {
  if (isTerminal) process.stdout.write(`\rround ${Math.max(round + 1, 0)} of ${rounds} `)
})
if (isTerminal) process.stdout.write('\r\u001b[K')

console.log(
  `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${rounds} rounds in turn; access token of ${tokens[0]?.length} bytes, RS256, RSA-2048\n`,
)
console.log(`${'line'.padEnd(40)}${'ns a call'.padStart(12)}${'ratio'.padStart(10)}   quartiles`)
for (const { name, median, ratio, spread } of results) {
  console.log(
    `${name.padEnd(40)}${median.toFixed(0).padStart(12)}${ratio.toFixed(2).padStart(10)}   ${spread.map(value => value.toFixed(2)).join(' to ')}`,
  )
}
console.log(
  '\nratio: how many calls are made in the time of one crypto.verify; the medians of ratios within a round',
)
