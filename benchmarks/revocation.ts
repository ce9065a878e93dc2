/**
 * Prints what a list of revocations costs a remembered token, whatever its length, and what a list of a million takes, here and
 * through Redis. Needs --expose-gc.
 */
import { createVerifier, memoryRevocations, userPool } from 'cognito-guard'
import { type Line, measure } from './measure.js'
import { isQuick, print, progress, record } from './report.js'
import { measureRedis } from './revocation-redis.js'
import { accessTokens, clientId, userPoolId } from './tokens.js'

const rounds = isQuick ? 15 : 60
const { jwks, tokens } = accessTokens(2_000)
const pool = userPool({ userPoolId, clientId, jwks, offline: true })

const verifiers = [0, 10_000, 1_000_000].map(entries => {
  const before = heap()
  const start = performance.now()
  const revocations = memoryRevocations()
  for (let entry = 0; entry < entries; entry++)
    revocations.revokeSession({ issuer: userPoolId, session: crypto.randomUUID() })
  const seconds = (performance.now() - start) / 1000
  const name = `${entries.toLocaleString('en')} sessions revoked`
  console.log(`${name}: ${((heap() - before) / 1e6).toFixed(0)} MB, added in ${seconds.toFixed(1)} s`)
  return { name, verifier: createVerifier({ issuers: [pool], revocations }) }
})

// a few users stay in the caches of the processor; those of 2,000 have to be fetched from memory, and so has what is looked up
for (const users of [20, 2_000]) {
  const title = `Remembered tokens of ${users.toLocaleString('en')} users`
  const lines = verifiers.map(
    ({ name, verifier }): Line => ({
      name,
      call: index => verifier.verifySync((tokens[index % users] as Buffer).toString('latin1')),
      calls: 2_000,
    }),
  )
  const results = await measure(lines, rounds, progress(title, rounds))
  print(title, results)
  record(`revocation, ${users} users`, results)
}

const redis = await measureRedis(isQuick ? 50_000 : 1_000_000, isQuick ? 100 : 500)
if (redis) record('revocation, Redis', redis)

function heap(): number {
  global.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
