// A function URL (or a target of a load balancer, or a proxy integration without an authorizer): the token is verified in here.
import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { hasScope } from 'cognito-guard'
import { protect } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = protect(
  guard,
  hasScope('orders/read'),
  async (_event: LambdaFunctionURLEvent, auth) => ({
    statusCode: 200,
    body: JSON.stringify(auth.principal),
  }),
)
