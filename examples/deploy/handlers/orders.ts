// A function behind an authorizer: who calls comes from the event, and a caller whom nobody verified is none.
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { principalFromEvent } from 'cognito-guard/lambda'
import { verifier } from './guard.ts'

export const handler = async (event: APIGatewayProxyEvent | APIGatewayProxyEventV2) => {
  const { kind, subject, groups } = await principalFromEvent(event, { reverify: verifier })
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind, subject, groups }),
  }
}
