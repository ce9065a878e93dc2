import { AuthError } from '../errors.js'
import { checkOptions } from '../options.js'
import {
  bytesOfEntry,
  type RevocationHealth,
  type RevocationOptions,
  revocationOptionChecks,
  withDefaults,
} from './options.js'
import { dated, type Revocations, revoking } from './revocation.js'
import { revocationIndex } from './revocation-index.js'

/** A list of revocations in this process. */
export interface MemoryRevocations extends Revocations<void> {
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
  const { maxTokenLifetime, maxEntries, clock } = withDefaults(options)
  const index = revocationIndex({ lifetime: maxTokenLifetime, maxEntries })
  return {
    isRevoked: index.isRevoked,
    ...revoking(clock, revocation => {
      const now = clock.now()
      if (!index.add(dated(revocation, now, maxTokenLifetime), now))
        throw new AuthError('ERR_REVOCATION_UNAVAILABLE')
    }),
    health: () => ({ entries: index.size, memory: index.size * bytesOfEntry }),
  }
}
