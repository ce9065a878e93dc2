// A Lambda function behind an EventBridge rule on CloudTrail's events of a user pool. See docs/revocation.md.
import type { Revocations } from 'cognito-guard'

/** EventBridge's event of an API call that CloudTrail has recorded (CloudTrail User Guide, "CloudTrail record contents"). */
export interface CognitoCall {
  readonly detail: {
    readonly eventSource: string
    readonly eventName: string
    /** ISO 8601, whole seconds. */
    readonly eventTime: string
    /** Present when the call failed. */
    readonly errorCode?: string | null
    /** `username` and tokens in it are hidden; a call by app client names no pool. */
    readonly requestParameters?: { readonly userPoolId?: string } | null
    /** The user, where Cognito says. */
    readonly additionalEventData?: { readonly sub?: string } | null
  }
}

/** Returns a handler that revokes what a user of a pool was issued until one of these calls. It throws when it cannot, so that Lambda tries again. */
export function createHandler(revocations: Revocations, userPoolId: string) {
  return async ({ detail }: CognitoCall): Promise<'revoked' | 'ignored'> => {
    const { eventSource, eventName, eventTime, errorCode, requestParameters, additionalEventData } = detail
    const pool = requestParameters?.userPoolId ?? userPoolId
    if (eventSource !== 'cognito-idp.amazonaws.com' || !calls.includes(eventName)) return 'ignored'
    if (errorCode || pool !== userPoolId) return 'ignored'
    const subject = additionalEventData?.sub
    if (!subject) throw new Error(`${eventName} names no user`)
    // the call has whole seconds, and so has `iat`: what was issued in that second goes with it
    const notBefore = Date.parse(eventTime) / 1000 + 1
    await revocations.revokeUser({ issuer: userPoolId, subject, notBefore })
    return 'revoked'
  }
}

const calls = [
  'AdminUserGlobalSignOut',
  'AdminDisableUser',
  'AdminRemoveUserFromGroup',
  'AdminDeleteUser',
  'AdminSetUserPassword',
  'GlobalSignOut',
  'RevokeToken',
]
