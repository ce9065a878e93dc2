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
