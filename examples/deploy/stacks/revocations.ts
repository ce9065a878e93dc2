import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { accessLogs, acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { Users } from './users.ts'

/**
 * Sign-outs that take effect before tokens expire: a table of revocations, a feed of Cognito's own sign-outs (where a trail logs management events), and
 * an HTTP API whose authorizer reads the table.
 */
export class RevocationsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly users: Users }) {
    super(scope, id, props)
    const { users } = props
    const table = new TableV2(this, 'Revocations', {
      partitionKey: { name: 'list', type: AttributeType.STRING },
      sortKey: { name: 'serial', type: AttributeType.NUMBER },
      timeToLiveAttribute: 'expires',
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const environment = { REVOCATIONS_TABLE: table.tableName }

    const failed = new Queue(this, 'Failed', { enforceSSL: true, retentionPeriod: Duration.days(14) })
    const feed = guardedFunction(this, 'FeedFunction', { handlerFile: 'cognito-events', users, environment })
    table.grant(feed, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem')
    new Rule(this, 'SignOuts', {
      eventPattern: {
        source: ['aws.cognito-idp'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventSource: ['cognito-idp.amazonaws.com'], eventName: signOuts },
      },
      targets: [new LambdaFunction(feed, { deadLetterQueue: failed, retryAttempts: 8 })],
    })

    const handlerFile = 'revocable-authorizer'
    const authorizer = guardedFunction(this, 'AuthorizerFunction', { handlerFile, users, environment })
    // it follows the table, and writes back what a restored table has lost
    table.grant(authorizer, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem')
    const api = new HttpApi(this, 'Api', {
      defaultAuthorizer: new HttpLambdaAuthorizer('Authorizer', authorizer, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        identitySource: ['$request.header.Authorization'],
        // a cached answer outlives a sign-out by this
        resultsCacheTtl: Duration.seconds(10),
      }),
    })
    const orders = guardedFunction(this, 'OrdersFunction', { handlerFile: 'orders', users })
    const integration = new HttpLambdaIntegration('Orders', orders)
    api.addRoutes({ path: '/orders', methods: [HttpMethod.GET], integration })
    acknowledge(this, {
      'AwsSolutions-APIG1': accessLogs,
      'AwsSolutions-SQS3': 'It is the queue for what failed',
    })
  }
}

/** What ends sessions at Cognito. Requests to managed login, such as `/logout`, are no API calls. */
const signOuts = [
  'AdminUserGlobalSignOut',
  'AdminDisableUser',
  'AdminRemoveUserFromGroup',
  'AdminDeleteUser',
  'AdminSetUserPassword',
  'GlobalSignOut',
  'RevokeToken',
]
