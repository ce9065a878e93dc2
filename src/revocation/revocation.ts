// Over 150 lines: the five kinds of revocation, each with what it takes.
import { aString, checkOptions, type OptionCheck } from '../options.js'
import type { Clock, MaybePromise, RevocationList, VerifiedToken } from '../types.js'
import { isCutOff, margin, type Revocation, type RevocationKind, type RevocationTarget } from './entry.js'
import { type IssuerNames, poolOf } from './issuer-names.js'

export type { RevocationKind } from './entry.js'

/** One token. */
export interface RevokedToken {
  /** The `iss` of the token, or the ID of its user pool. */
  readonly issuer: string
  /** The `jti` claim. */
  readonly jti: string
  /** The token's `exp`. Default: that of the longest-lived token. */
  readonly expiresAt?: number
}

/** One sign-in, with all refreshed tokens. */
export interface RevokedSession {
  /** The `iss` of its tokens, or the ID of their user pool. */
  readonly issuer: string
  /** The `origin_jti` claim. */
  readonly session: string
}

/** One user, machine or guest, wherever signed in. */
export interface RevokedUser {
  /** The `iss` of the tokens, or the ID of their user pool. */
  readonly issuer: string
  /** The `sub` claim. */
  readonly subject: string
  /** Tokens issued before this second since the epoch are revoked. Default: those issued until now. */
  readonly notBefore?: number
}

/** One app client. */
export interface RevokedClient {
  /** The `iss` of the tokens, or the ID of their user pool. */
  readonly issuer: string
  /** The app client: `client_id`, or `aud` of an ID token. */
  readonly clientId: string
  /** Tokens issued before this second since the epoch are revoked. Default: those issued until now. */
  readonly notBefore?: number
}

/** All tokens of an issuer. */
export interface RevokedPool {
  /** The `iss` of the tokens, or the ID of their user pool. */
  readonly issuer: string
  /** Tokens issued before this second since the epoch are revoked. Default: those issued until now. */
  readonly notBefore?: number
}

/**
 * A list of revocations that can be added to. It revokes tokens that were issued; it does not stop the issuer from issuing new ones.
 * Does not identify tokens by their text, since one token can have several spellings.
 *
 * @template R what adding returns: nothing for a list in memory, a promise for a shared one
 */
export interface Revocations<R extends MaybePromise<void> = MaybePromise<void>> extends RevocationList {
  /**
   * Revokes one token.
   * @throws TypeError for a token without `jti`
   */
  revokeToken(target: VerifiedToken | RevokedToken): R
  /**
   * Revokes the tokens of one sign-in, whenever issued.
   * @throws TypeError for a token without `origin_jti`, such as a machine's
   */
  revokeSession(target: VerifiedToken | RevokedSession): R
  /** Revokes a user's tokens of all sign-ins: for a sign-out everywhere, or a changed group. */
  revokeUser(target: VerifiedToken | RevokedUser): R
  /**
   * Revokes the tokens of an app client.
   * @throws TypeError for a token without a client
   */
  revokeClient(target: VerifiedToken | RevokedClient): R
  /** Revokes the tokens of a user pool, or of another issuer. */
  revokePool(target: VerifiedToken | RevokedPool): R
  /** Takes back every `revokeToken` of a token until now. Those of its session, user, client and pool stay, as with the others. */
  unrevokeToken(target: VerifiedToken | Omit<RevokedToken, 'expiresAt'>): R
  /** Takes back every `revokeSession` of a session until now. */
  unrevokeSession(target: VerifiedToken | RevokedSession): R
  /** Takes back every `revokeUser` of a user until now. */
  unrevokeUser(target: VerifiedToken | Omit<RevokedUser, 'notBefore'>): R
  /** Takes back every `revokeClient` of a client until now. */
  unrevokeClient(target: VerifiedToken | Omit<RevokedClient, 'notBefore'>): R
  /** Takes back every `revokePool` of a pool until now. */
  unrevokePool(target: VerifiedToken | Omit<RevokedPool, 'notBefore'>): R
}

/**
 * Returns the methods of a list whose entries go to `add`: more than one where a target goes by several names.
 *
 * @param names the names that issuers go by
 */
export function revoking<R>(
  clock: Clock,
  names: IssuerNames,
  add: (revocations: readonly Revocation[]) => R,
) {
  const revoke = (kind: RevocationKind) => (target: object) => {
    const entry = targetOf(kind, 'revoke', target, names, clock.now())
    return add([{ ...entry, ...timesOf(kind, target) }])
  }
  const unrevoke = (kind: RevocationKind) => (target: object) => {
    const entry = targetOf(kind, 'unrevoke', target, names, clock.now())
    const { revokedBy = [] } = target as Partial<VerifiedToken>
    const issuers = [entry.issuer, ...revokedBy.map(poolOf)].flatMap(names.of)
    return add([...new Set(issuers)].map(issuer => ({ ...entry, issuer, isTakenBack: true })))
  }
  return {
    revokeToken: revoke('token'),
    revokeSession: revoke('session'),
    revokeUser: revoke('user'),
    revokeClient: revoke('client'),
    revokePool: revoke('pool'),
    unrevokeToken: unrevoke('token'),
    unrevokeSession: unrevoke('session'),
    unrevokeUser: unrevoke('user'),
    unrevokeClient: unrevoke('client'),
    unrevokePool: unrevoke('pool'),
  }
}

/**
 * Returns what an entry is about: a verified token, or the plain identifiers of its kind.
 *
 * @throws TypeError for a missing, unknown or unusable identifier, naming it
 */
function targetOf(
  kind: RevocationKind,
  verb: RevocationVerb,
  target: object,
  names: IssuerNames,
  now: number,
): RevocationTarget {
  const { id, at, of } = kinds[kind]
  const plain = isVerified(target) ? { issuer: target.claims.iss, ...of(target) } : target
  checkOptions(methodOf(kind, verb), plain, {
    issuer: anIssuerIn(names),
    ...(id && { [id]: anIdentifier }),
    ...(at &&
      verb === 'revoke' && { [`${at}?`]: aTimeUntil(at === 'notBefore' ? now / 1000 + margin : endOfTime) }),
  })
  const members = plain as Readonly<Record<string, string>>
  return { kind, issuer: poolOf(members.issuer as string), id: id ? (members[id] as string) : '' }
}

/** Of a token that is held in hand: for as long as it lives, whatever the clocks say. */
function timesOf(kind: RevocationKind, target: object): Partial<Revocation> {
  if (isVerified(target)) {
    const { iat, exp } = target.claims
    const until = Math.ceil(exp) + margin
    if (kind === 'token') return { at: until }
    return iat === undefined || !isCutOff(kind) ? { until } : { until, least: Math.floor(iat) + 1 }
  }
  const { expiresAt, notBefore = expiresAt } = target as { expiresAt?: number; notBefore?: number }
  return notBefore === undefined ? {} : { at: Math.ceil(notBefore) + (kind === 'token' ? margin : 0) }
}

const isVerified = (target: object): target is VerifiedToken => 'principal' in target

/** What a list does with an entry. */
export type RevocationVerb = 'revoke' | 'unrevoke'

/** The method of a list for a kind. */
export const methodOf = (kind: RevocationKind, verb: RevocationVerb) => `${verb}${kinds[kind].name}` as const

/** What the plain identifiers of a kind are, in a sentence. */
export const membersOf = (kind: RevocationKind, verb: RevocationVerb): string => {
  const { id, at } = kinds[kind]
  const optional = at && verb === 'revoke' ? `; ${at}, in seconds since the epoch, is optional` : ''
  return `A ${kind} is ${verb}d by issuer${id ? ` and ${id}` : ''}${optional}`
}

const anIdentifier: OptionCheck = value =>
  aString(value) ?? ((value as string).length > 512 ? 'must not be longer than 512 characters' : undefined)

const anIssuerIn =
  (names: IssuerNames): OptionCheck =>
  value =>
    anIdentifier(value) ??
    (names.lacks(value as string) ? 'is the ID of a user pool that no verifier of this list has' : undefined)

const aTimeUntil =
  (most: number): OptionCheck =>
  value =>
    typeof value === 'number' && value >= 0 && value <= most
      ? undefined
      : `must be a number of seconds since the epoch${most < endOfTime ? ', not in the future' : ''}`

/** The year 9999: refuses milliseconds given by mistake. */
const endOfTime = 253_402_300_799

interface Kind {
  readonly name: 'Token' | 'Session' | 'User' | 'Client' | 'Pool'
  /** The plain identifier that tells one from another of the kind. */
  readonly id?: string
  /** The plain identifier that is a time. */
  readonly at?: string
  /** The plain identifier in a token. */
  readonly of: (token: VerifiedToken) => object
}

const kinds: Readonly<Record<RevocationKind, Kind>> = {
  token: {
    name: 'Token',
    id: 'jti',
    at: 'expiresAt',
    of: ({ claims: { jti } }) => ({ jti }),
  },
  session: {
    name: 'Session',
    id: 'session',
    of: ({ claims: { origin_jti: session } }) => ({ session }),
  },
  user: {
    name: 'User',
    id: 'subject',
    at: 'notBefore',
    of: ({ principal: { subject } }) => ({ subject }),
  },
  client: {
    name: 'Client',
    id: 'clientId',
    at: 'notBefore',
    of: ({ principal: { clientId } }) => ({ clientId }),
  },
  pool: {
    name: 'Pool',
    at: 'notBefore',
    of: () => ({}),
  },
}
