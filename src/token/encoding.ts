// Over 150 lines: the fast and the portable encoding in one place, so that they stay alike.
import { builtinModule } from '../runtime.js'

/** The signing input and the signature of a token. */
export interface SignedBytes {
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

/** Strict conversions between texts and bytes. Canonical means: no padding, no character outside the alphabet, no spare bits set in the last one. */
export interface Encoding {
  /** Whether the next call of `signedBytes` overwrites the buffers that this one returned. */
  readonly reusesBuffers: boolean
  /**
   * Returns the signing input and the signature of a token; `undefined` unless the token is ASCII and the signature is canonical.
   * A text must pass this, or be ASCII, before `text` or `bytes`: base64 decoders cut other characters down to a byte, and two spellings
   * would be one token.
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

/** More than the bytes of any token, by more than one character's. */
const capacity = 16_384 + 8

/** Uses only what every runtime has. */
export const webEncoding: Encoding = encodingOfWeb()

/** Uses node:buffer; `undefined` on a runtime without it. */
export const nodeEncoding = encodingOf(builtinModule('node:buffer'))

/** The fastest one that this runtime has. */
export const encoding: Encoding = nodeEncoding ?? webEncoding

/** Keeps the bytes of the last token: they are needed twice, to check its form and to verify it. */
function encodingOfWeb(): Encoding {
  let held: string | undefined
  let heldSignatureEnd = 0
  let heldBytes: SignedBytes | undefined
  const scratch = new Uint8Array(capacity)

  /** Decodes a part of an ASCII text; the next call overwrites the result. */
  const borrowed = (text: string, start: number, end: number) => {
    const { read, written } = utf8.encodeInto(text, scratch)
    return read === text.length && written === read ? decode(scratch, start, end) : undefined
  }
  return {
    reusesBuffers: false,
    signedBytes(token, end, signatureEnd = token.length) {
      // A token that passed as padded must not pass where padding is refused.
      if (held === token && heldSignatureEnd === signatureEnd) return heldBytes
      const signature = borrowed(token, end + 1, signatureEnd)
      held = token
      heldSignatureEnd = signatureEnd
      heldBytes = signature && { signingInput: scratch.slice(0, end), signature: signature.slice() }
      return heldBytes
    },
    text(base64url) {
      const bytes = borrowed(base64url, 0, base64url.length)
      try {
        return bytes && strictUtf8.decode(bytes)
      } catch {
        return undefined
      }
    },
    bytes: base64url => borrowed(base64url, 0, base64url.length)?.slice(),
  }
}

/** Reuses its buffers: a new one for every part of every token takes longer than to decode it. */
function encodingOf(node: typeof import('node:buffer') | undefined): Encoding | undefined {
  // Over 40 lines: its functions share the same buffers.
  if (!node) return undefined
  const ascii = node.Buffer.allocUnsafeSlow(capacity)
  const signature = node.Buffer.allocUnsafeSlow(capacity)
  const decoded = node.Buffer.allocUnsafeSlow(capacity)
  let held: string | undefined
  let heldSignatureEnd = 0
  let borrowed: SignedBytes = { signingInput: ascii, signature }

  return {
    reusesBuffers: true,
    signedBytes(token, end, signatureEnd = token.length) {
      // A token that passed as padded must not pass where padding is refused. Nobody asks a third time: the text is let go.
      const isHeld = held === token && heldSignatureEnd === signatureEnd
      held = undefined
      if (isHeld) return borrowed
      const length = decodeInto(signature, token.slice(end + 1, signatureEnd))
      // A token that does not fit is longer than its characters, too.
      if (length < 0 || ascii.write(token, 'utf8') !== token.length) return undefined
      // Most signatures are of one length, and many tokens are.
      if (borrowed.signingInput.length !== end || borrowed.signature.length !== length)
        borrowed = { signingInput: ascii.subarray(0, end), signature: signature.subarray(0, length) }
      held = token
      heldSignatureEnd = signatureEnd
      return borrowed
    },
    text(base64url) {
      const length = decodeInto(decoded, base64url)
      if (length < 0) return undefined
      const text = decoded.toString('utf8', 0, length)
      return text.includes('\ufffd') && !node.isUtf8(decoded.subarray(0, length)) ? undefined : text
    },
    bytes(base64url) {
      const length = decodeInto(decoded, base64url)
      return length < 0 ? undefined : Uint8Array.from(decoded.subarray(0, length))
    },
  }
}

/** Returns the decoded length, -1 unless the text is canonical. Buffer's decoder skips unknown characters, and takes + and / for - and _. */
function decodeInto(buffer: Buffer, text: string): number {
  const length = buffer.write(text, 'base64url')
  return length === decodedLength(text) && hasNoSpareBits(text) && !text.includes('+') && !text.includes('/')
    ? length
    : -1
}

/**
 * Decodes a part of a buffer where it stands, four characters at a time; what is wrong with one is looked at once, at the end. Makes no buffer:
 * in Next.js' edge sandbox every one that `new Uint8Array` makes has a hidden class of its own, and each access is slow.
 */
function decode(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const rest = (end - start) % 4
  const sextet = (index: number) => sextets[bytes[index] as number] as number
  let flaws = rest === 1 ? outside : 0
  let at = start
  let i = start
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
  return flaws < outside ? bytes.subarray(start, at) : undefined
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
