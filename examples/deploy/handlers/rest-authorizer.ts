// One policy document for all routes, so that the authorizer's cache can stay on.
import { hasScope, inGroup } from 'cognito-guard'
import { restAuthorizer } from 'cognito-guard/lambda'
import { guard } from './guard.ts'

export const handler = restAuthorizer(guard, {
  routes: {
    'GET /orders': hasScope('orders/read'),
    'POST /orders': hasScope('orders/write'),
    'ANY /admin/{proxy+}': inGroup('admin'),
  },
})
