import { type Cancellation, cancellation } from './cancellation.js'
import type { KeySetError } from './failure.js'

/** One request of several for the same thing. It rejects with a {@link KeySetError}. Once `ended` resolves, its result is ignored. */
type Attempt<T> = (ended: Promise<void>, which: Which) => Promise<T>

/** Which one of the requests it is. One that is alone is both. */
export interface Which {
  readonly isFirst: boolean
  readonly isLast: boolean
}

/**
 * Returns the first success of at most `requests` attempts. The second one starts after `delay` milliseconds without an answer,
 * at once when there was no connection, and soon after a transient failure. Attempts that are no longer needed are cancelled.
 *
 * @throws KeySetError of the last attempt, or the one that `ended` resolves to, as soon as it does
 */
export function hedge<T>(
  attempt: Attempt<T>,
  { ended, requests, delay }: { ended: Promise<KeySetError>; requests: number; delay: number },
): Promise<T> {
  // Over 40 lines: both attempts and their cancellation settle one promise.
  return new Promise((resolve, reject) => {
    const running = new Set<Cancellation<void>>()
    let left = requests

    const launch = () => {
      const own = cancellation<void>()
      running.add(own)
      const isFirst = left-- === requests
      attempt(own.ended, { isFirst, isLast: left === 0 }).then(
        value => {
          running.delete(own)
          end()
          resolve(value)
        },
        (error: KeySetError) => {
          running.delete(own)
          own.end()
          if (left > 0 && retryAtOnce(error)) return launch()
          if (left > 0 && retrySoon(error)) return soon()
          if (running.size > 0 || (left > 0 && retryLater(error))) return
          end()
          reject(error)
        },
      )
    }
    const launchAgain = () => left > 0 && launch()
    const end = () => {
      clearTimeout(timer)
      left = 0
      for (const own of running) own.end()
    }
    const launchIn = (milliseconds: number) => {
      const timer = setTimeout(launchAgain, milliseconds)
      timer.unref?.()
      return timer
    }
    let timer = launchIn(delay)
    const soon = () => {
      clearTimeout(timer)
      // Not at once, and not all processes together: the host may be failing because it has too much to do.
      timer = launchIn((delay / 10) * (1 + Math.random()))
    }
    void ended.then(why => {
      end()
      reject(why)
    })
    launch()
  })
}

const retryAtOnce = ({ reason }: KeySetError) => reason === 'connect' || reason === 'dns'

/** Only transient failures (RFC 9110 sections 15.5.9 and 15.6, RFC 8470), unless the host says when to retry. */
const retrySoon = ({ status = 0, retryAfter }: KeySetError) =>
  retryAfter === undefined && (status >= 500 || status === 408 || status === 425)

/** RFC 6585 section 4: too many requests. */
const retryLater = ({ status, retryAfter }: KeySetError) => retryAfter === undefined && status === 429
