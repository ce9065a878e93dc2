import { protect } from 'cognito-guard/fetch'
import { guard } from '@/guard'

export const GET = protect(guard)((_request, auth) => Response.json(auth.principal))
