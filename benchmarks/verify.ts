/**
 * Prints what a verification costs, as ratios to its unavoidable part: `crypto.verify` with the bytes and the key ready.
 * Every call gets a string that V8 has not seen before, as an HTTP parser makes them: the same string object in a loop would measure
 * V8's cache of string hashes.
 */
import { createVerifier, type TrustedIssuer, userPool } from 'cognito-guard'
import { importKey } from '../src/crypto/import-key.js'
import { bareVerify } from './bare.js'
import { hitLines } from './hits.js'
import { withOneKey } from './libraries.js'
import { type Line, measure } from './measure.js'
import { ensurePeers } from './peers.js'
import { isQuick, machine, print, progress, record } from './report.js'
import { accessTokens, clientId, ecTokens, fresh, issuer, userPoolId } from './tokens.js'

ensurePeers()
const rounds = isQuick ? 12 : 60
const rsa = accessTokens(10_000)
const { node, openssl, cpu, peers } = machine()
console.log(`Node ${node}, OpenSSL ${openssl}, ${cpu}; ${peers.join(', ')}`)
console.log(
  `Access tokens of ${rsa.tokens[0]?.length} bytes, RS256, RSA-2048; ${rounds} rounds in turn. Ratio: calls in the time of one of the first line's. Net: without making the string.`,
)

const pool = userPool({ userPoolId, clientId, jwks: rsa.jwks, offline: true })
const peersPool = { issuer, userPoolId, clientId, keys: rsa.jwks.keys }
const libraries = withOneKey(peersPool)
await run('new tokens (cold)', coldLines())
await run('tokens seen before (hits)', hitLines(rsa, pool, peersPool, libraries))
await run('ES256, new tokens', ecLines())
await run('growth', growthLines())

async function run(title: string, lines: readonly Line[]): Promise<void> {
  const results = await measure(lines, rounds, progress(title, rounds))
  print(title, results)
  record(title, results)
}

function coldLines(): Line[] {
  const verifier = createVerifier({ issuers: [pool], cache: false })
  return [
    { name: 'crypto.verify, bytes and key at hand', call: bareVerify(rsa) },
    { name: 'cognito-guard verifySync', call: index => verifier.verifySync(fresh(rsa, index)) },
    { name: 'cognito-guard verify', call: index => verifier.verify(fresh(rsa, index)) },
    ...Object.entries(libraries).map(([name, verify]) => ({
      name,
      call: (index: number) => verify(fresh(rsa, index)),
      calls: /^(jose|hono|express)/.test(name) ? 300 : 1_000,
    })),
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
    { name: 'crypto.verify, DER signature and key at hand', call: bareVerify(ec), calls: 300 },
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
