import type { Clock } from 'cognito-guard'
import { memoryRevocations, type Revocations } from 'cognito-guard'
import { type DynamoRevocationOptions, dynamoRevocations } from 'cognito-guard/dynamodb'
import { type RedisRevocationOptions, redisRevocations } from 'cognito-guard/redis'
import { dynamoTable } from './dynamo-table.js'
import { redisDouble } from './redis-double.js'
import type { WithEnd } from './redis-server.js'

type Options = Partial<RedisRevocationOptions & DynamoRevocationOptions>

/** A list of revocations of each kind, whose store has a clock of its own where it dates what is written. */
export const stores: Readonly<
  Record<string, (t: WithEnd, options: Options & { clock: Clock }, store: Clock) => Revocations>
> = {
  memory: (_t, { clock, maxTokenLifetime, monotonic = clock }) =>
    memoryRevocations({ clock, monotonic, ...(maxTokenLifetime && { maxTokenLifetime }) }),
  Redis(t, options, store) {
    const list = redisRevocations({
      client: redisDouble(() => store.now()).client,
      staleAfter: 86_400,
      whenStale: 'accept',
      monotonic: options.clock,
      ...options,
    })
    t.teardown(() => list.close())
    return list
  },
  DynamoDB(t, options) {
    const list = dynamoRevocations({
      client: dynamoTable().client,
      table: 'revocations',
      staleAfter: 86_400,
      whenStale: 'accept',
      monotonic: options.clock,
      ...options,
    })
    t.teardown(() => list.close())
    return list
  },
}
