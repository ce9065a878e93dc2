// A function behind any authorizer of API Gateway: a Cognito or JWT authorizer, or one of this library.
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { principalFromEvent } from 'cognito-guard/lambda'
import { verifier } from '../guard.js'

export const handler = async (event: APIGatewayProxyEvent | APIGatewayProxyEventV2) => {
  const principal = await principalFromEvent(event, { reverify: verifier })
  return { statusCode: 200, body: JSON.stringify(principal) }
}
