import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../../types.js'
import type { LocalClient } from '../types.js'
import type { LocalUser } from './users.js'

/** One sign-in: everything that is revoked together. */
export interface Session {
  /** `origin_jti` of its tokens. */
  readonly id: string
  readonly user: LocalUser
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Whether it came by managed login, whose tokens differ from those of an SDK's sign-in. */
  readonly isManagedLogin: boolean
  /** The API that its access tokens are bound to (RFC 8707). */
  readonly resource?: string | undefined
  readonly nonce?: string | undefined
  /** Seconds since the epoch. */
  readonly signedInAt: number
  isRevoked: boolean
}

/** What a session is made from. */
type NewSession = Omit<Session, 'id' | 'signedInAt' | 'isRevoked'>

/** Who is signed in, and the secrets that stand for it: refresh tokens, authorization codes and the browser's cookie. */
export interface Sessions {
  readonly all: () => Session[]
  readonly open: (session: NewSession) => Session
  readonly find: (id: unknown) => Session | undefined
  /** A new refresh token of a session. */
  readonly refreshToken: (session: Session, lifetime: number) => string
  /** The session of a refresh token, `undefined` when it is unknown, expired or used up. */
  readonly ofRefreshToken: (token: string | undefined) => Session | undefined
  /** Uses a refresh token up, after some seconds more. */
  readonly spend: (token: string, gracePeriod?: number) => void
  /** Whether a refresh token is known no longer because it was used up, or because it has expired. */
  readonly endOf: (token: string) => 'spent' | 'expired' | undefined
  readonly signOutEverywhere: (user: LocalUser) => void
  /** A new authorization code: for one use, within five minutes. */
  readonly code: (grant: CodeGrant) => string
  /** What a code was issued for. Uses the code up, even when the exchange fails. */
  readonly redeem: (code: string | undefined) => CodeGrant | undefined
  /** Returns a cookie that keeps a user signed in for an hour. */
  readonly addBrowser: (user: LocalUser) => string
  readonly userOfBrowser: (cookie: string | undefined) => LocalUser | undefined
  readonly forget: (cookie: string | undefined) => void
}

/** What an authorization code stands for. */
interface CodeGrant {
  readonly client: LocalClient
  readonly session: NewSession
  readonly redirectUri: string
  /** S256, the only method that Cognito supports (RFC 7636). */
  readonly codeChallenge?: string | undefined
}

export function createSessions(clock: Clock): Sessions {
  const sessions = new Map<string, Session>()
  const refreshTokens = expiring<Session>(clock)
  const spent = expiring<true>(clock)
  const codes = expiring<CodeGrant>(clock)
  const browsers = expiring<LocalUser>(clock)
  return {
    all: () => [...sessions.values()],
    open(given) {
      const session = {
        ...given,
        id: randomUUID(),
        signedInAt: Math.floor(clock.now() / 1000),
        isRevoked: false,
      }
      sessions.set(session.id, session)
      return session
    },
    find: id => sessions.get(id as string),
    refreshToken: (session, lifetime) => refreshTokens.add(session, lifetime, opaqueToken()),
    ofRefreshToken: token => (spent.has(token) && !spent.get(token) ? undefined : refreshTokens.get(token)),
    spend(token, gracePeriod = 0) {
      // at once also where the clock is set back later
      spent.add(true, gracePeriod || -Infinity, token)
    },
    endOf: token =>
      spent.has(token)
        ? 'spent'
        : refreshTokens.has(token) && !refreshTokens.get(token)
          ? 'expired'
          : undefined,
    signOutEverywhere(user) {
      for (const session of sessions.values()) if (session.user === user) session.isRevoked = true
      browsers.dropAll(user)
    },
    code: grant => codes.add(grant, 300),
    redeem: code => codes.take(code),
    addBrowser: user => browsers.add(user, 3600),
    userOfBrowser: cookie => browsers.get(cookie),
    forget: cookie => void browsers.take(cookie),
  }
}

/** Values by a secret name, until they expire. */
function expiring<T>(clock: Clock) {
  const entries = new Map<string, { readonly value: T; readonly until: number }>()
  const get = (name: string | undefined): T | undefined => {
    const entry = entries.get(name as string)
    return entry && clock.now() < entry.until ? entry.value : undefined
  }
  return {
    get,
    has: (name: string | undefined) => entries.has(name as string),
    add(value: T, seconds: number, name: string = randomUUID()) {
      entries.set(name, { value, until: clock.now() + seconds * 1000 })
      return name
    },
    take(name: string | undefined): T | undefined {
      const value = get(name)
      entries.delete(name as string)
      return value
    },
    dropAll(value: T) {
      for (const [name, entry] of entries) if (entry.value === value) entries.delete(name)
    },
  }
}

/** A random text in the form of an encrypted JWT, opaque to clients (Understanding the refresh token, Amazon Cognito Developer Guide). */
function opaqueToken(): string {
  const header = Buffer.from('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')
  const parts = [header, ...[256, 12, 600, 16].map(size => randomBytes(size))]
  return parts.map(part => part.toString('base64url')).join('.')
}
