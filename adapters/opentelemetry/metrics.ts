import type { Attributes, Meter, Observable, ObservableResult } from '@opentelemetry/api'
import { keyFetchChannel, keysChannel, pollChannel } from '../../src/diagnostics.js'
import type { DecisionEvent } from '../../src/guard/guard.js'
import type { KeyFetch, KeySetEvent } from '../../src/jwks/jwks.js'
import type { RevocationPoll } from '../../src/revocation/remote-list.js'
import type { Verifier } from '../../src/types.js'
import { decisionCounts, outcomeOf } from './decision-counts.js'
import { endOf, listen, type Recording } from './listener.js'
import { names } from './names.js'

/** Counts and measures what the channels say. The decisions are passed in, since they come by the thousand: one subscriber gets them. */
export function recordMetrics(meter: Meter, verifiers: readonly Pick<Verifier, 'health'>[]): Recording {
  const counts = decisionCounts()
  const counter = (name: string, description: string) => meter.createCounter(name, { description })
  const histogram = (name: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries } })
  const verifyDuration = histogram(
    names.verifyDuration,
    'Time of verifications that a cached token did not spare',
    verifyBoundaries,
  )
  const fetches = counter(names.keyFetches, 'Fetches of keys')
  const fetchDuration = histogram(names.keyFetchDuration, 'Time of fetches of keys', waitBoundaries)
  const keyEvents = counter(names.keyEvents, 'What else happens to keys')
  const pollDuration = histogram(names.pollDuration, 'Time of reads of revocations', waitBoundaries)
  const pollFailures = counter(names.pollFailures, 'Reads of revocations that failed')
  const decisions = meter.createObservableCounter(names.decisions, { description: 'Decisions of guards' })
  const keyAge = meter.createObservableGauge(names.keyAge, {
    description: 'Time since the fetch of the keys in use',
    unit: 's',
  })

  function decided(event: DecisionEvent): void {
    counts.add(event)
    if (event.duration === undefined) return
    verifyDuration.record(event.duration, { outcome: outcomeOf(event), ...issuerIn(event) })
  }

  function fetched({ issuer, event }: KeyFetch): void {
    if (!event) return
    const attributes = { issuer, result: event.type === 'fetched' ? 'ok' : event.reason }
    fetches.add(1, attributes)
    fetchDuration.record(event.duration, attributes)
  }

  function happened({ type, issuer }: KeySetEvent): void {
    if (type !== 'fetched' && type !== 'fetch_failed') keyEvents.add(1, { type, issuer })
  }

  function polled({ store, event }: RevocationPoll): void {
    if (!event) return
    const isFailed = event.type === 'poll_failed'
    if (isFailed) pollFailures.add(1, { store })
    pollDuration.record(event.duration, { store, result: isFailed ? 'failed' : 'ok' })
  }

  const ends = [
    observed(decisions, counts.observe),
    observed(keyAge, result => observeAges(verifiers, result)),
    listen(endOf(keyFetchChannel), fetched),
    listen(keysChannel, happened),
    listen(endOf(pollChannel), polled),
  ]
  return { decided, ends }
}

const issuerIn = ({ issuer }: DecisionEvent): Attributes => (issuer === undefined ? {} : { issuer })

/** Of issuers with one name, the oldest keys: a metric has one value for them. */
function observeAges(verifiers: readonly Pick<Verifier, 'health'>[], result: ObservableResult): void {
  const ages = new Map<string, number>()
  for (const { name, age } of verifiers.flatMap(verifier => verifier.health())) {
    if (age !== undefined) ages.set(name, Math.max(age, ages.get(name) ?? 0))
  }
  for (const [issuer, age] of ages) result.observe(age, { issuer })
}

function observed(instrument: Observable, callback: (result: ObservableResult) => void): () => void {
  instrument.addCallback(callback)
  return () => instrument.removeCallback(callback)
}

/** Seconds, from one microsecond: the SDK's own begin at five milliseconds, where all verifications would be in one. */
const verifyBoundaries = [
  1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 0.025, 0.1, 0.5, 2.5,
]
const waitBoundaries = [1e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
