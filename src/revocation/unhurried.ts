import type { Clock } from '../types.js'

/**
 * Returns a time in milliseconds that is never ahead of the wall clock, and that no step of it forward takes along before it has lasted:
 * what is cleared away because its time is over cannot be had back when a clock that was wrong for a while is set right. Steps
 * back it follows at once.
 *
 * @param patience milliseconds of the monotonic clock for which a step is not believed, and at most twice as many
 */
export function unhurried(monotonic: Clock, patience: number): (wall: number) => number {
  // by how much the wall clock was ahead of the other at the least: in this period, and in the one before
  let lead = Infinity
  let leadBefore = Infinity
  let since = monotonic.now()
  return wall => {
    const time = monotonic.now()
    const age = time - since
    if (age >= patience) {
      leadBefore = age < 2 * patience ? lead : Infinity
      lead = Infinity
      since = time
    }
    if (!Number.isFinite(wall)) return -Infinity
    lead = Math.min(lead, wall - time)
    return time + Math.min(lead, leadBefore)
  }
}
