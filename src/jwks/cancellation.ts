/** Cancels something: a promise of the reason, and the function that resolves it. */
export interface Cancellation<T> {
  readonly ended: Promise<T>
  readonly end: (why: T) => void
}

/** Returns one. Not an AbortController: the first that is listened to takes Node.js a percent or two of a first verification. */
export function cancellation<T>(): Cancellation<T> {
  let end!: Cancellation<T>['end']
  const ended = new Promise<T>(resolve => {
    end = resolve
  })
  return { ended, end }
}
