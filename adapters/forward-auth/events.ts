import type { AuthErrorCode } from '../../src/errors.js'
import type { Dialect } from './dialects.js'

/** An answer to a check, for logs and metrics: few distinct values, nothing of a token or a request. */
export interface ForwardAuthEvent {
  /** `undefined` for a path that is no check. */
  readonly dialect: Dialect | undefined
  /** The name of the guard; `undefined` where there is none of that name. */
  readonly guard: string | undefined
  /**
   * `authorized`, `anonymous` (without a token, where that is allowed), `refused` (400, 401, 403), `unavailable` (503: keys or revocations),
   * `misconfigured` (a proxy that asks in a wrong way, or may not ask), `fault` (500: something threw).
   */
  readonly outcome: 'authorized' | 'anonymous' | 'refused' | 'unavailable' | 'misconfigured' | 'fault'
  /** The HTTP status of the answer. */
  readonly status: number
  /** Why it was refused. */
  readonly code: AuthErrorCode | undefined
  /** What is wrong, or how to fix it: a fixed sentence. */
  readonly hint: string | undefined
  /** Milliseconds. */
  readonly duration: number
  /** What was thrown, for a fault. */
  readonly error: unknown
}
