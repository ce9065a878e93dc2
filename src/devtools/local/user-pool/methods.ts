/** How somebody proved who they are, in the words of `amr` (Authentication levels with ACR and AMR claims, Amazon Cognito Developer Guide). */
export type Method = (typeof methodNames)[number]

export const methodNames = ['pwd', 'otp', 'sms', 'email_otp', 'swk', 'fed'] as const

/** The level that methods reach: 0 nothing, 1 a password, 2 a code that was sent, 3 a passkey or a password with such a code, 4 a password with an authenticator app. */
export function levelOf(methods: readonly Method[]): number {
  const has = (method: Method) => methods.includes(method)
  if (has('pwd') && has('otp')) return 4
  if (has('swk')) return 3
  if (has('sms') || has('email_otp')) return has('pwd') ? 3 : 2
  return methods.length > 0 ? 1 : 0
}
