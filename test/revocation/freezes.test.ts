/** A process that is frozen while a question is under way takes no answer from before for one of now. */
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import t from 'tap'
import { dynamoTable } from './dynamo-table.js'
import { verifiedTokenOf } from './fixture.js'
import { redisDouble } from './redis-double.js'
import { until } from './redis-server.js'

const issuer = 'eu-west-1_AbCdEf123'
const unavailable = { code: 'ERR_REVOCATION_UNAVAILABLE' }

t.test('DynamoDB: ready() asks again until the answer is of now', async t => {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
  const table = dynamoTable()
  const options = { client: table.client, table: 'revocations', staleAfter: 30, whenStale: 'accept' } as const
  const list = dynamoRevocations({ ...options, clock })
  const writer = dynamoRevocations(options)
  t.teardown(() => [list, writer].forEach(each => each.close()))
  await Promise.all([list.ready(), writer.ready()])
  const token = verifiedTokenOf({ issuer })
  for (const freezes of [1, 2, 5]) {
    clock.ahead += 600_000
    let frozen = 0
    table.state.beforeAnswer = async () => {
      if (frozen++ >= freezes) return
      clock.ahead += 600_000
      table.state.beforeAnswer = undefined
      await writer.revokeSession({ issuer, session: `${freezes} ${frozen}` })
      table.state.beforeAnswer = freeze
    }
    const freeze = table.state.beforeAnswer
    await list.ready()
    table.state.beforeAnswer = undefined
    t.equal(list.health().state, 'current', `${freezes} times`)
    t.ok(
      list.isRevoked(
        verifiedTokenOf({ issuer, iat: token.claims.iat, origin_jti: `${freezes} ${freezes}` }),
        Date.now(),
      ),
    )
  }
  table.state.beforeAnswer = () => void (clock.ahead += 600_000)
  clock.ahead += 600_000
  await t.rejects(list.ready(), unavailable, 'not without end')
  t.equal(list.health().state, 'stale')
})

t.test('Redis: ready() waits for an answer to a question of now', async t => {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
  const redis = redisDouble(Date.now)
  const list = redisRevocations({ client: redis.client, staleAfter: 30, whenStale: 'accept', clock })
  t.teardown(() => list.close())
  await until('it asks', redis.isAsked, 0)
  redis.deliver(1)
  await list.ready()
  await until('it asks', redis.isAsked, 0)
  clock.ahead = 600_000
  t.equal(list.health().state, 'stale')
  let isReady = false
  const ready = list.ready().then(() => {
    isReady = true
  })
  redis.deliver(1)
  await until('it asks again', redis.isAsked, 0)
  t.equal(isReady, false)
  t.equal(list.health().state, 'stale')
  redis.deliver(1)
  await ready
  t.equal(list.health().state, 'current')
})
