/** The key sets of 64 KiB that cost most, by what makes them so: what a broken or hijacked host can answer with. */
import { generateKeyPairSync } from 'node:crypto'

/** Returns the texts by their names. */
export function worstKeySets(): Readonly<Record<string, string>> {
  const long = generateKeyPairSync('rsa', { modulusLength: 8_192 }).publicKey.export({ format: 'jwk' })
  const curve = () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ format: 'jwk' })
  const modulus = Buffer.from(long.n as string, 'base64url')
  return {
    'RSA, 8192 bits': setOf(i => {
      modulus[500] = i
      return JSON.stringify({ ...long, n: modulus.toString('base64url') })
    }),
    'RSA, random': setOf(i => `{"kty":"RSA","e":"AQAB","n":"${String(i).padEnd(1_396, 'x7_')}AQAB"}`),
    'P-521': setOf(() => JSON.stringify(curve())),
    padding: `{"keys":[{"kid":"x","kty":"RSA","e":"AQAB","n":"${'='.repeat(60_000)}x"}]}`,
    'padding, 45 times': setOf(() => `{"kty":"RSA","e":"AQAB","n":"${'='.repeat(1_398)}x"}`),
    nested: `{"keys":[{"kid":"x","kty":"RSA","alg":${'['.repeat(30_000)}${']'.repeat(30_000)}}]}`,
    'escaped names': `{"keys":[{"kid":"x",${Array.from({ length: 4_000 }, (_, i) => `"\\u0061${i}" :0`).join(',')}}]}`,
  }
}

/** As many entries as there may be. */
function setOf(entry: (index: number) => string): string {
  const entries: string[] = []
  for (let length = 12; entries.length < 100; length += (entries.at(-1) as string).length + 1) {
    const text = entry(entries.length).replace('{', `{"kid":"k${entries.length}",`)
    if (length + text.length > 65_536) break
    entries.push(text)
  }
  return `{"keys":[${entries.join(',')}]}`
}
