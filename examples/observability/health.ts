import type { Verifier } from 'cognito-guard'

/**
 * Whether tokens of every issuer can be verified, for the readiness probe of Kubernetes or the health check of a load balancer. Keys that an outage
 * has made stale can be used: such an outage is everybody's, and taking instances out makes it worse.
 *
 * Call `verifier.ready()` once at start-up. What is empty after that and has not failed has nothing to load in advance: the keys of a load
 * balancer, which are fetched one by one.
 */
export function isReady(verifier: Pick<Verifier, 'health' | 'ready'>): boolean {
  const isUsable = verifier
    .health()
    .every(({ state, lastFailure }) => state !== 'expired' && (state !== 'empty' || !lastFailure))
  // Nobody sends tokens while it is not ready, so nothing else would fetch the keys. It fetches no more often than a token would.
  if (!isUsable) verifier.ready().catch(() => {})
  return isUsable
}
