import { dynamoRevocations } from 'cognito-guard/dynamodb'
import t from 'tap'
import { dynamoTable } from './dynamo-table.js'
import { verifiedTokenOf } from './fixture.js'
import { randomFrom, revocationModel } from './model.js'
import { until } from './redis-server.js'

const lifetime = 3_600

t.test(
  'random interleavings of writers, freezes and tables that are emptied or restored agree with a model',
  async t => {
    const random = randomFrom(21)
    const clock = { time: Date.UTC(2027, 0), now: () => clock.time }
    const table = dynamoTable()
    const counts = { written: 0, read: 0, restored: 0, revoked: 0, accepted: 0 }
    const process = () => {
      const state = { isAway: false }
      const reach = <T>(call: () => Promise<T>) => (state.isAway ? Promise.reject(new Error('away')) : call())
      const list = dynamoRevocations({
        client: {
          query: input => reach(() => table.client.query(input)),
          putItem: input => reach(() => table.client.putItem(input)),
          updateItem: input => reach(() => table.client.updateItem(input)),
        },
        table: 'revocations',
        staleAfter: 1,
        pollEvery: 0.1,
        whenStale: 'accept',
        maxTokenLifetime: lifetime,
        clock,
        monotonic: clock,
      })
      t.teardown(() => list.close())
      return { list, state }
    }
    const all = [process(), process(), process()]
    const said = revocationModel(lifetime)
    const differences: unknown[] = []
    let place = 0
    let backup = table.items

    /** All have read the table to its end, and have written back what it lacks. */
    async function settle(): Promise<void> {
      for (const { state } of all) state.isAway = false
      for (let round = 0; round < 3; round++)
        for (const { list } of all) {
          clock.time += 2_000
          await list.ready()
        }
      const { queries } = table.state
      await until('each has looked twice', () => table.state.queries > queries + 8)
      counts.read++
    }

    for (let step = 0; step < 40; step++) {
      for (let count = random(12); count > 0; count--) {
        clock.time += random(40_000)
        const { list, state } = all[random(3)] as (typeof all)[number]
        if (state.isAway) continue
        const { method, target } = said.randomTarget(random, clock.time)
        await list[method](target as never)
        said.add(method, target, clock.time, place++)
        counts.written++
      }
      const action = random(4)
      if (action === 0) await settle()
      if (action === 1) backup = table.items
      if (action === 2) {
        // whoever is away misses what is written to the other table, up to the same number or beyond
        await settle()
        const away = all[random(3)] as (typeof all)[number]
        away.state.isAway = true
        table.restore(random(2) ? backup : undefined)
        counts.restored++
      }
      if (action === 3) table.expire(random(2))
      if (action === 3) await settle()
      if (action !== 0 && action !== 3) continue
      for (let asked = 0; asked < 300; asked++) {
        const token = said.randomToken(random, clock.time)
        const expected = said.isRevoked(token, clock.time)
        counts[expected ? 'revoked' : 'accepted']++
        for (const { list } of all)
          if (list.isRevoked(token, clock.time) !== expected) differences.push({ step, token, expected })
      }
    }
    t.same(differences.slice(0, 3), [])
    t.ok(counts.revoked > 200 && counts.accepted > 200 && counts.restored > 5, JSON.stringify(counts))
  },
)

t.test(
  'a table that was written again, up to the same number or beyond, while a process was away',
  async t => {
    for (const [what, again] of [
      ['less', 1],
      ['as much', 2],
      ['more', 3],
      ['several pages', 9],
    ] as const) {
      const table = dynamoTable()
      let isAway = false
      const start = (query = table.client.query) => {
        const client = { ...table.client, query }
        const options = {
          client,
          table: 'revocations',
          staleAfter: 30,
          whenStale: 'refuse',
          pollEvery: 0.1,
        } as const
        const list = dynamoRevocations(options)
        t.teardown(() => list.close())
        return list
      }
      const away = start(input => (isAway ? Promise.reject(new Error('away')) : table.client.query(input)))
      const issuer = 'eu-west-1_AbCdEf123'
      for (const session of ['old 1', 'old 2']) await away.revokeSession({ issuer, session })
      isAway = true
      table.restore()
      const office = start()
      const sessions = Array.from({ length: again }, (_, i) => `new ${i}`)
      for (const session of sessions) await office.revokeSession({ issuer, session })
      isAway = false
      const knowsAll = (list: typeof away) =>
        ['old 1', 'old 2', ...sessions].every(session =>
          list.isRevoked(verifiedTokenOf({ issuer, origin_jti: session }), Date.now()),
        )
      await until(`${what}: it knows what is new, and has written back what is lost`, () =>
        [away, office].every(knowsAll),
      )
      t.equal(away.health().state, 'current', what)
    }
  },
)
