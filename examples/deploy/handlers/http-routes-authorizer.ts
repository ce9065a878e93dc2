// A policy for each route. Its answer is an IAM policy for all of them, so that a cached one fits whichever route is next.
import { hasScope, inGroup } from 'cognito-guard'
import { httpAuthorizer } from 'cognito-guard/lambda'
import { guard } from './guard.ts'

export const handler = httpAuthorizer(guard, {
  routes: {
    'GET /orders': hasScope('orders/read'),
    'POST /orders': hasScope('orders/write'),
    'ANY /admin/{proxy+}': inGroup('admin'),
  },
})
