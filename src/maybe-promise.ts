import type { MaybePromise } from './types.js'

/** Whether a value is still to come. Most are booleans, or nothing: they are told apart by their type, which costs less than to look for a member. */
export const isPending = <T>(value: MaybePromise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** What `next` makes of a value: at once when the value is at hand, else when it comes. */
export const andThen = <T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> => (isPending(value) ? later(value, next) : next(value))

/**
 * What `next` makes of a promised value and what it takes besides. A hot path asks `isPending` itself: it makes a closure, and a list of what
 * `next` takes, only here, where it has to wait. Not every promise of others returns one from `then`.
 */
export const later = <T, A extends unknown[], R>(
  promise: Promise<T>,
  next: (value: T, ...rest: A) => MaybePromise<R>,
  ...rest: A
): Promise<R> => Promise.resolve(promise).then(value => next(value, ...rest))
