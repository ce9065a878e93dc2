/** A value of CBOR, as far as passkeys need it. */
export type Cbor = number | string | Uint8Array | boolean | null | readonly Cbor[] | ReadonlyMap<Cbor, Cbor>

/**
 * Reads one value of definite length (RFC 8949).
 *
 * @throws RangeError for anything else
 */
export function readCbor(data: Buffer, start = 0): { readonly value: Cbor; readonly end: number } {
  let at = start
  const bytes = (count: number) => {
    at += count
    if (at > data.length) throw new RangeError('CBOR ends early')
    return data.subarray(at - count, at)
  }
  const next = (): Cbor => {
    const head = bytes(1)[0] as number
    const kind = head >> 5
    const short = head & 31
    if (kind === 7 && short >= 20 && short <= 22) return short === 22 ? null : short === 21
    if (kind > 5 || short > 26) throw new RangeError('CBOR of another kind')
    const size = short < 24 ? short : bytes(1 << (short - 24)).reduce((sum, byte) => sum * 256 + byte, 0)
    // no list is longer than what it is read from
    const length = Math.min(size, data.length)
    switch (kind) {
      case 0:
        return size
      case 1:
        return -1 - size
      case 2:
        return bytes(size)
      case 3:
        return bytes(size).toString()
      case 4:
        return Array.from({ length }, next)
      default:
        return new Map(Array.from({ length }, (): [Cbor, Cbor] => [next(), next()]))
    }
  }
  const value = next()
  return { value, end: at }
}
