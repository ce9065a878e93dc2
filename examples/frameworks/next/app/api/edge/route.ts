import { hasScope } from 'cognito-guard'
import { protect } from 'cognito-guard/fetch'
import { guard } from '@/guard'

export const runtime = 'edge'

export const GET = protect(guard, hasScope('orders/read'))((_request, auth) => Response.json(auth.principal))
