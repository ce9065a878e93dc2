/** Something that may be called off: a promise of why, and what keeps it. */
export interface Ending<T> {
  readonly ended: Promise<T>
  readonly end: (why: T) => void
}

/** Returns one. An AbortController would do, but the first that is listened to takes Node a percent or two of a first verification. */
export function ending<T>(): Ending<T> {
  let end!: Ending<T>['end']
  const ended = new Promise<T>(resolve => {
    end = resolve
  })
  return { ended, end }
}
