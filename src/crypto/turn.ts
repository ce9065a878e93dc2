/**
 * Splits verifications between the event loop and the thread pool. The first ones of a turn of the loop run on it: sent to the pool
 * one by one they would take longer. The rest of a burst goes to the pool, which has another core and does not block the loop.
 */
export const turn = {
  /** Whether this turn has had its share. Counts: call it once before each verification that can wait. */
  isFull(): boolean {
    if (taken === 0) setImmediate(end)
    return ++taken > share
  },

  /**
   * Resolves to the pool's result. A call that finds the pool idle comes from code that awaits one result before it starts the next,
   * where the pool gains nothing: the loop's share doubles. One that finds it busy is part of a burst.
   */
  async offload<T>(result: Promise<T>): Promise<T> {
    share = pending === 0 ? Math.min(2 * share, most) : least
    pending++
    try {
      return await result
    } finally {
      pending--
    }
  },
}

function end(): void {
  taken = 0
}

const least = 8
const most = 512
let share = least
let taken = 0
let pending = 0
