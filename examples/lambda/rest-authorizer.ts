// The Lambda authorizer of a REST API, TOKEN or REQUEST. Its policy covers all of these routes, so its cache can stay on.
import { hasScope, inGroup } from 'cognito-guard'
import { restAuthorizer } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = restAuthorizer(guard, {
  routes: {
    'GET /orders': hasScope('orders/read'),
    'GET /orders/{id}': hasScope('orders/read'),
    'ANY /admin/{proxy+}': inGroup('admin'),
  },
})
