import { nextTestKey, type TestKey } from './keys.js'
import type { TestJwks } from './types.js'

/** The keys of one test issuer: the two that sign now, and all that are published. */
interface TestKeySet {
  readonly current: Readonly<Record<'id' | 'access', TestKey>>
  readonly jwks: () => TestJwks
  readonly rotate: (options?: { readonly keepOld?: boolean }) => void
  readonly withdrawOld: () => void
}

/** A key set of two keys. A rotation never reuses one. */
export function testKeySet(): TestKeySet {
  const taken: TestKey[] = []
  const take = () => {
    const key = nextTestKey(taken)
    taken.push(key)
    return key
  }
  let current = { id: take(), access: take() }
  let published = Object.values(current)
  return {
    get current() {
      return current
    },
    jwks: () => ({ keys: published.map(key => key.jwk) }),
    rotate({ keepOld = true } = {}) {
      current = { id: take(), access: take() }
      published = [...(keepOld ? published : []), ...Object.values(current)]
    },
    withdrawOld() {
      published = Object.values(current)
    },
  }
}
