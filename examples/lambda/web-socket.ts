// A WebSocket API: the authorizer of $connect, and its integration. A browser opens it with new WebSocket(url, ['bearer', token]).
import { bearer, createGuard, firstOf, webSocketProtocol } from 'cognito-guard'
import { type AuthorizerContext, principalFromEvent, webSocketAuthorizer } from 'cognito-guard/lambda'
import { verifier } from '../guard.js'

const guard = createGuard({ verifier, token: firstOf(bearer(), webSocketProtocol()) })

export const authorizer = webSocketAuthorizer(guard)

export const connect = async (event: {
  requestContext: { connectionId: string; authorizer: AuthorizerContext }
}) => {
  const { connectionId, authorizer } = event.requestContext
  const { subject, expiresAt } = principalFromEvent(event)
  // messages are not authorized again: keep the principal, and its expiry
  console.log('connected', connectionId, subject, expiresAt)
  const { subprotocol } = authorizer
  return { statusCode: 200, headers: subprotocol ? { 'Sec-WebSocket-Protocol': subprotocol } : {} }
}
