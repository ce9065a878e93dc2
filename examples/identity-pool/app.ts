import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import type { Guard } from 'cognito-guard'
import type { AwsCredentials, Credentials } from 'cognito-guard/credentials'
import { authOf, protect } from 'cognito-guard/express'
import express, { type Express, type Request } from 'express'

/**
 * Returns an API whose users read and write their own notes with their own AWS credentials. The role of their identity pool limits them
 * to their own items in the table, by the identity ID (`dynamodb:LeadingKeys`). The API has no credentials itself.
 */
export function createApp(
  guard: Guard,
  credentials: Credentials,
  dynamo: DynamoDBClientConfig = {},
): Express {
  const app = express().use(express.text())
  // All users share the sockets, and none the credentials.
  const { requestHandler } = new DynamoDBClient(dynamo).config

  /** A user's own client, and their identity ID. */
  async function clientOf(req: Request): Promise<{ client: DynamoDBClient; owner: AwsCredentials }> {
    const idToken = String(req.headers.authorization).replace(/^Bearer +/i, '')
    const provider = credentials.forUser(idToken)
    const client = new DynamoDBClient({ ...dynamo, requestHandler, credentials: provider })
    return { client, owner: await provider() }
  }

  app.put('/notes/:name', protect(guard), async (req, res) => {
    const { client, owner } = await clientOf(req)
    const text = String(req.body)
    const Item = { owner: { S: owner.identityId }, name: { S: req.params.name as string }, text: { S: text } }
    await client.send(new PutItemCommand({ TableName: 'notes', Item }))
    res.status(204).end()
  })

  app.get('/notes', protect(guard), async (req, res) => {
    const { client, owner } = await clientOf(req)
    const found = await client.send(
      new QueryCommand({
        TableName: 'notes',
        KeyConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': { S: owner.identityId } },
      }),
    )
    const notes = found.Items?.map(({ name, text }) => ({ name: name?.S, text: text?.S }))
    res.json({ of: authOf(req).principal.username, notes })
  })

  return app
}
