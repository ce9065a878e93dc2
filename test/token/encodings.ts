import * as here from '../../src/token/encoding.js'

/** Every encoding that a runtime may have. */
export const encodings: readonly (readonly [string, here.Encoding])[] = [
  ['node:buffer', here.encodingWith(here.nodeCodec as here.Codec)],
  ['base64 of Uint8Array', here.encodingWith(here.arrayCodec ?? (await ofDouble()))],
  ['any runtime', here.encodingWith(here.portableCodec)],
]

/** Some releases of Node.js that tests run on have no setFromBase64. */
async function ofDouble(): Promise<here.Codec> {
  Object.assign(Uint8Array.prototype, { setFromBase64 })
  const afresh = (await import(
    new URL('../../src/token/encoding.js?arrays', import.meta.url).href
  )) as typeof here
  Reflect.deleteProperty(Uint8Array.prototype, 'setFromBase64')
  return Object.assign(afresh.arrayCodec as here.Codec, {
    allocate: (length: number) => Object.assign(new Uint8Array(length), { setFromBase64 }),
  })
}

/** As ECMAScript 2026 has it: with padding or without, white space anywhere, spare bits ignored. */
function setFromBase64(this: Uint8Array, text: string) {
  const dense = text.replace(/[\t\n\f\r ]/g, '')
  if (!/^(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?$/.test(dense)) throw new SyntaxError('not base64url')
  const bytes = Buffer.from(dense, 'base64url').subarray(0, this.length)
  this.set(bytes)
  return { read: text.length, written: bytes.length }
}
