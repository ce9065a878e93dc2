// Over 150 lines: the five kinds of revocation, each with its identifiers, and their serialized form.
import { aString, checkOptions, type OptionCheck } from '../options.js'
import type { Clock, MaybePromise, RevocationList, VerifiedToken } from '../types.js'

/** One token. */
export interface RevokedToken {
  /** The `iss` of the token, or the ID of its user pool. */
  readonly issuer: string
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
}

/** What an entry revokes. */
export type RevocationKind = 'token' | 'session' | 'user' | 'client' | 'pool'

/** An entry as it is stored. */
export interface Revocation {
  readonly kind: RevocationKind
  /** The ID of the user pool, or the `iss` of another issuer. */
  readonly issuer: string
  /** Empty for a pool. */
  readonly id: string
  /**
   * Seconds since the epoch. Of a token or a session: when the entry expires. Of the others: tokens issued before are revoked.
   * `undefined`: as follows from when the entry was written, by the clock of its store.
   */
  readonly at: number | undefined
}

/** An entry whose time is known. */
export interface DatedRevocation extends Revocation {
  readonly at: number
}

/** Returns the methods of a list whose entries go to `add`. */
export function revoking<R>(clock: Clock, add: (revocation: Revocation) => R) {
  const revoke = (kind: RevocationKind) => (target: object) => add(revocationOf(kind, target, clock.now()))
  return {
    revokeToken: revoke('token'),
    revokeSession: revoke('session'),
    revokeUser: revoke('user'),
    revokeClient: revoke('client'),
    revokePool: revoke('pool'),
  }
}

/**
 * Returns the entry that revokes a target: a verified token, or the plain identifiers of its kind.
 *
 * @throws TypeError for a missing, unknown or unusable identifier, naming it
 */
function revocationOf(kind: RevocationKind, target: object, now: number): Revocation {
  const { method, id, at, of } = kinds[kind]
  const plain = 'principal' in target ? of(target as VerifiedToken) : target
  checkOptions(method, plain, {
    issuer: anIdentifier,
    ...(id && { [id]: anIdentifier }),
    ...(at && { [`${at}?`]: at === 'notBefore' ? aTimeUntil(now / 1000 + margin) : aTimeUntil(endOfTime) }),
  })
  const members = plain as Readonly<Record<string, unknown>>
  const time = at && (members[at] as number | undefined)
  return {
    kind,
    issuer: poolOf(members.issuer as string),
    id: id ? (members[id] as string) : '',
    at: typeof time === 'number' ? Math.ceil(time) + (kind === 'token' ? margin : 0) : undefined,
  }
}

/**
 * Returns an entry with its time: for one that has none, as follows from when it was written.
 *
 * @param written milliseconds since the epoch, by the clock of the store
 * @param lifetime the longest lifetime of a token, in seconds
 */
export function dated(revocation: Revocation, written: number, lifetime: number): DatedRevocation {
  const { kind, at } = revocation
  if (at !== undefined) return { ...revocation, at }
  const second = Math.floor(written / 1000)
  // `iat` has no fractions: a token issued in the second of the revocation may be older than it
  return { ...revocation, at: isCutOff(kind) ? second + 1 : second + lifetime + margin }
}

export const isRevocationKind = (value: unknown): value is RevocationKind =>
  typeof value === 'string' && Object.hasOwn(kinds, value)

export const methodOf = (kind: RevocationKind) => kinds[kind].method

/** A sentence about the plain identifiers of a kind, for error messages. */
export const membersOf = (kind: RevocationKind): string => {
  const { id, at } = kinds[kind]
  return `A ${kind} is revoked by issuer${id ? ` and ${id}` : ''}${at ? `; ${at}, in seconds since the epoch, is optional` : ''}`
}

/** Whether entries of a kind revoke what was issued before a time, not one token or session. */
export const isCutOff = (kind: RevocationKind) => kind !== 'token' && kind !== 'session'

/** Returns an entry as one line. */
export const encodeRevocation = ({ kind, issuer, id, at }: Revocation): string =>
  JSON.stringify(at === undefined ? [kind, issuer, id] : [kind, issuer, id, at])

/** Returns the entry in a line, `undefined` for one that this release cannot read. */
export function decodeRevocation(line: string): Revocation | undefined {
  const [kind, issuer, id, at] = listIn(line)
  const isEntry =
    isRevocationKind(kind) &&
    typeof issuer === 'string' &&
    typeof id === 'string' &&
    (at === undefined || Number.isSafeInteger(at))
  return isEntry ? { kind, issuer, id, at: at as number | undefined } : undefined
}

/**
 * Returns what the tokens of one issuer have in common: the ID of a user pool, whose tokens come with several `iss`, else the `iss`.
 * Source: Amazon Cognito Developer Guide, "Identity provider and relying party endpoints".
 */
export const poolOf = (issuer: string): string => poolIssuer.exec(issuer)?.[1] ?? issuer

/** Seconds by which entries outlive the tokens they revoke: the greatest clock tolerance of a verifier. */
export const margin = 300

function listIn(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** On hosts of AWS only: another issuer could have a pool's ID in its `iss`, and a sign-out there would revoke tokens of the pool. */
const poolIssuer =
  /^https:\/\/(?:issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.(?:com|com\.cn|eu)\/([\w-]+_[0-9A-Za-z]+)$/

const anIdentifier: OptionCheck = value =>
  aString(value) ?? ((value as string).length > 512 ? 'must not be longer than 512 characters' : undefined)

const aTimeUntil =
  (most: number): OptionCheck =>
  value =>
    typeof value === 'number' && value >= 0 && value <= most
      ? undefined
      : `must be a number of seconds since the epoch${most < endOfTime ? ', not in the future' : ''}`

/** The year 9999: refuses milliseconds given by mistake. */
const endOfTime = 253_402_300_799

interface Kind {
  readonly method: keyof Revocations & `revoke${string}`
  /** The plain identifier that distinguishes entries of the kind. */
  readonly id?: string
  /** The plain identifier that is a time. */
  readonly at?: string
  /** The plain identifiers in a token. */
  readonly of: (token: VerifiedToken) => object
}

const kinds: Readonly<Record<RevocationKind, Kind>> = {
  token: {
    method: 'revokeToken',
    id: 'jti',
    at: 'expiresAt',
    of: ({ claims: { iss: issuer, jti, exp: expiresAt } }) => ({ issuer, jti, expiresAt }),
  },
  session: {
    method: 'revokeSession',
    id: 'session',
    of: ({ claims: { iss: issuer, origin_jti: session } }) => ({ issuer, session }),
  },
  user: {
    method: 'revokeUser',
    id: 'subject',
    at: 'notBefore',
    of: ({ claims, principal: { subject } }) => ({ issuer: claims.iss, subject }),
  },
  client: {
    method: 'revokeClient',
    id: 'clientId',
    at: 'notBefore',
    of: ({ claims, principal: { clientId } }) => ({ issuer: claims.iss, clientId }),
  },
  pool: {
    method: 'revokePool',
    at: 'notBefore',
    of: ({ claims }) => ({ issuer: claims.iss }),
  },
}
