import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type RedisRevocationOptions, redisRevocations } from 'cognito-guard/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import { thrownBy, verifiedTokenOf } from './fixture.js'
import { redisDouble } from './redis-double.js'
import { isDone, needsRedis, proxyTo, redisServer, until } from './redis-server.js'

// most of the time is spent waiting for a server that starts, hangs or is away
t.jobs = 10
// a new object each time, since tap modifies it
const aside = () => ({ ...needsRedis, buffered: true })

const issuer = 'eu-west-1_AbCdEf123'
const tokenOf = (session: string) => verifiedTokenOf({ issuer, origin_jti: session })

const clients = {
  redis: async (t: Test, port: number) => {
    const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } })
    client.on('error', () => {})
    t.teardown(() => client.destroy())
    return await client.connect()
  },
  ioredis: async (t: Test, port: number) => {
    const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 })
    client.on('error', () => {})
    t.teardown(() => client.disconnect())
    return client
  },
  'ioredis, lazy and without a queue': async (t: Test, port: number) => {
    const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, enableOfflineQueue: false })
    client.on('error', () => {})
    t.teardown(() => client.disconnect())
    await client.connect()
    return client
  },
}

const outOfReach = { code: 'ERR_REVOCATION_UNAVAILABLE', status: 503 }

const persistent = ['--appendonly', 'yes']

/** A list through a client of its own, as a process has it. */
async function list(
  t: Test,
  port: number,
  options: Partial<RedisRevocationOptions> = {},
  connect: keyof typeof clients = 'redis',
) {
  const client = await clients[connect](t, port)
  const revocations = redisRevocations({ client, staleAfter: 30, whenStale: 'refuse', ...options })
  t.teardown(() => revocations.close())
  return {
    client,
    ...revocations,
    isSignedOut: (session: string) => revocations.isRevoked(tokenOf(session), Date.now()),
  }
}

t.test('what one process revokes, every other refuses', aside(), async t => {
  const { port } = await redisServer(t)
  const names = Object.keys(clients) as (keyof typeof clients)[]
  await Promise.all(names.map(reachesEverybody))

  async function reachesEverybody(name: keyof typeof clients): Promise<void> {
    const process = () => list(t, port, { key: name }, name)
    const [one, two] = await Promise.all([process(), process()])
    await Promise.all([one.ready(), two.ready()])
    const token = verifiedTokenOf({ issuer })
    t.equal(two.isRevoked(token, Date.now()), false, name)
    await one.revokeToken(token)
    t.ok(one.isRevoked(token, Date.now()), `${name}: at once where it was said`)
    await until('the other knows', () => two.isRevoked(token, Date.now()))
    await Promise.all([
      two.revokeSession({ issuer, session: 'a session' }),
      two.revokeUser({ issuer, subject: 'a user' }),
      two.revokeClient({ issuer, clientId: 'a-client' }),
      two.revokePool({ issuer: 'eu-west-1_Another' }),
    ])
    await until('the other knows them all', () => one.health().entries === 5)
    const late = await process()
    await late.ready()
    t.match(
      late.health(),
      { state: 'current', entries: 5, unreadable: 0 },
      `${name}: one that starts later knows all`,
    )
    t.ok(late.isRevoked(token, Date.now()))
    for (const each of [one, two, late]) each.close()
  }
})

t.test('a list is read in pages, and duplicates do no harm', aside(), async t => {
  const { port } = await redisServer(t)
  const writer = await clients.redis(t, port)
  const lines = Array.from({ length: 10_100 }, (_, i) =>
    JSON.stringify(['session', issuer, `session-${i % 10_000}`]),
  )
  while (lines.length > 0)
    await Promise.all(lines.splice(0, 1_000).map(r => writer.xAdd('cognito-guard:revocations', '*', { r })))
  const follower = await list(t, port, {}, 'ioredis')
  t.match(follower.health(), { state: 'loading', contactAge: undefined })
  t.match(
    thrownBy(() => follower.isSignedOut('session-9999x')),
    outOfReach,
  )
  await follower.ready()
  t.equal(follower.health().entries, 10_000)
  t.ok(follower.isSignedOut('session-9999'))
  t.notOk(follower.isSignedOut('session-10000'))
})

t.test('kill -9: what is known stays known, and the follower goes on from where it was', aside(), async t => {
  const server = await redisServer(t, ...persistent)
  const pairs = await Promise.all(
    (['redis', 'ioredis'] as const).map(async name => {
      const key = { key: name }
      const [writer, follower] = await Promise.all([
        list(t, server.port, key, name),
        list(t, server.port, key, name),
      ])
      await follower.ready()
      return { name, writer, follower }
    }),
  )
  for (const { writer } of pairs) await writer.revokeSession({ issuer, session: 'before' })
  await until('the followers know', () => pairs.every(({ follower }) => follower.health().entries === 1))
  await server.kill()
  await pause(100)
  for (const { name, follower } of pairs) {
    t.ok(follower.isSignedOut('before'), `${name}: in memory`)
    t.notOk(follower.isSignedOut('after'))
  }
  await server.start()
  for (const { name, writer, follower } of pairs) {
    await until('the writer is connected', () => isDone(writer.revokeSession({ issuer, session: 'after' })))
    await until('the follower knows', () => follower.isSignedOut('after'))
    t.equal(follower.health().entries, 2, name)
  }
})

t.test('a server that has lost the list gets it back from those who know it', aside(), async t => {
  const server = await redisServer(t)
  const followers = await Promise.all([1, 2, 3].map(() => list(t, server.port)))
  const [first] = followers as [Awaited<ReturnType<typeof list>>]
  const ids = Array.from({ length: 900 }, () => randomUUID())
  await Promise.all(ids.map(session => first.revokeSession({ issuer, session })))
  await first.revokeUser({ issuer, subject: 'user', notBefore: Math.floor(Date.now() / 1000) })
  await until('all know', () => followers.every(follower => follower.health().entries === 901))
  await server.kill()
  await server.start()
  const after = Date.now()
  await until('it is back', async () => {
    const late = await list(t, server.port)
    await late.ready()
    late.close()
    return late.health().entries === 901 && ids.every(late.isSignedOut)
  })
  t.ok(Date.now() - after < 20_000)
  const length = await (await clients.redis(t, server.port)).xLen('cognito-guard:revocations')
  t.ok(length <= 3 * 901, `written back ${length} times for 901 entries`)
  t.comment(`3 followers wrote ${length} entries to restore 901`)
})

t.test(
  'a stream that was trimmed while a follower was away is read anew, and its gaps are filled',
  aside(),
  async t => {
    const { port } = await redisServer(t)
    const proxy = await proxyTo(t, port)
    const errors: unknown[] = []
    const away = await list(t, proxy.port, {
      staleAfter: 2,
      whenStale: 'accept',
      onError: error => errors.push(error),
    })
    const here = await list(t, port)
    await here.revokeSession({ issuer, session: 'one' })
    await until('both know', () => away.health().entries === 1)
    proxy.hang()
    await here.revokeSession({ issuer, session: 'two' })
    await (await clients.redis(t, port)).xTrim('cognito-guard:revocations', 'MAXLEN', 0)
    await here.revokeSession({ issuer, session: 'three' })
    t.notOk(away.isSignedOut('two'), 'what it cannot know')
    proxy.pass()
    await until('it knows', () => away.isSignedOut('three') && away.isSignedOut('two'))
    t.ok(away.isSignedOut('one'))
    t.ok(errors.length > 0, 'a connection that hung was given up')
  },
)

t.test('a client that goes on at another server by itself misses nothing there', async t => {
  const redis = redisDouble(Date.now)
  const follower = redisRevocations({ client: redis.client, staleAfter: 30, whenStale: 'accept' })
  t.teardown(() => follower.close())
  const isSignedOut = (session: string) => follower.isRevoked(tokenOf(session), Date.now())
  const line = (session: string) => JSON.stringify(['session', issuer, session])
  for (const session of ['one', 'two', 'three']) redis.add(line(session))
  await until('it asks', redis.isAsked)
  redis.deliver(3)
  await until('it requests more', redis.isAsked)
  const now = Date.now()
  redis.become({ [`${now - 60_000}-2`]: line('four'), [`${now + 1}-4`]: line('five') })
  redis.deliver(1)
  await until('it asks again', redis.isAsked)
  redis.deliver(10)
  await until('it knows them all', () => ['four', 'five'].every(isSignedOut))
  await until('it has written back what that server does not have', () => redis.length === 5)
})

t.test('out of reach: refuse or accept, as was chosen', aside(), async t => {
  const { port } = await redisServer(t)
  const proxy = await proxyTo(t, port)
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
  const refusing = await list(t, proxy.port, { staleAfter: 1, clock })
  const accepting = await list(t, proxy.port, { staleAfter: 1, whenStale: 'accept', clock }, 'ioredis')
  await until('Redis has it', () => isDone(refusing.revokeSession({ issuer, session: 'one' })))
  await until('both know', () => accepting.health().entries === 1)
  for (const each of [refusing, accepting]) await until('it is ready', () => isDone(each.ready()))
  proxy.hang()
  await until('both are stale', () => [refusing, accepting].every(each => each.health().state === 'stale'))
  for (const each of [refusing, accepting])
    t.ok(each.isRevoked(tokenOf('one'), clock.now()), 'what is known is known')
  t.match(
    thrownBy(() => refusing.isSignedOut('two')),
    outOfReach,
  )
  t.equal(accepting.isSignedOut('two'), false)
  t.ok((refusing.health().contactAge as number) > 1)
  await t.rejects(refusing.revokeSession({ issuer, session: 'two' }), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  await t.rejects(refusing.ready(), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  proxy.pass()
  await until('it is ready', () => isDone(refusing.ready()))
  await until('it is well again', () => refusing.health().state === 'current')
  t.equal(refusing.isSignedOut('two'), false)
  clock.ahead = 60_000
  t.match(
    thrownBy(() => refusing.isRevoked(tokenOf('two'), clock.now())),
    outOfReach,
    'a process that was frozen has missed what there was',
  )
  await until('it is well again', () => isDone(refusing.ready()))
})

t.test('clocks of processes do not matter', aside(), async t => {
  const { port } = await redisServer(t)
  const at = (hours: number) => ({ clock: { now: () => Date.now() + hours * 3_600_000 } })
  const [slow, fast, right] = await Promise.all([
    list(t, port, at(-30)),
    list(t, port, at(30)),
    list(t, port),
  ])
  const now = Math.floor(Date.now() / 1000)
  const old = (subject: string) => verifiedTokenOf({ issuer, sub: subject, iat: now - 1 })
  const fresh = (subject: string) => verifiedTokenOf({ issuer, sub: subject, iat: now + 5 })
  await slow.revokeUser(old('said by the slow'))
  await fast.revokeUser(old('said by the fast'))
  await until('the right one knows both', () => right.health().entries === 2)
  await right.ready()
  for (const subject of ['said by the slow', 'said by the fast']) {
    t.ok(right.isRevoked(old(subject), Date.now()), subject)
    t.notOk(right.isRevoked(fresh(subject), Date.now()), subject)
  }
  t.equal(
    await (await clients.redis(t, port)).xLen('cognito-guard:revocations'),
    2,
    'the fast one trims nothing that is young',
  )
})

t.test('entries expire in Redis too', aside(), async t => {
  const { port } = await redisServer(t)
  const key = 'cognito-guard:revocations'
  const writer = await clients.redis(t, port)
  const day = 86_400_000
  const lines = (id: number) =>
    writer.xAdd(key, `${id}-0`, { r: JSON.stringify(['session', issuer, `session-${id}`]) })
  for (let i = 0; i < 1_000; i++) await lines(Date.now() - 2 * day + i)
  await lines(Date.now() - day / 2)
  const follower = await list(t, port)
  await follower.ready()
  t.equal(follower.health().entries, 1, 'what has had its time is not taken in')
  await follower.revokeSession({ issuer, session: 'new' })
  await until('the stream is trimmed', async () => (await writer.xLen(key)) < 200)
  const left = await writer.ttl(key)
  t.ok(left > 86_400 && left <= 87_600, `the stream itself goes after ${left} s without a revocation`)
})

t.test('what cannot be read, and what does not fit', aside(), async t => {
  const { port } = await redisServer(t)
  const writer = await clients.redis(t, port)
  const key = 'cognito-guard:revocations'
  const lines = [
    '',
    'null',
    '{}',
    '["group","x","y"]',
    '["user",5,"y"]',
    '["user","x","y",1.5]',
    '["user","x"]',
    '["user","x","y"]',
  ]
  for (const r of lines) await writer.xAdd(key, '*', { r })
  const follower = await list(t, port, { maxEntries: 2 })
  await follower.ready()
  t.match(follower.health(), { entries: 1, unreadable: 7 })
  await follower.revokeSession({ issuer, session: 'one' })
  await t.rejects(
    follower.revokeSession({ issuer, session: 'two' }),
    { code: 'ERR_REVOCATION_UNAVAILABLE' },
    'full',
  )
  await writer.set('text', 'not a stream')
  const errors: unknown[] = []
  const wrong = await list(t, port, {
    key: 'text',
    staleAfter: 1,
    onError(error) {
      errors.push(error)
      throw new Error('an observer changes nothing')
    },
  })
  await t.rejects(wrong.ready(), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  await t.rejects(wrong.revokePool({ issuer }), { code: 'ERR_REVOCATION_UNAVAILABLE', cause: undefined })
  t.match(errors[0], { message: /WRONGTYPE/ })
})

t.test('options', async t => {
  const client = { xAdd() {} }
  const good = { client, staleAfter: 30, whenStale: 'refuse' }
  const cases = [
    [{ ...good, staleAfter: undefined }, 'redisRevocations: staleAfter is undefined'],
    [{ ...good, whenStale: undefined }, 'redisRevocations: whenStale is undefined'],
    [{ ...good, whenStale: 'open' }, 'redisRevocations: whenStale must be one of refuse, accept'],
    [{ ...good, staleAfter: 0 }, 'redisRevocations: staleAfter must be a number of seconds from 1 to 86400'],
    [{ ...good, client: {} }, 'redisRevocations: client must be a client of redis or ioredis'],
    [{ ...good, client: null }, 'redisRevocations: client must be a client of redis or ioredis'],
    [{ ...good, key: '' }, 'redisRevocations: key must be a non-empty string'],
  ] as const
  for (const [options, message] of cases)
    t.throws(() => redisRevocations(options as never), { name: 'TypeError', message }, message)
})
