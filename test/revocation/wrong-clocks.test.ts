/** A wall clock that is wrong for a while takes no revocation along. */
import { createVerifier, memoryRevocations, userPool } from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { dynamoTable } from './dynamo-table.js'
import { verifiedTokenOf } from './fixture.js'
import { redisDouble } from './redis-double.js'
import { isDone, until } from './redis-server.js'

const issuer = 'eu-west-1_AbCdEf123'
const hour = 3_600

/** A right clock, and one that is wrong by so many milliseconds. */
function clocks() {
  const right = { time: Date.UTC(2027, 0), now: () => right.time }
  const wall = { wrong: 0, now: () => right.time + wall.wrong }
  return { right, wall }
}

t.test('a jump forward, however long looked at, and back', async t => {
  const source = createTestIssuer()
  const clock = { ahead: 0, now: () => source.clock.now() + clock.ahead }
  for (const ahead of [hour, 2 * hour, 48 * hour, 365 * 24 * hour]) {
    const revocations = memoryRevocations({ clock, monotonic: source.clock, maxTokenLifetime: hour })
    const verifier = createVerifier({
      issuers: [userPool({ ...source.options, jwks: source.jwks(), offline: true })],
      clock,
      revocations,
    })
    const token = source.accessToken({ expiresIn: hour })
    const other = source.accessToken({ username: 'other', expiresIn: hour })
    const auth = verifier.verifySync(token)
    revocations.revokeUser(auth)
    clock.ahead = ahead * 1_000
    for (let i = 0; i < 100; i++, source.clock.advance(1)) {
      await verifier.verify(other).catch(() => {})
      revocations.isRevoked(auth, clock.now())
    }
    clock.ahead = 0
    await t.rejects(verifier.verify(token), { code: 'ERR_TOKEN_REVOKED' }, `${ahead} s`)
  }
})

t.test('a clock that stays ahead is believed in the end, and memory is given back', async t => {
  const { right, wall } = clocks()
  const revocations = memoryRevocations({ clock: wall, monotonic: right, maxTokenLifetime: 300 })
  const token = verifiedTokenOf({ issuer, iat: right.time / 1000, exp: right.time / 1000 + 300 })
  const look = (seconds: number) => {
    right.time += seconds * 1_000
    revocations.isRevoked(token, wall.now())
  }
  for (let i = 0; i < 500; i++) revocations.revokeSession({ issuer, session: `${i}` })
  wall.wrong = 86_400_000
  look(10)
  t.equal(revocations.health().entries, 500)
  for (let i = 0; i < 40; i++) look(100)
  t.equal(revocations.health().entries, 0)
  revocations.revokeSession({ issuer, session: 'one' })
  // nobody asks for long
  wall.wrong = 0
  look(200_000)
  look(2)
  t.equal(revocations.health().entries, 0)
})

t.test('a clock that answers nonsense clears nothing away', async t => {
  const { right } = clocks()
  const clock = { answer: undefined as number | undefined, now: () => clock.answer ?? right.time }
  const revocations = memoryRevocations({ clock, monotonic: right })
  revocations.revokeSession({ issuer, session: 'one' })
  const token = verifiedTokenOf({ issuer, origin_jti: 'one' })
  for (const nonsense of [Number.NaN, Infinity, -Infinity]) {
    clock.answer = nonsense
    revocations.isRevoked(token, nonsense)
    revocations.revokeSession({ issuer, session: 'two' })
  }
  clock.answer = undefined
  t.ok(revocations.isRevoked(token, right.time))
})

/** A follower of a Redis and one of a DynamoDB table, and a way for each to be told what there is and to revoke elsewhere. */
const followers = {
  Redis() {
    const { right, wall } = clocks()
    const redis = redisDouble(right.now)
    const options = {
      client: redis.client,
      staleAfter: 30,
      whenStale: 'accept',
      maxTokenLifetime: hour,
    } as const
    return {
      right,
      wall,
      start: () => redisRevocations({ ...options, clock: wall, monotonic: right }),
      async revoke(session: string) {
        redis.add(JSON.stringify(['session', issuer, session]))
      },
      async look() {
        for (let i = 0; i < 3; i++) {
          await until('it asks', redis.isAsked, 0)
          redis.deliver(100)
        }
        await until('it asks', redis.isAsked, 0)
      },
    }
  },
  DynamoDB() {
    const { right, wall } = clocks()
    const table = dynamoTable()
    const options = {
      client: table.client,
      table: 'revocations',
      whenStale: 'accept',
      maxTokenLifetime: hour,
    } as const
    const start = (clock: { now(): number }) =>
      dynamoRevocations({ ...options, clock, monotonic: right, staleAfter: 1, pollEvery: 0.1 })
    return {
      right,
      wall,
      start: () => start(wall),
      async revoke(session: string) {
        const writer = start(right)
        await writer.revokeSession({ issuer, session })
        writer.close()
      },
      async look() {
        const { queries } = table.state
        await until('it has asked', () => table.state.queries > queries + 2)
      },
    }
  },
}

for (const [name, make] of Object.entries(followers))
  for (const isEarly of [true, false])
    t.test(`${name}: a follower that ${isEarly ? 'looks' : 'starts'} while its clock is ahead`, async t => {
      const { right, wall, start, revoke, look } = make()
      const isSignedOut = (list: ReturnType<typeof start>, session: string) =>
        list.isRevoked(verifiedTokenOf({ issuer, origin_jti: session, iat: right.time / 1_000 }), wall.now())
      await revoke('before')
      let list = isEarly ? start() : undefined
      if (isEarly) await look()
      wall.wrong = 48 * hour * 1_000
      await revoke('meanwhile')
      list ??= start()
      t.teardown(() => list.close())
      await look()
      wall.wrong = 0
      if (!isEarly) await look()
      for (const session of ['before', 'meanwhile']) t.ok(isSignedOut(list, session), session)
      await until('it is ready', () => isDone(list.ready()))
    })

t.test('DynamoDB: a writer whose clock is behind does not end what others wrote', async t => {
  const day = 86_400
  for (const behind of [0, hour, 3 * day, 365 * day]) {
    const { right, wall } = clocks()
    const table = dynamoTable()
    const options = { client: table.client, table: 'x', staleAfter: 30, whenStale: 'refuse' } as const
    const [one, two] = [right, wall].map(clock => dynamoRevocations({ ...options, clock, monotonic: right }))
    wall.wrong = -behind * 1_000
    await one?.revokeUser({ issuer, subject: 'alice' })
    await two?.revokeUser({ issuer, subject: 'bob' })
    await two?.revokeUser({ issuer, subject: 'carol' })
    const until = [...table.items.values()].map(({ expires }) =>
      Number((expires as { N: string } | undefined)?.N),
    )
    const needed = right.time / 1_000 + day
    t.ok((until[0] as number) > needed, `${behind} s: ${until[0]}`)
    t.ok((until[1] as number) > needed - behind, 'its own by its clock')
    one?.close()
    two?.close()
  }
})
