/** What an entry is about. */
export type RevocationKind = 'token' | 'session' | 'user' | 'client' | 'pool'

/** What an entry is about, and who. */
export interface RevocationTarget {
  readonly kind: RevocationKind
  /** The ID of the user pool, or the `iss` of another issuer. */
  readonly issuer: string
  /** Empty for a pool. */
  readonly id: string
}

/** An entry as it is written down. Its times are in seconds since the epoch; those it lacks follow from when, and where, it was written. */
export interface Revocation extends RevocationTarget {
  /** Takes back what was said of the target before. */
  readonly isTakenBack?: boolean
  /** Of a token or a session: when the entry has had its time. Of the others: tokens issued before are revoked. */
  readonly at?: number | undefined
  /** The entry has not had its time before. */
  readonly until?: number | undefined
  /** Without `at`: tokens issued before are revoked whatever the time is where the entry is kept. */
  readonly least?: number | undefined
  /** Its place among all that is said of the target, in milliseconds. Default: when it was written. */
  readonly said?: number | undefined
  /** What it was said after, in the knowledge of who says it: clocks are none the matter then. */
  readonly after?: number | undefined
}

/** An entry whose times are known. */
export interface DatedRevocation extends RevocationTarget {
  /** Tokens issued before this second are revoked: `allTokens` of a token or a session, and 0 when what was said is taken back. */
  readonly cut: number
  /** The second at which no token is left that the entry is about. */
  readonly until: number
  readonly said: number
}

/**
 * Returns an entry with its times.
 *
 * @param written milliseconds since the epoch, by the clock of where the entry is kept
 * @param lifetime seconds that the longest token lives
 * @param said its place, unless the entry says another
 */
export function dated(
  revocation: Revocation,
  written: number,
  lifetime: number,
  said = written,
): DatedRevocation {
  const { kind, issuer, id, isTakenBack, at, until = 0, least = 0, after = -1 } = revocation
  const place = { kind, issuer, id, said: revocation.said ?? Math.max(said, after + tick) }
  const second = Math.floor(written / 1000)
  // ours, the verifier's and Cognito's clock may differ, and Cognito's tokens live a little longer than they should
  const longest = Math.max(until, second + lifetime + 3 * margin)
  if (isTakenBack) return { ...place, cut: 0, until: until || longest }
  if (!isCutOff(kind)) return { ...place, cut: allTokens, until: at ?? longest }
  // `iat` has no fractions: what was issued in the second of the revocation may have been issued before it
  const cut = at ?? Math.max(second + 1, least)
  return { ...place, cut, until: Math.max(until, cut + lifetime + 2 * margin) }
}

/** Returns a dated entry to be written again, elsewhere or later: it says the same then. */
export function undated({ kind, issuer, id, cut, until, said }: DatedRevocation): Revocation {
  const target = { kind, issuer, id, said }
  if (cut === 0) return { ...target, isTakenBack: true, until }
  return isCutOff(kind) ? { ...target, at: cut, until } : { ...target, at: until }
}

/** Whether entries of a kind are about what was issued before a time, not about one token or session. */
export const isCutOff = (kind: RevocationKind) => kind !== 'token' && kind !== 'session'

/** Returns an entry as one line. */
export function encodeRevocation(revocation: Revocation): string {
  const { kind, issuer, id, isTakenBack, at, until, least, said, after } = revocation
  const times = [at, until, least, said, after]
  while (times.length > 0 && times.at(-1) === undefined) times.pop()
  return JSON.stringify([isTakenBack ? `-${kind}` : kind, issuer, id, ...times])
}

/** Returns the entry in a line, `undefined` for one that this release cannot read. */
export function decodeRevocation(line: string): Revocation | undefined {
  const [word, issuer, id, ...times] = listIn(line)
  const isTakenBack = typeof word === 'string' && word.startsWith('-')
  const kind = isTakenBack ? word.slice(1) : word
  if (!isRevocationKind(kind) || typeof issuer !== 'string' || typeof id !== 'string') return undefined
  const [at, until, least, said, after] = times.map(time => time ?? undefined)
  if (![at, until, least].every(isSecond) || ![said, after].every(isTime)) return undefined
  return { kind, issuer, id, isTakenBack, at, until, least, said, after } as Revocation
}

/** Whether a value names a kind of entry. */
export const isRevocationKind = (value: unknown): value is RevocationKind =>
  (revocationKinds as readonly unknown[]).includes(value)

export const revocationKinds = ['token', 'session', 'user', 'client', 'pool'] as const

/** Seconds by which clocks may differ: a verifier's clock tolerance is at most so long. */
export const margin = 300

/** What is said after something stands this much further, in milliseconds: less would be lost in a number of today's size. */
export const tick = 1 / 4_096

/** As a cut-off: later than any token is issued. */
export const allTokens = 0xffff_ffff

function listIn(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

const isSecond = (value: unknown) => value === undefined || Number.isSafeInteger(value)

const isTime = (value: unknown) => value === undefined || Number.isFinite(value)
