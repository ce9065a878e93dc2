import type { Algorithm, KeyResolver } from '../types.js'

/** Returns the keys of an issuer with several `iss` values, each with a key set of its own: a token causes a fetch only of the one it names. */
export function keySetByIssuer(sets: ReadonlyMap<string, KeyResolver>): KeyResolver {
  const all = [...sets.values()]
  const first = all[0] as KeyResolver
  const resolve: KeyResolver = (kid, algorithm, now, issuer) =>
    (sets.get(issuer as string) as KeyResolver)(kid, algorithm, now)
  return Object.assign(resolve, {
    loaded: (kid: string | undefined, algorithm: Algorithm, now: number, issuer?: string) =>
      sets.get(issuer as string)?.loaded?.(kid, algorithm, now),
    /** Which `iss` a pool signs with is only known from its first token. Most pools use the original one; their updated one answers 403. */
    ready: async (now: number) => {
      const [answer] = await Promise.allSettled([first.ready?.(now)])
      if (answer.status === 'fulfilled') return
      await Promise.any(all.slice(1).map(async set => set.ready?.(now))).catch(() =>
        Promise.reject(answer.reason),
      )
    },
    suspect: (kid: string | undefined, now: number, issuer?: string) =>
      sets.get(issuer as string)?.suspect?.(kid, now),
    health: (now: number) =>
      all.map(set => set.health?.(now)).find(health => health?.state !== 'empty') ?? first.health?.(now),
    close: () => all.forEach(set => set.close?.()),
  })
}
