import type { TrustedIssuer } from '../types.js'

/** What is known of the names that issuers' tokens are revoked by. */
export interface IssuerNames {
  /** Learns the names of a verifier's issuers. */
  readonly learn: (issuers: readonly TrustedIssuer[]) => void
  /** All names of the issuer that goes by one. */
  of(name: string): readonly string[]
  /** Whether no verifier that is known takes tokens of a user pool. `false` where more may be taken than can be listed. */
  lacks(name: string): boolean
}

/**
 * Returns an empty record of names.
 *
 * @param isShared whether processes that this one does not know of have verifiers too
 */
export function issuerNames(isShared: boolean): IssuerNames {
  const known = new Map<string, Set<string>>()
  let isComplete = !isShared

  function join(names: readonly string[]): void {
    for (const name of names) known.set(name, new Set([...(known.get(name) ?? []), ...names]))
  }

  return {
    learn(issuers) {
      for (const { issuers: some, revokedBy = [], find } of issuers) {
        if (find) isComplete = false
        for (const iss of some) join([iss, ...revokedBy].map(poolOf))
      }
    },
    of: name => [...(known.get(name) ?? [name])],
    lacks: name => isComplete && known.size > 0 && poolId.test(name) && !known.has(name),
  }
}

/**
 * Returns what the tokens of one issuer have in common: the ID of a user pool, whose tokens come with several `iss`, else the `iss`.
 * Source: Amazon Cognito Developer Guide, "Identity provider and relying party endpoints".
 */
export const poolOf = (issuer: string): string => poolIssuer.exec(issuer)?.[1] ?? issuer

/** On hosts of AWS only: the owner of another could have a pool's ID in their `iss`, and a sign-out there would be one here. */
const poolIssuer =
  /^https:\/\/(?:issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.(?:com|com\.cn|eu)\/([\w-]+_[0-9A-Za-z]+)$/

const poolId = /^[\w-]+_[0-9A-Za-z]+$/
