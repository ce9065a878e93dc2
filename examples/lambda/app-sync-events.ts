// An AppSync Events API in which each user has channels of their own: what users of Cognito Sync move to.
import { appSyncEventsAuthorizer, inChannel } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const handler = appSyncEventsAuthorizer(guard, { policy: inChannel('/sync/{sub}/*'), ttl: 300 })
