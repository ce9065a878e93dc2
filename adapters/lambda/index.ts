/**
 * The adapters for AWS: guarded handlers, authorizers for API Gateway and AppSync, CloudFront, and the principal of an authorizer's event.
 *
 * @module
 */
export { type AppSyncAuthorizerOptions, type AppSyncOptions, appSyncAuthorizer } from './appsync.js'
export {
  type AppSyncEventsAuthorizerEvent,
  type AppSyncEventsAuthorizerResult,
  appSyncEventsAuthorizer,
  inChannel,
} from './appsync-events.js'
export type { AuthorizerContext, ContextOption } from './context.js'
export { edge } from './edge.js'
export type { EventValues, HttpEvent } from './event-view.js'
export type {
  AppSyncAuthorizerEvent,
  AppSyncAuthorizerResult,
  AuthorizerPolicy,
  EdgeEvent,
  EdgeRequest,
  EdgeResponse,
  HttpAuthorizerEvent,
  RestAuthorizerEvent,
  SimpleAuthorizerResult,
} from './events.js'
export { type GatewayAuthorizerOptions, httpAuthorizer, restAuthorizer } from './gateway.js'
export { type PrincipalFromEventOptions, principalFromEvent } from './principal-from-event.js'
export { type GuardedHandler, protect, type RefusedResult } from './protect.js'
export { type WebSocketAuthorizerOptions, webSocketAuthorizer } from './web-socket.js'
