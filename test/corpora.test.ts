import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isAuthError, type KeyResolver, type TrustedIssuer, userPool } from 'cognito-guard'
import t from 'tap'
import type { ImportKey } from '../src/crypto/jwk.js'
import { nodeEngine } from '../src/crypto/node.js'
import { webEngine } from '../src/crypto/web.js'
import { keySet } from '../src/jwks/jwks.js'
import { encoding } from '../src/token/encoding.js'
import { parseHeader, splitJws } from '../src/token/jws.js'
import type { Algorithm } from '../src/types.js'
import { base64url, claimsOf, clientId, headerOf, issuer, json, own, seal, verifierOf } from './mint.js'

// Third-party test vectors. They are stored beside a checkout of the project, not in it.
const corpora = resolve(process.cwd(), '../shared/corpora')
const skip = existsSync(corpora) ? false : 'the corpora are not here (../shared/corpora)'

const engines: [string, ImportKey][] = [
  ['node:crypto', nodeEngine() as ImportKey],
  ['WebCrypto', webEngine],
]

const read = (file: string) => JSON.parse(readFileSync(`${corpora}/${file}`, 'utf8'))

/** Verifies a token of RS256 or ES256 without its claims: these vectors sign arbitrary bytes. */
async function isAccepted(token: unknown, keys: readonly unknown[], importKey: ImportKey): Promise<boolean> {
  try {
    const parts = splitJws(token)
    const header = parts && parseHeader(parts.header)
    if (!header) return false
    const { alg, kid } = header
    const algorithms: Algorithm[] = ['RS256', 'ES256']
    if (!algorithms.includes(alg as Algorithm)) return false
    const set: KeyResolver = keySet({
      url: 'https://x.example',
      algorithms,
      jwks: { keys },
      importKey,
      offline: true,
    })
    const key = await set(kid, alg as Algorithm, 0)
    const bytes = encoding.signedBytes(parts.end > 0 ? (token as string) : '', parts.end)
    if (key?.algorithm !== alg || !bytes) return false
    return await key.verify(Uint8Array.from(bytes.signingInput), Uint8Array.from(bytes.signature))
  } catch (error) {
    // a set without any usable key is refused when it is configured
    if (isAuthError(error) || (error as Error).message === 'keySet: jwks has no usable key') return false
    throw error
  }
}

interface Jose {
  readonly testGroups: readonly {
    readonly public?: { readonly keys?: readonly unknown[] }
    readonly private: { readonly keys?: readonly unknown[] }
    readonly tests: readonly {
      readonly tcId: number
      readonly comment: string
      readonly jws?: unknown
      readonly jwe?: unknown
    }[]
  }[]
}

interface Expectations {
  readonly tests: Readonly<Record<string, Readonly<Record<string, { readonly expect: 'accept' | 'reject' }>>>>
}

for (const [engine, importKey] of engines) {
  t.test(`Wycheproof: JWS, JWK and JWE, ${engine}`, { skip }, async t => {
    const { tests }: Expectations = read('rebased/wycheproof_expectations_rs256_es256.json')
    const count = { accept: 0, reject: 0 }
    for (const file of [
      'json_web_signature_test',
      'json_web_key_test',
      'json_web_crypto_test',
      'json_web_encryption_test',
    ]) {
      for (const group of (read(`wycheproof/${file}.json`) as Jose).testGroups) {
        const set = group.public ?? group.private
        for (const { tcId, comment, jws, jwe } of group.tests) {
          const isOurs = file === 'json_web_signature_test' && comment === 'emptyPayload'
          // The expectations leave out texts that are no compact token; and an empty text is no set of claims.
          const expected = isOurs ? 'reject' : (tests[file]?.[tcId]?.expect ?? 'reject')
          const accepted = await isAccepted(jwe ?? jws, set.keys ?? [set], importKey)
          count[accepted ? 'accept' : 'reject']++
          if ((accepted ? 'accept' : 'reject') !== expected) t.fail(`${file} ${tcId}: ${comment}`)
        }
      }
    }
    t.same(count, { accept: 13 - 1, reject: 462 + 1 + 35 + 139 })
  })
}

interface Primitive {
  readonly testGroups: readonly {
    readonly publicKeyJwk?: object
    readonly keyJwk?: object
    readonly publicKeyPem: string
    readonly tests: readonly {
      readonly tcId: number
      readonly comment: string
      readonly msg: string
      readonly sig: string
      readonly result: 'valid' | 'invalid' | 'acceptable'
    }[]
  }[]
}

const primitives: [string, Algorithm][] = [
  ['rsa_signature_2048_sha256_test', 'RS256'],
  ['rsa_signature_3072_sha256_test', 'RS256'],
  ['rsa_signature_4096_sha256_test', 'RS256'],
  ['rsa_signature_8192_sha256_test', 'RS256'],
  ['rsa_signature_2048_sha384_test', 'RS384'],
  ['rsa_signature_2048_sha512_test', 'RS512'],
  ['rsa_pss_2048_sha256_mgf1_32_test', 'PS256'],
  ['ecdsa_secp256r1_sha256_p1363_test', 'ES256'],
  ['ecdsa_secp256r1_sha256_test', 'ES256'],
  ['ecdsa_secp384r1_sha384_p1363_test', 'ES384'],
  ['ecdsa_secp521r1_sha512_p1363_test', 'ES512'],
  ['ed25519_test', 'EdDSA'],
]

for (const [engine, importKey] of engines) {
  t.test(`Wycheproof: signatures, ${engine}`, { skip }, async t => {
    for (const [file, algorithm] of primitives) {
      const isDer = file === 'ecdsa_secp256r1_sha256_test'
      let count = 0
      for (const group of (read(`wycheproof/${file}.json`) as Primitive).testGroups) {
        const fromPem = createPublicKey(group.publicKeyPem).export({ format: 'jwk' })
        const keys = [await importKey(fromPem, algorithm)]
        const jwk = group.publicKeyJwk ?? group.keyJwk
        if (jwk) keys.push(await importKey(jwk, algorithm))
        for (const { tcId, comment, msg, sig, result } of group.tests) {
          for (const key of keys) {
            const accepted = await key.verify(Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'))
            const isRight = isDer ? !accepted : result === 'acceptable' || accepted === (result === 'valid')
            if (!isRight) t.fail(`${file} ${tcId}: ${comment}`)
          }
          count++
        }
      }
      t.ok(count > 70, `${file}: ${count}`)
    }
  })
}

t.test('Wycheproof, rebased: Cognito access tokens through the whole verifier', { skip }, async t => {
  interface Rebased {
    readonly now: number
    readonly issuer: string
    readonly clientId: string
    readonly jwks: { readonly keys: readonly unknown[] }
    readonly cases: readonly {
      readonly id: string
      readonly comment: string
      readonly expect: string
      readonly token: string
    }[]
  }
  const { now, jwks, cases, ...names }: Rebased = read('rebased/wycheproof_rebased_jwt.json')
  const algorithms: Algorithm[] = ['RS256', 'ES256']
  const poolId = names.issuer.slice(names.issuer.lastIndexOf('/') + 1)
  const count = { accept: 0, reject: 0 }
  for (const [, importKey] of engines) {
    const trusted: TrustedIssuer = {
      ...userPool({ userPoolId: poolId, clientId: names.clientId }),
      algorithms,
      keys: keySet({ url: 'https://x.example', algorithms, jwks, importKey, offline: true }),
    }
    const verifier = verifierOf([trusted], { clock: { now: () => now * 1000 } })
    for (const { id, comment, expect, token } of cases) {
      const outcome = await verifier.verify(token).then(() => 'accept' as const, refused)
      count[outcome]++
      if (outcome !== expect) t.fail(`${id}: ${comment}`)
    }
  }
  t.same(count, { accept: 2 * 3, reject: 2 * 262 })
})

t.test('Tink: JWT validation, with our algorithm and the claims that we ask for', { skip }, async t => {
  interface Tink {
    readonly cases: readonly {
      readonly id: string
      readonly test: string
      readonly header_b64: string
      readonly payload_b64: string | null
      readonly payload_gen: { readonly depth?: number } | null
      readonly validator: { readonly fixed_now?: number; readonly clock_skew?: number }
      readonly expect: string
    }[]
  }
  const count = { accept: 0, reject: 0 }
  for (const { id, test, header_b64, payload_b64, validator, expect } of (
    read('tink/jwt_validation_cases.json') as Tink
  ).cases) {
    const header = Buffer.from(header_b64, 'base64')
      .toString('latin1')
      .replace('"HS256"', `"RS256","kid":"${own.jwk.kid}"`)
    const claims = withOurs(
      Buffer.from(
        payload_b64 ?? base64url(`${'{"a":'.repeat(110_000)}""${'}'.repeat(110_000)}`),
        'base64',
      ).toString('latin1'),
    )
    const token = seal(
      `${base64url(Buffer.from(header, 'latin1'))}.${base64url(Buffer.from(claims, 'latin1'))}`,
    )
    const time = (validator.fixed_now ?? 1_800_000_000) * 1000
    const verifier = verifierOf(undefined, {
      clock: { now: () => time },
      clockTolerance: validator.clock_skew ?? 0,
    })
    const outcome = await verifier.verify(token).then(() => 'accept' as const, refused)
    count[outcome]++
    // Tink accepts these by an option of its validator: another audience, issuer or type, a token from the future.
    const isOurs = /audience|_issuer|typ_header/.test(test) || id === 'test_verify_issued_at#3'
    t.equal(outcome, isOurs ? 'reject' : expect, id)
  }
  t.same(count, { accept: 15, reject: 45 })
})

/** A JSON text of claims, with the required ones added in front unless it has them. */
function withOurs(text: string): string {
  const ours = Object.entries({
    iss: issuer,
    sub: 'x',
    client_id: clientId,
    token_use: 'access',
    exp: 9_999_999_999,
  })
  const missing = ours
    .filter(([name]) => !text.includes(`"${name}"`))
    .map(([name, value]) => `"${name}":${JSON.stringify(value)}`)
  return text.startsWith('{') ? text.replace('{', `{${missing.join()},`) : text
}

t.test('JSONTestSuite: every text as the value of a claim', { skip }, async t => {
  interface Suite {
    readonly cases: readonly {
      readonly name: string
      readonly expect: 'accept' | 'reject' | 'impl'
      readonly b64: string
    }[]
  }
  const verifier = verifierOf()
  const count = { accept: 0, reject: 0, impl: 0 }
  for (const { name, expect, b64 } of (read('jsontestsuite/test_parsing.json') as Suite).cases) {
    const claims = Buffer.concat([
      Buffer.from(`${json(claimsOf()).slice(0, -1)},"x":`),
      Buffer.from(b64, 'base64'),
      Buffer.from('}'),
    ])
    const outcome = await verifier
      .verify(seal(`${base64url(json(headerOf()))}.${base64url(claims)}`))
      .then(() => 'accept' as const, refused)
    count[expect]++
    // RFC 7519 section 4 lets a parser refuse duplicate names. This one does.
    const isOurs = name.startsWith('y_object_duplicated_key')
    if (expect !== 'impl') t.equal(outcome, isOurs ? 'reject' : expect, name)
  }
  t.same(count, { accept: 95, reject: 188, impl: 35 })
})

t.test('the RFC cookbook', { skip }, async t => {
  interface Example {
    readonly title: string
    readonly input: { readonly key?: object | readonly object[] }
    readonly output: { readonly compact?: string; readonly json?: object; readonly json_flat?: object }
  }
  const files = [
    'jws/4_1.rsa_v15_signature',
    'jws/4_2.rsa-pss_signature',
    'jws/4_3.ecdsa_signature',
    'jws/4_4.hmac-sha2_integrity_protection',
    'jws/4_5.signature_with_detached_content',
    'jws/4_6.protecting_specific_header_fields',
    'jws/4_7.protecting_content_only',
    'jws/4_8.multiple_signatures',
    'curve25519/jws',
    'rfc7797/4.2.hmac-sha2_b64_false',
    'rfc7797/hmac-sha2_b64_false',
  ]
  for (const file of files) {
    const { title, input, output }: Example = read(`cookbook/${file}.json`)
    const keys = [input.key ?? []].flat().map(key => publicHalf(key as Record<string, unknown>))
    const tokens = [output.compact, JSON.stringify(output.json), JSON.stringify(output.json_flat)].filter(
      Boolean,
    )
    t.ok(tokens.length > 0)
    for (const token of tokens) {
      for (const [, importKey] of engines) {
        t.equal(
          await isAccepted(token, keys, importKey),
          file.startsWith('jws/4_1') && token === output.compact,
          title,
        )
      }
    }
  }
  const { input, output }: Example = read('cookbook/curve25519/jws.json')
  for (const [engine, importKey] of engines) {
    const key = await importKey(publicHalf(input.key as Record<string, unknown>), 'EdDSA')
    const [bytes, signature] = [output.compact as string].flatMap(text => [
      text.slice(0, text.lastIndexOf('.')),
      text.slice(text.lastIndexOf('.') + 1),
    ]) as [string, string]
    t.equal(
      await key.verify(Buffer.from(bytes), Buffer.from(signature, 'base64url')),
      true,
      `Ed25519, ${engine}`,
    )
  }
})

const publicHalf = ({ kty, crv, n, e, x, y, kid, use }: Record<string, unknown>) =>
  JSON.parse(JSON.stringify({ kty, crv, n, e, x, y, kid, use })) as Record<string, unknown>

/** A token is refused, and by no other error than a refusal. */
function refused(error: unknown): 'reject' {
  if (isAuthError(error) && error.status === 401) return 'reject'
  throw error
}
