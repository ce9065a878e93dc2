import type { VerifiedToken } from 'cognito-guard'
import { verifiedTokenOf } from './fixture.js'

/** Whole numbers below a bound, the same for a seed every time (a linear congruential generator, the upper bits of it). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export type Kind = 'Token' | 'Session' | 'User' | 'Client' | 'Pool'
export type Method = `${'revoke' | 'unrevoke'}${Kind}`

type Target = Readonly<Record<string, string | number>>

interface Said {
  readonly target: Target
  readonly second: number
  readonly place: number
}

/**
 * A simple model of a revocation list: few values of each kind, so that they coincide often, and no entry ever expires.
 * A take-back removes what was said before it, unless something newer is known already.
 */
export function revocationModel(lifetime: number) {
  const written = new Map<string, Said[]>()
  const takenBack = new Map<string, number>()
  const pools = ['eu-west-1_One', 'eu-west-1_Two']
  const about = (...words: unknown[]) => words.join(' ')

  return {
    /** @param place where it stands among all that was said */
    add(method: Method, target: Target, now: number, place = now) {
      const id = target.jti ?? target.session ?? target.subject ?? target.clientId
      const kind = method.replace(/^(un)?revoke/, '')
      const key = about(kind, target.issuer, id)
      const known = written.get(key) ?? []
      if (method.startsWith('un')) {
        takenBack.set(key, Math.max(place, takenBack.get(key) ?? -1))
        if (known.every(each => each.place <= place)) written.delete(key)
      } else if (place > (takenBack.get(key) ?? -1))
        written.set(key, [...known, { target, second: Math.floor(now / 1000), place }])
    },
    isRevoked({ claims }: VerifiedToken, now: number): boolean {
      const time = now / 1000
      const pool = claims.iss.split('/').at(-1)
      const isThereOne = (kind: Kind, id: unknown, revokes: (entry: Said) => boolean) =>
        (written.get(about(kind, pool, id)) ?? []).some(revokes)
      const isBefore = ({ target, second }: Said) => {
        const notBefore = Number(target.notBefore ?? second + 1)
        return (claims.iat as number) < notBefore && time < notBefore + lifetime + 600
      }
      return (
        isThereOne(
          'Token',
          claims.jti,
          ({ target, second }) => time < Number(target.expiresAt ?? second + lifetime + 600) + 300,
        ) ||
        isThereOne('Session', claims.origin_jti, ({ second }) => time < second + lifetime + 900) ||
        isThereOne('User', claims.sub, isBefore) ||
        isThereOne('Client', claims.client_id, isBefore) ||
        isThereOne('Pool', undefined, isBefore)
      )
    },
    /** Something to revoke, or one time in four to take back. */
    randomTarget(random: (below: number) => number, now: number): { method: Method; target: Target } {
      const { method, target } = this.randomRevocation(random, now)
      const { expiresAt: _, notBefore: __, ...plain } = target
      return random(4) ? { method, target } : { method: `un${method}` as Method, target: plain }
    },
    randomRevocation(random: (below: number) => number, now: number): { method: Method; target: Target } {
      const issuer = pools[random(2)] as string
      const second = Math.floor(now / 1000)
      const notBefore = random(2) ? { notBefore: second - random(lifetime) } : {}
      const kind = random(100)
      if (kind < 40)
        return {
          method: 'revokeToken',
          target: {
            issuer,
            jti: `token-${random(900)}`,
            ...(random(2) ? { expiresAt: second + random(lifetime) } : {}),
          },
        }
      if (kind < 80) return { method: 'revokeSession', target: { issuer, session: `session-${random(900)}` } }
      if (kind < 96)
        return { method: 'revokeUser', target: { issuer, subject: `user-${random(300)}`, ...notBefore } }
      if (kind < 99)
        return { method: 'revokeClient', target: { issuer, clientId: `client-${random(40)}`, ...notBefore } }
      return { method: 'revokePool', target: { issuer, notBefore: second - lifetime + random(500) } }
    },
    randomToken(random: (below: number) => number, now: number): VerifiedToken {
      const iat = Math.floor(now / 1000) - random(lifetime)
      return verifiedTokenOf({
        issuer: pools[random(2)] as string,
        jti: `token-${random(900)}`,
        origin_jti: `session-${random(900)}`,
        sub: `user-${random(300)}`,
        client_id: `client-${random(40)}`,
        iat,
        exp: iat + lifetime,
      })
    },
  }
}
