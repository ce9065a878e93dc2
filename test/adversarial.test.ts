import { constants, sign } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import {
  AuthError,
  allowAnonymous,
  createGuard,
  createVerifier,
  hasScope,
  inGroup,
  type RequestView,
  type TrustedIssuer,
  type UserPoolOptions,
  userPool,
  type VerificationKey,
} from 'cognito-guard'
import { createTestIssuer } from 'cognito-guard/testing'
import t from 'tap'
import { importKey } from '../src/crypto/import-key.js'
import { keySet } from '../src/jwks/jwks.js'
import { forgeries } from './forgeries.js'
import {
  base64url,
  claimsOf,
  clientId,
  clock,
  codeOf,
  ecPair,
  foreign,
  headerOf,
  issuer,
  json,
  type KeyPair,
  now,
  own,
  pool,
  rsaPair,
  seal,
  sealEs256,
  token,
  userPoolId,
  verifierOf,
} from './mint.js'

// The weaknesses of other libraries, row by row. Rows about one adapter or one kind of issuer are tested there.

const titles: Readonly<Record<number, string>> = {
  1: 'alg none',
  2: 'the public key as the secret of an HMAC',
  4: 'an algorithm that the key is not for',
  5: 'alg of another type, names that objects inherit',
  6: 'signatures that are none',
  14: 'keys that a token brings along',
  15: 'kid',
  16: 'crit',
  17: 'b64',
  18: 'typ, cty, zip, enc, JWE',
  19: 'length',
  20: 'structure',
  21: 'base64url',
  22: 'text that is not UTF-8, or not Unicode',
  23: 'duplicate members',
  24: 'names that change what an object is',
  25: 'depth and width',
  26: 'JSON that is no object, or no JSON',
  27: 'exp',
  28: 'nbf, iat, auth_time',
  29: 'iss',
  30: 'client_id, aud, token_use',
  31: 'types of the claims that decisions are made from',
}

/** A verifier of the pool, with counts of key lookups and signature checks. */
function watched(pair: KeyPair = own) {
  const seen = { keys: 0, checks: 0 }
  const { verify } = importKey(pair.jwk, 'RS256') as VerificationKey
  const key: VerificationKey = {
    algorithm: 'RS256',
    verify(...bytes) {
      seen.checks++
      return verify(...bytes)
    },
  }
  const keys: TrustedIssuer['keys'] = kid => {
    seen.keys++
    if (kid !== pair.jwk.kid) throw new AuthError('ERR_TOKEN_KEY')
    return key
  }
  return { seen, verifier: verifierOf([{ ...pool(), keys }]) }
}

for (const [row, title] of Object.entries(titles)) {
  t.test(`row ${row}: ${title}`, async t => {
    const cases = forgeries.filter(forgery => forgery.row === Number(row))
    t.ok(cases.length > 1)
    const { seen, verifier } = watched()
    verifier.verifySync(token())
    const direct = verifierOf()
    for (const { name, token: forged, code } of cases) {
      Object.assign(seen, { keys: 0, checks: 0 })
      t.equal(
        codeOf(() => verifier.verifySync(forged)),
        code,
        name,
      )
      t.equal(
        codeOf(() => direct.verifySync(forged)),
        code,
      )
      if (code === 'ERR_TOKEN_SIGNATURE') t.same(seen, { keys: 1, checks: 1 }, 'one signature check')
      else if (code === 'ERR_TOKEN_KEY') t.same(seen, { keys: 1, checks: 0 }, 'no signature check')
      else t.same(seen, { keys: 0, checks: 0 }, 'no key, no signature check')
    }
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf({ jti: `after row ${row}` })))),
      undefined,
      'a good token is still accepted',
    )
  })
}

t.test('row 2: there is no code for an HMAC, for decryption or for decompression', async t => {
  const root = new URL('../../', import.meta.url)
  const words =
    /createHmac|createSecretKey|createDecipher|privateDecrypt|compactDecrypt|jwtDecrypt|node:zlib|DecompressionStream|'HS\d|eval\(|new Function/
  const adapters = readdirSync(new URL('adapters', root), { recursive: true, encoding: 'utf8' })
  const reached = new Set<string>()
  const follow = (file: URL) => {
    if (reached.has(file.href)) return
    reached.add(file.href)
    const source = readFileSync(file, 'utf8')
    t.notMatch(source, words, file.href.slice(root.href.length))
    for (const [, path = ''] of source.matchAll(/(?:from |import\(?)'(\.[^']+)\.js'/g))
      follow(new URL(`${path}.ts`, file))
  }
  follow(new URL('src/index.ts', root))
  for (const name of adapters) if (name.endsWith('.ts')) follow(new URL(`adapters/${name}`, root))
  t.ok(reached.size > 30)
})

t.test('rows 3 and 4: a key without alg is bound to the issuer’s algorithms, one key for each', async t => {
  const { kid, kty, n, e } = own.jwk
  const issuerOf = (algorithms: TrustedIssuer['algorithms'], jwk: object): TrustedIssuer => ({
    issuers: [issuer],
    algorithms,
    keys: keySet({ url: 'https://x.example', algorithms, jwks: { keys: [jwk] }, offline: true }),
    validate: (_header, claims) => claims,
  })
  const pss = (alg: string) => {
    const input = `${base64url(json(headerOf({ alg })))}.${base64url(json(claimsOf()))}`
    const options = { key: own.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`
  }
  const bare = { kid, kty, n, e }
  const cases: [string, TrustedIssuer, string, string | undefined][] = [
    ['RS256 only, RS256', issuerOf(['RS256'], bare), token(), undefined],
    ['RS256 only, PS256', issuerOf(['RS256'], bare), pss('PS256'), 'ERR_TOKEN_ALGORITHM'],
    ['both, RS256', issuerOf(['RS256', 'PS256'], bare), token(), undefined],
    ['both, PS256', issuerOf(['RS256', 'PS256'], bare), pss('PS256'), undefined],
    ['both, PS256 called RS256', issuerOf(['RS256', 'PS256'], bare), pss('RS256'), 'ERR_TOKEN_SIGNATURE'],
    [
      'both, key for RS256, PS256',
      issuerOf(['RS256', 'PS256'], { ...bare, alg: 'RS256' }),
      pss('PS256'),
      'ERR_TOKEN_KEY',
    ],
    [
      'both, key for PS256, RS256',
      issuerOf(['RS256', 'PS256'], { ...bare, alg: 'PS256' }),
      token(),
      'ERR_TOKEN_KEY',
    ],
    [
      'RSA and curve, RS256 called ES256',
      issuerOf(['RS256', 'ES256'], bare),
      token(claimsOf(), headerOf({ alg: 'ES256' })),
      'ERR_TOKEN_KEY',
    ],
  ]
  for (const [name, trusted, candidate, code] of cases)
    t.equal(
      codeOf(() => verifierOf([trusted]).verifySync(candidate)),
      code,
      name,
    )
})

t.test('rows 6 and 7: ES256 through the whole verifier', async t => {
  const pair = ecPair()
  const key = importKey(pair.jwk, 'ES256') as VerificationKey
  const verifier = verifierOf([
    { issuers: [issuer], algorithms: ['ES256'], keys: () => key, validate: (_header, claims) => claims },
  ])
  const input = `${base64url(json({ kid: 'x', alg: 'ES256' }))}.${base64url(json(claimsOf()))}`
  const good = sealEs256(input, pair)
  const bytes = Buffer.from(good.slice(input.length + 1), 'base64url')
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const number = (value: bigint, width = 32) =>
    Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex')
  const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)].map(half =>
    BigInt(`0x${half.toString('hex')}`),
  ) as [bigint, bigint]
  const edge = [0n, 1n, n - 1n, n, n + 1n, (1n << 256n) - 1n]
  const cases: [string, Buffer][] = [
    ...edge.flatMap(a =>
      edge.map((b): [string, Buffer] => [`r ${a}, s ${b}`, Buffer.concat([number(a), number(b)])]),
    ),
    ['DER', sign('sha256', Buffer.from(input), pair.privateKey)],
    ['63 bytes', bytes.subarray(1)],
    ['65 bytes', Buffer.concat([bytes, Buffer.alloc(1)])],
    ['66 bytes, r + n', Buffer.concat([number(r + n, 33), number(s, 33)])],
    ['66 bytes', Buffer.concat([number(r, 33), number(s, 33)])],
    ['128 bytes', Buffer.concat([bytes, bytes])],
    ['changed over', Buffer.concat([number(s), number(r)])],
  ]
  t.equal(
    codeOf(() => verifier.verifySync(good)),
    undefined,
  )
  for (const [name, signature] of cases) {
    t.equal(
      codeOf(() => verifier.verifySync(`${input}.${base64url(signature)}`)),
      'ERR_TOKEN_SIGNATURE',
      name,
    )
  }
  const twin = `${input}.${base64url(Buffer.concat([number(r), number(n - s)]))}`
  t.equal(
    codeOf(() => verifier.verifySync(twin)),
    undefined,
    'row 7: s and n - s are both legal, so the text of a token is nobody’s identity',
  )
})

t.test('rows 8 to 13: what is in a key set', async t => {
  const { kid, ...bare } = own.jwk
  const weak = rsaPair(1024)
  const large = rsaPair(4096)
  const three = rsaPair(2048, 3)
  const sound = { ...foreign.jwk, kid: 'sound' }
  const cases: [string, object[], KeyPair, string | undefined, string[]][] = [
    ['row 8: 1024 bits', [weak.jwk], weak, 'ERR_TOKEN_KEY', ['unusable']],
    ['row 8: 4096 bits', [large.jwk], large, undefined, []],
    ['row 8: exponent 3', [three.jwk], three, undefined, []],
    ['row 8: exponent 1', [{ ...own.jwk, e: 'AQ' }], own, 'ERR_TOKEN_KEY', ['unusable']],
    ['row 8: even exponent', [{ ...own.jwk, e: 'AQAA' }], own, 'ERR_TOKEN_KEY', ['unusable']],
    ['row 9: a curve', [{ ...ecPair().jwk, kid }], own, 'ERR_TOKEN_KEY', ['unusable']],
    [
      'row 9: off its curve',
      [{ ...ecPair().jwk, y: ecPair().jwk.y, kid }],
      own,
      'ERR_TOKEN_KEY',
      ['unusable'],
    ],
    ['row 10: for encryption', [{ ...own.jwk, use: 'enc' }], own, 'ERR_TOKEN_KEY', ['unusable']],
    ['row 10: for signing', [{ ...own.jwk, key_ops: ['sign'] }], own, 'ERR_TOKEN_KEY', ['unusable']],
    ['row 10: for nothing', [{ ...own.jwk, key_ops: [] }], own, 'ERR_TOKEN_KEY', ['unusable']],
    [
      'row 11: private',
      [{ ...own.privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }],
      own,
      'ERR_TOKEN_KEY',
      ['secret'],
    ],
    ['row 11: symmetric', [{ kty: 'oct', k: 'AAAA', kid, alg: 'HS256' }], own, 'ERR_TOKEN_KEY', ['secret']],
    ['row 11: called RSA, with a secret', [{ ...own.jwk, k: 'AAAA' }], own, 'ERR_TOKEN_KEY', ['secret']],
    ['row 11: a prime of it', [{ ...own.jwk, p: 'AAAA' }], own, 'ERR_TOKEN_KEY', ['secret']],
    ['row 12: one ID, two keys', [own.jwk, { ...rsaPair().jwk, kid }], own, 'ERR_TOKEN_KEY', ['ambiguous']],
    [
      'row 12: one ID, two keys, the other way round',
      [{ ...rsaPair().jwk, kid }, own.jwk],
      own,
      'ERR_TOKEN_KEY',
      ['ambiguous'],
    ],
    [
      'row 12: one ID, three keys',
      [own.jwk, { ...rsaPair().jwk, kid }, { ...rsaPair().jwk, kid }],
      own,
      'ERR_TOKEN_KEY',
      ['ambiguous'],
    ],
    ['row 12: the same twice', [own.jwk, { ...own.jwk, x5t: 'another member' }], own, undefined, []],
    [
      'row 12: one ID, one of them unusable',
      [own.jwk, { ...own.jwk, use: 'enc' }],
      own,
      undefined,
      ['unusable'],
    ],
    [
      'row 13: of another type',
      [{ kty: 'XYZ', kid: 'a' }, { kty: 'AKP', alg: 'ML-DSA-44', pub: 'A', kid: 'b' }, own.jwk],
      own,
      undefined,
      ['unusable', 'unusable'],
    ],
    [
      'row 13: not even objects',
      [null, 1, 'x', true, [], [own.jwk], own.jwk] as object[],
      own,
      undefined,
      Array(6).fill('malformed'),
    ],
    [
      'row 13: without an ID',
      [bare, { ...own.jwk, kid: 1 }, { ...own.jwk, kid: '' }, own.jwk],
      own,
      undefined,
      Array(3).fill('malformed'),
    ],
    [
      'row 13: without a modulus',
      [{ kty: 'RSA', kid: 'x', e: 'AQAB' }, own.jwk],
      own,
      undefined,
      ['unusable'],
    ],
    [
      'row 13: of members nobody knows',
      [{ ...own.jwk, issuer: {}, exp: 1, ext: true, ['__proto__x']: 1 }],
      own,
      undefined,
      [],
    ],
    [
      'row 13: __proto__',
      [JSON.parse(`{"__proto__":{"kty":"RSA"},"kid":"x","n":"${own.jwk.n}","e":"AQAB"}`), own.jwk],
      own,
      undefined,
      ['unusable'],
    ],
  ]
  for (const [name, keys, pair, code, skipped] of cases) {
    const events: unknown[] = []
    const trusted = pool({
      issuer,
      jwks: { keys: [...keys, sound] },
      onEvent: event => events.push((event as { reason?: unknown }).reason),
    })
    const verifier = verifierOf([trusted])
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(), { kid: pair.jwk.kid, alg: 'RS256' }, pair))),
      code,
      name,
    )
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(), { kid: 'sound', alg: 'RS256' }, foreign))),
      undefined,
      'the others still work',
    )
    t.same(events, skipped, 'and an event says so')
  }
})

t.test(
  'row 14: what a token brings along is ignored when the signature is genuine, and nothing is fetched',
  async t => {
    const source = createTestIssuer({ userPoolId, clientId })
    const requests: string[] = []
    const options = {
      ...source.options,
      fetch: (url: string, init: object) => {
        requests.push(url)
        return source.options.fetch(url, init)
      },
    }
    const verifier = createVerifier({ issuers: [userPool(options as UserPoolOptions)], clock: source.clock })
    const brought = {
      jwk: foreign.jwk,
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example/x',
      x5c: ['AAAA'],
      x5t: 'AAAA',
    }
    for (const [name, member] of Object.entries(brought)) {
      await verifier.verify(source.accessToken({ header: { [name]: member } }))
      t.pass(name)
    }
    t.same(requests, [source.jwksUri])
    verifier.close()
  },
)

t.test('row 19: a token that is too long is refused at once', async t => {
  const verifier = verifierOf()
  const rope = Array.from({ length: 1 << 13 }, () => 'A'.repeat(1 << 10))
  const long: [string, () => string][] = [
    ['a million dots', () => '.'.repeat(1_000_000)],
    ['8 MB, put together', () => rope.reduce((text, piece) => text + piece, '')],
    ['8 MB behind a token', () => token() + 'A'.repeat(8 << 20)],
  ]
  for (const [name, make] of long) {
    const times = Array.from({ length: 9 }, () => {
      const text = make()
      const start = process.hrtime.bigint()
      const code = codeOf(() => verifier.verifySync(text))
      const time = Number(process.hrtime.bigint() - start) / 1_000
      return code === 'ERR_TOKEN_MALFORMED' ? time : Infinity
    })
    t.ok(Math.min(...times) < 500, `${name}: ${Math.min(...times)} us`)
  }
})

t.test('row 24: nothing leaks into other objects', async t => {
  const verifier = verifierOf()
  const claims = {
    constructor: { prototype: { admin: true } },
    prototype: { admin: true },
    hasOwnProperty: 1,
    toString: 'x',
    valueOf: null,
  }
  const verified = verifier.verifySync(token({ ...claimsOf(), ...claims }))
  t.match(verified.claims, claims, 'they are claims like any other')
  t.equal(({} as { admin?: unknown }).admin, undefined)
  const prototype = Object.prototype as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries({ exp: now + 9, 'cognito:groups': ['admin'] })) {
    const without = token(claimsOf({ [name]: undefined }))
    prototype[name] = value
    t.teardown(() => Reflect.deleteProperty(prototype, name))
    t.throws(() => verifier.verifySync(without), TypeError, `${name} is not inherited`)
    Reflect.deleteProperty(prototype, name)
  }
})

t.test('row 28 and 27: what is still accepted', async t => {
  const verifier = verifierOf()
  for (const claims of [
    { exp: now - 4.9 },
    { exp: 253_402_300_799 },
    { nbf: now + 5 },
    { iat: now + 5 },
    { nbf: 0 },
    { iat: 0 },
    { auth_time: now + 999 },
    { exp: now + 0.25 },
  ]) {
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(claims)))),
      undefined,
      JSON.stringify(claims),
    )
  }
})

t.test('row 30: several issuers do not stand in for each other', async t => {
  const two = verifierOf([pool({ clientId: 'a' }), pool({ clientId: 'b', resource: 'https://b.example' })])
  const cases: [object, string | undefined][] = [
    [{ client_id: 'a' }, undefined],
    [{ client_id: 'b' }, undefined],
    [{ client_id: 'b', aud: 'https://b.example' }, undefined],
    [{ client_id: 'a', aud: 'https://b.example' }, 'ERR_TOKEN_AUDIENCE'],
    [{ client_id: 'c' }, 'ERR_TOKEN_CLIENT'],
    [{ client_id: 'a,b' }, 'ERR_TOKEN_CLIENT'],
  ]
  for (const [claims, code] of cases)
    t.equal(
      codeOf(() => two.verifySync(token(claimsOf(claims)))),
      code,
      JSON.stringify(claims),
    )
})

t.test('row 31: scopes and groups are compared whole', async t => {
  const guard = createGuard({ verifier: verifierOf() })
  const statusOf = async (claims: object, policy: Parameters<typeof guard>[1]) => {
    const decision = await guard(requestOf(`Bearer ${token(claimsOf(claims))}`), policy)
    return decision.authorized ? 200 : decision.status
  }
  const cases: [object, Parameters<typeof guard>[1], number][] = [
    [{ scope: 'admin' }, hasScope('admin'), 200],
    [{ scope: 'not-admin' }, hasScope('admin'), 403],
    [{ scope: 'admin2' }, hasScope('admin'), 403],
    [{ scope: 'api/admin' }, hasScope('admin'), 403],
    [{ scope: 'Admin' }, hasScope('admin'), 403],
    [{ scope: 'x,admin' }, hasScope('admin'), 403],
    [{ scope: 'x\tadmin' }, hasScope('admin'), 403],
    [{ scope: undefined, scp: 'admin' }, hasScope('admin'), 403],
    [{ scope: ['admin'] }, hasScope('admin'), 401],
    [{ 'cognito:groups': ['admin'] }, inGroup('admin'), 200],
    [{ 'cognito:groups': ['administrators', 'admin '] }, inGroup('admin'), 403],
    [{ 'cognito:groups': [] }, inGroup('admin'), 403],
    [{ 'cognito:groups': undefined, groups: ['admin'] }, inGroup('admin'), 403],
    [{ 'cognito:groups': 'admin' }, inGroup('admin'), 401],
    [{ 'cognito:groups': ['x', 'constructor'] }, inGroup('toString'), 403],
  ]
  for (const [claims, policy, status] of cases)
    t.equal(await statusOf(claims, policy), status, JSON.stringify(claims))
})

t.test('rows 32 and 52: untrusted tokens cause hardly any request to the issuer', async t => {
  const source = createTestIssuer({ userPoolId, clientId })
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  const time = Math.floor(source.clock.now() / 1000)
  const current = (claims: object) => claimsOf({ exp: time + 60, iat: time, auth_time: time, ...claims })
  for (const forged of forgeries) await verifier.verify(forged.token).catch(() => {})
  t.equal(source.requests, 0, 'no forgery that is refused before its key, and none that has expired')
  for (let i = 0; i < 1_000; i++)
    await verifier.verify(token(current({ iss: `https://evil.example/${i}` }))).catch(() => {})
  t.equal(source.requests, 0, 'a thousand issuers that are not configured')
  await verifier.verify(source.accessToken())
  t.equal(source.requests, 1)
  const unsigned = base64url(json(current({})))
  for (let i = 0; i < 10_000; i++) {
    await verifier
      .verify(`${base64url(json({ alg: 'RS256', kid: `unknown ${i}` }))}.${unsigned}.AAAA`)
      .catch(() => {})
  }
  t.ok(source.requests <= 3, `ten thousand unknown keys: ${source.requests - 1} more requests`)
  const kid = source.jwks().keys[1]?.kid
  for (let i = 0; i < 1_000; i++)
    await verifier.verify(`${base64url(json({ alg: 'RS256', kid }))}.${unsigned}.AAAA`).catch(() => {})
  t.ok(source.requests <= 4, 'a thousand bad signatures: one more')
  t.equal(
    codeOf(() => verifier.verifySync(source.accessToken())),
    undefined,
    'and good tokens are accepted all the while',
  )
  verifier.close()
})

const requestOf = (
  authorization: string | readonly string[] | undefined,
  more: Partial<RequestView> = {},
): RequestView => ({
  header: name => (name === 'authorization' ? authorization : undefined),
  ...more,
})

t.test('rows 33 to 36: requests', async t => {
  const verifier = verifierOf()
  const good = token()
  const guard = createGuard({ verifier })
  const optional = allowAnonymous(guard)
  const elsewhere: RequestView = {
    header: name =>
      ({
        cookie: `access_token=${good}`,
        'x-access-token': good,
        'proxy-authorization': `Bearer ${good}`,
        'x-forwarded-user': 'admin',
      })[name],
    method: 'OPTIONS',
    url: `/?access_token=${good}`,
  }
  const cases: [string, RequestView, number, number][] = [
    ['33: twice', requestOf([`Bearer ${good}`, `Bearer ${good}`]), 400, 400],
    ['33: twice, another scheme', requestOf(['Basic x', `Bearer ${good}`]), 400, 400],
    ['33: joined', requestOf(`Bearer ${good}, Bearer ${good}`), 400, 400],
    ['33: joined, another scheme first', requestOf(`Basic x, Bearer ${good}`), 400, 400],
    ['33: joined, without a space', requestOf(`Bearer ${good},`), 400, 400],
    ['34: Basic', requestOf(`Basic ${good}`), 401, 200],
    ['34: no scheme', requestOf(good), 401, 200],
    ['34: DPoP', requestOf(`DPoP ${good}`), 401, 200],
    ['34: any case', requestOf(`bEaReR ${good}`), 200, 200],
    ['35: anywhere else, OPTIONS', elsewhere, 401, 200],
    ['36: malformed', requestOf('Bearer x'), 401, 401],
    ['36: expired', requestOf(`Bearer ${token(claimsOf({ exp: 1 }))}`), 401, 401],
    ['36: forged', requestOf(`Bearer ${token(claimsOf(), headerOf(), foreign)}`), 401, 401],
    ['36: empty', requestOf('Bearer'), 400, 400],
    ['36: a tab', requestOf(`Bearer\t${good}`), 400, 400],
    ['36: none', requestOf(undefined), 401, 200],
  ]
  for (const [name, request, status, whereOptional] of cases) {
    const [strict, lenient] = [await guard(request), await optional(request)]
    t.equal(strict.authorized ? 200 : strict.status, status, name)
    t.equal(lenient.authorized ? 200 : lenient.status, whereOptional, `${name}, anonymous allowed`)
    if (lenient.authorized && status !== 200) t.equal(lenient.auth, undefined)
  }
  for (const { token: forged, row, name } of forgeries.filter(
    each => !/[ ,]/.test(each.token) && each.token !== '',
  )) {
    const decision = await optional(requestOf(`Bearer ${forged}`))
    if (decision.authorized || decision.status !== 401) t.fail(`36: ${row} ${name}`)
  }
})

t.test('rows 45 to 50: the cache of verified tokens accepts nothing else', async t => {
  const { seen, verifier } = watched()
  const good = token()
  const verified = verifier.verifySync(good)
  const [header, claims, signature] = good.split('.') as [string, string, string]
  const admin = base64url(json(claimsOf({ 'cognito:groups': ['admin'] })))
  const likeIt: [string, string][] = [
    ['45: the same signature', `${header}.${admin}.${signature}`],
    ['45: the same start', `${good.slice(0, -40)}${'A'.repeat(40)}`],
    ['45: the same end', `${header}.${admin.slice(0, 40)}.${signature}`],
    [
      '45: the same but for one character',
      good.replace(
        claims,
        claims.replace(/.$/, last => (last === 'A' ? 'B' : 'A')),
      ),
    ],
    ['45: the same length and end', `${'A'.repeat(good.length - 50)}${good.slice(-50)}`],
  ]
  for (const [name, forged] of likeIt)
    t.type(
      codeOf(() => verifier.verifySync(forged)),
      'string',
      name,
    )

  const guard = createGuard({ verifier })
  const allowed = async (policy: Parameters<typeof guard>[1]) =>
    (await guard(requestOf(`Bearer ${good}`), policy)).authorized
  t.same(
    [await allowed(inGroup('readers')), await allowed(inGroup('admin')), await allowed(inGroup('readers'))],
    [true, false, true],
    '46: each policy is called',
  )
  const other = verifierOf([{ ...pool({ clientId: 'other' }) }])
  t.equal(
    codeOf(() => other.verifySync(good)),
    'ERR_TOKEN_CLIENT',
    '46: another verifier has its own cache',
  )

  t.throws(() => (verified.principal.groups as string[]).push('admin'), TypeError, '48: groups')
  t.throws(() => Object.assign(verified.claims, { sub: 'x' }), TypeError, '48: claims')
  t.throws(() => Object.assign(verified.header, { alg: 'none' }), TypeError, '48: header')
  t.throws(() => Object.assign(verified, { principal: 1 }), TypeError, '48: all of it')

  Object.assign(seen, { keys: 0, checks: 0 })
  for (let i = 0; i < 5; i++)
    t.equal(
      codeOf(() => verifier.verifySync(`${good.slice(0, -9)}AAAAAAAAA`)),
      'ERR_TOKEN_SIGNATURE',
    )
  t.equal(seen.checks, 5, '50: a refusal is not cached')

  const small = verifierOf([pool()], { cache: { maxTokens: 1 } })
  const first = small.verifySync(good)
  for (const { token: forged } of forgeries) codeOf(() => small.verifySync(forged))
  t.equal(small.verifySync(good), first, '50: forged tokens evict nothing')
})

t.test('row 47: cached tokens are refused once their key is gone', async t => {
  const source = createTestIssuer({ userPoolId, clientId })
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  const old = source.accessToken({ expiresIn: 86_400 })
  await verifier.verify(old)
  source.rotateKeys({ keepOld: false })
  await verifier.verify(source.accessToken())
  await t.rejects(verifier.verify(old), { code: 'ERR_TOKEN_KEY' }, 'with the refresh that the new key caused')
  verifier.close()
})

t.test('row 53: a key set is replaced, never added to', async t => {
  const source = createTestIssuer({ userPoolId, clientId })
  const verifier = createVerifier({ issuers: [userPool(source.options)], clock: source.clock })
  await verifier.ready()
  for (let i = 0; i < 3; i++) {
    source.rotateKeys({ keepOld: false })
    source.clock.advance(700)
    await verifier.verify(source.accessToken())
    t.match(verifier.health(), [{ keys: 2 }])
  }
  verifier.close()
})

t.test('row 54: unsafe URLs of keys are refused at construction', async t => {
  const urls = [
    'http://x.example/jwks',
    'http://169.254.169.254/',
    'http://localhost/jwks',
    'file:///etc/passwd',
    'data:,x',
    'blob:x',
    'javascript:1',
    'ftp://x.example',
    '//x.example',
    'x.example/jwks',
    'https://u:p@x.example',
    'https://x.example/#a',
    '',
    'https://',
    1,
    null,
  ]
  for (const jwksUri of urls)
    t.throws(
      () => pool({ offline: false, jwksUri: jwksUri as string }),
      /^userPool: jwksUri /,
      String(jwksUri),
    )
})

t.test('rows 55 to 57: what clients are told', async t => {
  const guard = createGuard({ verifier: verifierOf() })
  const answers = new Map<string, Set<string>>()
  for (const { token: forged, code } of forgeries.filter(
    each => !/[ ,]/.test(each.token) && each.token !== '',
  )) {
    const decision = await guard(requestOf(`Bearer ${forged}`))
    if (decision.authorized) throw new Error(code)
    const { error: _, ...answer } = decision
    const kind = code === 'ERR_TOKEN_EXPIRED' ? 'expired' : 'invalid'
    answers.set(kind, (answers.get(kind) ?? new Set()).add(JSON.stringify(answer)))
    for (const value of Object.values(decision.headers))
      if (!/^[\x20-\x7e]*$/.test(value)) t.fail('57: a header that is not plain text')
  }
  t.same([answers.get('expired')?.size, answers.get('invalid')?.size], [1, 1], '55: one answer each')
})

t.test('row 58: nothing is left unhandled', async t => {
  const left: unknown[] = []
  const listen = (reason: unknown) => left.push(reason)
  process.on('unhandledRejection', listen)
  const verifier = createVerifier({
    issuers: [
      userPool({
        userPoolId,
        clientId,
        fetchTimeout: 0.05,
        fetch: async () => Promise.reject(new Error('down')),
      }),
    ],
    clock,
  })
  const later = verifierOf([{ ...pool(), keys: () => Promise.reject(new Error('a fault')) }])
  for (const { token: forged } of forgeries) {
    for (const each of [verifier, later]) {
      codeOf(() => each.verifySync(forged))
      void each.verify(forged).catch(() => {})
    }
  }
  codeOf(() => verifier.verifySync(token()))
  codeOf(() => later.verifySync(token()))
  await new Promise(resolve => setTimeout(resolve, 100))
  verifier.close()
  process.off('unhandledRejection', listen)
  t.same(left, [])
})

t.test('a token signed over a claim of every kind of JSON value is accepted', async t => {
  const verifier = verifierOf()
  for (const value of [
    null,
    true,
    1.5,
    -0,
    1e21,
    'é😀',
    '\u0000',
    [],
    {},
    [[{}]],
    { a: { b: ['c'] } },
    'x'.repeat(8_000),
  ]) {
    t.same(
      verifier.verifySync(token(claimsOf({ custom: value }))).claims.custom,
      JSON.parse(JSON.stringify(value)),
    )
  }
  t.equal(
    codeOf(() => verifier.verifySync(seal(`${base64url(json(headerOf()))}.${base64url(json(claimsOf()))}`))),
    undefined,
  )
})
