// An HTTP API's authorizer that knows who was signed out. A cached answer outlives a sign-out by its TTL: the stack sets it to ten seconds.
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { createGuard, createVerifier, hasScope } from 'cognito-guard'
import { dynamoRevocations } from 'cognito-guard/dynamodb'
import { type HttpAuthorizerEvent, httpAuthorizer } from 'cognito-guard/lambda'
import { pool } from './pool.ts'

const { REVOCATIONS_TABLE: table = '' } = process.env

const revocations = dynamoRevocations({ client: new DynamoDB(), table, staleAfter: 30, whenStale: 'refuse' })
const verifier = createVerifier({ issuers: [pool], revocations })
const authorize = httpAuthorizer(createGuard({ verifier }), { policy: hasScope('orders/read') })

export const handler = async (event: HttpAuthorizerEvent) => {
  // at once, unless the function was frozen for longer than staleAfter
  await revocations.ready()
  return authorize(event)
}
