/**
 * The types of what `cognito-guard inspect --json` and `cognito-guard doctor --json` print. Types alone.
 *
 * @module
 */
import type { AuthErrorCode } from './errors.js'
import type { KeySetEvent } from './jwks/jwks.js'

/** What an API with this configuration does with a token. */
export interface Outcome {
  /** `unknown`: keys or configuration are missing. */
  readonly verdict: 'accepted' | 'refused' | 'unknown'
  /** Why a token is refused, or why the verdict is unknown: the code of the library. */
  readonly code?: AuthErrorCode
  /** The same in a sentence. */
  readonly message: string
}

/** What `cognito-guard inspect` finds out, and prints with `--json`. */
export interface Report extends Outcome {
  /** What the input is: a token by itself, a header, the event of a service. */
  readonly input: string
  /** What the token is, by its form and claims. */
  readonly kind: TokenKind
  /** What the token is, and what it is for. */
  readonly description: string
  /** Who and what the token speaks for. Nothing of it is verified unless the verdict is `accepted`. */
  readonly facts: readonly Fact[]
  /** What damaged the token on its way, and other remarks. */
  readonly findings: readonly Finding[]
  /** Every check of verification, in its order. Of a damaged token: the checks of the token in it. */
  readonly checks: readonly Check[]
  /** The one cause of a refusal or an outage, and what to do. The checks that fail after it follow from it, or show once it is fixed. */
  readonly cause?: Cause
  /** When the token was damaged and could be repaired: the outcome for the repaired token. */
  readonly mended?: Outcome
  /** How fetching the keys went. Only when keys may be fetched. */
  readonly network?: Network
  /** What is in the token. Not in a report to share. */
  readonly token?: {
    readonly header: Readonly<Record<string, unknown>> | undefined
    readonly claims: Readonly<Record<string, unknown>> | undefined
  }
}

/** Why a token is refused or cannot be verified, and how to fix it. */
export interface Cause {
  /** What it is and what to do: the first sentence says both. */
  readonly fix: string
  /** The code of the error. */
  readonly code: AuthErrorCode
  /** The page of the error: a path in the repository. */
  readonly page: string
  /** The names of the other checks that fail. Fix the cause first. */
  readonly alsoFailed: readonly string[]
}

/** The kind of a text. */
export type TokenKind =
  | 'access'
  | 'machine'
  | 'id'
  | 'refresh'
  | 'load-balancer'
  | 'verified-access'
  | 'identity-pool'
  | 'aws-workload'
  | 'other-issuer'
  | 'encrypted'
  | 'authorization-code'
  | 'opaque'
  | 'truncated'
  | 'none'

/** A statement of a token. */
export interface Fact {
  /** What is stated, such as `issuer`. */
  readonly name: string
  /** As JSON, or a time in words. */
  readonly value: string
}

/** A remark, and how to fix its cause. */
export interface Finding {
  /** What was found. */
  readonly what: string
  /** What to do. */
  readonly fix: string
}

/** One check of verification. */
export interface Check {
  /** What is checked, such as `issuer`. */
  readonly name: string
  /** `open`: it could not be made. */
  readonly result: 'passed' | 'failed' | 'open'
  /** What passes, in words. */
  readonly expected: string
  /** What is there, in words. */
  readonly actual: string
  /** The library's code for a token that fails this check. */
  readonly code?: AuthErrorCode
  /** How to fix it: of the first that fails alone, the same as of the report's `cause`. */
  readonly fix?: string
}

/** How fetching the keys went. */
export interface Network {
  /** How long it took. */
  readonly milliseconds: number
  /** What happened, in order. */
  readonly events: readonly KeySetEvent[]
}

/** One finding of `cognito-guard doctor`; with `--json` it prints a list of these. */
export interface Diagnosis {
  /** What was looked at, such as `key set`. */
  readonly name: string
  /** `note`: perhaps intended. `unclear`: could not be checked. */
  readonly result: 'ok' | 'note' | 'problem' | 'unclear'
  /** What was found. */
  readonly what: string
  /** Why it matters. */
  readonly why?: string
  /** What to do. */
  readonly fix?: string
  /** The page of the error that an API answers with: a path in the repository. */
  readonly page?: string
}
