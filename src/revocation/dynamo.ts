/**
 * Revocations in a DynamoDB table, for Lambda functions and others without Redis. Over 150 lines: a third of it is the input of DynamoDB calls.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { AuthError } from '../errors.js'
import { aString, checkOptions, type OptionCheck, seconds } from '../options.js'
import { encodeRevocation, type Revocation } from './entry.js'
import {
  type RemoteRevocationOptions,
  type RemoteRevocations,
  remoteList,
  remoteOptionChecks,
  withTimeout,
} from './remote-list.js'

export type {
  RemoteRevocationHealth,
  RemoteRevocationOptions,
  RemoteRevocations,
  RevocationEvent,
  RevocationPoll,
} from './remote-list.js'

/** The client `new DynamoDB()` of `@aws-sdk/client-dynamodb`, the one with a method for each operation. */
export interface DynamoClient {
  query(input: {
    TableName: string
    ConsistentRead: boolean
    KeyConditionExpression: string
    ExpressionAttributeNames: Record<string, string>
    ExpressionAttributeValues: Item
  }): Promise<{ Items?: readonly Attributes[] | undefined; LastEvaluatedKey?: unknown }>
  putItem(input: {
    TableName: string
    Item: Item
    ConditionExpression: string
    ExpressionAttributeNames: Record<string, string>
  }): Promise<unknown>
  updateItem(input: {
    TableName: string
    Key: Item
    UpdateExpression: string
    ExpressionAttributeNames: Record<string, string>
    ExpressionAttributeValues: Item
  }): Promise<unknown>
}

type Attributes = Readonly<
  Record<string, { readonly S?: string | undefined; readonly N?: string | undefined }>
>

type Item = Record<string, { S: string } | { N: string }>

/** The options of {@link dynamoRevocations}. */
export interface DynamoRevocationOptions extends RemoteRevocationOptions {
  /** Needs the rights to Query, PutItem and UpdateItem on the table. */
  readonly client: DynamoClient
  /**
   * The name of a table with the partition key `list` (a string) and the sort key `serial` (a number). To have old entries deleted, make
   * the attribute `expires` its time to live.
   */
  readonly table: string
  /** The list's partition, when a table holds several. Default `'revocations'`. */
  readonly list?: string
  /** Seconds between two queries, at most half of `staleAfter`. Each takes one read unit while nothing is new. Default 2. */
  readonly pollEvery?: number
}

/**
 * Returns a list of revocations in a DynamoDB table. The process reads all of it, then polls for new entries every `pollEvery` seconds:
 * that is how long a revocation takes to reach it. No request waits for DynamoDB.
 *
 * Call `await revocations.ready()` in the handler of a Lambda function: a frozen function does not poll. It resolves at once when
 * the list is fresh enough.
 *
 * Times are those of the process that revokes. The `revoke` methods resolve when DynamoDB has the entry, and reject with an AuthError
 * `ERR_REVOCATION_UNAVAILABLE` when that is not known. Not for a table that is written in several Regions.
 *
 * @throws TypeError for a missing, unknown or unusable option, naming it
 * @example
 * const revocations = dynamoRevocations({ client: new DynamoDB(), table: 'revocations', staleAfter: 30, whenStale: 'refuse' })
 */
export function dynamoRevocations(options: DynamoRevocationOptions): RemoteRevocations {
  // Over 40 lines: its functions share the position in the list; a third of it is the input of DynamoDB calls.
  checkOptions('dynamoRevocations', options, checks)
  const { client, table: TableName, list: name = 'revocations', staleAfter, pollEvery = 2 } = options
  if (pollEvery > staleAfter / 2)
    throw new TypeError('dynamoRevocations: pollEvery must be at most half of staleAfter')
  const list = remoteList('dynamodb', options)
  const timeout = Math.min(5_000, staleAfter * 500)
  const partition = { S: name }
  let position = 0
  let last: string | undefined
  /** When the last item was written, by the clock of its writer. */
  let lastWritten = 0
  let lost: ReturnType<typeof list.restoration> | undefined
  let polling: Promise<void> | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  void follow()

  async function follow(): Promise<void> {
    await poll().then(restore).catch(list.failed)
    if (isClosed) return
    timer = setTimeout(follow, pollEvery * 1000)
    timer.unref()
  }

  function poll(): Promise<void> {
    polling ??= list.polling(readNew).finally(() => {
      polling = undefined
    })
    return polling
  }

  /** Reads the last entry again as well: a table that lost it, or has another in its place, was emptied or restored, and is read from the start. */
  async function readNew(): Promise<void> {
    const asked = list.time()
    if (list.wasAhead()) goBack()
    for (let isMore = true; isMore; ) {
      const place = position
      const { Items = [], LastEvaluatedKey } = await withTimeout(askFrom(place), timeout)
      if (place > 0 && textOf(Items[0]) !== last) {
        goBack()
        lost = list.restoration()
        continue
      }
      for (const item of place > 0 ? Items.slice(1) : Items) take(item)
      isMore = LastEvaluatedKey !== undefined
    }
    list.contacted(asked)
  }

  function goBack(): void {
    position = 0
    last = undefined
  }

  function askFrom(serial: number) {
    return client.query({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: '#list = :list AND #serial >= :serial',
      ExpressionAttributeNames: { '#list': 'list', '#serial': 'serial' },
      ExpressionAttributeValues: { ':list': partition, ':serial': { N: String(serial) } },
    })
  }

  /** An item has an entry on each of its lines. */
  function take(item: Attributes): void {
    for (const line of (item.entry?.S ?? '').split('\n')) {
      const entry = list.take(line, Number(item.written?.N))
      if (entry) lost?.found(entry, list.clock.now())
    }
    position = Number(item.serial?.N)
    last = textOf(item)
    lastWritten = Number(item.written?.N) || 0
  }

  /** Writes back what the table has lost and this process still has, many entries to an item, since writers take turns. */
  async function restore(): Promise<void> {
    const work = lost
    if (!work || isClosed) return
    const isDone = !(await work.writeBack(list.clock.now(), write))
    if (isDone && lost === work) lost = undefined
    await restore()
  }

  function write(revocations: readonly Revocation[]): Promise<void> {
    const written = writing.then(() => append(revocations))
    writing = written.catch(() => {})
    return written
  }

  /**
   * An entry's number is the next after the last, and only one writer gets it: a reader of a number has read all before it.
   * The last entry gets its time to live only when there is another, so that numbers are never reused.
   */
  async function append(revocations: readonly Revocation[], attempt = 0): Promise<void> {
    await poll()
    const serial = position + 1
    const written = list.clock.now()
    // a clock that is behind must not end what others wrote
    const before = Math.max(written, lastWritten)
    const said = list.nextSaid()
    const lines = revocations.map(revocation => encodeRevocation({ said, ...revocation }))
    try {
      await withTimeout(putNext(serial, written, lines.join('\n')), timeout)
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException' || attempt === 50) throw error
      await pause(Math.random() * 50)
      return append(revocations, attempt + 1)
    }
    // reads this entry back, after those that others wrote before it
    await poll()
    if (serial > 1) await withTimeout(expire(serial - 1, before), timeout).catch(list.failed)
  }

  const putNext = (serial: number, written: number, line: string) =>
    client.putItem({
      TableName,
      Item: {
        list: partition,
        serial: { N: String(serial) },
        written: { N: String(written) },
        entry: { S: line },
      },
      ConditionExpression: 'attribute_not_exists(#serial)',
      ExpressionAttributeNames: { '#serial': 'serial' },
    })

  const expire = (serial: number, now: number) =>
    client.updateItem({
      TableName,
      Key: { list: partition, serial: { N: String(serial) } },
      UpdateExpression: 'SET #expires = :expires',
      ExpressionAttributeNames: { '#expires': 'expires' },
      ExpressionAttributeValues: {
        ':expires': { N: String(list.neededUntil(now)) },
      },
    })

  return {
    isRevoked: list.isRevoked,
    verifies: list.verifies,
    ...list.revoking(write),
    async ready() {
      // a response may be to a query from before the function was frozen: then it is queried again
      for (let attempt = 0; list.health().state !== 'current'; attempt++) {
        if (attempt === 10) throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
        await poll().catch(list.unavailable)
      }
    },
    health: list.health,
    close() {
      isClosed = true
      list.close()
      clearTimeout(timer)
    },
  }
}

const textOf = (item: Attributes | undefined) =>
  item && `${item.serial?.N} ${item.written?.N} ${item.entry?.S}`

const aClient: OptionCheck = value =>
  ['query', 'putItem', 'updateItem'].every(
    name => typeof (value as Record<string, unknown> | null)?.[name] === 'function',
  )
    ? undefined
    : 'must be a client with methods, such as new DynamoDB()'

const checks = {
  ...remoteOptionChecks,
  client: aClient,
  table: aString,
  'list?': aString,
  'pollEvery?': seconds(0.1, 3_600),
}
