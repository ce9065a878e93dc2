// Behind CloudFront, which signs its requests to the function in `Authorization`: the token comes in a header of its own.
import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { createGuard, hasScope, headerToken } from 'cognito-guard'
import { protect } from 'cognito-guard/lambda'
import { verifier } from './guard.ts'

const guard = createGuard({ verifier, token: headerToken('x-access-token') })

export const handler = protect(
  guard,
  hasScope('orders/read'),
  async (_event: LambdaFunctionURLEvent, { principal }) => ({
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ subject: principal.subject }),
  }),
)
