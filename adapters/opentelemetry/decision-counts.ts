import type { Attributes, ObservableResult } from '@opentelemetry/api'
import type { DecisionEvent } from '../../src/guard/guard.js'

/** How a decision ended, as metrics call it. */
export type Outcome = 'allowed' | 'anonymous' | 'refused' | 'unavailable'

/** Returns the outcome of a decision. */
export function outcomeOf({ authorized, status, kind }: DecisionEvent): Outcome {
  if (authorized) return kind === 'anonymous' ? 'anonymous' : 'allowed'
  return status === 503 ? 'unavailable' : 'refused'
}

interface Count {
  readonly attributes: Attributes
  value: number
}

/** The counts of one issuer: that of cached tokens by itself, since it is the one that has to be found fast. */
interface IssuerCounts {
  readonly cached: Count
  readonly others: Map<string, Count>
}

/**
 * Returns the counts of decisions, which are read when metrics are collected. A counter of the SDK makes a text of its attributes for each call,
 * which takes longer than a decision about a cached token.
 */
export function decisionCounts() {
  const byIssuer = new Map<string | undefined, IssuerCounts>()

  function countsOf(issuer: string | undefined): IssuerCounts {
    const known = byIssuer.get(issuer)
    if (known) return known
    const counts = { cached: countOf({ outcome: 'allowed', cached: true }, issuer), others: new Map() }
    byIssuer.set(issuer, counts)
    return counts
  }

  return {
    add(event: DecisionEvent): void {
      const { code, issuer, cached = false } = event
      const { cached: ofCached, others } = countsOf(issuer)
      if (cached && event.authorized) {
        ofCached.value++
        return
      }
      const outcome = outcomeOf(event)
      const key = `${code ?? outcome} ${cached}`
      const count = others.get(key) ?? countOf({ outcome, cached, ...(code && { code }) }, issuer)
      others.set(key, count)
      count.value++
    },
    observe(result: ObservableResult): void {
      for (const { cached, others } of byIssuer.values()) {
        for (const { value, attributes } of [cached, ...others.values()]) {
          if (value > 0) result.observe(value, attributes)
        }
      }
    },
  }
}

const countOf = (attributes: Attributes, issuer: string | undefined): Count => ({
  attributes: issuer === undefined ? attributes : { ...attributes, issuer },
  value: 0,
})
