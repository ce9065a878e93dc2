/**
 * Shares verifications between the event loop and the thread pool. The first ones of a turn of the loop are done at once: sent to the pool
 * one by one they would take longer. The rest of a burst goes to the pool, which has another core, and keeps nobody else waiting.
 */
export const turn = {
  /** Whether this turn has had its share. To be asked before each verification that can wait. */
  isFull(): boolean {
    if (taken === 0) setImmediate(end)
    return ++taken > share
  },

  /**
   * Returns what the pool works on. A call that finds the pool idle comes from someone who awaits one result before asking for the next,
   * where the pool gains nothing: it is then asked half as often. One that finds it busy is part of a burst.
   */
  async spill<T>(result: Promise<T>): Promise<T> {
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
