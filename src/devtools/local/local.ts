import { importKey } from '../../crypto/import-key.js'
import { type TestClock, testClock } from '../../testing/clock.js'
import { issuerUrls } from '../../testing/issuer.js'
import type { TrustedIssuer, Verifier } from '../../types.js'
import { createVerifier } from '../../verifier/verifier.js'
import { type Expiring, expiring } from './expiring.js'
import { createIdentities, type Identities } from './identity-pool/identities.js'
import type { KeyRing } from './keys.js'
import { createDecisionLog, type DecisionLog } from './pages/decisions.js'
import type { Lifetimes, LocalClient, LocalConfig, MfaConfig, PendingFederation } from './types.js'
import type { Asked } from './user-pool/question.js'
import { createSessions, type Sessions } from './user-pool/sessions.js'
import { createUsers, type Users } from './user-pool/users.js'

/** The state of a local Cognito, which its services share. */
export interface Local {
  readonly config: LocalConfig
  /** Those of the configuration, and those that have registered since. */
  readonly clients: LocalClient[]
  /** Its URL: `http://127.0.0.1:<port>`. */
  readonly url: string
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** The clock of all its services. */
  readonly clock: TestClock
  readonly keys: KeyRing
  readonly users: Users
  readonly sessions: Sessions
  readonly identities: Identities
  readonly decisions: DecisionLog
  /** Verifies its own access tokens, for the calls that take one. */
  readonly verifier: Verifier
  /** Questions that wait for their answer, by the `Session`. */
  readonly challenges: Expiring<Asked>
  /** Passkeys that wait to be registered: the challenge, by the user. */
  readonly registrations: Expiring<string>
  /** Multi-factor authentication as it is now. */
  readonly mfa: { -readonly [Member in keyof MfaConfig]: MfaConfig[Member] }
  /** Sign-ins at a provider that have not ended, by `state`. */
  readonly federations: Expiring<PendingFederation>
  lifetimes: Lifetimes
  keySet: KeySetBehaviour
  /** Seconds since the epoch. */
  readonly startedAt: number
  /** What the pool was created or updated with beyond `config`: answered again, and not played. */
  readonly described: Record<string, unknown>
  /** Says something on the console, once. */
  readonly notice: (sentence: string) => void
  /** The console. Default: none. */
  say: (sentence: string) => void
}

/** How requests for the key set are answered: correctly, late, with a 500, never, or with a broken connection. */
export interface KeySetBehaviour {
  readonly mode: (typeof keySetModes)[number]
  /** The delay of `slow`. */
  readonly seconds: number
}

export const keySetModes = ['ok', 'slow', 'error', 'hang', 'refuse'] as const

/** The state at the start. */
export function createLocal(config: LocalConfig, url: string, keys: KeyRing): Local {
  const clock = testClock(Date)
  const sessions = createSessions(clock)
  const issuer =
    config.issuer === 'local' ? `${url}/${config.userPoolId}` : issuerUrls(config.userPoolId)[config.issuer]
  const said = new Set<string>()
  const local: Local = {
    config,
    clients: [...config.clients],
    url,
    issuer,
    clock,
    keys,
    users: createUsers(config, clock),
    sessions,
    identities: createIdentities(config.identityPool.identityPoolId, clock),
    decisions: createDecisionLog(clock),
    verifier: verifierOf(issuer, clock, keys, sessions),
    // three minutes, as the session of a challenge unless a client says otherwise (AuthSessionValidity)
    challenges: expiring(clock, 180),
    registrations: expiring(clock, 180),
    mfa: { ...config.mfa },
    federations: expiring(clock, 300),
    lifetimes: config.lifetimes,
    keySet: { mode: 'ok', seconds: 2 },
    startedAt: Math.floor(clock.now() / 1000),
    described: {},
    notice(sentence) {
      if (said.has(sentence) || said.size >= 300) return
      said.add(sentence)
      local.say(sentence)
    },
    say: () => {},
  }
  return local
}

/** The library's own verifier, with the keys and revocations of this pool. Each call decides which token use it accepts. */
function verifierOf(issuer: string, clock: TestClock, keys: KeyRing, sessions: Sessions): Verifier {
  return createVerifier({
    clock,
    issuers: [trustIn({ issuer, keys })],
    cache: false,
    revocations: { isRevoked: ({ claims }) => sessions.find(claims.origin_jti)?.isRevoked === true },
  })
}

/** The pool as an issuer whose keys change. Checks no client and no token use. */
export const trustIn = ({ issuer, keys }: Pick<Local, 'issuer' | 'keys'>): TrustedIssuer => ({
  issuers: [issuer],
  algorithms: ['RS256'],
  keys(kid, algorithm) {
    const jwk = keys.jwks().keys.find(key => key.kid === kid)
    return jwk && importKey(jwk, algorithm)
  },
  validate: (_header, claims) => claims,
})
