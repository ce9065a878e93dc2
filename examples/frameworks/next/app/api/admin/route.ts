import { inGroup } from 'cognito-guard'
import { protect } from 'cognito-guard/fetch'
import { guard } from '@/guard'

export const GET = protect(guard, inGroup('admin'))((_request, auth) => Response.json(auth.principal))
