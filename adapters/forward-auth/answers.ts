import { type AuthError, refusal } from '../../src/errors.js'
import { answer, type Refusal } from '../../src/guard/answer.js'
import type { ForwardAuthEvent } from './events.js'

/** The whole answer to the proxy. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer, and what is reported of it. */
export interface Outcome {
  readonly answer: Answer
  readonly event: Pick<ForwardAuthEvent, 'outcome' | 'code' | 'hint' | 'error'>
}

/** An authorized request; the proxy passes it on. */
export const authorized = (headers: Record<string, string>, isAnonymous: boolean): Outcome => ({
  answer: { status: 200, headers: { ...headers, ...noStore }, body: '' },
  event: { outcome: isAnonymous ? 'anonymous' : 'authorized', ...nothing },
})

/** The refusal of a guard, as it is. */
export const refused = ({ status, headers, body, error: { code, hint } }: Refusal): Outcome => ({
  answer: { status, headers: { ...headers, ...noStore }, body: JSON.stringify(body) },
  event: { ...nothing, outcome: status === 503 ? 'unavailable' : 'refused', code, hint },
})

/** A refusal before, or after, any guard. */
export const refusedWith = (error: AuthError): Outcome =>
  refused(answer(error, {}, undefined, { realm: 'api', resourceMetadata: undefined, explain: false }))

/** A principal that fits into no header. */
export const unspeakable = (): Outcome =>
  refusedWith(refusal('ERR_TOKEN_CLAIM', 'A name in this token is no text that a header could carry.'))

/** A proxy that asks in a wrong way. */
export const misconfigured = (status: number, error: string, hint: string): Outcome => ({
  answer: json(status, { error, error_description: hint }),
  event: { ...nothing, outcome: 'misconfigured', hint },
})

/** What threw. */
export const faulted = (error: unknown): Outcome => ({
  answer: json(500, { error: 'server_error', error_description: 'Something failed that should not have' }),
  event: { ...nothing, outcome: 'fault', error },
})

/** A JSON answer that is not cached. */
export const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json', ...noStore, ...headers },
  body: JSON.stringify(body),
})

const noStore = { 'Cache-Control': 'no-store' }

const nothing = { code: undefined, hint: undefined, error: undefined }
