/** A rate limit. All times are in milliseconds, of any clock that does not go back. */
export interface TokenBucket {
  /** Takes a token; `false` when there is none. */
  take(time: number): boolean
  /** Takes a token even when there is none: later calls of `take` fail until the debt is paid. */
  force(time: number): void
  /** Milliseconds until there is a token. */
  wait(time: number): number
  /** Puts a token back that need not have been taken. */
  giveBack(): void
  /** Fills the bucket and starts over with the first interval, after a token was well spent. */
  readonly refill: () => void
}

/**
 * Returns a full token bucket. Tokens come back one by one after the first interval, the second, and so on; the last one stays.
 * A bucket that has been left alone for ten times the last interval starts over with the first.
 */
export function tokenBucket(burst: number, intervals: readonly [number, ...number[]]): TokenBucket {
  const longest = intervals.at(-1) as number
  let tokens = burst
  let cameBack = 0
  let since = 0
  let last = 0

  const interval = () => intervals[cameBack] ?? longest
  const accrue = (time: number) => {
    while (tokens < burst && time - since >= interval()) {
      since += interval()
      tokens++
      cameBack++
    }
    if (tokens < burst) return
    since = time
    if (time - last >= 10 * longest) cameBack = 0
  }
  const spend = (time: number) => {
    tokens--
    last = time
  }
  return {
    take(time) {
      accrue(time)
      if (tokens <= 0) return false
      spend(time)
      return true
    },
    force(time) {
      accrue(time)
      spend(time)
    },
    wait(time) {
      accrue(time)
      return tokens > 0 ? 0 : since + interval() - tokens * longest - time
    },
    giveBack() {
      tokens = Math.min(burst, tokens + 1)
    },
    refill() {
      tokens = burst
      cameBack = 0
    },
  }
}
