/** The lines of repeated tokens: ours, the one peer that caches tokens, and those that verify anew. */
import { createGuard, createVerifier, hasScope, type TrustedIssuer } from 'cognito-guard'
import { fastVerifier, type Pool, type Verify } from './libraries.js'
import type { Line } from './measure.js'
import { fresh, type TokenSet } from './tokens.js'
import { zipf } from './zipf.js'

type Call = (index: number) => unknown

const string = 'making the string'

/** Returns the lines, each net of making its string. */
export function hitLines(
  set: TokenSet,
  issuer: TrustedIssuer,
  peersPool: Pool,
  libraries: Readonly<Record<string, Verify>>,
): Line[] {
  const verifier = createVerifier({ issuers: [issuer], cache: { maxTokens: 10_000 } })
  const guard = createGuard({ verifier })
  const mayRead = hasScope('orders/read')
  const fast = fastVerifier(peersPool, 10_000)
  const headers = { tokens: set.tokens.map(token => Buffer.concat([Buffer.from('Bearer '), token])) }
  const caching: Readonly<Record<string, Call>> = {
    'cognito-guard verifySync': index => verifier.verifySync(fresh(set, index)),
    'cognito-guard verify': index => verifier.verify(fresh(set, index)),
    'cognito-guard, guard with a scope': index => {
      const header = fresh(headers, index)
      return guard({ header: name => (name === 'authorization' ? header : undefined) }, mayRead)
    },
    'fast-jwt with its cache': index => fast(fresh(set, index)),
  }
  for (let index = 0; index < set.tokens.length; index++) {
    for (const call of Object.values(caching)) call(index)
  }
  const thousand = zipf(1_000)
  return [
    ...among('one token', () => 0),
    ...among('zipf over 1,000', thousand),
    ...among('zipf over 10,000', zipf(10_000)),
    ...Object.entries(libraries)
      .filter(([name]) => !name.startsWith('fast-jwt'))
      .map(([name, verify]) => ({
        name: `${name}, zipf over 1,000, no memory`,
        call: (index: number) => verify(fresh(set, thousand(index))),
        calls: 300,
        over: `${string}, zipf over 1,000`,
      })),
  ]

  function among(users: string, whose: (index: number) => number): Line[] {
    const lines = { [string]: (index: number) => fresh(set, index), ...caching }
    return Object.entries(lines).map(([name, call]) => ({
      name: `${name}, ${users}`,
      call: (index: number) => call(whose(index)),
      // some collections of garbage in each round, so that one more or less does not show
      calls: name.startsWith('fast-jwt') ? 5_000 : 60_000,
      ...(name !== string && { over: `${string}, ${users}` }),
    }))
  }
}
