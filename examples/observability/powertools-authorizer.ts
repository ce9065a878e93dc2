// Deployed as a Lambda authorizer, with the real Powertools for AWS Lambda: a line of the logger for each decision, and one in CloudWatch's embedded
// metric format for each invocation.
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { authorizerWith } from './powertools.js'

export const handler = authorizerWith(
  new Logger({ serviceName: 'authorizer' }),
  new Metrics({ namespace: 'CognitoGuard', serviceName: 'authorizer' }),
)
