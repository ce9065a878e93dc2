import middy, { type MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type Guard, hasScope, inGroup, isUser, type Policy, type VerifiedToken } from 'cognito-guard'
import { protect } from 'cognito-guard/lambda'
import { guard } from './guard.js'

type Event = APIGatewayProxyEventV2
type Result = APIGatewayProxyStructuredResultV2

/** A middleware: answers a refused event, and puts the verified token at `event.auth` of the others. */
function cognito(guard: Guard, policy: Policy): MiddlewareObj<Event, Result> {
  const before = protect(guard, policy, (event: Event, auth) => {
    Object.assign(event, { auth })
  })
  return { before: ({ event }) => before(event) }
}

const route = (policy: Policy) =>
  middy<Event, Result>()
    .use(cognito(guard, policy))
    .handler(async event => {
      const { auth } = event as Event & { auth: VerifiedToken }
      return { statusCode: 200, body: JSON.stringify(auth.principal) }
    })

export const me = route(isUser)
export const orders = route(hasScope('orders/read'))
export const admin = route(inGroup('admin'))
