import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { AppSyncAuthorizationType, EventApi } from 'aws-cdk-lib/aws-appsync'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { Users } from './users.ts'

/** An AppSync Events API in which each user has channels of their own. */
export class EventsApiStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly users: Users }) {
    super(scope, id, props)
    const handler = guardedFunction(this, 'AuthorizerFunction', {
      handlerFile: 'events-authorizer',
      users: props.users,
    })
    const lambda = [AppSyncAuthorizationType.LAMBDA]
    const api = new EventApi(this, 'Api', {
      apiName: `${id}-orders`,
      authorizationConfig: {
        authProviders: [
          {
            authorizationType: AppSyncAuthorizationType.LAMBDA,
            // the most that an answer is cached for: the handler says less as its token expires
            lambdaAuthorizerConfig: { handler, resultsCacheTtl: Duration.minutes(5) },
          },
        ],
        connectionAuthModeTypes: lambda,
        defaultPublishAuthModeTypes: lambda,
        defaultSubscribeAuthModeTypes: lambda,
      },
    })
    api.addChannelNamespace('private')
    acknowledge(this, {})
  }
}
