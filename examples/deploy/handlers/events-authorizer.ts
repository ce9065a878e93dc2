// An AppSync Events API in which each user has channels of their own.
import { appSyncEventsAuthorizer, inChannel } from 'cognito-guard/lambda'
import { guard } from './guard.ts'

export const handler = appSyncEventsAuthorizer(guard, { policy: inChannel('/private/{sub}/*'), ttl: 300 })
