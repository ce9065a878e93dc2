import { channel } from 'node:diagnostics_channel'
import type { DecisionEvent } from '../../src/guard/guard.js'

/** What is to be called with decisions, and what ends the rest. */
export interface Recording {
  readonly decided: (event: DecisionEvent) => void
  readonly ends: readonly (() => void)[]
}

/** Subscribes to a channel, and returns a function that ends it. */
export function listen(name: string, listener: (message: never) => void): () => void {
  const subscribed = channel(name)
  const onMessage = listener as (message: unknown) => void
  subscribed.subscribe(onMessage)
  return () => {
    subscribed.unsubscribe(onMessage)
  }
}

/** The channel on which a tracing channel says that an operation has ended. */
export const endOf = (name: string) => `tracing:${name}:asyncEnd`
