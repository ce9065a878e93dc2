import { createHmac, randomBytes } from 'node:crypto'

/** A new secret for an authenticator app: 32 bytes in base32 (RFC 4648 section 6). */
export const newSecret = (): string => Array.from(randomBytes(52), byte => alphabet[byte & 31]).join('')

/** The code of a step of 30 seconds: HMAC-SHA-1, six digits (RFC 6238). */
export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', bytesOf(secret)).update(counter).digest()
  const offset = (hash.at(-1) as number) & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** The step whose code this is: the current one, the one before or the one after. `undefined` for a wrong code. */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  const current = Math.floor(now / 30_000)
  return [current - 1, current, current + 1].find(step => codeAt(secret, step) === code)
}

function bytesOf(secret: string): Buffer {
  const bits = Array.from(secret, sign => alphabet.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) as string[]).map(byte => Number.parseInt(byte, 2)))
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
