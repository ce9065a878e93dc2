/**
 * Prints what a revocation list of each length costs a cached token, while it is unchanged and while it grows, so that all tokens are looked
 * up again; and what a list of a million takes, here and through Redis. Needs --expose-gc.
 */
import {
  createVerifier,
  type MemoryRevocations,
  memoryRevocations,
  userPool,
  type VerifiedToken,
} from 'cognito-guard'
import { type Line, measure } from './measure.js'
import { isQuick, print, progress, record } from './report.js'
import { measureRedis } from './revocation-redis.js'
import { accessTokens, clientId, fresh, userPoolId } from './tokens.js'

const rounds = isQuick ? 15 : 60
const set = accessTokens(2_000)
const pool = userPool({ userPoolId, clientId, jwks: set.jwks, offline: true })

const lists = [0, 10_000, 1_000_000, 1_000_000].map(entries => {
  const before = heap()
  const start = performance.now()
  const list = memoryRevocations()
  for (let entry = 0; entry < entries; entry++) revokeOne(list)
  const seconds = (performance.now() - start) / 1000
  const name = `${entries.toLocaleString('en')} sessions revoked`
  console.log(`${name}: ${((heap() - before) / 1e6).toFixed(0)} MB, added in ${seconds.toFixed(1)} s`)
  const atFirst = list.isRevoked.revision?.(Date.now()) ?? 0
  return { name, list, atFirst }
})

// One verifier for all lists: the tokens then have the same addresses, which affect the time by chance.
let current = lists[0] as (typeof lists)[number]
const isRevoked = (token: VerifiedToken, now: number) => current.list.isRevoked(token, now)
const revision = (now: number) => (current.list.isRevoked.revision?.(now) as number) - current.atFirst
const revocations = { isRevoked: Object.assign(isRevoked, { revision }) }
const verifier = createVerifier({ issuers: [pool], revocations })

// a few users stay in the caches of the processor; those of 2,000 have to be fetched from memory, and so has what is looked up
for (const users of [20, 2_000]) {
  const title = `Remembered tokens of ${users.toLocaleString('en')} users`
  const lines = lists.map((each, at): Line => {
    const isGrowing = at === lists.length - 1
    return {
      name: isGrowing ? `${each.name}, and one more every 100 calls` : each.name,
      call(index) {
        current = each
        if (isGrowing && index % 100 === 0) revokeOne(each.list)
        return verifier.verifySync(fresh(set, index % users))
      },
      calls: 2_000,
    }
  })
  const results = await measure(lines, rounds, progress(title, rounds))
  print(title, results)
  record(`revocation, ${users} users`, results)
}

const redis = await measureRedis(isQuick ? 50_000 : 1_000_000, isQuick ? 100 : 500)
if (redis) record('revocation, Redis', redis)

function revokeOne(list: MemoryRevocations): void {
  list.revokeSession({ issuer: userPoolId, session: crypto.randomUUID() })
}

function heap(): number {
  global.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
