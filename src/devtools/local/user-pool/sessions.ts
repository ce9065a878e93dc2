import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../../types.js'
import { type Expiring, expiring } from '../expiring.js'
import type { LocalClient, UserClaims } from '../types.js'
import type { Method } from './methods.js'
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
  /** How the user signed in. */
  readonly methods: readonly Method[]
  /** The browser session that it came through. */
  readonly browserId?: string | undefined
  /** Claims of its tokens that a script asked for. */
  readonly claims?: UserClaims | undefined
  /** Seconds since the epoch. */
  readonly signedInAt: number
  /** When tokens were issued last, in seconds since the epoch. */
  activeAt: number
  isRevoked: boolean
}

/** What a session is made from. */
type NewSession = Omit<Session, 'id' | 'methods' | 'signedInAt' | 'activeAt' | 'isRevoked'> & {
  /** Default: with a password. */
  readonly methods?: readonly Method[]
  /** Default: now. */
  readonly signedInAt?: number
}

/** A browser in which somebody has signed in to managed login. */
export interface Browser {
  readonly id: string
  readonly user: LocalUser
  readonly methods: readonly Method[]
  /** Seconds since the epoch. */
  readonly signedInAt: number
}

/** Who is signed in, and the secrets that stand for it: refresh tokens, authorization codes and the browser's cookie. */
export interface Sessions {
  readonly all: () => Session[]
  readonly open: (session: NewSession) => Session
  /** Keeps a session for as many seconds at least: those for which its tokens are good. */
  readonly keep: (session: Session, seconds: number) => void
  readonly find: (id: unknown) => Session | undefined
  /** A new refresh token of a session. */
  readonly refreshToken: (session: Session, lifetime: number) => string
  /** The session of a refresh token, `undefined` when it is unknown, expired or used up. */
  readonly ofRefreshToken: (token: string | undefined) => Session | undefined
  /** Why a refresh token gives no session: `undefined` for one that was never issued, or is forgotten. */
  readonly fateOf: (token: string) => 'expired' | 'spent' | undefined
  /** Uses a refresh token up, after so many seconds. */
  readonly spend: (token: string, graceSeconds: number) => void
  readonly signOutEverywhere: (user: LocalUser) => void
  /** A new authorization code: for one use, within five minutes. */
  readonly code: (grant: CodeGrant) => string
  /** What a code was issued for. Uses the code up, even when the exchange fails. */
  readonly redeem: (code: string | undefined) => CodeGrant | undefined
  /** Returns a cookie that keeps a user signed in for an hour. */
  readonly addBrowser: (browser: Browser) => string
  readonly browser: (cookie: string | undefined) => Browser | undefined
  readonly browsers: () => [cookie: string, browser: Browser, until: number][]
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

/** Sessions, which are dropped once everything that stands for them has expired. */
export function createSessions(clock: Clock): Sessions {
  const sessions = expiring<Session>(clock, 300)
  const refreshTokens = expiring<{ readonly session: Session; until: number; isSpent: boolean }>(clock, 300)
  const codes = expiring<CodeGrant>(clock, 300)
  const browsers = expiring<Browser>(clock, 3600)
  const keep = (session: Session, seconds: number) => sessions.extend(session.id, session, seconds)
  return {
    all: () => sessions.entries().map(([, session]) => session),
    open(given) {
      const now = Math.floor(clock.now() / 1000)
      const session: Session = {
        methods: ['pwd'],
        signedInAt: now,
        ...given,
        id: randomUUID(),
        activeAt: now,
        isRevoked: false,
      }
      sessions.set(session.id, session)
      return session
    },
    keep,
    find: id => sessions.get(id as string),
    refreshToken(session, lifetime) {
      const token = opaqueToken()
      // longer, to say that it has expired
      const until = clock.now() + lifetime * 1000
      refreshTokens.set(token, { session, until, isSpent: false }, lifetime + 7_776_000)
      keep(session, lifetime)
      return token
    },
    ofRefreshToken(token) {
      const entry = refreshTokens.get(token)
      return entry && clock.now() < entry.until ? entry.session : undefined
    },
    fateOf(token) {
      const entry = refreshTokens.get(token)
      return entry && (entry.isSpent ? 'spent' : 'expired')
    },
    spend(token, graceSeconds) {
      const entry = refreshTokens.get(token)
      if (!entry) return
      // without grace whatever the clock says later
      entry.until = graceSeconds > 0 ? Math.min(entry.until, clock.now() + graceSeconds * 1000) : 0
      entry.isSpent = true
    },
    signOutEverywhere(user) {
      for (const [, session] of sessions.entries()) if (session.user === user) session.isRevoked = true
      for (const [cookie, browser] of browsers.entries()) if (browser.user === user) browsers.delete(cookie)
    },
    code: grant => named(codes, grant),
    redeem(code) {
      const grant = codes.get(code)
      codes.delete(code)
      return grant
    },
    addBrowser: browser => named(browsers, browser),
    browser: browsers.get,
    browsers: browsers.entries,
    forget: browsers.delete,
  }
}
function named<T>(values: Expiring<T>, value: T): string {
  const name = randomUUID()
  values.set(name, value)
  return name
}

/** A random text in the form of an encrypted JWT, opaque to clients (Understanding the refresh token, Amazon Cognito Developer Guide). */
function opaqueToken(): string {
  const header = Buffer.from('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')
  const parts = [header, ...[256, 12, 600, 16].map(size => randomBytes(size))]
  return parts.map(part => part.toString('base64url')).join('.')
}
