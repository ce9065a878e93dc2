// Over 150 lines: what stands for a session shares four maps, and is saved with them.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../../../types.js'
import { type Entry, type Expiring, expiring } from '../expiring.js'
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
  readonly endOf: (token: string) => 'expired' | 'spent' | undefined
  /** Uses a refresh token up, after so many seconds. */
  readonly spend: (token: string, gracePeriod?: number) => void
  readonly signOutEverywhere: (user: LocalUser) => void
  /** A new authorization code: for one use, within five minutes. */
  readonly code: (grant: CodeGrant) => string
  /** What a code was issued for. Uses the code up, even when the exchange fails. */
  readonly redeem: (code: string | undefined) => CodeGrant | undefined
  /** Returns a cookie that keeps a user signed in for an hour. */
  readonly addBrowser: (browser: Browser) => string
  readonly browser: (cookie: string | undefined) => Browser | undefined
  readonly browsers: () => readonly Entry<Browser>[]
  readonly forget: (cookie: string | undefined) => void
  /** All of it as JSON. */
  readonly saved: () => SavedSessions
}

/** {@link Sessions} as JSON: users by their `sub`, clients and sessions by their IDs. */
export interface SavedSessions {
  readonly sessions: readonly Entry<Saved<Session>>[]
  readonly refreshTokens: readonly Entry<Omit<RefreshToken, 'session'> & { readonly session: string }>[]
  readonly codes: readonly Entry<
    Omit<CodeGrant, 'client' | 'session'> & { client: string; session: Saved<NewSession> }
  >[]
  readonly browsers: readonly Entry<Saved<Browser>>[]
}

interface RefreshToken {
  readonly session: Session
  /** Milliseconds since the epoch until which one that has been replaced is still good. */
  goodUntil?: number
}

type Saved<T> = Omit<T, 'user'> & { readonly user: string }

/** What saved sessions refer to. */
export interface Known {
  readonly users: readonly LocalUser[]
  readonly clients: readonly LocalClient[]
}

/** What an authorization code stands for. */
interface CodeGrant {
  readonly client: LocalClient
  readonly session: NewSession
  readonly redirectUri: string
  /** S256, the only method that Cognito supports (RFC 7636). */
  readonly codeChallenge?: string | undefined
}

/** Sessions, which are dropped once everything that stands for them has expired. Those that are saved and refer to nothing any more are dropped, too. */
export function createSessions(clock: Clock, known: Known, saved?: SavedSessions): Sessions {
  // Over 40 lines: its functions share four maps.
  const userOf = (sub: string) => known.users.find(user => user.sub === sub)
  const withUser = <T extends Saved<object>>(session: T) => {
    const user = userOf(session.user)
    return user && { ...session, user }
  }
  const sessions = expiring<Session>(clock, 300, revived(saved?.sessions, withUser))
  const refreshTokens = expiring<RefreshToken>(
    clock,
    300,
    revived(saved?.refreshTokens, token => {
      const session = sessions.get(token.session)
      return session && { ...token, session }
    }),
  )
  const codes = expiring<CodeGrant>(
    clock,
    300,
    revived(saved?.codes, grant => {
      const client = known.clients.find(({ clientId }) => clientId === grant.client)
      const session = withUser(grant.session)
      return client && session && { ...grant, client, session }
    }),
  )
  const browsers = expiring<Browser>(clock, 3600, revived(saved?.browsers, withUser))
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
      refreshTokens.set(token, { session }, lifetime)
      keep(session, lifetime)
      return token
    },
    ofRefreshToken(token) {
      const found = refreshTokens.get(token)
      return found && clock.now() < (found.goodUntil ?? Infinity) ? found.session : undefined
    },
    spend(token, gracePeriod = 0) {
      const found = refreshTokens.get(token)
      // at once also where the clock is set back later; a second use does not begin the time of grace again
      if (found) found.goodUntil ??= gracePeriod && clock.now() + gracePeriod * 1000
    },
    endOf(token) {
      const found = refreshTokens.known(token)
      if (found?.goodUntil !== undefined) return 'spent'
      return found && !refreshTokens.get(token) ? 'expired' : undefined
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
    saved: () => ({
      sessions: sessions.entries().map(([id, session, until]) => [id, withSub(session), until]),
      refreshTokens: refreshTokens
        .entries()
        .map(([name, token, until]) => [name, { ...token, session: token.session.id }, until]),
      codes: codes
        .entries()
        .map(([code, grant, until]) => [
          code,
          { ...grant, client: grant.client.clientId, session: withSub(grant.session) },
          until,
        ]),
      browsers: browsers.entries().map(([cookie, browser, until]) => [cookie, withSub(browser), until]),
    }),
  }
}
const withSub = <T extends { readonly user: LocalUser }>(session: T) => ({
  ...session,
  user: session.user.sub,
})

/** Saved entries as they were, without those that refer to nothing any more. */
const revived = <S, T>(saved: readonly Entry<S>[] = [], revive: (value: S) => T | undefined): Entry<T>[] =>
  saved.flatMap(([name, value, until]) => {
    const alive = revive(value)
    return alive === undefined ? [] : [[name, alive, until] as const]
  })

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
