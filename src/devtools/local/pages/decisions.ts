import type { Clock } from '../../../types.js'

/** A decision of a guarded app, as its `onDecision` reports it. */
export interface LoggedDecision {
  /** ISO 8601. */
  readonly time: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** `authorized`, or why not. */
  readonly reason: string
  readonly hint: string
}

/** The last decisions of the guarded apps. */
export interface DecisionLog {
  readonly recent: () => readonly LoggedDecision[]
  /** Adds a report of an app. Does not trust it: turns every value into a string. */
  readonly add: (reported: Readonly<Record<string, unknown>>) => LoggedDecision
  /** Calls a listener with each from now on, until the returned function is called. */
  readonly subscribe: (listener: (decision: LoggedDecision) => void) => () => void
}

/** An empty log. */
export function createDecisionLog(clock: Clock): DecisionLog {
  let recent: readonly LoggedDecision[] = []
  const listeners = new Set<(decision: LoggedDecision) => void>()
  return {
    recent: () => recent,
    add({ method, path, status, reason, hint }) {
      const decision = {
        time: new Date(clock.now()).toISOString(),
        method: text(method),
        path: text(path),
        status: Number(status),
        reason: text(reason),
        hint: text(hint),
      }
      recent = [...recent, decision].slice(-200)
      for (const listener of listeners) listener(decision)
      return decision
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 500) : '')
