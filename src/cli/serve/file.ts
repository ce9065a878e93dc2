import type { DynamoRevocationOptions } from '../../revocation/dynamo.js'
import type { RedisRevocationOptions } from '../../revocation/redis.js'
import { fileShape } from './file-shape.js'
import { mistakeIn } from './json-text.js'
import type { Report } from './shapes.js'

/** Members of the file whose shape is right, and whose values the factories check. */
export type Members = Readonly<Record<string, unknown>>

/** A configuration file whose shape is right. */
export interface ServeFile {
  readonly listen?: string
  readonly socketMode?: string
  /** Of one member each: the options by the kind of issuer. */
  readonly issuers: Readonly<Record<string, Readonly<Record<string, Members>>>>
  readonly verifier?: {
    readonly clockTolerance?: number
    readonly cache?: { readonly maxTokens?: number } | false
  }
  /** Of one member. */
  readonly revocations?: { readonly redis?: RedisInFile; readonly dynamodb?: DynamoInFile }
  readonly guards: Readonly<Record<string, GuardInFile>>
  readonly metrics?: { readonly listen: string }
  readonly routes?: Readonly<Record<string, string>>
  readonly headers?: 'x-auth-request' | 'remote'
  readonly peers?: string | readonly string[]
  readonly assertion?: {
    readonly issuer: string
    readonly audiences?: Readonly<Record<string, string>>
    readonly keyFile?: string | readonly string[]
  }
  readonly removeAuthorization?: boolean
}

export interface RedisInFile extends Omit<RedisRevocationOptions, 'client'> {
  readonly url?: string
}

export interface DynamoInFile extends Omit<DynamoRevocationOptions, 'client'> {
  readonly region?: string
  readonly endpoint?: string
}

/** A guard, as the file has it. */
export interface GuardInFile {
  readonly issuers?: readonly string[]
  readonly policy?: PolicyInFile
  readonly token?: TokenInFile
  readonly allowAnonymous?: boolean
  readonly realm?: string
  readonly resourceMetadata?: string
  readonly explain?: boolean
}

export type PolicyInFile = string | Members

export type TokenInFile = string | Members

/** Returns what a file holds; `undefined`, and every mistake reported, where its shape is wrong. */
export function parseFile(text: string, report: Report): ServeFile | undefined {
  // written by some editors of Windows
  const json = text.replace(/^\uFEFF/, '')
  const mistake = mistakeIn(json)
  if (mistake) {
    report(`line ${mistake.line}, column ${mistake.column}`, mistake.problem)
    return undefined
  }
  const value: unknown = JSON.parse(json)
  let isRight = true
  fileShape.check(value, '', (place, problem) => {
    isRight = false
    report(place || 'the file', problem)
  })
  return isRight ? (value as ServeFile) : undefined
}
