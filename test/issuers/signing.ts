import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { TestFetch } from 'cognito-guard/testing'

/** A key pair of any algorithm, and the tokens that it signs. */
interface Signer {
  readonly jwk: Record<string, unknown>
  readonly pem: string
  token(header: object, claims: object, spelling?: { readonly padded?: boolean }): string
}

/** A new key pair. */
export function signer(alg: string, kid = 'a+b/c='): Signer {
  const { publicKey, privateKey } = keyPair(alg)
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    token(header, claims, { padded = false } = {}) {
      const encode = (bytes: string | Uint8Array) => base64url(bytes, padded)
      const input = `${encode(JSON.stringify({ alg, kid, ...header }))}.${encode(JSON.stringify(claims))}`
      return `${input}.${encode(signature(alg, input, privateKey))}`
    },
  }
}

function keyPair(alg: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (!alg.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: curves[alg as keyof typeof curves] })
}

function signature(alg: string, input: string, key: KeyObject): Uint8Array {
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA') return sign(null, bytes, key)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('ES')) return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('RS')) return sign(hash, bytes, key)
  const saltLength = Number(alg.slice(2)) / 8
  return sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

function base64url(bytes: string | Uint8Array, padded: boolean): string {
  const text = Buffer.from(bytes).toString('base64url')
  return padded ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text
}

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** A fetch that serves these documents, and counts. */
export function documents(known: Readonly<Record<string, unknown>>): {
  readonly asked: string[]
  readonly fetch: TestFetch
} {
  const asked: string[] = []
  return {
    asked,
    async fetch(input) {
      const url = input as string
      asked.push(url)
      const document = known[url]
      if (document === undefined) return new Response(null, { status: 404 })
      return typeof document === 'string' ? new Response(document) : Response.json(document)
    },
  }
}
