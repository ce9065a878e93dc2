import { type Stack, Validations } from 'aws-cdk-lib'

/** Says why what cdk-nag finds in a stack is meant so. */
export function acknowledge(stack: Stack, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries({ ...everywhere, ...reasons }))
    Validations.of(stack).acknowledge({ id, reason })
}

const everywhere = {
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
    'Writes logs, and no more',
}

export const accessLogs = 'Access logs are left to the deployment: they cost, and hold what callers are'

/** Of a distribution of CloudFront. */
export const distributionReasons = {
  'AwsSolutions-CFR1': 'No country is refused',
  'AwsSolutions-CFR2': 'A web ACL is left to the deployment',
  'AwsSolutions-CFR3': accessLogs,
  'AwsSolutions-CFR4': 'TLS 1.2 needs a domain and a certificate of yours',
}
