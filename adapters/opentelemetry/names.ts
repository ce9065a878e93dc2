/**
 * The names of metrics, spans and attributes. Experimental: there is no convention for them yet, and they follow one when there is. No other file
 * has a name.
 */
export const names = {
  scope: 'cognito-guard',
  decisions: 'cognito_guard.decisions',
  verifyDuration: 'cognito_guard.verify.duration',
  keyFetches: 'cognito_guard.keys.fetches',
  keyFetchDuration: 'cognito_guard.keys.fetch.duration',
  keyEvents: 'cognito_guard.keys.events',
  keyAge: 'cognito_guard.keys.age',
  pollDuration: 'cognito_guard.revocations.poll.duration',
  pollFailures: 'cognito_guard.revocations.failures',
  keyFetchSpan: 'cognito_guard keys fetch',
  pollSpan: 'cognito_guard revocations poll',
  refusedEvent: 'cognito_guard.refused',
  codeAttribute: 'cognito_guard.code',
  issuerAttribute: 'cognito_guard.issuer',
  storeAttribute: 'cognito_guard.store',
  errorType: 'error.type',
} as const
