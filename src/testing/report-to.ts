import type { DecisionEvent } from '../guard/guard.js'
import type { RequestView } from '../types.js'

/**
 * Returns an `onDecision` that shows each decision on the page of a local Cognito (`cognito-guard dev`). For development.
 * It sends method, path without the query, status, code and hint: nothing of a token. Does not wait for an answer, and ignores failures.
 *
 * @param url of the local Cognito
 * @throws TypeError for a value that is no URL
 * @example
 * createGuard({ verifier, onDecision: reportTo('http://127.0.0.1:9400') })
 */
export function reportTo(url: string): (event: DecisionEvent, request: RequestView) => void {
  const target = new URL('/_local/decisions', url)
  return ({ status, code = 'authorized', hint }, { method, url: path }) => {
    const body = JSON.stringify({ method, path: path?.split('?')[0], status, reason: code, hint })
    fetch(target, { method: 'POST', body }).catch(() => {})
  }
}
