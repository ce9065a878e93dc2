/** The least that a new token takes, written by hand: decoded, parsed and verified, without any other check. Imports nothing of a runtime. */

/** Verifies with what the library verifies with. */
export type BareVerify = (signature: Uint8Array, input: Uint8Array) => boolean | Promise<boolean>

/** Returns a function that resolves to the claims of a token, decoded in the fastest way that the runtime has. They are of ASCII. */
export function floorOf(engine: string, verify: BareVerify): (token: string) => Promise<{ jti?: unknown }> {
  const { parse } = JSON
  const { allocate, write, decode, textOf } =
    engine === 'node:crypto' ? withBuffer() : 'fromBase64' in Uint8Array ? withArrays() : withAtob()
  const [input, signature, scratch] = [allocate(), allocate(), allocate()]
  return async token => {
    const end = token.lastIndexOf('.')
    const claims = parse(textOf(token.slice(token.indexOf('.') + 1, end), scratch))
    const length = decode(token.slice(end + 1), signature)
    write(token, input)
    if (await verify(signature.subarray(0, length), input.subarray(0, end))) return claims
    throw new Error('not genuine')
  }
}

function withBuffer() {
  const { Buffer } = process.getBuiltinModule('node:buffer')
  const decode = (text: string, bytes: Uint8Array) => (bytes as Buffer).write(text, 'base64url')
  return {
    allocate: () => Buffer.alloc(capacity),
    write: (text: string, bytes: Uint8Array) => (bytes as Buffer).write(text),
    decode,
    textOf: (text: string, bytes: Uint8Array) => (bytes as Buffer).toString('utf8', 0, decode(text, bytes)),
  }
}

function withArrays() {
  const utf8 = new TextDecoder()
  const decode = (text: string, bytes: Uint8Array) => (bytes as Base64Array).setFromBase64(text, form).written
  return {
    allocate,
    write,
    decode,
    textOf: (text: string, bytes: Uint8Array) => utf8.decode(bytes.subarray(0, decode(text, bytes))),
  }
}

/** ECMAScript 2026. */
interface Base64Array extends Uint8Array {
  setFromBase64(text: string, options: typeof form): { readonly written: number }
}

function withAtob() {
  const textOf = (text: string) => atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return {
    allocate,
    write,
    decode(text: string, bytes: Uint8Array) {
      const binary = textOf(text)
      for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
      return binary.length
    },
    textOf,
  }
}

const allocate = () => new Uint8Array(capacity)
const write = (text: string, bytes: Uint8Array) => encoder.encodeInto(text, bytes)
const capacity = 16_384
const form = { alphabet: 'base64url' } as const
const encoder = new TextEncoder()
