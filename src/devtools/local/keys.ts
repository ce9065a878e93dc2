import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import { type TestJwk, type TestKey, testKey } from '../../testing/keys.js'
import type { TestJwks } from '../../testing/types.js'

/**
 * The keys of the local user pool. They are made when it starts and never written to disk, so that nothing is left to steal or to share, unless `--state`
 * asks for it.
 */
export interface KeyRing {
  /** A pool signs ID tokens and access tokens with different keys. */
  readonly current: Readonly<Record<'id' | 'access', TestKey>>
  readonly jwks: () => TestJwks
  /** A token of the identity pool, which signs with a key of its own and RS512. */
  readonly signForIdentityPool: (claims: object) => string
  /** The key set of the identity pool. */
  readonly identityPoolJwks: () => { readonly keys: readonly object[] }
  /** Signs with new keys from now on; the old ones stay published. */
  readonly rotate: () => Promise<void>
  /** Stops publishing a key, as after a leak. Returns whether there was one of that ID. */
  readonly withdraw: (kid: string) => boolean
  /** All of it as JSON, private keys included. */
  readonly saved: () => SavedKeys
}

/** Private keys as JWK (RFC 7517), and the public ones that are published. */
export interface SavedKeys {
  readonly id: JsonWebKey
  readonly access: JsonWebKey
  readonly identityPool: JsonWebKey
  readonly published: readonly TestJwk[]
}

/** Resolves to the keys of a new pool, or to those of a saved one. */
export async function createKeyRing(saved?: SavedKeys): Promise<KeyRing> {
  const [first, identityPoolKey] = saved
    ? [
        { id: signing(privateKey(saved.id)), access: signing(privateKey(saved.access)) },
        privateKey(saved.identityPool),
      ]
    : await Promise.all([newPair(), newRsaKey()])
  let current = first
  let published: readonly TestJwk[] = saved?.published ?? jwksOf(first)
  return {
    get current() {
      return current
    },
    jwks: () => ({ keys: published }),
    signForIdentityPool: claims => signRs512(identityPoolKey, claims),
    identityPoolJwks: () => ({
      keys: [
        { ...createPublicKey(identityPoolKey).export({ format: 'jwk' }), kid, alg: 'RS512', use: 'sig' },
      ],
    }),
    async rotate() {
      current = await newPair()
      published = [...published, ...jwksOf(current)]
    },
    withdraw(kid) {
      const before = published.length
      published = published.filter(jwk => jwk.kid !== kid)
      return published.length < before
    },
    saved: () => ({
      id: current.id.saved(),
      access: current.access.saved(),
      identityPool: identityPoolKey.export({ format: 'jwk' }),
      published,
    }),
  }
}

async function newPair() {
  const [id, access] = await Promise.all([newKey(), newKey()])
  return { id, access }
}

const newKey = async () => signing(await newRsaKey())

const signing = (key: KeyObject) => ({ ...testKey(key), saved: () => key.export({ format: 'jwk' }) })

const privateKey = (jwk: JsonWebKey) => createPrivateKey({ key: jwk, format: 'jwk' })

const jwksOf = (keys: Readonly<Record<string, TestKey>>) => Object.values(keys).map(({ jwk }) => jwk)

const newRsaKey = async (): Promise<KeyObject> =>
  (await generateRsa('rsa', { modulusLength: 2048 })).privateKey

function signRs512(key: KeyObject, claims: object): string {
  const parts = [{ kid, typ: 'JWS', alg: 'RS512' }, claims]
  const signingInput = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signingInput}.${sign('sha512', Buffer.from(signingInput), key).toString('base64url')}`
}

/** In the form that identity pools have. */
const kid = 'us-east-1-1'

const generateRsa = promisify(generateKeyPair)
