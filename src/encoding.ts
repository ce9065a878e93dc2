/**
 * The bytes of an ASCII text; `undefined` when it holds anything else.
 * Base64 decoders cut characters beyond ASCII down to a byte, so that two spellings would be one token.
 */
export function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = buffer ? buffer.Buffer.from(text, 'utf8') : new TextEncoder().encode(text)
  return bytes.length === text.length ? bytes : undefined
}

/**
 * The bytes of a base64url text without padding (RFC 4648 section 5); `undefined` unless it is their one canonical spelling:
 * no foreign character, no padding, no spare bits set in the last character. The text must be ASCII.
 */
export function base64urlBytes(text: string): Uint8Array | undefined {
  const spare = text.length % 4
  if (spare === 1 || (spare !== 0 && !lastCharacters[spare]?.includes(text.charAt(text.length - 1)))) {
    return undefined
  }
  return buffer ? decodeWithBuffer(text, buffer) : decode(text)
}

/** The text of UTF-8 bytes (RFC 3629); `undefined` when they are anything else. A byte order mark is a character like any other. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  if (buffer) return buffer.isUtf8(bytes) ? (bytes as Buffer).toString('utf8') : undefined
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** node:buffer decodes leniently: it skips what it does not know, which shows in the length, and takes + and / for - and _. */
function decodeWithBuffer(text: string, { Buffer }: typeof import('node:buffer')): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  const whole = bytes.length === (text.length * 3) >>> 2
  return whole && !text.includes('+') && !text.includes('/') ? bytes : undefined
}

function decode(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * 3) >>> 2)
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < text.length; i++) {
    const value = sextets[text.charCodeAt(i)] as number
    if (value > 63) return undefined
    bits = ((bits << 6) | value) & 0xfff
    held += 6
    if (held >= 8) bytes[at++] = bits >>> (held -= 8)
  }
  return bytes
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** By ASCII code: the six bits of a character, 64 for a foreign one. */
const sextets = new Uint8Array(128).fill(64)
for (let i = 0; i < alphabet.length; i++) sextets[alphabet.charCodeAt(i)] = i

/** By the number of characters in the last group: those whose spare bits are zero. */
const lastCharacters = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const buffer = globalThis.process?.getBuiltinModule?.('node:buffer')
