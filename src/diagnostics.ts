import type { Channel } from 'node:diagnostics_channel'
import { builtinModule } from './runtime.js'

// The names of the channels, which applications and tools subscribe to: see docs/observability.md.
export const decisionChannel = 'cognito-guard:decision'
export const keysChannel = 'cognito-guard:keys'
/** Tracing channels are five each, `tracing:<name>:start` and so on. */
export const keyFetchChannel = 'cognito-guard:keys.fetch'
export const pollChannel = 'cognito-guard:revocations.poll'

/** Returns a channel; `undefined` on a runtime that has none. Publish only what is made when it has subscribers. */
export const channelOf = (name: string): Channel | undefined =>
  builtinModule('node:diagnostics_channel')?.channel(name)

/** What waits, as the subscribers of a tracing channel see it: one object from its start to its end. */
interface Operation {
  /** Why it failed. */
  error?: unknown
}

/** Returns a tracing channel. Its context gets no result but what the caller writes into it, unlike with `tracePromise`. */
export function tracingOf<C extends Operation>(name: string) {
  const channel = builtinModule('node:diagnostics_channel')?.tracingChannel?.<string, C>(name)
  return {
    /** Calls a function as the start of an operation. */
    start<T>(context: C, call: () => T): T {
      // Where a runtime cannot tell, somebody may listen.
      if (!channel || channel.hasSubscribers === false) return call()
      return channel.start.runStores(context, () => {
        const returned = call()
        channel.end.publish(context)
        return returned
      })
    },
    /** Publishes the end of an operation. */
    end(context: C): void {
      if (!channel || channel.hasSubscribers === false) return
      if (context.error) channel.error.publish(context)
      channel.asyncStart.publish(context)
      channel.asyncEnd.publish(context)
    },
  }
}
