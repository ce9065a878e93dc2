import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
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
    const authorizer = new HttpLambdaAuthorizer(
      'Authorizer',
      guardedFunction(this, 'AuthorizerFunction', { handlerFile: 'http-authorizer', users: props.users }),
      {
        // isAuthorized: what the handler answers without `routes`; it sets the payload to 2.0
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        // where the token is, and nothing that the answer does not depend on
        identitySource: ['$request.header.Authorization'],
        resultsCacheTtl: Duration.minutes(5),
      },
    )
    ordersApi(this, props, authorizer)
  }
}

/** An HTTP API with a policy for each route. */
export class HttpApiRoutesStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    const handlerFile = 'http-routes-authorizer'
    const authorizer = new HttpLambdaAuthorizer(
      'Authorizer',
      guardedFunction(this, 'AuthorizerFunction', { handlerFile, users: props.users }),
      {
        // a policy for all routes: a simple response that is cached would be that of one route for all. It sets the payload to 1.0
        responseTypes: [HttpLambdaResponseType.IAM],
        identitySource: ['$request.header.Authorization'],
        resultsCacheTtl: Duration.minutes(5),
      },
    )
    ordersApi(this, props, authorizer)
  }
}

function ordersApi(
  stack: Stack,
  { users, origin }: HttpApiProps,
  defaultAuthorizer: HttpLambdaAuthorizer,
): void {
  const api = new HttpApi(stack, 'Api', {
    defaultAuthorizer,
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
    'AwsSolutions-APIG1': 'Access logs are left to the deployment: they cost, and hold what callers are',
  })
}
