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

/** What a list of revocations is meant to do, as slow and as plain as can be: a few of each thing, so that they meet often. */
export function revocationModel(lifetime: number) {
  let written: { method: Method; target: Target; second: number }[] = []
  const pools = ['eu-west-1_One', 'eu-west-1_Two']

  return {
    add(method: Method, target: Target, now: number) {
      // what is so old is about nothing any more, and would only make the model slow
      written = written.filter(({ second }) => second + 2 * lifetime + 1_000 > now / 1000)
      written.push({ method, target, second: Math.floor(now / 1000) })
    },
    isRevoked({ claims }: VerifiedToken, now: number): boolean {
      const time = now / 1000
      return written.some(({ method, target, second }) => {
        if (!claims.iss.endsWith(`/${target.issuer}`)) return false
        if (method === 'revokeToken' || method === 'revokeSession') {
          const end =
            method === 'revokeToken' ? Number(target.expiresAt ?? second + lifetime) : second + lifetime
          const isIt =
            method === 'revokeToken' ? target.jti === claims.jti : target.session === claims.origin_jti
          return isIt && time < end + 300
        }
        const notBefore = Number(target.notBefore ?? second + 1)
        const isIt =
          method === 'revokePool' ||
          (method === 'revokeUser' ? target.subject === claims.sub : target.clientId === claims.client_id)
        return isIt && (claims.iat as number) < notBefore && time < notBefore + lifetime + 300
      })
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
