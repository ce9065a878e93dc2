import { AuthError } from '../errors.js'
import { checkOptions } from '../options.js'
import { dated, type Revocation } from './entry.js'
import { issuerNames } from './issuer-names.js'
import {
  bytesOfEntry,
  type RevocationHealth,
  type RevocationOptions,
  revocationOptionChecks,
  withDefaults,
} from './options.js'
import { type Revocations, revoking } from './revocation.js'
import { revocationIndex } from './revocation-index.js'

/** A list of revocations in this process. */
export interface MemoryRevocations extends Revocations<void> {
  /** Returns the size of the list. */
  health(): RevocationHealth
}

/**
 * Returns a list of revocations for one process: what is revoked is refused from the next call on, by this process only.
 *
 * The `revoke` methods throw an AuthError `ERR_REVOCATION_UNAVAILABLE` when the list is full.
 *
 * @throws TypeError for an unknown or unusable option, naming it
 * @example
 * const revocations = memoryRevocations()
 * const verifier = createVerifier({ issuers, revocations })
 * revocations.revokeUser(auth)
 */
export function memoryRevocations(options: RevocationOptions = {}): MemoryRevocations {
  checkOptions('memoryRevocations', options, revocationOptionChecks)
  const { maxTokenLifetime, clock, ...limits } = withDefaults(options)
  const index = revocationIndex({ lifetime: maxTokenLifetime, ...limits })
  const names = issuerNames(false)

  function add(revocation: Revocation): void {
    const now = clock.now()
    if (revocation.isTakenBack) index.remove(revocation)
    else if (!index.add(dated(revocation, now, maxTokenLifetime), now))
      throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
  }

  return {
    isRevoked: index.isRevoked,
    verifies: names.learn,
    ...revoking(clock, names, revocations => revocations.forEach(add)),
    health: () => ({ entries: index.size, memory: index.size * bytesOfEntry }),
  }
}
