/**
 * Metrics and spans of OpenTelemetry, for all guards, verifiers and revocation lists of a process.
 *
 * @module
 */
import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'
import { decisionChannel } from '../../src/diagnostics.js'
import type { DecisionEvent } from '../../src/guard/guard.js'
import { checkOptions, type OptionCheck } from '../../src/options.js'
import type { Verifier } from '../../src/types.js'
import { listen } from './listener.js'
import { recordMetrics } from './metrics.js'
import { names } from './names.js'
import { recordSpans } from './spans.js'

/** The options of {@link instrument}. */
export interface InstrumentOptions {
  /** Counts and measures. Default `metrics.getMeter('cognito-guard')` of `@opentelemetry/api`, which is the SDK's once that has started. */
  readonly meter?: Meter
  /** Makes spans. Default `trace.getTracer('cognito-guard')` of `@opentelemetry/api`. */
  readonly tracer?: Tracer
  /** The verifiers whose keys' age is measured, from their `health()`. Default none: then there is no `cognito_guard.keys.age`. */
  readonly verifiers?: readonly Pick<Verifier, 'health'>[]
}

/**
 * Records metrics and spans, by the channels of `node:diagnostics_channel` that this library publishes to, and returns a function that ends it.
 * Call it once, when the SDK has started. Attributes are words of this library and names from the configuration: nothing of a token or a request.
 * Names are experimental, see docs/observability.md.
 *
 * A cached token is counted, not timed, and no decision has a span: fetches of keys have, and polls of revocations that fail or that a span waits for.
 *
 * @throws TypeError for an unknown or unusable option, naming it
 * @example
 * const stop = instrument({ verifiers: [verifier] })
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  checkOptions('instrument', options, checks)
  const {
    meter = metrics.getMeter(names.scope),
    tracer = trace.getTracer(names.scope),
    verifiers = [],
  } = options
  const inMetrics = recordMetrics(meter, verifiers)
  const inSpans = recordSpans(tracer)
  const ending = listen(decisionChannel, (event: DecisionEvent) => {
    inMetrics.decided(event)
    if (!event.authorized) inSpans.decided(event)
  })
  return () => [...inMetrics.ends, ...inSpans.ends, ending].forEach(end => end())
}

const having =
  (method: string, what: string): OptionCheck =>
  value =>
    typeof (value as Record<string, unknown> | null)?.[method] === 'function' ? undefined : `must be ${what}`

const aVerifier = having('health', 'verifiers')

const checks = {
  'meter?': having('createObservableGauge', 'a Meter of @opentelemetry/api'),
  'tracer?': having('startSpan', 'a Tracer of @opentelemetry/api'),
  'verifiers?': (value: unknown) =>
    Array.isArray(value) && value.every(each => !aVerifier(each)) ? undefined : 'must be a list of verifiers',
}
