import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { WebFunction, WebFunctionAuthType, WebFunctionCode, WebFunctionRuntime } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { bundled } from './bundled.ts'
import type { Users } from './users.ts'

/** A server of one's own in a Lambda Web Function. Its endpoint is public: the guard in it is the only gate. */
export class WebFunctionStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly users: Users }) {
    super(scope, id, props)
    const { users } = props
    const { userPoolId, clientId } = users
    // this construct makes its template too late for references to other stacks to be found in it
    const exported = (value: string) => (users instanceof Stack ? users.exportValue(value) : value)
    new WebFunction(this, 'Server', {
      code: WebFunctionCode.fromAssetToManagedBucket(bundled('web-function')),
      runtime: WebFunctionRuntime.NODEJS_24_X,
      entryPoint: 'index.mjs',
      // with IAM_AUTH Lambda takes Authorization away: the token would have to come in another header
      defaultEndpointAuth: WebFunctionAuthType.APPLICATION_MANAGED,
      environment: { USER_POOL_ID: exported(userPoolId), CLIENT_ID: exported(clientId) },
      timeout: Duration.seconds(30),
      maxConcurrencyPerEnvironment: 64,
    })
    acknowledge(this, {
      'AwsSolutions-S1': 'A bucket for bundles, which only CloudFormation reads and writes',
      'Annotation::@aws-cdk/aws-lambda:webFunctionPublicEndpoint': 'The guard verifies every request',
      ...Object.fromEntries(
        copies.map(finding => [`AwsSolutions-IAM5[${finding}]`, 'Copies the bundle, at deployment']),
      ),
    })
  }
}

const copies = [
  'Action::s3:Abort*',
  'Action::s3:DeleteObject*',
  'Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*',
  'Resource::<AWSCDKWebFunctionAssetBucket5B596593.Arn>/web-function/*',
]
