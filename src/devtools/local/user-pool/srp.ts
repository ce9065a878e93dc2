import {
  createDiffieHellman,
  createHash,
  createHmac,
  getDiffieHellman,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { ownTurn } from '../turn.js'

/** Cognito's side of one sign-in by the Secure Remote Password protocol. */
export interface SrpExchange {
  /** What the challenge carries: the salt, the server's public value and a secret to send back. */
  readonly parameters: { readonly SALT: string; readonly SRP_B: string; readonly SECRET_BLOCK: string }
  /** Whether a response proves that its sender knows the password. */
  readonly proves: (timestamp: string, signature: string) => boolean
}

/** What both sides know of a user. */
interface SrpUser {
  /** The part of the pool ID after the underscore. */
  readonly poolName: string
  /** `USER_ID_FOR_SRP`. */
  readonly username: string
  readonly password: string
}

/**
 * Resolves to the server's half of `USER_SRP_AUTH`, for the client's public value `SRP_A` in hexadecimal; `undefined` for a value that no honest client sends.
 * SRP-6a (RFC 5054, RFC 2945) in the variant of Cognito: SHA-256, the 3072-bit group with the generator 2, and a session key
 * by HKDF with the label "Caldera Derived Key".
 */
export async function srpExchange(
  { poolName, username, password }: SrpUser,
  clientPublic: string,
): Promise<SrpExchange | undefined> {
  if (!/^[\da-f]+$/i.test(clientPublic)) return undefined
  const A = BigInt(`0x${clientPublic}`)
  if (A % N === 0n) return undefined

  const salt = random(16)
  const x = hash(padded(salt), sha256(`${poolName}${username}:${password}`))
  const verifier = await power(g, x)
  const b = random(32)
  const B = (k * verifier + (await power(g, b))) % N
  const secretBlock = randomBytes(900)

  const u = hash(padded(A), padded(B))
  const S = await power(((A % N) * (await power(verifier, u))) % N, b)
  const key = Buffer.from(hkdfSync('sha256', padded(S), padded(u), 'Caldera Derived Key', 16))
  return {
    parameters: {
      SALT: salt.toString(16),
      SRP_B: B.toString(16),
      SECRET_BLOCK: secretBlock.toString('base64'),
    },
    proves(timestamp, signature) {
      const expected = createHmac('sha256', key)
        .update(poolName + username)
        .update(secretBlock)
        .update(timestamp)
        .digest()
      const actual = Buffer.from(signature, 'base64')
      return actual.length === expected.length && timingSafeEqual(actual, expected)
    },
  }
}

/** A power modulo N, which is what a Diffie-Hellman secret is. */
async function power(base: bigint, exponent: bigint): Promise<bigint> {
  await ownTurn()
  group.setPrivateKey(bytes(exponent))
  return numberOf(group.computeSecret(bytes(base)))
}

/** A number as signed bytes, as BigInteger of Java writes a positive one: with a zero in front where the first bit is set. */
function padded(number: bigint): Buffer {
  const unsigned = bytes(number)
  return (unsigned[0] as number) < 0x80 ? unsigned : Buffer.concat([Buffer.alloc(1), unsigned])
}

function bytes(number: bigint): Buffer {
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

const numberOf = (data: Buffer) => BigInt(`0x${data.toString('hex')}`)

const hash = (...parts: readonly Buffer[]) => numberOf(sha256(Buffer.concat(parts)))

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest()

const random = (size: number) => numberOf(randomBytes(size))

/** The group of RFC 3526 section 5, which RFC 5054 takes up. */
const prime = getDiffieHellman('modp15').getPrime()
const group = createDiffieHellman(prime, 2)
const N = numberOf(prime)
const g = 2n
const k = hash(padded(N), padded(g))
