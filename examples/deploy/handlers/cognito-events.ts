// Revokes what Cognito has signed out: CloudTrail's events of the user pool come by EventBridge. It throws when it cannot, so that Lambda tries again.
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { dynamoRevocations } from 'cognito-guard/dynamodb'

const { USER_POOL_ID: userPoolId = '', REVOCATIONS_TABLE: table = '' } = process.env

const revocations = dynamoRevocations({ client: new DynamoDB(), table, staleAfter: 30, whenStale: 'refuse' })

/** EventBridge's event of a call that CloudTrail has recorded. */
interface CognitoCall {
  readonly detail: {
    readonly eventName: string
    /** ISO 8601, whole seconds. */
    readonly eventTime: string
    readonly errorCode?: string | null
    readonly requestParameters?: { readonly userPoolId?: string } | null
    readonly additionalEventData?: { readonly sub?: string } | null
  }
}

export const handler = async ({ detail }: CognitoCall): Promise<'revoked' | 'ignored'> => {
  const pool = detail.requestParameters?.userPoolId ?? userPoolId
  if (detail.errorCode || pool !== userPoolId) return 'ignored'
  const subject = detail.additionalEventData?.sub
  if (!subject) throw new Error(`${detail.eventName} names no user`)
  await revocations.ready()
  // whole seconds, and so has `iat`: what was issued in that second goes with it
  await revocations.revokeUser({
    issuer: userPoolId,
    subject,
    notBefore: Date.parse(detail.eventTime) / 1000 + 1,
  })
  return 'revoked'
}
