/**
 * What a new and a cached token take, beside a bare verification by what the library verifies with in this runtime, and beside the least that a
 * token takes by hand. Imports nothing of a runtime.
 */
import { createVerifier, userPool, type VerifiedToken } from 'cognito-guard'
import { type Signer, signer } from '../test/runtimes/signing.js'
import { access, clientId, userPoolId } from '../test/runtimes/suite.js'
import { type BareVerify, floorOf } from './floor.js'

/** Figures of one runtime. */
export interface Figures {
  /** `node:crypto`, or WebCrypto. */
  readonly engine: string
  /** Microseconds of a bare verification, its result awaited where it is a promise. */
  readonly bare: number
  /** The time of a bare verification by that of the floor, which is the least that a new token takes: decoded, parsed, verified and not checked. */
  readonly floor: number
  /** The time of a bare verification by that of a new token: the median of the rounds. */
  readonly cold: number
  /** The time of the floor by that of a new token. */
  readonly ofFloor: number
  /** Nanoseconds of a cached token, whose text is a new string each time. */
  readonly hit: number
}

/** Measures in rounds, in turn: each round's times are compared with each other only. */
export async function run({ rounds = 21, count = 300 } = {}): Promise<Figures> {
  const key = await signer('RS256', 'one')
  const pool = userPool({ userPoolId, clientId, jwks: { keys: [key.jwk] }, offline: true })
  const tokens = await Promise.all(
    Array.from({ length: count }, (_, i) => key.sign({ ...access(), ...padding, jti: `${i}` })),
  )
  const parts = tokens.map(token => {
    const end = token.lastIndexOf('.')
    return { input: new TextEncoder().encode(token.slice(0, end)), signature: bytesOf(token.slice(end + 1)) }
  })
  const uncached = createVerifier({ issuers: [pool], cache: false })
  const cached = createVerifier({ issuers: [pool] })
  const keys = await pool.keys('one', 'RS256', Date.now(), access().iss)
  const engine =
    typeof keys?.verify(new Uint8Array(0), new Uint8Array(256)) === 'boolean' ? 'node:crypto' : 'WebCrypto'
  const bare = await bareVerify(engine, key.jwk)
  for (const token of tokens) await cached.verify(token)

  const floor = floorOf(engine, bare)
  await floor(tokens[0] as string)

  const times: { bare: number; floor: number; cold: number; hit: number }[] = []
  for (let round = -3; round < rounds; round++) {
    const time = {
      bare: await took(count, async i => {
        const { input, signature } = parts[i] as (typeof parts)[0]
        if (!(await bare(signature, input))) throw new Error('not genuine')
      }),
      floor: await took(count, async i => {
        if ((await floor(tokens[i] as string)).jti !== `${i}`) throw new Error('another token')
      }),
      cold: await took(count, i => uncached.verify(tokens[i] as string)),
      hit: await hits(tokens, cached.verify),
    }
    if (round >= 0) times.push(time)
  }
  const median = (of: (time: (typeof times)[0]) => number) =>
    times.map(of).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] as number
  return {
    engine,
    bare: median(({ bare }) => bare) * 1_000,
    floor: median(({ bare, floor }) => bare / floor),
    cold: median(({ bare, cold }) => bare / cold),
    ofFloor: median(({ floor, cold }) => floor / cold),
    hit: median(({ hit }) => hit) * 1_000_000,
  }
}

/** Milliseconds of one call. As long as it takes for a clock that shows whole milliseconds, which is that of Cloudflare Workers. */
async function took(count: number, call: (index: number) => Promise<unknown>): Promise<number> {
  const loops = 3
  const start = await now()
  for (let loop = 0; loop < loops; loop++) for (let index = 0; index < count; index++) await call(index)
  return ((await now()) - start) / (loops * count)
}

async function hits(tokens: readonly string[], verify: (token: string) => Promise<VerifiedToken>) {
  const loops = 20
  const start = await now()
  for (let loop = 0; loop < loops; loop++) for (const token of tokens) await verify(token)
  return ((await now()) - start) / (loops * tokens.length)
}

/** Cloudflare Workers stop the clock while code runs: it goes on when something from outside arrives. */
async function now(): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, 1))
  return performance.now()
}

async function bareVerify(engine: string, jwk: Signer['jwk']): Promise<BareVerify> {
  if (engine === 'WebCrypto') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const { subtle } = crypto
    const key = await subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
    return (signature: Uint8Array, input: Uint8Array) => subtle.verify(algorithm, key, signature, input)
  }
  const { createPublicKey, verify } = process.getBuiltinModule('node:crypto')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return (signature: Uint8Array, input: Uint8Array) => verify('sha256', input, key, signature)
}

function bytesOf(base64url: string): Uint8Array {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, character => character.charCodeAt(0))
}

/** Makes a token as long as those of user pools with a few groups. */
const padding = {
  'cognito:groups': ['admin', 'readers', 'eu-west-1_AbCdEf123_Google'],
  event_id: '9f9de0a0-8c3e-4e4c-9c1a-b7f2a6a8c1d2',
  version: 2,
}
