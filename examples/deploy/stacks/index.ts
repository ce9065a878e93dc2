import type { App } from 'aws-cdk-lib'
import { EdgeStack } from './edge.ts'
import { EventsApiStack } from './events-api.ts'
import { FunctionUrlStack } from './function-url.ts'
import { HttpApiRoutesStack, HttpApiStack } from './http-api.ts'
import { LoadBalancerStack } from './load-balancer.ts'
import { RestApiStack } from './rest-api.ts'
import { RestJwtStack } from './rest-jwt.ts'
import { RevocationsStack } from './revocations.ts'
import { SidecarStack } from './sidecar.ts'
import { UsersStack } from './users.ts'
import { WebFunctionStack } from './web-function.ts'
import { WebSocketStack } from './web-socket.ts'

/**
 * Adds a stack for each place where an API runs. From the context (`-c name=value`): `origin` of the web app; `userPoolId` and `clientId` of a user pool
 * that exists already; `jwks` for the edge; `domainName`, `certificateArn` and `domainPrefix` for the load balancer.
 */
export function stacks(app: App): void {
  const context = (name: string, otherwise = '') => String(app.node.tryGetContext(name) ?? otherwise)
  const origin = context('origin', 'http://localhost:5173')
  const known = { userPoolId: context('userPoolId'), clientId: context('clientId') }
  const users = known.userPoolId ? known : new UsersStack(app, 'Users', { callbackUrls: [`${origin}/`] })
  const props = { users, origin }

  new HttpApiStack(app, 'HttpApi', props)
  new HttpApiRoutesStack(app, 'HttpApiRoutes', props)
  new RestApiStack(app, 'RestApi', props)
  new RestJwtStack(app, 'RestJwt', props)
  new WebSocketStack(app, 'WebSocket', props)
  new EventsApiStack(app, 'EventsApi', props)
  new FunctionUrlStack(app, 'FunctionUrl', props)
  new WebFunctionStack(app, 'WebFunction', props)
  new RevocationsStack(app, 'Revocations', props)
  // what these write into bundles, certificates and callbacks must be known
  const certificateArn = context(
    'certificateArn',
    'arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
  )
  if (known.userPoolId) {
    new EdgeStack(app, 'Edge', {
      users: known,
      originDomain: context('originDomain', 'origin.example.com'),
      jwks: context('jwks'),
    })
    new SidecarStack(app, 'Sidecar', { users: known, certificateArn })
  }
  new LoadBalancerStack(app, 'LoadBalancer', {
    users,
    domainName: context('domainName', 'app.example.com'),
    certificateArn,
    domainPrefix: context('domainPrefix', 'orders-example'),
  })
}
