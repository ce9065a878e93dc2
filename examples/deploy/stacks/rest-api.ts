import { Duration, Stack } from 'aws-cdk-lib'
import {
  Cors,
  EndpointType,
  LambdaIntegration,
  ResponseType,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway'
import type { Construct } from 'constructs'
import { accessLogs, acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { HttpApiProps } from './http-api.ts'

/** A REST API whose authorizer's answers are cached, and whose refusals browsers can read. */
export class RestApiStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    const { users, origin } = props
    const authorizer = new TokenAuthorizer(this, 'Authorizer', {
      handler: guardedFunction(this, 'AuthorizerFunction', { handlerFile: 'rest-authorizer', users }),
      resultsCacheTtl: Duration.minutes(5),
      // what is no token at all is refused without a call
      validationRegex: '^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
    })
    const api = restApi(this, origin)
    const integration = new LambdaIntegration(
      guardedFunction(this, 'OrdersFunction', { handlerFile: 'orders', users }),
    )
    // the authorizer with each method, not as a default: preflights carry no token
    const orders = api.root.addResource('orders')
    for (const method of ['GET', 'POST']) orders.addMethod(method, integration, { authorizer })
    const admin = api.root.addResource('admin').addProxy({ anyMethod: false })
    admin.addMethod('GET', integration, { authorizer })
    admin.addMethod('POST', integration, { authorizer })
  }
}

/** A Regional API that answers preflights, and whose own refusals carry CORS headers and a challenge. */
export function restApi(stack: Stack, origin: string): RestApi {
  const api = new RestApi(stack, 'Api', {
    endpointTypes: [EndpointType.REGIONAL],
    cloudWatchRole: false,
    deployOptions: { throttlingRateLimit: 100, throttlingBurstLimit: 200 },
    defaultCorsPreflightOptions: {
      allowOrigins: [origin],
      allowMethods: Cors.ALL_METHODS,
      allowHeaders: ['Authorization', 'Content-Type'],
      exposeHeaders: ['WWW-Authenticate'],
      maxAge: Duration.hours(2),
    },
  })
  const cors = {
    'Access-Control-Allow-Origin': `'${origin}'`,
    'Access-Control-Expose-Headers': "'WWW-Authenticate'",
  }
  // API Gateway makes these answers: without the headers a browser reports an error of CORS
  const responses = {
    Unauthorized: {
      type: ResponseType.UNAUTHORIZED,
      headers: { ...cors, 'WWW-Authenticate': `'Bearer realm="orders"'` },
    },
    AccessDenied: { type: ResponseType.ACCESS_DENIED, headers: cors },
    // a cached Deny; a route without a policy
    Default4xx: { type: ResponseType.DEFAULT_4XX, headers: cors },
    // keys or revocations that cannot be had: clients may try again
    AuthorizerFailure: {
      type: ResponseType.AUTHORIZER_FAILURE,
      headers: { ...cors, 'Retry-After': "'5'" },
      statusCode: '503',
    },
    Default5xx: { type: ResponseType.DEFAULT_5XX, headers: cors },
  }
  for (const [name, { headers, ...response }] of Object.entries(responses))
    api.addGatewayResponse(name, { ...response, responseHeaders: headers })
  acknowledge(stack, {
    'AwsSolutions-APIG1': accessLogs,
    'AwsSolutions-APIG2': 'Bodies are validated by the functions, which know their shape',
    'AwsSolutions-APIG3': 'A web ACL is left to the deployment',
    'AwsSolutions-APIG4': 'Preflights carry no token; every other method has the authorizer',
    'AwsSolutions-APIG6': 'Execution logs are left to the deployment: they hold headers',
    'AwsSolutions-COG4':
      'A Lambda authorizer decides: a Cognito authorizer knows no groups and no revocation',
  })
  return api
}
