/** The calls whose cost is bounded, and the bounds. */
import {
  createGuard,
  createVerifier,
  hasScope,
  oidcProvider,
  type TrustedIssuer,
  userPool,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import { badTokens, worstTokens } from './bad-tokens.js'
import { worstKeySets } from './key-sets.js'
import { fresh, type TokenSet } from './tokens.js'
import { zipf } from './zipf.js'

/** A call, and what it may take at most. */
export interface Figure {
  readonly name: string
  /** Hundredths of a bare verification, net of making the string. */
  readonly time: number
  /** Bytes of heap, without the string; absent where they are not stable. */
  readonly bytes?: number
  /** The n-th text, as a string new to V8. */
  readonly text: (index: number) => string
  readonly call: (text: string) => unknown
  /** Calls a round: a few milliseconds. */
  readonly calls: number
}

/** Returns the bounds of new tokens: with the string, seven tenths of the bare rate. */
export function newTokens(set: TokenSet, pool: TrustedIssuer): Figure[] {
  const verifier = createVerifier({ issuers: [pool], cache: false })
  const text = (index: number) => fresh(set, index)
  return [
    { name: 'new token, verifySync', time: 143, bytes: 3_300, text, call: verifier.verifySync, calls: 300 },
    { name: 'new token, verify', time: 160, text, call: verifier.verify, calls: 300 },
  ]
}

/** Returns the bounds of cached tokens, of one user and of a thousand. */
export function tokensSeenBefore(set: TokenSet, pool: TrustedIssuer): Figure[] {
  const verifier = createVerifier({ issuers: [pool] })
  for (const index of set.tokens.keys()) verifier.verifySync(fresh(set, index))
  const guard = createGuard({ verifier })
  const mayRead = hasScope('orders/read')
  const guarded = (header: string) =>
    guard({ header: name => (name === 'authorization' ? header : undefined) }, mayRead)
  const headers = { tokens: set.tokens.map(token => Buffer.concat([Buffer.from('Bearer '), token])) }
  const thousand = zipf(1_000)
  const one = () => fresh(set, 0)
  const many = (index: number) => fresh(set, thousand(index))
  const manyHeaders = (index: number) => fresh(headers, thousand(index))
  const calls = 3_000
  return [
    { name: 'hit, verifySync', time: 3, bytes: 120, text: one, call: verifier.verifySync, calls },
    { name: 'hit, verify', time: 4, bytes: 190, text: one, call: verifier.verify, calls },
    {
      name: 'hit of 1,000 users, verifySync',
      time: 4,
      bytes: 120,
      text: many,
      call: verifier.verifySync,
      calls,
    },
    { name: 'hit of 1,000 users, guard', time: 6, bytes: 600, text: manyHeaders, call: guarded, calls },
  ]
}

/** Returns the bounds of refusals, of every kind. */
export function refusedTokens(): Figure[] {
  const source = createTestIssuer({ clock: Date })
  const verifier = createVerifier({
    issuers: [userPool({ ...source.options, jwks: source.jwks(), offline: true })],
  })
  const call = (token: string) => {
    try {
      verifier.verifySync(token)
    } catch {
      return
    }
    fail('a bad token is not refused')
  }
  return Object.entries({ ...badTokens(source), ...worstTokens(source) }).map(([kind, token]) => {
    const [time, bytes] = refusalBounds[kind] ?? fail(`no bounds for: ${kind}`)
    const sent = Buffer.from(token)
    const whole = sent.toString('latin1')
    // to make a long string takes longer than to refuse it, and never the same time
    const text = sent.length > 20_000 ? () => whole : () => sent.toString('latin1')
    return { name: `refused: ${kind}`, time, bytes, text, call, calls: 100 }
  })
}

/** Returns what key sets may take from text to keys, for all algorithms at once, whatever is in them. */
export function hostileKeySets(): Figure[] {
  const algorithms = [
    ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
    ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
  ]
  const call = (text: string) => {
    const options = { issuer: 'https://issuer.invalid', audience: 'api', algorithms, offline: true }
    try {
      return oidcProvider({ ...options, jwks: JSON.parse(text) })
    } catch {
      return undefined
    }
  }
  return Object.entries(worstKeySets()).map(([name, set]) => {
    const time = keySetBounds[name] ?? fail(`no bound for: ${name}`)
    return { name: `key set: ${name}`, time, text: () => set, call, calls: 1 }
  })
}

function fail(why: string): never {
  throw new Error(why)
}

/** Hundredths of a bare verification. What the curve takes is OpenSSL's, which looks whether each point is on it. */
const keySetBounds: Readonly<Record<string, number>> = {
  'RSA, 8192 bits': 300_000,
  'RSA, random': 300_000,
  'P-521': 1_500_000,
  padding: 10_000,
  'padding, 45 times': 20_000,
  nested: 20_000,
  'escaped names': 20_000,
}

/** Hundredths of a bare verification, and bytes. */
const refusalBounds: Readonly<Record<string, readonly [time: number, bytes: number]>> = {
  // its signature is checked: only of a genuine one a client is told that it has expired
  expired: [160, 3_000],
  'wrong issuer': [25, 2_100],
  'unknown kid': [30, 2_200],
  'bad signature': [160, 3_000],
  none: [4, 190],
  'none, signed': [11, 640],
  garbage: [4, 190],
  '8 KB': [320, 17_000],
  '64 KB': [4, 120],
  '1 MB': [4, 120],
  'a million dots': [4, 120],
  // None may exceed 1,000: the 200 microseconds that are promised, and a signature check of ten times the text of other tokens.
  '480 spaced members': [720, 105_000],
  '700 spaced members, twice': [10, 500],
  '480 escaped members': [900, 125_000],
  '480 members, 90 in the header': [970, 125_000],
  '380 escaped members, twice': [10, 500],
  '480 members, one twice': [700, 120_000],
  '480 escaped strings': [1_000, 130_000],
  '480 names of pairs': [1_000, 125_000],
  '480 numbers for names': [930, 60_000],
  '480 long floats': [1_000, 125_000],
  '700 long floats in a list': [640, 70_000],
  'numbers of 600 digits': [540, 27_000],
  '16 nests of 30 levels': [800, 60_000],
  '5,000 levels': [35, 15_000],
  escapes: [620, 30_000],
  'pairs of surrogates': [600, 30_000],
  'colons in a string': [720, 34_000],
}
