// Over 150 lines: the members of the state, each with its text, and the table that makes them.
import { importKey } from '../../crypto/import-key.js'
import { type TestClock, testClock } from '../../testing/clock.js'
import { issuerUrls } from '../../testing/issuer.js'
import type { Reach } from '../../testing/loopback.js'
import type { TrustedIssuer, Verifier } from '../../types.js'
import { createVerifier } from '../../verifier/verifier.js'
import { type Expiring, expiring } from './expiring.js'
import { createIdentities, type Identities } from './identity-pool/identities.js'
import type { KeyRing } from './keys.js'
import { createDecisionLog, type DecisionLog } from './pages/decisions.js'
import type { SavedState } from './state.js'
import type { Lifetimes, LocalClient, LocalConfig, MfaConfig, PendingFederation } from './types.js'
import type { Asked } from './user-pool/question.js'
import { createSessions, type Sessions } from './user-pool/sessions.js'
import { createUsers, type Users } from './user-pool/users.js'

/** The state of a local Cognito, which its services share. */
export interface Local {
  readonly config: LocalConfig
  /** Those of the configuration, and those that have registered since. */
  readonly clients: LocalClient[]
  /** Its URL by the name that a request asks by; outside of requests {@link Local.home}. */
  readonly url: string
  /** Its URL whoever asks: `url` of the configuration, else `http://127.0.0.1:<port>`. */
  readonly home: string
  /** The `iss` of its tokens. With `issuer: 'local'` it follows `url`, unless the configuration has one. */
  readonly issuer: string
  /** Every `iss` that its tokens may have. */
  readonly issuers: Set<string>
  /** From where it is reached. */
  readonly reach: Reach
  /** The clock of all its services. */
  readonly clock: TestClock
  readonly keys: KeyRing
  readonly users: Users
  readonly sessions: Sessions
  readonly identities: Identities
  readonly decisions: DecisionLog
  /** Verifies its own access tokens, for the calls that take one. */
  readonly verifier: Pick<Verifier, 'check' | 'verify'>
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
  /** Where its state is kept. Default: nowhere. */
  stateFile: string | undefined
}

/** How requests for the key set are answered: correctly, late, with a 500, never, or with a broken connection. */
export interface KeySetBehaviour {
  readonly mode: (typeof keySetModes)[number]
  /** The delay of `slow`. */
  readonly seconds: number
}

export const keySetModes = ['ok', 'slow', 'error', 'hang', 'refuse'] as const

/** The state at the start, or as it was saved, of a server at this URL. */
export function createLocal(
  config: LocalConfig,
  own: string,
  keys: KeyRing,
  { reach = {}, saved }: { readonly reach?: Reach | undefined; readonly saved?: SavedState | undefined } = {},
): Local {
  // Over 40 lines: nearly all of it is a table.
  const clock = testClock(Date)
  const users = createUsers(config, clock, saved?.users)
  const registered = saved?.clients.filter(
    ({ clientId }) => !config.clients.some(own => own.clientId === clientId),
  )
  const clients = [...config.clients, ...(registered ?? [])]
  const sessions = createSessions(clock, { users: users.all(), clients }, saved?.sessions)
  const home = config.url ?? own
  const named = ['localhost', '127.0.0.1', ...(reach.names ?? [])].map(
    name => Object.assign(new URL(own), { hostname: name }).origin,
  )
  const issuers = new Set([home, ...named].map(url => issuerAt(config, url)))
  let lifetimes = config.lifetimes
  let keySet: KeySetBehaviour = { mode: 'ok', seconds: 2 }
  const said = new Set<string>()
  const local: Local = {
    config,
    clients,
    url: home,
    home,
    issuer: issuerAt(config, home),
    issuers,
    reach,
    clock,
    keys,
    users,
    sessions,
    identities: createIdentities(config.identityPool.identityPoolId, clock, saved?.identities),
    decisions: createDecisionLog(clock),
    verifier: verifierOf(issuers, clock, keys, sessions),
    // three minutes, as the session of a challenge unless a client says otherwise (AuthSessionValidity)
    challenges: expiring(clock, 180),
    registrations: expiring(clock, 180),
    mfa: { ...config.mfa },
    federations: expiring(clock, 300),
    // accessors, for the views of requests to share
    get lifetimes() {
      return lifetimes
    },
    set lifetimes(value) {
      lifetimes = value
    },
    get keySet() {
      return keySet
    },
    set keySet(value) {
      keySet = value
    },
    startedAt: Math.floor(clock.now() / 1000),
    described: {},
    notice(sentence) {
      if (said.has(sentence) || said.size >= 300) return
      said.add(sentence)
      local.say(sentence)
    },
    say: () => {},
    stateFile: undefined,
  }
  return local
}

/** The state as a request sees it that asks by this name. */
export function asAskedBy(local: Local, origin: string): Local {
  const { config, issuers } = local
  const issuer = issuerAt(config, config.url ?? origin)
  if (issuers.size < mostIssuers) issuers.add(issuer)
  const isOwn = issuers.has(issuer)
  return Object.create(local, {
    url: { value: origin },
    issuer: { value: isOwn ? issuer : local.issuer },
  }) as Local
}

const issuerAt = ({ issuer, userPoolId }: LocalConfig, url: string) =>
  issuer === 'local' ? `${url}/${userPoolId}` : issuerUrls(userPoolId)[issuer]

/**
 * The library's own verifier, with the keys and revocations of this pool; a token may have been made under another name of the server. Each call decides
 * which token use it accepts.
 */
function verifierOf(
  issuers: ReadonlySet<string>,
  clock: TestClock,
  keys: KeyRing,
  sessions: Sessions,
): Local['verifier'] {
  const made = new Map<number, Verifier>()
  const current = () => {
    const known = made.get(issuers.size)
    if (known) return known
    const verifier = createVerifier({
      clock,
      issuers: [trustIn({ issuers, keys })],
      cache: false,
      revocations: { isRevoked: ({ claims }) => sessions.find(claims.origin_jti)?.isRevoked === true },
    })
    made.set(issuers.size, verifier)
    return verifier
  }
  return { check: token => current().check(token), verify: token => current().verify(token) }
}

/** The pool as an issuer whose keys change, by the names that it has now. Checks no client and no token use. */
export const trustIn = ({
  issuers,
  keys,
}: {
  readonly issuers: ReadonlySet<string>
  readonly keys: KeyRing
}): TrustedIssuer => ({
  issuers: [...issuers],
  algorithms: ['RS256'],
  keys(kid, algorithm) {
    const jwk = keys.jwks().keys.find(key => key.kid === kid)
    return jwk && importKey(jwk, algorithm)
  },
  validate: (_header, claims) => claims,
})

/** Names times ports: a client that makes them up does not fill the memory. */
const mostIssuers = 100
