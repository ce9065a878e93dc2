import { createHash, createHmac, getDiffieHellman, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

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
 * The server's half of `USER_SRP_AUTH`, for the client's public value `SRP_A` in hexadecimal; `undefined` for a value that no honest client sends.
 * SRP-6a (RFC 5054, RFC 2945) in the variant of Cognito: SHA-256, the 3072-bit group with the generator 2, and a session key
 * by HKDF with the label "Caldera Derived Key".
 */
export function srpExchange(
  { poolName, username, password }: SrpUser,
  clientPublic: string,
): SrpExchange | undefined {
  if (!/^[\da-f]+$/i.test(clientPublic)) return undefined
  const A = BigInt(`0x${clientPublic}`)
  if (A % N === 0n) return undefined

  const salt = random(16)
  const x = hash(padded(salt), sha256(`${poolName}${username}:${password}`))
  const verifier = power(g, x)
  const b = random(32)
  const B = (k * verifier + power(g, b)) % N
  const secretBlock = randomBytes(900)

  const u = hash(padded(A), padded(B))
  const S = power((A * power(verifier, u)) % N, b)
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

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let [square, rest] = [base % N, exponent]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N
    square = (square * square) % N
  }
  return result
}

/** A number as signed bytes, as BigInteger of Java writes a positive one: with a zero in front where the first bit is set. */
function padded(number: bigint): Buffer {
  const hex = number.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')
}

const hash = (...parts: readonly Buffer[]) => BigInt(`0x${sha256(Buffer.concat(parts)).toString('hex')}`)

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest()

const random = (bytes: number) => BigInt(`0x${randomBytes(bytes).toString('hex')}`)

/** The group of RFC 3526 section 5, which RFC 5054 takes up. */
const N = BigInt(`0x${getDiffieHellman('modp15').getPrime('hex')}`)
const g = 2n
const k = hash(padded(N), padded(g))
