import { builtinModule } from '../runtime.js'

/** The signing input and the signature of a token, in borrowed buffers: the next call overwrites them. */
export interface SignedBytes {
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

/** Strict conversions between texts and bytes. Canonical means: no padding, no character outside the alphabet, no spare bits set in the last one. */
export interface Encoding {
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

/** Uses only what every runtime has. */
export const webEncoding: Encoding = {
  signedBytes(token, end, signatureEnd) {
    const bytes = new TextEncoder().encode(token)
    const signature = bytes.length === token.length ? decode(token.slice(end + 1, signatureEnd)) : undefined
    return signature && { signingInput: bytes.subarray(0, end), signature }
  },
  text(base64url) {
    const bytes = decode(base64url)
    try {
      return bytes && strictUtf8.decode(bytes)
    } catch {
      return undefined
    }
  },
  bytes: decode,
}

/** Uses node:buffer; `undefined` on a runtime without it. */
export const nodeEncoding = encodingOf(builtinModule('node:buffer'))

/** The fastest one that this runtime has. */
export const encoding: Encoding = nodeEncoding ?? webEncoding

/** Reuses its buffers: a new one for every part of every token takes longer than to decode it. */
function encodingOf(node: typeof import('node:buffer') | undefined): Encoding | undefined {
  // Over 40 lines: its functions share the same buffers.
  if (!node) return undefined
  /** More than the bytes of any token, by more than one character's. */
  const capacity = 16_384 + 8
  const ascii = node.Buffer.allocUnsafeSlow(capacity)
  const signature = node.Buffer.allocUnsafeSlow(capacity)
  const decoded = node.Buffer.allocUnsafeSlow(capacity)
  let held: string | undefined
  let heldSignatureEnd = 0
  let borrowed: SignedBytes = { signingInput: ascii, signature }

  return {
    signedBytes(token, end, signatureEnd = token.length) {
      // A token that passed as padded must not pass where padding is refused.
      if (held === token && heldSignatureEnd === signatureEnd) return borrowed
      held = undefined
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

function decode(text: string): Uint8Array | undefined {
  if (!hasNoSpareBits(text)) return undefined
  const bytes = new Uint8Array(decodedLength(text))
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < text.length; i++) {
    const value = sextets[text.charCodeAt(i)] ?? 64
    if (value > 63) return undefined
    bits = ((bits << 6) | value) & 0xfff
    held += 6
    if (held >= 8) bytes[at++] = bits >>> (held -= 8)
  }
  return bytes
}

const decodedLength = (text: string) => (text.length * 3) >>> 2

function hasNoSpareBits(text: string): boolean {
  const group = text.length % 4
  return group === 0 || (lastCharacters[group] as string).includes(text.charAt(text.length - 1))
}

/** By the number of characters in the last group: those whose spare bits are zero. No group is of one. */
const lastCharacters = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** By ASCII code: the six bits of a character, 64 for one outside the alphabet. */
const sextets = new Uint8Array(128).fill(64)
for (let i = 0; i < alphabet.length; i++) sextets[alphabet.charCodeAt(i)] = i

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
