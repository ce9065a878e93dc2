import { type Attributes, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { keyFetchChannel, pollChannel } from '../../src/diagnostics.js'
import type { DecisionEvent } from '../../src/guard/guard.js'
import type { KeyFetch } from '../../src/jwks/jwks.js'
import type { RevocationPoll } from '../../src/revocation/remote-list.js'
import { endOf, listen, type Recording } from './listener.js'
import { names } from './names.js'

/**
 * Makes spans of what waits. A decision gets none: that takes longer than the decision; a refused one is an
 * event of the span that is active.
 */
export function recordSpans(tracer: Tracer): Recording {
  /** In the context in which it began: that of an operation's end is the same. */
  function record(name: string, attributes: Attributes, duration: number, error: string | undefined): void {
    const span = tracer.startSpan(name, {
      kind: SpanKind.CLIENT,
      startTime: new Date(Date.now() - duration * 1_000),
      attributes: { ...attributes, ...(error !== undefined && { [names.errorType]: error }) },
    })
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  function fetched({ issuer, event, error }: KeyFetch): void {
    if (!event) return
    record(
      `${names.keyFetchSpan} ${issuer}`,
      { [names.issuerAttribute]: issuer },
      event.duration,
      error?.reason,
    )
  }

  /** Most polls are nobody's: every second or two, in the background. A span of each would be most spans of a service. */
  function polled({ store, event, error }: RevocationPoll): void {
    if (!event || (!error && !trace.getActiveSpan())) return
    record(`${names.pollSpan} ${store}`, { [names.storeAttribute]: store }, event.duration, error?.code)
  }

  const ends = [listen(endOf(keyFetchChannel), fetched), listen(endOf(pollChannel), polled)]
  return { decided: noteRefusal, ends }
}

function noteRefusal({ code, issuer }: DecisionEvent): void {
  trace.getActiveSpan()?.addEvent(names.refusedEvent, {
    [names.codeAttribute]: code,
    ...(issuer !== undefined && { [names.issuerAttribute]: issuer }),
  })
}
