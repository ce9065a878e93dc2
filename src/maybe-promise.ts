import type { MaybePromise } from './types.js'

/** Whether a value is a promise. Most values are booleans or `undefined`: checking the type first costs less than looking up a member. */
export const isPending = <T>(value: MaybePromise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** Calls `next` with a value: at once, or when the promise of it resolves. */
export const andThen = <T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> => (isPending(value) ? later(value, next) : next(value))

/**
 * Calls `next` with a promised value and further arguments. A hot path checks `isPending` itself, so that it allocates a closure and an
 * argument list only here, where it has to wait. `Promise.resolve` is there because not every foreign thenable returns a promise from `then`.
 */
export const later = <T, A extends unknown[], R>(
  promise: Promise<T>,
  next: (value: T, ...rest: A) => MaybePromise<R>,
  ...rest: A
): Promise<R> => Promise.resolve(promise).then(value => next(value, ...rest))

/**
 * Calls a callback of the application, if there is one. What it throws or rejects with is ignored. Without a list of arguments, which a hot path
 * would allocate.
 */
export function tell<E, R>(
  callback: ((event: E, request: R) => unknown) | undefined,
  event: E,
  request?: R,
): void {
  try {
    const returned = request === undefined ? (callback as Callback<E>)?.(event) : callback?.(event, request)
    if (isPending(returned)) Promise.resolve(returned).catch(() => {})
  } catch {}
}

type Callback<E> = ((event: E) => unknown) | undefined
