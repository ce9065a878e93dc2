// $connect of a WebSocket API, and its integration. A browser opens it with new WebSocket(url, ['bearer', token]).
import { bearer, createGuard, firstOf, webSocketProtocol } from 'cognito-guard'
import { type AuthorizerContext, principalFromEvent, webSocketAuthorizer } from 'cognito-guard/lambda'
import { verifier } from './guard.ts'

const guard = createGuard({ verifier, token: firstOf(bearer(), webSocketProtocol()) })

export const authorizer = webSocketAuthorizer(guard)

export const connect = async (event: {
  requestContext: { connectionId: string; authorizer: AuthorizerContext }
}) => {
  const { subject, expiresAt } = principalFromEvent(event)
  // Messages are not authorized again: keep the connection with its subject and its expiry, and close it then.
  console.log(JSON.stringify({ connected: subject, expiresAt }))
  const { subprotocol } = event.requestContext.authorizer
  return { statusCode: 200, headers: subprotocol ? { 'Sec-WebSocket-Protocol': subprotocol } : {} }
}
