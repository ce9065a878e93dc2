import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'

/** A public key as a user pool publishes it (Verifying JSON web tokens, Amazon Cognito Developer Guide). */
export interface TestJwk {
  /** Standard base64, not base64url: it may hold `+`, `/` and ends with `=`. */
  readonly kid: string
  readonly alg: 'RS256'
  readonly kty: 'RSA'
  readonly e: string
  readonly n: string
  readonly use: 'sig'
}

/** A key that a test issuer signs with. */
export interface TestKey {
  readonly jwk: TestJwk
  /** The signature of a signing input, RS256 unless another hash is named, in base64url. */
  readonly sign: (signingInput: string, hash?: 'sha256' | 'sha512') => string
}

/**
 * A key that is not among those in use: a stored key, which takes no time to make, as long as there is one.
 * Stored keys are used in turn, so that two issuers in one process have different ones.
 */
export function nextTestKey(taken: readonly TestKey[]): TestKey {
  for (const _ of primes) {
    const key = storedKey(turn++ % primes.length)
    if (!taken.includes(key)) return key
  }
  return testKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
}

let turn = 0

const storedKeys: TestKey[] = []

function storedKey(index: number): TestKey {
  const [p, q] = primes[index] as readonly [string, string]
  storedKeys[index] ??= testKey(createPrivateKey({ key: rsaJwk(toBigInt(p), toBigInt(q)), format: 'jwk' }))
  return storedKeys[index]
}

/** A signing key from an RSA private key, with a `kid` in the form of user pools. */
export function testKey(privateKey: KeyObject): TestKey {
  const { e, n } = privateKey.export({ format: 'jwk' }) as { e: string; n: string }
  const kid = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64')
  return {
    jwk: Object.freeze({ kid, alg: 'RS256', kty: 'RSA', e, n, use: 'sig' }),
    sign: (signingInput, hash = 'sha256') =>
      sign(hash, Buffer.from(signingInput), privateKey).toString('base64url'),
  }
}

/** The whole private key from its two primes (RFC 8017 section 3.2). */
function rsaJwk(p: bigint, q: bigint): JsonWebKey {
  const e = 65537n
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  return Object.fromEntries([['kty', 'RSA'], ...Object.entries(numbers).map(([k, v]) => [k, toBase64url(v)])])
}

/** The inverse of `a` modulo `m`, by the extended Euclidean algorithm. */
function inverse(a: bigint, m: bigint): bigint {
  let [r, nextR, x, nextX] = [m, a % m, 0n, 1n]
  while (nextR !== 0n) {
    const quotient = r / nextR
    ;[r, nextR] = [nextR, r - quotient * nextR]
    ;[x, nextX] = [nextX, x - quotient * nextX]
  }
  return ((x % m) + m) % m
}

const toBigInt = (base64url: string) => BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`)

const toBase64url = (value: bigint) => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

// The two primes of each stored key. Everybody can read them, so src/jwks/test-keys.ts knows them all and
// userPool refuses them. Picked so that every kid holds `+`, `/` and `=`.
const primes: readonly (readonly [p: string, q: string])[] = [
  [
    '4wBs8Ipa_1q6meqWzoNanZGOPMmNnYkbXoNILutmWIP77txjFhRqEUQUqBtS1FFBbs8bV5rqROdbyIg3pcuwGs1ECKsWqdujsufBemZLu1tbBV8XkcwcFLvXa8yYjGvjssQpsVJ00EAP-4X2R5f1U5y9TQVROFal-Lar-lHseec',
    '1fktubbZUBXQrg0dYe7Drf3N4vWOhxuYrUaPrq9TOU6bGh0Oq-iuwvRGzzyFgQCc68SW9vrzKPEAW4tME5p4CH5UncrwV4TSsl9OvLSszK98kAml4EfEAUuaUWp2q4Oj3nUx9AYT5Udce0iEiJE1eYoaOZcG0x9xCQYTSlhHD3k',
  ],
  [
    '6IZqj2JF4IZXK1t8ruwAf8zOD8f1cdOQ0lXk8sREU-Sd71cgpUeoNSLLgFiN96byVhXpehwgkQNIos-MGmPtGzFwz_bdpBXN7-yof9us-g3qzzBlOchAlABw23en6Y_cyGdKd1tSC7mKXV4akCMqiCFbo6RFr7iWUWD_GQ5gnts',
    'tzGyBNUkwIkeGcUn9L4VV9dtCxlljELKh06JEo-uS4yf-FNlj_yOMj6ATqv2r9xLHSQVhOCYEw7-B491nBi0dNzF0bL56mATh5Mia-l243o2s8dEgAIZH7pNV40FvCQotF_JCMSnRcKipuiVUmDS3JJ2gtvN0cwndSV_PXfe0hE',
  ],
  [
    '5z5-8p3xJ2ZCk0LhV5MdKj8s7_XWUGweQ_AfwSjcBRAeaLqVi2UIiX7QC4h8pIw-alNRm4XIzYMN_5-ekGx9TR5tx8LV7VyLENIICQmuWu-tAo9Usn9cpMrwA7pLXkl9r1O0H3ax8PyPMOS_BoA3Oe-KbwJTpyCLB2-R9E8Lf_k',
    'wC-W6y_WhJFPuPUfFrrIyGS2cEXEow7XcfGPGQJ5zzloyLimD5d0rS2hopjzh2OW5wN6ASVQSMnU81gUOJq8ajgxHOgivz3A_cV4Q2PLK8xkbE_KfFRaLsQMKkwkZSdR0V6FGWRNTpX9ZljSFa2e04NitpxRJfonioRQApmazWc',
  ],
  [
    '4cGQaos89Fh8I6mS5uVymRNgX3Vvw2-F77nW5VEjFghcKH7b1KGCQJib1FiQN1qaTwoP5bFG_dVk1sWwlgkQKfZ-Ooqfc5H71KY-jO6x4EeKIz8OnKZ6tBSmYwj0hRZxxvEmKBYA-45jxgnyk2FwGq9UCjWhumJNokz2VhiLYSE',
    'u1f2yegoqs5MRxz8ksG3VS3ZM2Y39d1fRG4jC5oAl-IWLSJgEMfJ8lHJrWJp3rMOWOHPmYCKGYOpjVkAufrblmdc-tYYZ7qqziumczJSZxHTBnQJZtdZ68A_68vOT2qXB3tNe9sSJA59kndE3BHIbMWR4912UmHjwm63YMHzhV0',
  ],
  [
    '7a69aSo1_uJPQlQJpyFWtZotZkSUepexcYyl-zcjE4dwe1CAJXhBCfe3oKSHGzsah2q9aqlxmO4aHViMxrvTrUn1KDCDBiapd3WV9exCdL_qTP7WPsi64B76vhOafWN263fpmjlko2HyZZVqBz8rSkVicoI8166LOZkulr04DIU',
    'zVhBD14ZwabfhFMwgzN1xi2mi0xsS9uQOYWhJLRLbNEq9NKISrLddBqTAQDXZevpD8fUJ0pF_Apyusi6P_DFIVfquCeutHwq3E1m9CEOL0w8BrEL3pvSE6psbsolzKSI2AjqBmMYlaaUyLFVo25hw6No5gYUSdGVgI8l9WJKQRU',
  ],
  [
    '0CGtfGFPL6BAWOLOTiJmYKcwoLSuSlRRMkXVm1JzlckWHddL6ZnmVGz4ZeEalyzFWddxA-SJXaHCefhZ3c87eNMYqBbgFDwvUQtdTGFFIBsyMhEaSr2R5sHzfJW-zp0re2UIBtKBJLI_UtYDWBuuIXhedoHJmHG9crmEIjnzGfs',
    'y9Uz6KkOJHluG7lietxb_h57ezQknU2UrkmazpWHrPKiVUIOfhFkRmmoElfwhCMg1O98DsKDnBg0o4kOIwNB5kyBXkFyZ_FvSvryzd-d4LYE1OCzN1KQhs0o9BGjluZk6Dczte4shVvDpHjpVOZNVVWr7uVKweMAuqKthUR0u9M',
  ],
  [
    '7SFrq8srnlerdxCKqJ-8X7z55fFzaqTnMfdudYsFOO0HICI1hGeYww3YTrsPLzeOtWgd_kOXvg1iScEmW4W9KQ6-1bEGn6x8IezFHO1wWMi2FPKAN6zH66u8GlOwxZ6IoVholNM5zIiOE_DQHn_ooo7shoSaOBNTWE3TWgTGQKs',
    '1DCmMeEfp8TOaADPXlL25Q13pQrFx6XcnichA3udFibfT9YT-S4Ab4AJ8y7B3MXxKwPDCuOTG4c-UxxBA5kyycJWVIwiKJuFlO0H2JvHs7L7jRTIPVvqzm9emqgxNZ9ukfcayTFT1VQts26vj9nyVFZ0e_vUY3LmvWq7mRnuIps',
  ],
  [
    'xBbNaJngWwEi3cgZx-CnOWFdsh9mnjN82d961iQ_sUiQaa3ubz8m8UY_wjcBRAgcW-tcmrQkvoSMsevBsRLoGGyPwB21G879f2jGL4fi7EuMMiRnaFZxK-07fXmi4IlC-Un19jH1hBKnanN8CFkasBxhCS8Z_Ahg5JiVs5HppKE',
    't8skAoMc3ZCwju1ABtAqJ7jmu-Had5RPsHjxgcZ_Ks1u771CNFDSkT3Kaw04f5wTIe7wX-aQEP2kv55giXN1PNI4COeMTuis5lQt3WlJLRaPQYo1VszuoB2kxZE3_MH0R_QVI9VTobQ8at8v1j6IcCcI_LHfKyOQF1WEc7lyX3c',
  ],
]
