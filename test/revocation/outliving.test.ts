/** Tokens that live longer than a list keeps its entries: it never says of one that it is not revoked. */
import { createVerifier, memoryRevocations, userPool } from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { redisRevocations } from 'cognito-guard/redis'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { dynamoTable } from './dynamo-table.js'
import { thrownBy, verifiedTokenOf } from './fixture.js'
import { redisDouble } from './redis-double.js'
import { stores } from './stores.js'

const day = 86_400
const issuer = 'https://op.example.com'
const methods = ['revokeToken', 'revokeSession', 'revokeUser', 'revokeClient', 'revokePool'] as const
const outlives = { code: 'ERR_REVOCATION_UNAVAILABLE', status: 503, hint: /maxTokenLifetime/ }

t.test('by iat and exp, or by the time where there is no iat', async t => {
  const now = Date.UTC(2027, 0)
  const clock = { now: () => now }
  const second = now / 1000
  const cases = [
    ['an hour', {}, { iat: second, exp: second + 3_600 }, true],
    ['a day, as Cognito has it at most', {}, { iat: second, exp: second + day }, true],
    ['a day and what clocks may differ', {}, { iat: second, exp: second + day + 300 }, true],
    ['more', {}, { iat: second, exp: second + day + 301 }, false],
    ['more, and nearly over', {}, { iat: second - 7 * day, exp: second + 60 }, false],
    ['no iat', {}, { iat: undefined, exp: second + day + 300 }, true],
    ['no iat, more', {}, { iat: undefined, exp: second + day + 301 }, false],
    [
      'a week, where that is said',
      { maxTokenLifetime: 7 * day },
      { iat: second, exp: second + 7 * day },
      true,
    ],
    ['an hour, where less is said', { maxTokenLifetime: 300 }, { iat: second, exp: second + 3_600 }, false],
  ] as const
  for (const [name, listOf] of Object.entries(stores))
    for (const [what, options, claims, isTold] of cases) {
      const revocations = listOf(t, { clock, ...options }, clock)
      const token = verifiedTokenOf({ issuer, ...claims })
      const verdict = () => revocations.isRevoked(token, now)
      if (isTold) t.equal(verdict(), false, `${name}: ${what}`)
      else t.match(thrownBy(verdict), outlives, `${name}: ${what}`)
    }
})

t.test('no revocation ends before the token', async t => {
  for (const [name, listOf] of Object.entries(stores))
    for (const method of methods)
      for (const claims of [{}, { iat: undefined }]) {
        let time = Date.UTC(2027, 0)
        const clock = { now: () => time }
        const revocations = listOf(t, { clock }, clock)
        const end = time + 7 * day * 1000
        const token = verifiedTokenOf({ issuer, iat: time / 1000, ...claims, exp: end / 1000 })
        await revocations[method](token)
        const verdicts = new Set<unknown>()
        for (; time < end + 300_000; time += 10_000_000) verdicts.add(revocations.isRevoked(token, time))
        t.same([...verdicts], [true], `${name} ${method}`)
      }
})

t.test('through a verifier it is an outage with a hint, before anything is revoked and after', async t => {
  const source = createTestIssuer()
  const { clock } = source
  const revocations = memoryRevocations({ clock })
  const verifier = createVerifier({
    issuers: [userPool({ ...source.options, jwks: source.jwks(), offline: true })],
    clock,
    revocations,
  })
  const token = source.accessToken({ expiresIn: 7 * day })
  const refused = () => thrownBy(() => verifier.verifySync(token))
  t.match(refused(), outlives)
  t.match(refused(), outlives, 'when it is cached, too')
  const { subject } = verifier.verifySync(source.accessToken()).principal
  revocations.revokeUser({ issuer: source.options.userPoolId, subject })
  t.match(refused(), { code: 'ERR_TOKEN_REVOKED' })
  clock.advance(2 * day)
  t.match(refused(), outlives, 'when its entry has had its time')
})

t.test(
  'what is kept elsewhere is there for as long as such a token lives, and what else there is goes in its time',
  async t => {
    let time = Date.UTC(2027, 0)
    const began = time
    const clock = { now: () => time }
    const end = time / 1000 + 7 * day
    const long = verifiedTokenOf({ issuer, iat: time / 1000, exp: end })
    const redis = redisDouble(clock.now)
    const trims: { before: number; left: number }[] = []
    const client = Object.assign(redis.client, {
      xTrim: async (_key: string, _strategy: string, before: string) => {
        trims.push({ before: Number.parseInt(before, 10), left: Number.NaN })
      },
      expire: async (_key: string, left: number) => {
        trims.push({ ...(trims.pop() as (typeof trims)[0]), left })
      },
    })
    const table = dynamoTable()
    const shared = { clock, monotonic: clock, staleAfter: 86_400, whenStale: 'accept' } as const
    const lists = [
      redisRevocations({ client, ...shared }),
      dynamoRevocations({ client: table.client, table: 'revocations', ...shared }),
    ]
    t.teardown(() => lists.forEach(list => list.close()))
    const revoke = async (target: Parameters<(typeof lists)[0]['revokeSession']>[0]) => {
      for (const list of lists) await list.revokeSession(target)
    }
    await revoke(long)
    await revoke(long)
    for (const days of [3, 4, 2]) {
      time += days * day * 1000
      await revoke({ issuer, session: `${days}` })
    }
    const [first, , , last] = trims
    t.ok((first?.left as number) >= 7 * day, 'the stream')
    t.ok(
      trims.slice(0, 3).every(({ before }) => before <= began),
      'the entry',
    )
    t.ok((last?.before as number) > began && (last?.left as number) <= day + 1_200, 'but no longer')
    const expires = [...table.items.values()].map(({ expires }) =>
      Number((expires as { N: string } | undefined)?.N),
    )
    t.ok((expires[0] as number) >= end && (expires[1] as number) >= end)
    t.ok((expires[3] as number) < time / 1000 + day + 1_201)
  },
)
