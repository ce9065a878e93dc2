import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { anObject, aString, checkOptions, type OptionCheck } from '../../src/options.js'
import type { VerifiedToken } from '../../src/types.js'

/** A signed statement of who was authorized, for backends that trust no header alone. */
export interface AssertionOptions {
  /** Its `iss`: a text of your own, best the URL under which backends reach this service, where the key set is served. */
  readonly issuer: string
  /**
   * The `aud` of each guard by its name, so that what one backend gets is of no use at another. Default: the name of the guard, which then may be
   * no other's `aud`.
   */
  readonly audiences?: Readonly<Record<string, string>>
  /**
   * The key that signs, for P-256: a PEM text "PRIVATE KEY" or a private JWK; of a list, the first. The others, private or public, are served in
   * the key set too: publish a new key before you sign with it, and the old one for as long as assertions of it are valid. Default: a key that is
   * generated at each start, of this instance alone.
   */
  readonly key?: AssertionKey | readonly AssertionKey[]
}

/** A PEM text, or a JSON Web Key. */
export type AssertionKey = string | JsonWebKey

/** What signs assertions. */
export interface Assertions {
  /** Returns the assertion for a backend. */
  sign(auth: VerifiedToken, guard: string, now: number): string
  /** The key set, as JSON. */
  readonly jwks: string
}

/**
 * Returns what signs assertions: JWTs, ES256, valid for 60 seconds.
 *
 * @throws TypeError for a wrong option, naming it
 */
export function assertions(options: AssertionOptions, names: ReadonlySet<string>): Assertions {
  checkOptions('createForwardAuth: assertion', options, {
    issuer: aString,
    'audiences?': someAudiences(names),
    'key?': anyKey,
  })
  const { issuer, audiences = {} } = options
  const given = options.key === undefined ? [] : [options.key].flat()
  const keys = given.length > 0 ? given.map(imported) : [generated()]
  const [signer] = keys as [Imported, ...Imported[]]
  if (!signer.privateKey)
    throw new TypeError('createForwardAuth: assertion: key: the first must be a private key')
  const { privateKey } = signer
  const header = encode({ alg: 'ES256', typ: 'JWT', kid: signer.jwk.kid })
  return {
    sign({ principal: { subject, kind, clientId, groups, scopes, expiresAt } }, guard, now) {
      const iat = Math.floor(now / 1000)
      const claims = {
        iss: issuer,
        aud: Object.hasOwn(audiences, guard) ? audiences[guard] : guard,
        sub: subject,
        iat,
        // no longer than the token itself, which may be in its last seconds
        exp: Math.max(iat + 1, Math.min(iat + lifetime, Math.floor(expiresAt))),
        jti: randomUUID(),
        kind,
        ...(clientId !== undefined && { client_id: clientId }),
        groups,
        scope: scopes.join(' '),
      }
      const input = `${header}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
    jwks: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }),
  }
}

interface Imported {
  readonly privateKey?: KeyObject
  readonly jwk: JsonWebKey & { readonly kid: string }
}

function imported(key: AssertionKey): Imported {
  const privateKey = tried(() => createPrivateKey(typeof key === 'string' ? key : { key, format: 'jwk' }))
  const publicKey =
    privateKey ?? tried(() => createPublicKey(typeof key === 'string' ? key : { key, format: 'jwk' }))
  if (publicKey?.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new TypeError('createForwardAuth: assertion: key must be a PEM text or a JWK of a key for P-256')
  return withId(publicKey, privateKey)
}

const generated = (): Imported => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return withId(privateKey, privateKey)
}

/** With the key's thumbprint (RFC 7638) as its ID, which is the same in every instance. */
function withId(key: KeyObject, privateKey: KeyObject | undefined): Imported {
  const { crv, kty, x, y } = key.export({ format: 'jwk' })
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  const jwk = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } as Imported['jwk']
  return { jwk, ...(privateKey && { privateKey }) }
}

function tried(read: () => KeyObject): KeyObject | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const someAudiences =
  (names: ReadonlySet<string>): OptionCheck =>
  value => {
    const problem = anObject(value)
    if (problem) return problem
    for (const [name, audience] of Object.entries(value as Readonly<Record<string, string>>)) {
      if (!names.has(name)) return `names no guard: ${name}`
      if (aString(audience)) return `of ${name} ${aString(audience)}`
      if (names.has(audience) && !Object.hasOwn(value as object, audience))
        return `of ${name} is also that of ${audience} by default: give that one its own`
    }
    return undefined
  }

/** What is in it is said when it is read: no text of a key is repeated. */
const anyKey: OptionCheck = value => {
  const keys = [value].flat()
  if (keys.length === 0) return 'must not be an empty list'
  return keys.every(key => !aString(key) || !anObject(key)) ? undefined : 'must be a PEM text or a JWK'
}

/** Seconds. */
const lifetime = 60
