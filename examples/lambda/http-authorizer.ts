// The Lambda authorizer of an HTTP API: payload 2.0, simple responses.
import { hasScope } from 'cognito-guard'
import { httpAuthorizer } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = httpAuthorizer(guard, { policy: hasScope('orders/read') })
