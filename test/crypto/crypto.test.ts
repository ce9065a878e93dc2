import crypto, { constants, generateKeyPairSync, KeyObject, sign } from 'node:crypto'
import { register } from 'node:module'
import t from 'tap'
import { importKey } from '../../src/crypto/import-key.js'
import type { ImportKey } from '../../src/crypto/jwk.js'
import { nodeEngine } from '../../src/crypto/node.js'
import { nodeReader, type PemReader, webReader } from '../../src/crypto/pem.js'
import { webEngine } from '../../src/crypto/web.js'
import type { Algorithm, VerificationKey } from '../../src/types.js'
import { ecPair, rsaPair } from '../mint.js'

const engines: [string, ImportKey][] = [
  ['node:crypto', nodeEngine() as ImportKey],
  ['WebCrypto', webEngine],
]

const readers: [string, PemReader][] = [
  ['node:crypto', nodeReader() as PemReader],
  ['WebCrypto', webReader],
]

const rsa = rsaPair()
const ec = { ES256: ecPair(), ES384: ecPair('P-384', 'ES384'), ES512: ecPair('P-521', 'ES512') }
const ed = generateKeyPairSync('ed25519')
const edJwk = ed.publicKey.export({ format: 'jwk' })

const input = Buffer.from('a signing input')

function signed(algorithm: Algorithm, key: KeyObject, data: Uint8Array = input): Buffer {
  const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(algorithm.slice(2)) / 8 }
  return sign(hash, data, { key, dsaEncoding: 'ieee-p1363', ...(algorithm.startsWith('PS') ? pss : {}) })
}

const keys: [Algorithm, object, KeyObject][] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map(
    (algorithm): [Algorithm, object, KeyObject] => [
      algorithm,
      { ...rsa.jwk, alg: algorithm },
      rsa.privateKey,
    ],
  ),
  ...(['ES256', 'ES384', 'ES512'] as const).map((algorithm): [Algorithm, object, KeyObject] => [
    algorithm,
    ec[algorithm].jwk,
    ec[algorithm].privateKey,
  ]),
  ['EdDSA', edJwk, ed.privateKey],
]

for (const [name, engine] of engines) {
  t.test(`${name}: a signature that starts with zeros has one spelling`, async t => {
    for (const [algorithm, jwk, privateKey] of keys.filter(([algorithm]) => algorithm.startsWith('PS'))) {
      const key = await engine(jwk, algorithm)
      let signature = signed(algorithm, privateKey)
      while (signature[0] !== 0) signature = signed(algorithm, privateKey)
      t.equal(await key.verify(input, signature), true, algorithm)
      t.equal(await key.verify(input, signature.subarray(1)), false, `${algorithm}: without its zero`)
    }
  })

  t.test(`${name}: every algorithm, and only its own signatures`, async t => {
    for (const [algorithm, jwk, privateKey] of keys) {
      const key = await engine(jwk, algorithm)
      const signature = signed(algorithm, privateKey)
      const half = signature.length / 2
      const { r, s } = { r: signature.subarray(0, half), s: signature.subarray(half) }
      const cases: [string, Uint8Array, Uint8Array, boolean][] = [
        ['its signature', input, signature, true],
        ['another input', Buffer.from('another'), signature, false],
        ['no input', Buffer.alloc(0), signature, false],
        ['no signature', input, Buffer.alloc(0), false],
        ['zeros', input, Buffer.alloc(signature.length), false],
        ['ones', input, Buffer.alloc(signature.length, 0xff), false],
        ['a byte less', input, signature.subarray(1), false],
        ['a byte less at the end', input, signature.subarray(0, -1), false],
        ['a byte more', input, Buffer.concat([signature, Buffer.alloc(1)]), false],
        ['a zero in front', input, Buffer.concat([Buffer.alloc(1), signature]), false],
        ['halves changed over', input, Buffer.concat([s, r]), false],
        ['first half zero', input, Buffer.concat([Buffer.alloc(half), s]), false],
        ['second half zero', input, Buffer.concat([r, Buffer.alloc(half)]), false],
        [
          'halves one',
          input,
          Buffer.alloc(signature.length)
            .fill(1, half - 1, half)
            .fill(1, 2 * half - 1),
          false,
        ],
      ]
      t.equal(key.algorithm, algorithm)
      for (const [what, data, bytes, expected] of cases) {
        t.equal(await key.verify(data, bytes), expected, `${algorithm}: ${what}`)
      }
      for (let i = 0; i < 20; i++) {
        const data = Buffer.from(`${i}`)
        t.equal(
          await key.verify(data, signed(algorithm, privateKey, data)),
          true,
          `${algorithm}: whatever its numbers' length`,
        )
      }
    }
  })

  t.test(`${name}: ES256, the edges of r and s`, async t => {
    const key = await engine(ec.ES256.jwk, 'ES256')
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const bytes = (value: bigint, length = 64) =>
      Buffer.from(value.toString(16).padStart(length, '0').slice(-length), 'hex')
    const signature = signed('ES256', ec.ES256.privateKey)
    const [r, s] = [0, 32].map(at => BigInt(`0x${signature.subarray(at, at + 32).toString('hex')}`)) as [
      bigint,
      bigint,
    ]
    for (const [a, b] of [
      [0n, 0n],
      [0n, 1n],
      [1n, 0n],
      [1n, 1n],
      [n, n],
      [n, 1n],
      [0n, n],
      [n - 1n, n - 1n],
      [n + 1n, 1n],
      [r, 0n],
      [r, n],
      [0n, s],
      [n, s],
    ] as const) {
      t.equal(await key.verify(input, Buffer.concat([bytes(a), bytes(b)])), false)
    }
    t.equal(
      await key.verify(input, Buffer.concat([bytes(r), bytes(n - s)])),
      true,
      'the twin with the other s is as good (row 7)',
    )
    const der = sign('sha256', input, ec.ES256.privateKey)
    t.equal(await key.verify(input, der), false, 'DER')
    t.equal(await key.verify(input, Buffer.concat([bytes(r + n, 66), bytes(s, 66)])), false, 'r + n')
    t.equal(
      await key.verify(input, Buffer.concat([bytes(r, 66), bytes(s, 66)])),
      false,
      'numbers of 33 bytes',
    )
  })

  t.test(`${name}: which keys are refused`, async t => {
    const { n, e } = rsa.jwk as { n: string; e: string }
    const bare = { kty: 'RSA', n, e }
    const point = ec.ES256.jwk as { x: string; y: string; crv: string }
    const privateRsa = rsa.privateKey.export({ format: 'jwk' })
    const flip = (text: string) => `${text.slice(0, -2)}${text.at(-2) === 'A' ? 'B' : 'A'}${text.at(-1)}`
    const hexOf = (text: string) => Buffer.from(text, 'base64url').toString('hex')
    const ofHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
    const odd = (bits: number) =>
      ofHex(((1n << BigInt(bits - 1)) + 1n).toString(16).padStart(2 * Math.ceil(bits / 8), '0'))
    const small = rsaPair(2040).jwk as { n: string }
    const cases: [string, Algorithm, unknown][] = [
      ...[undefined, null, 1, 'x', '', [], [rsa.jwk], {}].map((source): [string, Algorithm, unknown] => [
        JSON.stringify(source)?.slice(0, 9),
        'RS256',
        source,
      ]),
      ['no modulus', 'RS256', { ...bare, n: undefined }],
      ['a modulus that is no text', 'RS256', { ...bare, n: 1 }],
      ['a modulus that is no base64', 'RS256', { ...bare, n: `${n.slice(0, -1)}~` }],
      [
        'a modulus with spare bits',
        'RS256',
        { ...bare, n: `${n.slice(0, -1)}${n.endsWith('x') ? 'z' : 'x'}` },
      ],
      ['an empty modulus', 'RS256', { ...bare, n: '' }],
      ['2040 bits', 'RS256', small],
      ['2047 bits', 'RS256', { ...bare, n: odd(2047) }],
      ['8193 bits', 'RS256', { ...bare, n: odd(8193) }],
      ['zeros in front do not make it longer', 'RS256', { ...small, n: ofHex(`0000${hexOf(small.n)}`) }],
      ['an even modulus', 'RS256', { ...bare, n: ofHex(hexOf(n).replace(/.$/, '2')) }],
      [
        'a modulus with the fingerprint of CVE-2017-15361',
        'RS256',
        { ...bare, n: ofHex(roca().toString(16)) },
      ],
      ['no exponent', 'RS256', { ...bare, e: undefined }],
      ['exponent 0', 'RS256', { ...bare, e: 'AA' }],
      ['exponent 1', 'RS256', { ...bare, e: 'AQ' }],
      ['exponent 2', 'RS256', { ...bare, e: 'Ag' }],
      ['exponent 65536', 'RS256', { ...bare, e: 'AQAA' }],
      ['exponent of 33 bits', 'RS256', { ...bare, e: 'AQAAAAE' }],
      ['private', 'RS256', privateRsa],
      ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member): [string, Algorithm, unknown] => [
        `private, ${member} only`,
        'RS256',
        { ...bare, [member]: 'AQAB' },
      ]),
      ['symmetric', 'RS256', { kty: 'oct', k: 'AAAA' }],
      ['another type', 'RS256', ec.ES256.jwk],
      ['a type nobody knows', 'RS256', { ...bare, kty: 'RSA2' }],
      ['type in small letters', 'RS256', { ...bare, kty: 'rsa' }],
      ['no type', 'RS256', { n, e }],
      ['a curve', 'RS256', { ...bare, crv: 'P-256' }],
      ...['RS512', 'PS256', 'RSA-OAEP', 'none', 'HS256', '', null, 1, ['RS256']].map(
        (alg): [string, Algorithm, unknown] => [`alg ${JSON.stringify(alg)}`, 'RS256', { ...bare, alg }],
      ),
      ...['enc', 'SIG', '', null, 1, ['sig']].map((use): [string, Algorithm, unknown] => [
        `use ${JSON.stringify(use)}`,
        'RS256',
        { ...bare, use },
      ]),
      ...[[], ['sign'], ['encrypt', 'wrapKey'], 'verify', null, {}, [['verify']]].map(
        (key_ops): [string, Algorithm, unknown] => [
          `key_ops ${JSON.stringify(key_ops)}`,
          'RS256',
          { ...bare, key_ops },
        ],
      ),
      ['off its curve', 'ES256', { ...point, kty: 'EC', y: flip(point.y) }],
      ['the point (0, 0)', 'ES256', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
      ['another curve', 'ES256', ec.ES384.jwk],
      ['called another curve', 'ES256', { ...point, kty: 'EC', crv: 'P-384' }],
      [
        'secp256k1',
        'ES256',
        { ...generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }) },
      ],
      ['no curve', 'ES256', { kty: 'EC', x: point.x, y: point.y }],
      ['no y', 'ES256', { kty: 'EC', crv: 'P-256', x: point.x }],
      ['a short coordinate', 'ES256', { ...point, kty: 'EC', x: point.x.slice(0, -2) }],
      ['a long coordinate', 'ES256', { ...point, kty: 'EC', x: `${point.x}AAAA` }],
      ['a private point', 'ES256', ec.ES256.privateKey.export({ format: 'jwk' })],
      ['P-256 for ES384', 'ES384', { ...point, kty: 'EC' }],
      ['Ed448', 'EdDSA', generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' })],
      ['X25519', 'EdDSA', { ...edJwk, crv: 'X25519' }],
      ['a short Ed25519 key', 'EdDSA', { ...edJwk, x: edJwk.x?.slice(0, -4) }],
    ]
    for (const [what, algorithm, source] of cases) {
      await t.rejects(
        Promise.resolve().then(() => engine(source, algorithm)),
        `${algorithm}: ${what}`,
      )
    }
  })

  t.test(`${name}: which keys are taken`, async t => {
    const { n, e } = rsa.jwk as { n: string; e: string }
    const standard = Buffer.from(n, 'base64url').toString('base64')
    const large = rsaPair(3072)
    const three = rsaPair(2048, 3)
    const cases: [string, object, KeyObject][] = [
      ['without alg, use and kid', { kty: 'RSA', n, e }, rsa.privateKey],
      [
        'in standard base64 with padding, as identity pools do',
        { kty: 'RSA', n: standard, e },
        rsa.privateKey,
      ],
      ['with members that nobody knows', { ...rsa.jwk, x5c: ['?'], x5t: '?', issuer: 1 }, rsa.privateKey],
      ['key_ops verify', { ...rsa.jwk, key_ops: ['verify'] }, rsa.privateKey],
      ['3072 bits', large.jwk, large.privateKey],
      ['exponent 3', three.jwk, three.privateKey],
    ]
    for (const [what, source, privateKey] of cases) {
      const key = await engine(source, 'RS256')
      t.equal(await key.verify(input, signed('RS256', privateKey)), true, what)
    }
    const modulus = Buffer.alloc(1024, 0xff)
    t.type(await engine({ kty: 'RSA', n: modulus.toString('base64url'), e }, 'RS256'), 'object', '8192 bits')
  })
}

for (const [name, read] of readers) {
  t.test(`${name}: PEM`, async t => {
    const importing = async (pem: string, algorithm: Algorithm) =>
      importKey(await read(pem, algorithm), algorithm)
    const spki = ec.ES256.publicKey.export({ type: 'spki', format: 'pem' }) as string
    const rsaSpki = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
    const other = ecPair().publicKey.export({ type: 'spki', format: 'pem' }) as string
    const fine = [spki, spki.trim(), spki.replaceAll('\n', '\r\n'), `${spki}\n`]
    for (const pem of fine) {
      const key = await importing(pem, 'ES256')
      t.equal(await key.verify(input, signed('ES256', ec.ES256.privateKey)), true)
    }
    const [head, body, foot] = [spki.slice(0, 27), spki.slice(27, -25), spki.slice(-25)]
    const wrong: [string, string][] = [
      ['nothing', ''],
      ['a web page', '<!doctype html>'],
      ['JSON', '{"keys":[]}'],
      ['a private key', ec.ES256.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
      ['an old private key', ec.ES256.privateKey.export({ type: 'sec1', format: 'pem' }) as string],
      ['PKCS #1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string],
      ['two blocks', spki + other],
      ['the same block twice', spki + spki],
      ['a text in front', `x${spki}`],
      ['a line in front', `\n${spki}`],
      ['a text behind', `${spki}x`],
      ['a text behind, in the alphabet', `${spki}AAAA`],
      ['no body', `${head}${foot}`],
      ['a cut body', `${head}${body.slice(0, 40)}\n${foot}`],
      ['an RSA key', rsaSpki],
      ['another curve', ec.ES384.publicKey.export({ type: 'spki', format: 'pem' }) as string],
      ['DER', ec.ES256.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1')],
    ]
    for (const [what, pem] of wrong) await t.rejects(importing(pem, 'ES256'), what)
    t.equal(await (await importing(rsaSpki, 'RS256')).verify(input, signed('RS256', rsa.privateKey)), true)
  })
}

t.test(
  'node:crypto answers at once, on the thread pool when there is more than a turn should take',
  async t => {
    const key = importKey(rsa.jwk, 'RS256') as VerificationKey
    t.ok(key.isImmediate)
    const signature = signed('RS256', rsa.privateKey)
    const scratch = { input: Buffer.from(input), signature: Buffer.from(signature) }
    const answers = Array.from({ length: 50 }, () => key.verify(scratch.input, scratch.signature, true))
    scratch.input.fill(0)
    scratch.signature.fill(0)
    t.equal(answers[0], true)
    t.ok(answers.at(-1) instanceof Promise)
    t.same(
      await Promise.all(answers.map(async answer => answer)),
      Array(50).fill(true),
      'and has copied what it needs',
    )
    t.same(
      Array.from({ length: 50 }, () => key.verify(input, signature)),
      Array(50).fill(true),
      'never a promise for who cannot wait',
    )
    await new Promise(setImmediate)
    t.equal(key.verify(input, signature, true), true, 'the next turn has its own share')
  },
)

/** A number of 2,048 bits that is a power of 65537 by every small prime. */
function roca(): bigint {
  const primes = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
  ]
  const product = primes.reduce((all, prime) => all * BigInt(prime), 2n)
  return ((1n << 2047n) / product + 1n) * product + 65537n
}

for (const [name, change] of [
  ['without a way to ask for it', { process: { getBuiltinModule: undefined } }],
  [
    'where asking throws',
    {
      process: {
        getBuiltinModule: () => {
          throw new Error('not supported')
        },
      },
    },
  ],
  ['in an edge runtime', { globalThis: { EdgeRuntime: 'edge-runtime' } }],
] as const) {
  t.test(`${name} there are WebCrypto and what every runtime has`, async t => {
    const { getBuiltinModule } = process
    t.teardown(() => {
      Object.assign(process, { getBuiltinModule })
      Reflect.deleteProperty(globalThis, 'EdgeRuntime')
    })
    if ('process' in change) Object.assign(process, change.process)
    else Object.assign(globalThis, change.globalThis)
    // What a module that is loaded afresh imports is loaded afresh, too.
    const mark = `?${encodeURIComponent(name)}`
    const hook = `export async function resolve(specifier, context, next) {
      const found = await next(specifier, context)
      const isAfresh = context.parentURL?.endsWith('${mark}') && specifier.startsWith('.')
      return isAfresh ? { ...found, url: found.url + '${mark}' } : found
    }`
    register(`data:text/javascript,${encodeURIComponent(hook)}`)
    const afresh = (file: string) => import(new URL(`../../src/${file}${mark}`, import.meta.url).href)
    const { importKey: bare } = (await afresh(
      'crypto/import-key.js',
    )) as typeof import('../../src/crypto/import-key.js')
    const { importPem } = (await afresh('crypto/pem.js')) as typeof import('../../src/crypto/pem.js')
    const encoding = (await afresh('token/encoding.js')) as typeof import('../../src/token/encoding.js')
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
    for (const key of [await bare(rsa.jwk, 'RS256'), await importPem(pem, 'RS256')]) {
      t.notOk(key.isImmediate, 'it is given copies')
      const answer = key.verify(input, signed('RS256', rsa.privateKey))
      t.ok(answer instanceof Promise)
      t.equal(await answer, true)
    }
    t.equal(encoding.nodeCodec, undefined)
  })
}

t.test('an algorithm that node:crypto cannot verify here is left to WebCrypto', async t => {
  const { getBuiltinModule } = process
  t.teardown(() => Object.assign(process, { getBuiltinModule }))
  const verify: typeof crypto.verify = (algorithm, data, key, signature) => {
    if (!(key instanceof KeyObject)) throw new TypeError('The "options.key" property must be of type string')
    return crypto.verify(algorithm, data, key, signature)
  }
  Object.assign(process, {
    getBuiltinModule: (name: string) =>
      name === 'node:crypto' ? { ...crypto, verify } : getBuiltinModule.call(process, name),
  })
  const afresh = new URL('../../src/crypto/import-key.js?limited', import.meta.url).href
  const limited = ((await import(afresh)) as typeof import('../../src/crypto/import-key.js')).importKey
  for (const [algorithm, jwk, privateKey] of keys) {
    const key = await limited(jwk, algorithm)
    const answer = key.verify(input, signed(algorithm, privateKey))
    t.equal(answer instanceof Promise, algorithm.startsWith('PS'), algorithm)
    t.equal(await answer, true, algorithm)
  }
})
