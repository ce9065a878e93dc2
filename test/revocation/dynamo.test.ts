import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { createVerifier, userPool } from 'cognito-guard'
import { type DynamoRevocationOptions, dynamoRevocations } from 'cognito-guard/dynamodb'
import { createTestIssuer } from 'cognito-guard/testing'
import t, { type Test } from 'tap'
import { dynamoDouble, revocationsTable } from '../dynamo-double.js'
import { thrownBy, verifiedTokenOf } from './fixture.js'
import { randomFrom } from './model.js'
import { isDone, proxyTo, until } from './redis-server.js'

// most of the time is spent waiting for a table that is made, hangs or is in use
t.jobs = 6
// a new object each time, since tap modifies it
const aside = () => ({ buffered: true })

const issuer = 'eu-west-1_AbCdEf123'
const TableName = 'revocations'

t.test('what one process revokes, every other refuses', aside(), async t => {
  const { list } = await table(t)
  const [one, two] = [list(), list()]
  t.match(two.health(), { state: 'loading', contactAge: undefined, entries: 0 })
  await Promise.all([one.ready(), two.ready()])
  const token = verifiedTokenOf({ issuer })
  t.notOk(two.isRevoked(token, Date.now()))
  await one.revokeUser(token)
  t.ok(one.isRevoked(token, Date.now()), 'at once where it was said')
  await until('the other knows', () => two.isRevoked(token, Date.now()))
  await Promise.all([
    two.revokeSession({ issuer, session: 'a session' }),
    two.revokeToken(token),
    two.revokeClient({ issuer, clientId: 'a-client' }),
    one.revokePool({ issuer: 'eu-west-1_Another' }),
  ])
  await until('the other knows them all', () => one.health().entries === 5)
  const late = list()
  await late.ready()
  t.match(late.health(), { state: 'current', entries: 5, unreadable: 0 }, 'one that starts later knows all')
})

t.test(
  'writers at the same time, clocks apart: every entry reaches everybody, in one order',
  aside(),
  async t => {
    const { list, client } = await table(t)
    const random = randomFrom(3)
    const writers = [-40, 0, 40].map(ahead => {
      const clock = { now: () => Date.now() + ahead * 1000 }
      const each = list({ clock })
      const isSignedOut = (session: string) =>
        each.isRevoked(verifiedTokenOf({ issuer, origin_jti: session }), clock.now())
      return { ...each, isSignedOut }
    })
    await Promise.all(writers.map(each => each.ready()))
    const sessions = Array.from({ length: 45 }, (_, i) => `session-${i}`)
    await Promise.all(
      sessions.map(session =>
        (writers[random(3)] as (typeof writers)[number]).revokeSession({ issuer, session }),
      ),
    )
    await until('all know all', () => writers.every(({ isSignedOut }) => sessions.every(isSignedOut)))
    for (const { isSignedOut } of writers) t.notOk(isSignedOut('another'))
    const { Items = [] } = await client.scan({ TableName })
    t.same(
      Items.map(({ serial }) => Number(serial?.N)).toSorted((a, b) => a - b),
      sessions.map((_, i) => i + 1),
      'numbers without a gap',
    )
    const expiring = Items.filter(({ expires }) => expires).map(({ serial }) => Number(serial?.N))
    t.equal(expiring.length, 44, 'all but the last have a time to live')
    t.notOk(expiring.includes(45))
  },
)

t.test('pages, an emptied table, and what cannot be read', aside(), async t => {
  const { list, client } = await table(t)
  const put = (serial: number, entry: string) =>
    client.putItem({
      TableName,
      Item: {
        list: { S: 'other' },
        serial: { N: String(serial) },
        written: { N: String(Date.now()) },
        entry: { S: entry },
      },
    })
  // a page is a megabyte
  const filler = 'x'.repeat(300_000)
  for (let serial = 1; serial < 8; serial++) await put(serial, filler)
  await put(8, JSON.stringify(['session', issuer, 'one']))
  await client.putItem({ TableName, Item: { list: { S: 'other' }, serial: { N: '9' } } })
  const follower = list({ list: 'other', pollEvery: 0.1 })
  await follower.ready()
  t.match(follower.health(), { entries: 1, unreadable: 8 })
  for (let serial = 1; serial <= 9; serial++)
    await client.deleteItem({ TableName, Key: { list: { S: 'other' }, serial: { N: String(serial) } } })
  await put(1, JSON.stringify(['session', issuer, 'two']))
  await until('it has read the new ones', () => follower.health().entries === 2)
})

t.test('out of reach: refuse or accept, as was chosen', aside(), async t => {
  const { list, port } = await table(t)
  const proxy = await proxyTo(t, port)
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
  const errors: unknown[] = []
  const through = { clock, staleAfter: 1, pollEvery: 0.2, onError: (error: unknown) => errors.push(error) }
  const refusing = list(through, proxy.port)
  const accepting = list({ ...through, whenStale: 'accept' }, proxy.port)
  await until('the table has it', () => isDone(refusing.revokeSession({ issuer, session: 'one' })))
  await until('both know', () => accepting.health().entries === 1)
  const one = verifiedTokenOf({ issuer, origin_jti: 'one' })
  const two = verifiedTokenOf({ issuer, origin_jti: 'two' })
  const source = createTestIssuer({ clock: Date })
  const pool = userPool({ ...source.options, jwks: source.jwks(), offline: true })
  const verifier = createVerifier({ issuers: [pool], revocations: refusing, clock })
  const cached = source.accessToken()
  t.ok(verifier.verifySync(cached))
  proxy.hang()
  clock.ahead = 60_000
  t.match(
    thrownBy(() => verifier.verifySync(cached)),
    { code: 'ERR_REVOCATION_UNAVAILABLE' },
    'a token that was good before, too',
  )
  t.ok(refusing.isRevoked(one, clock.now()))
  t.match(
    thrownBy(() => refusing.isRevoked(two, clock.now())),
    { status: 503 },
    'a function that was frozen refuses',
  )
  t.equal(accepting.isRevoked(two, clock.now()), false)
  t.equal(refusing.health().state, 'stale')
  await t.rejects(refusing.ready(), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  await t.rejects(refusing.revokeSession({ issuer, session: 'two' }), {
    code: 'ERR_REVOCATION_UNAVAILABLE',
    status: 503,
  })
  t.ok(errors.length > 0)
  proxy.pass()
  await until('it is well again', () => isDone(refusing.ready()))
  t.equal(refusing.isRevoked(two, clock.now()), false)
  await refusing.ready()
})

t.test('a full list, and a writer that never gets its turn', aside(), async t => {
  const { list } = await table(t)
  const full = list({ maxEntries: 1 })
  await full.revokePool({ issuer })
  await t.rejects(full.revokeSession({ issuer, session: 'one' }), { code: 'ERR_REVOCATION_UNAVAILABLE' })
  const conflict = Object.assign(new Error(), { name: 'ConditionalCheckFailedException' })
  const client = {
    query: async () => ({}),
    putItem: () => Promise.reject(conflict),
    updateItem: async () => ({}),
  }
  const unlucky = dynamoRevocations({ client, table: TableName, staleAfter: 10, whenStale: 'accept' })
  t.teardown(() => unlucky.close())
  await t.rejects(unlucky.revokePool({ issuer }), { code: 'ERR_REVOCATION_UNAVAILABLE' })
})

t.test('options', aside(), async t => {
  const good = {
    client: new DynamoDB({ region: 'eu-west-1' }),
    table: TableName,
    staleAfter: 30,
    whenStale: 'refuse',
  }
  const cases = [
    [{ ...good, table: undefined }, 'dynamoRevocations: table is undefined'],
    [
      { ...good, client: { send() {} } },
      'dynamoRevocations: client must be a client with methods, such as new DynamoDB()',
    ],
    [
      { ...good, client: null },
      'dynamoRevocations: client must be a client with methods, such as new DynamoDB()',
    ],
    [{ ...good, pollEvery: 16 }, 'dynamoRevocations: pollEvery must be at most half of staleAfter'],
    [{ ...good, pollEvery: 0 }, 'dynamoRevocations: pollEvery must be a number of seconds from 0.1 to 3600'],
  ] as const
  for (const [options, message] of cases)
    t.throws(() => dynamoRevocations(options as never), { name: 'TypeError', message }, message)
})

/** A table on DynamoDB's stand-in, and lists of revocations in it, each through a client of its own. */
async function table(t: Test) {
  const port = await dynamoDouble(t)
  const clients: DynamoDB[] = []
  const clientOf = (of: number) => {
    const client = new DynamoDB({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${of}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
    clients.push(client)
    return client
  }
  const client = clientOf(port)
  await client.createTable(revocationsTable(TableName))
  await until(
    'the table is there',
    async () => (await client.describeTable({ TableName })).Table?.TableStatus === 'ACTIVE',
  )
  const lists: ReturnType<typeof dynamoRevocations>[] = []
  t.teardown(() => {
    for (const each of lists) each.close()
    for (const each of clients) each.destroy()
  })
  return {
    client,
    port,
    list: (options: Partial<DynamoRevocationOptions> = {}, through = port) => {
      const made = dynamoRevocations({
        client: clientOf(through),
        table: TableName,
        staleAfter: 30,
        whenStale: 'refuse',
        pollEvery: 0.1,
        ...options,
      })
      lists.push(made)
      return made
    },
  }
}
