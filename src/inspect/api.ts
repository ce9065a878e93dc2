import { validateRegisteredClaims, validateTime } from '../claims.js'
import { type AuthError, refusal } from '../errors.js'
import { createGuard } from '../guard.js'
import { userPool } from '../issuers/user-pool.js'
import { type Fetch, type KeySetEvent } from '../jwks/index.js'
import { parseClaims, parseHeader, splitJws } from '../jws.js'
import type { TokenSource } from '../token-source.js'
import type { RequestView, TrustedIssuer } from '../types.js'
import { createVerifier } from '../verifier.js'
import { refusalOf } from './outcome.js'
import type { InspectOptions } from './types.js'

/** An API to show a request to. */
export interface Api {
  /** Resolves to what it refuses a request with, to `undefined` when it does not. */
  readonly refusal: (request: RequestView, source: TokenSource) => Promise<AuthError | undefined>
  /** `undefined` when nothing is configured: then nothing is ever accepted. */
  readonly issuer?: TrustedIssuer
  readonly close: () => void
}

/** Returns an API as the options configure it: the library's guard and verifier, with nothing of their own here. */
export function apiOf(
  options: InspectOptions,
  now: number,
  tolerance: number,
  onEvent: (event: KeySetEvent) => void,
): Api {
  if (!options.userPool) return { refusal: formalRefusal(now, tolerance), close: () => {} }
  const issuer = userPool({
    ...options.userPool,
    ...(options.network ? {} : withoutNetwork(options.userPool)),
    onEvent,
  })
  const verifier = createVerifier({
    issuers: [issuer],
    clockTolerance: tolerance,
    clock: { now: () => now * 1_000 },
    cache: false,
  })
  return {
    issuer,
    refusal: async (request, token) => {
      const decision = await createGuard({ verifier, token })(request)
      return decision.authorized ? undefined : decision.error
    },
    close: verifier.close,
  }
}

const withoutNetwork = ({ jwks }: NonNullable<InspectOptions['userPool']>) =>
  jwks ? { offline: true } : { fetch: noFetch }

const noFetch: Fetch = async () => {
  throw new Error('not to be fetched')
}

/** What no configuration can make good: the steps of the verifier that need none. */
const formalRefusal =
  (now: number, tolerance: number): Api['refusal'] =>
  async (request, source) =>
    refusalOf(() => {
      const token = source(request)
      if (token === undefined) throw refusal('ERR_TOKEN_MISSING')
      const parts = splitJws(token)
      parseHeader(parts.header)
      const claims = parseClaims(parts.claims)
      validateRegisteredClaims(claims)
      validateTime(claims, now, tolerance)
    })
