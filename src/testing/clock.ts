import type { Clock } from '../types.js'

/** A clock that tests set. */
export interface TestClock extends Clock {
  /** Sets the time: a date, or milliseconds since the epoch. */
  readonly set: (time: Date | number) => void
  /** Moves the time by a number of seconds; backwards when negative. */
  readonly advance: (seconds: number) => void
}

/** A settable clock over another one, which it advances with. */
export function testClock(base: Clock): TestClock {
  let offset = 0
  return {
    now: () => base.now() + offset,
    set: time => {
      offset = finite(Number(time), 'time') - base.now()
    },
    advance: seconds => {
      offset += finite(seconds, 'seconds') * 1000
    },
  }
}

function finite(value: number, name: string): number {
  if (!Number.isFinite(value)) throw new TypeError(`clock: ${name} must be a finite number`)
  return value
}
