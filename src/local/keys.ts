import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { type TestKey, testKey } from '../testing/keys.js'
import type { TestJwks } from '../testing/types.js'

/** The keys of the local user pool. They are made when it starts and live in its memory only: nothing is left to steal or to share. */
export interface KeyRing {
  /** A pool signs ID tokens and access tokens with different keys. */
  readonly current: Readonly<Record<'id' | 'access', TestKey>>
  readonly jwks: () => TestJwks
  /** Signs with new keys from now on; the old ones stay published. */
  readonly rotate: () => Promise<void>
  /** No longer publishes a key, as after a leak. Returns whether there was one of that ID. */
  readonly withdraw: (kid: string) => boolean
}

/** Resolves to a ring of two new keys. */
export async function createKeyRing(): Promise<KeyRing> {
  let current = await newPair()
  let published: readonly TestKey[] = Object.values(current)
  return {
    get current() {
      return current
    },
    jwks: () => ({ keys: published.map(({ jwk }) => jwk) }),
    async rotate() {
      current = await newPair()
      published = [...published, ...Object.values(current)]
    },
    withdraw(kid) {
      const before = published.length
      published = published.filter(({ jwk }) => jwk.kid !== kid)
      return published.length < before
    },
  }
}

async function newPair() {
  const [id, access] = await Promise.all([newKey(), newKey()])
  return { id, access }
}

async function newKey(): Promise<TestKey> {
  return testKey((await generateRsa('rsa', { modulusLength: 2048 })).privateKey)
}

const generateRsa = promisify(generateKeyPair)
