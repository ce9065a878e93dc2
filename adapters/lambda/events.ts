import type { AuthorizerContext } from './context.js'
import type { HttpEvent } from './event-view.js'

/**
 * The event of a Lambda authorizer of a REST API, of the type TOKEN or REQUEST ("Input to an API Gateway Lambda authorizer", API Gateway Developer
 * Guide). These types are structural: events and handlers of `@types/aws-lambda` fit, and nobody needs that package.
 */
export interface RestAuthorizerEvent extends HttpEvent {
  readonly type: 'TOKEN' | 'REQUEST'
  readonly methodArn: string
  readonly authorizationToken?: string | null | undefined
}

/** The event of a Lambda authorizer of an HTTP API, payload 2.0 or 1.0 ("Create Lambda authorizers for HTTP APIs", API Gateway Developer Guide). */
export interface HttpAuthorizerEvent extends HttpEvent {
  readonly type: 'REQUEST'
  /** Of payload 2.0. */
  readonly routeArn?: string | undefined
  /** Of payload 1.0. */
  readonly methodArn?: string | undefined
  /** A list in payload 2.0, one text in 1.0, null where the authorizer has none. */
  readonly identitySource?: string | readonly string[] | null | undefined
}

/** The result of an authorizer that is a policy ("Output from an API Gateway Lambda authorizer", API Gateway Developer Guide). */
export interface AuthorizerPolicy {
  principalId: string
  policyDocument: {
    Version: '2012-10-17'
    Statement: { Action: 'execute-api:Invoke'; Effect: 'Allow' | 'Deny'; Resource: string[] }[]
  }
  context?: AuthorizerContext
}

/** The simple response of an authorizer of an HTTP API. */
export interface SimpleAuthorizerResult {
  isAuthorized: boolean
  context: AuthorizerContext
}

/** The event of a Lambda authorizer of AppSync ("AWS_LAMBDA authorization", AWS AppSync Developer Guide). */
export interface AppSyncAuthorizerEvent {
  readonly authorizationToken?: string | null | undefined
  readonly requestHeaders?: Readonly<Record<string, string | undefined>> | null | undefined
  readonly requestContext?: object | undefined
}

/** The result of a Lambda authorizer of AppSync. */
export interface AppSyncAuthorizerResult {
  isAuthorized: boolean
  resolverContext?: AuthorizerContext
  deniedFields?: string[]
  ttlOverride: number
}

/** The request in an event of Lambda@Edge ("Lambda@Edge event structure", Amazon CloudFront Developer Guide). */
export interface EdgeRequest {
  readonly headers: Readonly<
    Record<string, readonly { readonly key?: string | undefined; readonly value: string }[] | undefined>
  >
  readonly method: string
  readonly uri: string
  readonly querystring: string
}

/** The event of a viewer request or an origin request at CloudFront. */
export interface EdgeEvent<R extends EdgeRequest = EdgeRequest> {
  readonly Records: readonly { readonly cf: { readonly request: R } }[]
}

/** A response that a function at CloudFront generates. */
export interface EdgeResponse {
  status: string
  headers: Record<string, { key: string; value: string }[]>
  body: string
}
