import { Stack, type StackProps } from 'aws-cdk-lib'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  experimental,
  LambdaEdgeEventType,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { acknowledge, distributionReasons } from './acknowledge.ts'
import { bundled } from './bundled.ts'
import type { Users } from './users.ts'

export interface EdgeProps extends StackProps {
  /** Known when the stack is synthesized: functions at the edge have no environment, so that these are written into the bundle. */
  readonly users: Users
  /** The host name that CloudFront forwards to. */
  readonly originDomain: string
  /** The key set as JSON, of `cognito-guard keys pull`. Without it, each edge location fetches it. */
  readonly jwks?: string
}

/** Tokens are verified at the edge, before CloudFront looks into its cache. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id, { ...props, env: { ...props.env, region: 'us-east-1' } })
    const { userPoolId, clientId } = props.users
    const guard = new experimental.EdgeFunction(this, 'Guard', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(
        bundled('edge', {
          'process.env': JSON.stringify({
            USER_POOL_ID: userPoolId,
            CLIENT_ID: clientId,
            JWKS: props.jwks ?? '',
          }),
        }),
      ),
    })
    new Distribution(this, 'Distribution', {
      defaultBehavior: {
        origin: new HttpOrigin(props.originDomain),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        // viewer request: what is cached is guarded, too
        edgeLambdas: [
          { functionVersion: guard.currentVersion, eventType: LambdaEdgeEventType.VIEWER_REQUEST },
        ],
      },
    })
    acknowledge(this, distributionReasons)
  }
}
