// An AppSync GraphQL API: its Lambda authorizer, and a resolver behind it or behind any other mode of authorization.
import { inGroup, isUser } from 'cognito-guard'
import { appSyncAuthorizer, principalFromEvent } from 'cognito-guard/lambda'
import { guard } from '../guard.js'

export const authorizer = appSyncAuthorizer(guard, {
  policy: isUser,
  fields: { 'Mutation.deleteOrder': inGroup('admin') },
  ttl: 300,
})

export const me = async (event: object) => principalFromEvent(event)
