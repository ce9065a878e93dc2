/** Signs tokens with a key that it made, in nothing but what every runtime has. */
export interface Signer {
  /** The public key, as an entry of a key set. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** Returns a token; `header` overrides members of its header. */
  sign(claims: object, header?: object): Promise<string>
}

/** Returns a signer with a key of its own. */
export async function signer(algorithm: keyof typeof forms, kid: string): Promise<Signer> {
  const { made, used } = forms[algorithm]
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(made, true, ['sign', 'verify'])) as {
    publicKey: Key
    privateKey: Key
  }
  const { kty, crv, n, e, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  return {
    jwk: { kty, crv, n, e, x, y, kid, alg: algorithm, use: 'sig' },
    async sign(claims, header) {
      const input = `${textPart({ alg: algorithm, kid, ...header })}.${textPart(claims)}`
      const signature = await crypto.subtle.sign(used, privateKey, utf8(input))
      return `${input}.${base64url(new Uint8Array(signature))}`
    },
  }
}

/** The base64url of a value's JSON. */
export const textPart = (value: unknown) => base64url(utf8(JSON.stringify(value)))

function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, byte => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const utf8 = (text: string) => new TextEncoder().encode(text)

type Key = Parameters<typeof crypto.subtle.sign>[1]

const rsa = (name: string) => ({
  name,
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
})

const ec = (namedCurve: string) => ({ name: 'ECDSA', namedCurve })

const forms = {
  RS256: { made: rsa('RSASSA-PKCS1-v1_5'), used: { name: 'RSASSA-PKCS1-v1_5' } },
  PS256: { made: rsa('RSA-PSS'), used: { name: 'RSA-PSS', saltLength: 32 } },
  ES256: { made: ec('P-256'), used: { name: 'ECDSA', hash: 'SHA-256' } },
  ES384: { made: ec('P-384'), used: { name: 'ECDSA', hash: 'SHA-384' } },
  EdDSA: { made: { name: 'Ed25519' }, used: { name: 'Ed25519' } },
}
