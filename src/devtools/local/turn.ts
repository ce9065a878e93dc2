import { setImmediate } from 'node:timers/promises'

/**
 * Resolves in a turn of the event loop that nobody else of this queue has: a burst of what takes milliseconds, such as signatures and powers, lets the
 * requests in between that do not.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => setImmediate())
  return last
}

let last: Promise<void> = Promise.resolve()
