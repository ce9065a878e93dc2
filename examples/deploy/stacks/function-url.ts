import { Stack } from 'aws-cdk-lib'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { acknowledge, distributionReasons } from './acknowledge.ts'
import { guardedFunction } from './guarded-function.ts'
import type { HttpApiProps } from './http-api.ts'

/** A function behind CloudFront, which alone may call its URL. The function is the guard. */
export class FunctionUrlStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props)
    const { users, origin } = props
    const url = guardedFunction(this, 'Function', { handlerFile: 'function-url', users }).addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
    })
    const cors = new ResponseHeadersPolicy(this, 'Cors', {
      corsBehavior: {
        accessControlAllowOrigins: [origin],
        accessControlAllowMethods: ['GET', 'POST', 'OPTIONS'],
        accessControlAllowHeaders: ['x-access-token', 'content-type', 'x-amz-content-sha256'],
        accessControlExposeHeaders: ['WWW-Authenticate'],
        accessControlAllowCredentials: false,
        originOverride: true,
      },
    })
    new Distribution(this, 'Distribution', {
      defaultBehavior: {
        // signs with Authorization, which is why the token comes in x-access-token; POST needs x-amz-content-sha256 from its client
        origin: FunctionUrlOrigin.withOriginAccessControl(url),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        // one user's answer is no other's
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        responseHeadersPolicy: cors,
      },
      priceClass: PriceClass.PRICE_CLASS_100,
    })
    acknowledge(this, distributionReasons)
  }
}
