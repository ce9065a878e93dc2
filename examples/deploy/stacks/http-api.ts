import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Construct } from 'constructs'
import { accessLogs, acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { Users } from './users.ts'

export interface HttpApiProps extends StackProps {
  readonly users: Users
  /** The origin of the web app that calls the API. */
  readonly origin: string
}

/** An HTTP API with one policy. */
export class HttpApiStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    // isAuthorized: what the handler answers without `routes`; it sets the payload to 2.0
    ordersApi(this, props, 'http-authorizer', HttpLambdaResponseType.SIMPLE)
  }
}

/** An HTTP API with a policy for each route. */
export class HttpApiRoutesStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    // a policy for all routes: a simple response that is cached would be that of one route for all. It sets the payload to 1.0
    ordersApi(this, props, 'http-routes-authorizer', HttpLambdaResponseType.IAM)
  }
}

function ordersApi(
  stack: Stack,
  { users, origin }: HttpApiProps,
  handlerFile: string,
  responseType: HttpLambdaResponseType,
): void {
  const authorizer = guardedFunction(stack, 'AuthorizerFunction', { handlerFile, users })
  const api = new HttpApi(stack, 'Api', {
    defaultAuthorizer: new HttpLambdaAuthorizer('Authorizer', authorizer, {
      responseTypes: [responseType],
      // where the token is, and nothing that the answer does not depend on
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.minutes(5),
    }),
    // API Gateway answers preflights itself, and adds these headers to refusals
    corsPreflight: {
      allowOrigins: [origin],
      allowMethods: [CorsHttpMethod.ANY],
      allowHeaders: ['Authorization', 'Content-Type'],
      exposeHeaders: ['WWW-Authenticate'],
      maxAge: Duration.hours(2),
    },
  })
  const orders = guardedFunction(stack, 'OrdersFunction', { handlerFile: 'orders', users })
  const integration = new HttpLambdaIntegration('Orders', orders)
  api.addRoutes({ path: '/orders', methods: [HttpMethod.GET, HttpMethod.POST], integration })
  api.addRoutes({ path: '/admin/{proxy+}', methods: [HttpMethod.GET, HttpMethod.POST], integration })
  acknowledge(stack, {
    'AwsSolutions-APIG1': accessLogs,
  })
}
