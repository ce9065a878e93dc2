import { Stack } from 'aws-cdk-lib'
import { CfnAuthorizer, type CfnMethod, LambdaIntegration } from 'aws-cdk-lib/aws-apigateway'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { HttpApiProps } from './http-api.ts'
import { restApi } from './rest-api.ts'

/** A REST API behind API Gateway's own JWT authorizer: issuer, client and scopes are checked there, groups in the function. */
export class RestJwtStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    const { users, origin } = props
    const api = restApi(this, origin)
    const authorizer = new CfnAuthorizer(this, 'Authorizer', {
      restApiId: api.restApiId,
      name: 'cognito',
      type: 'JWT',
      identitySource: 'method.request.header.Authorization',
    })
    // aws-cdk-lib has no property for it yet, and drops what it does not know
    authorizer.addPropertyOverride('JwtConfiguration', {
      Issuers: [
        {
          Issuer: `https://cognito-idp.${this.region}.${this.urlSuffix}/${users.userPoolId}`,
          Audiences: [users.clientId],
          // else an ID token is as good as an access token
          AdditionalClaims: [
            { ClaimName: 'token_use', Format: 'SINGLE_STRING', ExpectedValues: ['access'], Required: true },
          ],
        },
      ],
      DefaultAlgorithms: ['RS256'],
    })
    const orders = guardedFunction(this, 'OrdersFunction', { handlerFile: 'orders', users })
    const method = api.root.addResource('orders').addMethod('GET', new LambdaIntegration(orders))
    const resource = method.node.defaultChild as CfnMethod
    resource.addPropertyOverride('AuthorizationType', 'JWT')
    resource.addPropertyOverride('AuthorizerId', authorizer.ref)
    // any of them
    resource.addPropertyOverride('AuthorizationScopes', ['orders/read'])
    acknowledge(this, {
      'CloudFormation-Validate::F3002':
        'JwtConfiguration is newer than the schema that templates are checked against',
    })
  }
}
