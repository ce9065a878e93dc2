// Over 150 lines: the fast and the portable encoding in one place, so that they stay alike.
import { builtinModule } from '../runtime.js'

/** The signing input and the signature of a token. */
export interface SignedBytes {
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

/** Strict conversions between texts and bytes. Canonical means: no padding, no character outside the alphabet, no spare bits set in the last one. */
export interface Encoding {
  /**
   * Returns the signing input and the signature of a token; `undefined` unless the token is ASCII and the signature is canonical.
   * A text must pass this, or be ASCII, before `text` or `bytes`: base64 decoders cut other characters down to a byte, and two spellings
   * would be one token. The next call overwrites what this one returned.
   *
   * @param end where the signing input ends
   * @param signatureEnd where the signature ends; default with the token
   */
  signedBytes(token: string, end: number, signatureEnd?: number): SignedBytes | undefined
  /** The text that a base64url text (RFC 4648 section 5) stands for; `undefined` unless it is canonical and UTF-8 (RFC 3629). */
  text(base64url: string): string | undefined
  /** The bytes that a base64url text stands for; `undefined` unless it is canonical. */
  bytes(base64url: string): Uint8Array | undefined
}

/** What a runtime brings along to encode and decode with. */
export interface Codec {
  allocate(length: number): Uint8Array
  /** Decodes a base64url text; returns how many bytes it stands for, -1 unless it is canonical. May take other characters by their lower byte. */
  decodeInto(bytes: Uint8Array, base64url: string): number
  /** Writes an ASCII text; returns whether it is one, and fits. */
  writeAscii(bytes: Uint8Array, text: string): boolean
  /** The text that the first bytes stand for in UTF-8; `undefined` where they do not. */
  text(bytes: Uint8Array, length: number): string | undefined
}

/** More than the bytes of any token, by more than one character's. */
const capacity = 16_384 + 8

/** Reuses its buffers: a new one for every part of every token takes longer than to decode it. */
export function encodingWith({ allocate, decodeInto, writeAscii, text: textOf }: Codec): Encoding {
  const ascii = allocate(capacity)
  const signature = allocate(capacity)
  const decoded = allocate(capacity)
  let held: string | undefined
  let heldSignatureEnd = 0
  let borrowed: SignedBytes = { signingInput: ascii, signature }

  return {
    signedBytes(token, end, signatureEnd = token.length) {
      // A token that passed as padded must not pass where padding is refused. Nobody asks a third time: the text is let go.
      const isHeld = held === token && heldSignatureEnd === signatureEnd
      held = undefined
      if (isHeld) return borrowed
      const length = decodeInto(signature, token.slice(end + 1, signatureEnd))
      if (length < 0 || !writeAscii(ascii, token)) return undefined
      // Most signatures are of one length, and many tokens are.
      if (borrowed.signingInput.length !== end || borrowed.signature.length !== length)
        borrowed = { signingInput: ascii.subarray(0, end), signature: signature.subarray(0, length) }
      held = token
      heldSignatureEnd = signatureEnd
      return borrowed
    },
    text(base64url) {
      const length = decodeInto(decoded, base64url)
      return length < 0 ? undefined : textOf(decoded, length)
    },
    bytes(base64url) {
      const length = decodeInto(decoded, base64url)
      return length < 0 ? undefined : Uint8Array.from(decoded.subarray(0, length))
    },
  }
}

/** Uses only what every runtime has. */
export const portableCodec: Codec = {
  allocate: length => new Uint8Array(length),
  decodeInto: (bytes, base64url) =>
    writeAscii(bytes, base64url) ? decodeInPlace(bytes, base64url.length) : -1,
  writeAscii,
  text: strictText,
}

/** Decodes with Uint8Array; `undefined` on a runtime whose Uint8Array knows no base64. */
function codecOfArrays(): Codec | undefined {
  if (typeof (Uint8Array.prototype as Partial<Base64Array>).setFromBase64 !== 'function') return undefined
  return {
    ...portableCodec,
    decodeInto(bytes, base64url) {
      try {
        // Skips white space, takes padding.
        const { written } = (bytes as Base64Array).setFromBase64(base64url, urlAlphabet)
        return written === decodedLength(base64url) && hasNoSpareBits(base64url) ? written : -1
      } catch {
        return -1
      }
    },
  }
}

/** ECMAScript 2026, which TypeScript's library does not know yet. */
interface Base64Array extends Uint8Array {
  setFromBase64(text: string, options: { readonly alphabet: 'base64url' }): { readonly written: number }
}

/** Decodes with node:buffer; `undefined` on a runtime without it. */
function codecOfNode(node: typeof import('node:buffer') | undefined): Codec | undefined {
  return (
    node && {
      allocate: length => node.Buffer.allocUnsafeSlow(length),
      decodeInto(bytes, base64url) {
        // Skips unknown characters, and takes + and / for - and _.
        const length = (bytes as Buffer).write(base64url, 'base64url')
        return length === decodedLength(base64url) &&
          hasNoSpareBits(base64url) &&
          !base64url.includes('+') &&
          !base64url.includes('/')
          ? length
          : -1
      },
      // One that does not fit is longer than its characters, too.
      writeAscii: (bytes, text) => (bytes as Buffer).write(text, 'utf8') === text.length,
      text(bytes, length) {
        const text = (bytes as Buffer).toString('utf8', 0, length)
        return text.includes('\ufffd') && !node.isUtf8(bytes.subarray(0, length)) ? undefined : text
      },
    }
  )
}

function writeAscii(bytes: Uint8Array, text: string): boolean {
  const { read, written } = utf8.encodeInto(text, bytes)
  return read === text.length && written === read
}

function strictText(bytes: Uint8Array, length: number): string | undefined {
  try {
    return strictUtf8.decode(bytes.subarray(0, length))
  } catch {
    return undefined
  }
}

/**
 * Decodes base64url where it stands, four characters at a time; what is wrong with one is looked at once, at the end. Returns the length of the
 * bytes, -1 unless the text is canonical.
 */
function decodeInPlace(bytes: Uint8Array, end: number): number {
  const rest = end % 4
  const sextet = (index: number) => sextets[bytes[index] as number] as number
  let flaws = rest === 1 ? outside : 0
  let at = 0
  let i = 0
  for (; i < end - rest; i += 4) {
    const a = sextet(i)
    const b = sextet(i + 1)
    const c = sextet(i + 2)
    const d = sextet(i + 3)
    flaws |= a | b | c | d
    bytes[at++] = (a << 2) | (b >> 4)
    bytes[at++] = (b << 4) | (c >> 2)
    bytes[at++] = (c << 6) | d
  }
  if (rest > 1) {
    const a = sextet(i)
    const b = sextet(i + 1)
    const c = rest === 3 ? sextet(i + 2) : 0
    const spareBits = rest === 3 ? c & 0b11 : b & 0b1111
    flaws |= a | b | c | (spareBits && outside)
    bytes[at++] = (a << 2) | (b >> 4)
    if (rest === 3) bytes[at++] = (b << 4) | (c >> 2)
  }
  return flaws < outside ? at : -1
}

const decodedLength = (text: string) => (text.length * 3) >>> 2

function hasNoSpareBits(text: string): boolean {
  const group = text.length % 4
  return group === 0 || (lastCharacters[group] as string).includes(text.charAt(text.length - 1))
}

/** By the number of characters in the last group: those whose spare bits are zero. No group is of one. */
const lastCharacters = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** What a character outside the alphabet stands for: a bit that no other has. */
const outside = 64

/** By byte: the six bits of a character. */
const sextets = new Uint8Array(256).fill(outside)
for (let i = 0; i < alphabet.length; i++) sextets[alphabet.charCodeAt(i)] = i

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const urlAlphabet = { alphabet: 'base64url' } as const

/** Uses node:buffer; `undefined` on a runtime without it. */
export const nodeCodec = codecOfNode(builtinModule('node:buffer'))

/** Uses the base64 of Uint8Array; `undefined` on a runtime without it. */
export const arrayCodec = codecOfArrays()

/** The fastest one that this runtime has. */
export const encoding = encodingWith(nodeCodec ?? arrayCodec ?? portableCodec)
