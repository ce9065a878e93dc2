// One policy for the whole API. Its answer is a "simple response".
import { hasScope } from 'cognito-guard'
import { httpAuthorizer } from 'cognito-guard/lambda'
import { guard } from './guard.ts'

export const handler = httpAuthorizer(guard, { policy: hasScope('orders/read') })
