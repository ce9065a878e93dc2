import type { MaybePromise } from '../../../types.js'
import type { LocalClient } from '../types.js'
import type { Method } from './methods.js'
import type { LocalUser } from './users.js'

/** A sign-in on its way. */
export interface SignIn {
  readonly user: LocalUser
  readonly client: LocalClient
  /** What the user has proven so far. */
  readonly methods: readonly Method[]
  /** The level to reach, 0 for any. */
  readonly level: number
  /** `ClientMetadata`, for triggers. */
  readonly metadata?: unknown
  /** What the tokens are for, in the words of a pre token generation trigger. Default: `Authentication`. */
  readonly source?: string
}

/** A question to the user. */
export interface Challenge {
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
  /** The choices of `SELECT_CHALLENGE`. */
  readonly available?: readonly string[]
  readonly signIn: SignIn
  /** The authenticator app that `MFA_SETUP` waits for. */
  readonly app?: { secret?: string; isVerified?: boolean }
  /** What follows from the user's answer. */
  readonly answer: (responses: Responses) => MaybePromise<Step>
}

/** The members of `ChallengeResponses`. */
export type Responses = Readonly<Record<string, unknown>>

/** What follows in a sign-in: a question, or nothing any more. */
export type Step = Challenge | { readonly name?: undefined; readonly signIn: SignIn }

/** A question that waits for its answer. */
export interface Asked {
  readonly challenge: Challenge
  /** Milliseconds since the epoch. */
  readonly until: number
  isAnswered: boolean
}
