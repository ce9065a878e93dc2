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

export type Method = 'revokeToken' | 'revokeSession' | 'revokeUser' | 'revokeClient' | 'revokePool'

type Target = Readonly<Record<string, string | number>>

/** A simple model of a revocation list: few values of each kind, so that they coincide often, and no entry ever expires. */
export function revocationModel(lifetime: number) {
  const written = new Map<string, { target: Target; second: number }[]>()
  const pools = ['eu-west-1_One', 'eu-west-1_Two']
  const about = (...words: unknown[]) => words.join(' ')

  return {
    add(method: Method, target: Target, now: number) {
      const id = target.jti ?? target.session ?? target.subject ?? target.clientId
      const key = about(method, target.issuer, id)
      const entry = { target, second: Math.floor(now / 1000) }
      written.set(key, [...(written.get(key) ?? []), entry])
    },
    isRevoked({ claims }: VerifiedToken, now: number): boolean {
      const time = now / 1000
      const pool = claims.iss.split('/').at(-1)
      const isThereOne = (
        method: Method,
        id: unknown,
        revokes: (entry: { target: Target; second: number }) => boolean,
      ) => (written.get(about(method, pool, id)) ?? []).some(revokes)
      const isBefore = ({ target, second }: { target: Target; second: number }) => {
        const notBefore = Number(target.notBefore ?? second + 1)
        return (claims.iat as number) < notBefore && time < notBefore + lifetime + 300
      }
      return (
        isThereOne(
          'revokeToken',
          claims.jti,
          ({ target, second }) => time < Number(target.expiresAt ?? second + lifetime) + 300,
        ) ||
        isThereOne('revokeSession', claims.origin_jti, ({ second }) => time < second + lifetime + 300) ||
        isThereOne('revokeUser', claims.sub, isBefore) ||
        isThereOne('revokeClient', claims.client_id, isBefore) ||
        isThereOne('revokePool', undefined, isBefore)
      )
    },
    randomTarget(random: (below: number) => number, now: number): { method: Method; target: Target } {
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
