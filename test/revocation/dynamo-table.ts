import type { DynamoClient } from 'cognito-guard/dynamodb'

type Item = Parameters<DynamoClient['putItem']>[0]['Item']

/** A DynamoDB table in memory that answers at once, when it is not away, and in pages of a few items. */
export function dynamoTable(pageOf = 3) {
  let items = new Map<number, Item>()
  const state = { isAway: false, queries: 0, beforeAnswer: undefined as (() => unknown) | undefined }
  const serialOf = ({ serial }: Item) => Number((serial as { N: string }).N)
  const reached = () => {
    if (state.isAway) throw new Error('away')
  }
  const client: DynamoClient = {
    async query({ ExpressionAttributeValues: { ':serial': from } }) {
      reached()
      state.queries++
      const some = [...items.values()]
        .filter(item => serialOf(item) >= Number((from as { N: string }).N))
        .toSorted((a, b) => serialOf(a) - serialOf(b))
      await state.beforeAnswer?.()
      const page = some.slice(0, pageOf)
      return { Items: page, LastEvaluatedKey: some.length > pageOf ? page.at(-1) : undefined }
    },
    async putItem({ Item }) {
      reached()
      if (items.has(serialOf(Item)))
        throw Object.assign(new Error(), { name: 'ConditionalCheckFailedException' })
      items.set(serialOf(Item), Item)
    },
    async updateItem({ Key, ExpressionAttributeValues: { ':expires': expires } }) {
      reached()
      const item = items.get(serialOf(Key))
      if (item) items.set(serialOf(Key), { ...item, expires: expires as { N: string } })
    },
  }
  return {
    client,
    state,
    /** All items, for a backup to be made of. */
    get items(): ReadonlyMap<number, Item> {
      return new Map(items)
    },
    /** Is what it was at a backup from now on; without one, it is empty. */
    restore(backup: ReadonlyMap<number, Item> = new Map()) {
      items = new Map(backup)
    },
    /** Takes out the first so many, as their time to live does. */
    expire(count: number) {
      for (const serial of [...items.keys()].toSorted((a, b) => a - b).slice(0, count)) items.delete(serial)
    },
  }
}
