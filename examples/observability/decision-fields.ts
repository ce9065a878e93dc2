import type { DecisionEvent } from 'cognito-guard'

/** What a log line says of a decision: words of the library and the name of the issuer. An error as the cause would add its stack. */
export const fieldsOf = ({ status, code, issuer, cached, duration, cause }: DecisionEvent) => ({
  status,
  code: code ?? 'authorized',
  issuer,
  cached,
  duration,
  reason: (cause as { reason?: string } | undefined)?.reason,
})
