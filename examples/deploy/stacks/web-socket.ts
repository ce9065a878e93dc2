import { Stack, type StackProps } from 'aws-cdk-lib'
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Construct } from 'constructs'
import { accessLogs, acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { Users } from './users.ts'

/** A WebSocket API: `$connect` is authorized, once; its answer is not cached. */
export class WebSocketStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly users: Users }) {
    super(scope, id, props)
    const handlerFile = 'web-socket'
    const [authorizer, connect] = ['authorizer', 'connect'].map(handler =>
      guardedFunction(this, `${handler}Function`, { handlerFile, handler, users: props.users }),
    ) as [ReturnType<typeof guardedFunction>, ReturnType<typeof guardedFunction>]
    const api = new WebSocketApi(this, 'Api', {
      connectRouteOptions: {
        integration: new WebSocketLambdaIntegration('Connect', connect),
        authorizer: new WebSocketLambdaAuthorizer('Authorizer', authorizer, {
          // browsers cannot send Authorization: new WebSocket(url, ['bearer', token])
          identitySource: ['route.request.header.Sec-WebSocket-Protocol'],
        }),
      },
    })
    new WebSocketStage(this, 'Stage', { webSocketApi: api, stageName: 'live', autoDeploy: true })
    acknowledge(this, {
      'AwsSolutions-APIG1': accessLogs,
    })
  }
}
