import type { Clock } from '../types.js'

/**
 * Returns a time in milliseconds that never runs slower than either clock, so that no age is ever underestimated.
 * The monotonic clock may stand still while a machine sleeps or a function is frozen; the wall clock may be set back.
 * Steps of the wall clock forward count as time; steps back count as nothing.
 */
export function elapsed(monotonic: Clock): (wall?: number) => number {
  let ahead = 0
  let lead: number | undefined
  return wall => {
    const time = monotonic.now()
    if (wall !== undefined) {
      const current = wall - time
      if (lead === undefined || current < lead - jitter) lead = current
      else if (current > lead) {
        ahead += current - lead
        lead = current
      }
    }
    return time + ahead
  }
}

/** Below this a wall clock that goes back is only coarse or being slewed: following it down would count each step up as time again. */
const jitter = 1_000
