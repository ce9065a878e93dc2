/** A revocation that was a mistake is taken back, and a newer one wins. */
import { memoryRevocations, revokeFromBody } from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import t, { type Test } from 'tap'
import { dynamoTable } from './dynamo-table.js'
import { verifiedTokenOf } from './fixture.js'
import { redisDouble } from './redis-double.js'
import { until } from './redis-server.js'
import { stores } from './stores.js'

const issuer = 'eu-west-1_AbCdEf123'
const start = Date.UTC(2027, 0)
const still = { now: () => start }
const kinds = ['Token', 'Session', 'User', 'Client', 'Pool'] as const

for (const [name, listOf] of Object.entries(stores))
  t.test(`${name}: in one and the same millisecond, in the order in which it is said`, async t => {
    const revocations = listOf(t, { clock: still }, still)
    const token = verifiedTokenOf({ issuer, iat: start / 1000, exp: start / 1000 + 3_600 })
    const isRevoked = () => revocations.isRevoked(token, start)
    for (const kind of kinds) {
      await revocations[`unrevoke${kind}`](token)
      t.notOk(isRevoked(), `${kind}: nothing to take back`)
      for (let i = 0; i < 3; i++) {
        await revocations[`revoke${kind}`](token)
        await revocations[`revoke${kind}`](token)
        t.ok(isRevoked(), kind)
        await revocations[`unrevoke${kind}`](token)
        t.notOk(isRevoked(), `${kind}: taken back`)
      }
    }
    for (const kind of kinds) await revocations[`revoke${kind}`](token)
    for (const kind of kinds) {
      t.ok(isRevoked(), `${kind} alone is enough`)
      await revocations[`unrevoke${kind}`](token)
    }
    t.notOk(isRevoked())
  })

t.test('a back office takes back with a body', async t => {
  const revocations = memoryRevocations()
  const token = verifiedTokenOf({ issuer })
  const { jti, origin_jti: session, sub: subject, client_id: clientId } = token.claims
  const good = [
    ['token', { jti }],
    ['session', { session }],
    ['user', { subject }],
    ['client', { clientId }],
    ['pool', {}],
  ] as const
  for (const [kind, target] of good) {
    t.same(await revokeFromBody(revocations, { revoke: kind, issuer, ...target }), { status: 204 })
    t.ok(revocations.isRevoked(token, Date.now()), kind)
    t.same(await revokeFromBody(revocations, { unrevoke: kind, issuer, ...target }), { status: 204 })
    t.notOk(revocations.isRevoked(token, Date.now()), kind)
  }
  t.equal(revocations.health().entries, 0, 'nothing is kept of it')
  const bad = [
    { unrevoke: 'user', revoke: 'user', issuer, subject },
    { unrevoke: 'user', issuer },
    { unrevoke: 'user', issuer, subject, notBefore: 5 },
    { unrevoke: 'token', issuer, jti, expiresAt: 5 },
    { unrevoke: 'everybody', issuer },
    { unrevoke: null, issuer, subject },
    { unrevoke: 'user', ...token },
  ]
  for (const body of bad)
    t.match(await revokeFromBody(revocations, body), { status: 400, body: { error: 'invalid_request' } })
  t.equal(
    (await revokeFromBody(revocations, { unrevoke: 'user' })).body?.error_description,
    'A user is unrevoked by issuer and subject',
  )
})

t.test('Redis: followers bring back neither what was taken back nor less than was said since', async t => {
  const redis = redisDouble(Date.now)
  const list = redisFollower(t, redis)
  for (const session of ['taken back', 'said again', 'stays']) await list.revokeSession({ issuer, session })
  const first = redis.lines
  for (const session of ['taken back', 'said again']) await list.unrevokeSession({ issuer, session })
  await list.revokeSession({ issuer, session: 'said again' })
  const verdicts = (of: typeof list) =>
    ['taken back', 'said again', 'stays'].map(session => isSignedOut(of, session))
  t.same(verdicts(list), [false, true, true])
  const all = redis.lines
  for (const [what, lines] of [
    ['emptied', {}],
    ['restored to before it was taken back', first],
    ['restored to the end alone', Object.fromEntries(Object.entries(all).slice(3))],
  ] as const) {
    redis.become(lines)
    await until('it is written back', async () => {
      pumped(redis, () => true)
      const late = redisFollower(t, redisDouble(Date.now, redis.lines))
      await until('it knows all', () => pumped(late.redis, () => late.health().state === 'current'))
      late.close()
      return JSON.stringify(verdicts(late)) === '[false,true,true]'
    })
    t.same(verdicts(list), [false, true, true], what)
  }
})

t.test('Redis: a follower that has not heard that it was taken back writes it back in vain', async t => {
  const redis = redisDouble(Date.now)
  const cutOff = redisFollower(t, redis)
  await cutOff.revokeSession({ issuer, session: 'mistake' })
  const [id, line] = Object.entries(redis.lines)[0] as [string, string]
  const other = redisFollower(t, redisDouble(Date.now, { [id]: line }))
  await until('it knows', () => pumped(other.redis, () => isSignedOut(other, 'mistake')))
  await other.unrevokeSession({ issuer, session: 'mistake' })
  // both servers lose everything, and each gets back what its follower knows
  const [revoked] = (await writtenBack(redis)) as [string]
  const [takenBack] = (await writtenBack(other.redis)) as [string]
  t.match([revoked, takenBack], [/^\["session"/, /^\["-session"/])
  for (const lines of [
    [revoked, takenBack],
    [takenBack, revoked],
  ]) {
    const all = lines.map((each, i) => [`${Date.now() + 60_000 + i}-0`, each])
    const late = redisFollower(t, redisDouble(Date.now, Object.fromEntries(all)))
    await until('it knows all', () => pumped(late.redis, () => late.health().state === 'current'))
    t.notOk(isSignedOut(late, 'mistake'))
  }

  async function writtenBack(its: typeof redis): Promise<string[]> {
    its.become({})
    await until('it is written back', () => pumped(its, () => its.length > 0))
    return Object.values(its.lines)
  }
})

t.test('Redis: on a server whose clock is behind, what is said last still counts', async t => {
  let time = Date.now()
  const redis = redisDouble(() => time)
  const list = redisFollower(t, redis)
  await list.revokeSession({ issuer, session: 'one' })
  redis.become({})
  redis.rewind()
  time -= 60_000
  await list.unrevokeSession({ issuer, session: 'one' })
  t.notOk(isSignedOut(list, 'one'))
  time -= 60_000
  redis.rewind()
  await list.revokeSession({ issuer, session: 'one' })
  t.ok(isSignedOut(list, 'one'))
})

t.test('DynamoDB: writers whose clocks differ, and tables that are restored', async t => {
  const table = dynamoTable()
  const at = (ahead: number) => dynamoFollower(t, table, ahead)
  const [fast, right, slow] = [at(3_000_000), at(0), at(-3_000_000)]
  const all = [fast, right, slow]
  for (const session of ['mistake', 'again']) await fast.revokeSession({ issuer, session })
  const backup = table.items
  for (const session of ['mistake', 'again']) await slow.unrevokeSession({ issuer, session })
  await right.revokeSession({ issuer, session: 'again' })
  const verdicts = (of: typeof right) => ['mistake', 'again'].map(session => isSignedOut(of, session))
  const haveAll = () => all.every(each => JSON.stringify(verdicts(each)) === '[false,true]')
  await until('all know', haveAll)
  for (const [what, items] of [
    ['emptied', new Map()],
    ['restored', backup],
  ] as const) {
    table.restore(items)
    await until(`${what}: one that starts then knows`, async () => {
      const late = at(0)
      await late.ready()
      late.close()
      return JSON.stringify(verdicts(late)) === '[false,true]'
    })
    t.ok(haveAll(), what)
  }
})

const isSignedOut = (
  list: { isRevoked: ReturnType<typeof memoryRevocations>['isRevoked'] },
  session: string,
) => list.isRevoked(verifiedTokenOf({ issuer, origin_jti: session }), Date.now())

/** Answers a read, if there is one, and says whether that was enough. */
function pumped(redis: ReturnType<typeof redisDouble>, isEnough: () => boolean): boolean {
  if (redis.isAsked()) redis.deliver(100)
  return isEnough()
}

function redisFollower(t: Test, redis: ReturnType<typeof redisDouble>) {
  const list = redisRevocations({ client: redis.client, staleAfter: 30, whenStale: 'accept' })
  t.teardown(() => list.close())
  return { ...list, redis }
}

function dynamoFollower(t: Test, { client }: ReturnType<typeof dynamoTable>, ahead: number) {
  const clock = { now: () => Date.now() + ahead }
  const list = dynamoRevocations({
    client,
    table: 'revocations',
    staleAfter: 30,
    whenStale: 'accept',
    pollEvery: 0.1,
    clock,
  })
  t.teardown(() => list.close())
  return list
}
