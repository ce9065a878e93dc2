import fc from 'fast-check'
import t from 'tap'
import { parseJson } from '../../src/token/json.js'
import { parseHeader, splitJws } from '../../src/token/jws.js'
import { base64url, claimsOf, codeOf, headerOf, json, token, verifierOf } from '../mint.js'
import { encodings } from './encodings.js'

for (const [name, encoding] of encodings) {
  t.test(`${name}: bytes of canonical base64url, and of nothing else`, async t => {
    const cases: [string, number[] | undefined][] = [
      ['', []],
      ['AA', [0]],
      ['_w', [255]],
      ['-_8', [251, 255]],
      ['AAAA', [0, 0, 0]],
      ['AAECAwQ', [0, 1, 2, 3, 4]],
      ...[
        'A',
        'AAAAA',
        'AB',
        'AAB',
        'AA=',
        'AA==',
        '=',
        'AA AA',
        'AAAA ',
        '\tAAAA',
        'A A A A',
        'AAA=',
        'AAA=\n',
        'AA= =',
        'AAAA=',
        'AAAA====',
        'A\u00e9AA',
        'AAA\n',
        '+w',
        '/w',
        'A+AA',
        'A/AA',
        'A.AA',
        'A~AA',
        'A\u0000AA',
        '_/8',
        '{{{{',
        '@@@@',
        '[[[[',
      ].map((text): [string, undefined] => [text, undefined]),
    ]
    for (const [text, bytes] of cases) {
      t.same(
        encoding.bytes(text) && Array.from(encoding.bytes(text) as Uint8Array),
        bytes,
        JSON.stringify(text),
      )
    }
    const last = (length: number) =>
      Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_').filter(each =>
        encoding.bytes('A'.repeat(length - 1) + each),
      ).length
    t.same([1, 2, 3, 4].map(last), [0, 4, 16, 64], 'as many last characters as bits are left')
  })

  t.test(`${name}: text of strict UTF-8`, async t => {
    const cases: [number[], string | undefined][] = [
      [[], ''],
      [[0x41], 'A'],
      [[0xc3, 0xa9], 'é'],
      [[0xf0, 0x9f, 0x98, 0x80], '😀'],
      [[0xef, 0xbb, 0xbf, 0x41], '\ufeffA'],
      [[0xef, 0xbf, 0xbd], '\ufffd'],
      [[0xff], undefined],
      [[0xc0, 0x80], undefined],
      [[0xed, 0xa0, 0x80], undefined],
      [[0xe2, 0x82], undefined],
      [[0xf4, 0x90, 0x80, 0x80], undefined],
    ]
    for (const [bytes, text] of cases)
      t.equal(encoding.text(base64url(Uint8Array.from(bytes))), text, bytes.join())
    t.equal(encoding.text('A'), undefined)
  })

  t.test(`${name}: what a signature is over`, async t => {
    const good = encoding.signedBytes('a.b.AAEC', 3)
    t.same(good && [Buffer.from(good.signingInput).toString(), Array.from(good.signature)], [
      'a.b',
      [0, 1, 2],
    ])
    const again = encoding.signedBytes('a.b.AAEC', 3)
    t.same(again && Array.from(again.signature), [0, 1, 2])
    t.same(Array.from(encoding.signedBytes('a.b.AAE=', 3, 7)?.signature ?? []), [0, 1])
    t.equal(encoding.signedBytes('a.b.AAE=', 3), undefined)
    for (const text of [
      'a.b.A',
      'é.b.AAEC',
      'a.\u0141.AAEC',
      'a.b.AAE\u0141',
      'a.b.AAE=',
      '\ud800.b.AAEC',
      `a.b${'é'.repeat(16_000)}.AAEC`,
    ]) {
      t.equal(encoding.signedBytes(text, text.lastIndexOf('.')), undefined, text.slice(0, 9))
    }
  })
}

t.test('foreign characters are not cut down to a byte of the alphabet', async t => {
  for (const [name, encoding] of encodings.slice(1))
    for (const text of ['AAA\u0141', 'AA\u0141A', '\u{10041}AA'])
      t.equal(encoding.bytes(text), undefined, name)
})

t.test('all encodings agree on every text', async t => {
  const character = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split(''),
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(...'+/= .\n\t\u0000~'.split('')) },
  )
  const ascii = fc.oneof(
    fc.string({ unit: character, maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }).map(base64url),
  )
  const text = fc.oneof(
    ascii,
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  )
  fc.assert(
    fc.property(ascii, sample => {
      const found = encodings.map(([, encoding]) => {
        const bytes = encoding.bytes(sample)
        return JSON.stringify([encoding.text(sample), bytes && Array.from(bytes)])
      })
      return new Set(found).size === 1
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(text, text, (input, signature) => {
      const found = encodings.map(([, encoding]) => {
        const signed = encoding.signedBytes(`${input}.${signature}`, input.length)
        return JSON.stringify(signed && [Array.from(signed.signingInput), Array.from(signed.signature)])
      })
      return new Set(found).size === 1
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('base64url round trip: one text for every sequence of bytes', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
      const text = base64url(bytes)
      return encodings.every(([, encoding]) => base64url(encoding.bytes(text) as Uint8Array) === text)
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ABCDEghij0129-_+/= \n'.split('')), maxLength: 12 }),
      text =>
        encodings.every(([, encoding]) => {
          const bytes = encoding.bytes(text)
          return bytes === undefined || base64url(bytes) === text
        }),
    ),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('the parts of a token', async t => {
  const good = token()
  const [header, claims, signature] = good.split('.') as [string, string, string]
  const end = good.lastIndexOf('.')
  t.same(splitJws(good), { header, claims, end, signatureEnd: good.length, isPadded: false })
  t.same(splitJws(good, true), splitJws(good))
  const pad = (part: string) => part.padEnd(Math.ceil(part.length / 4) * 4, '=')
  const padded = [header, claims, signature].map(pad).join('.')
  t.match(splitJws(padded, true), { header, claims, isPadded: padded !== good })
  t.same(
    splitJws('Y.Y.YQ'),
    { header: 'Y', claims: 'Y', end: 3, signatureEnd: 6, isPadded: false },
    'the shortest',
  )
  t.equal(splitJws('A'.repeat(16_378).concat('.YQ.YQ'))?.end, 16_381, 'the longest')
  const texts = [
    '',
    '.',
    '..',
    'a',
    'a.b',
    'a..c',
    '.b.c',
    'a.b.',
    'a.b.c.d',
    'a.b.A',
    'YQ..YQ',
    '.YQ.YQ',
    'YQ.YQ.',
    'YQ.YQ',
    `${good}.`,
    `.${good}`,
    `${good}=`,
  ]
  const wrong = [...texts, good.padEnd(16_385, 'A'), undefined, null, 1, {}, [], new String(good)]
  for (const each of wrong) t.equal(splitJws(each), undefined, JSON.stringify(each)?.slice(0, 20))
  t.equal(splitJws(padded) === undefined, padded !== good, 'padded, which is not allowed')
  for (const each of [
    `${good}=`,
    `${good}====`,
    padded.replace('=', ''),
    `${pad(header)}.${claims}.${signature}=`,
    `${header}==.${claims}.${signature}`,
  ]) {
    t.equal(splitJws(each, true), undefined, 'padded wrongly')
  }
})

t.test('a token of 16,384 characters is long enough', async t => {
  const verifier = verifierOf()
  const rest = (length: number) => token(claimsOf({ x: 'x'.repeat(length) }))
  let length = 11_000
  while (rest(length + 1).length <= 16_384) length++
  t.ok(rest(length).length > 16_380)
  t.equal(
    codeOf(() => verifier.verifySync(rest(length))),
    undefined,
  )
  t.equal(
    codeOf(() => verifier.verifySync(rest(length + 1))),
    'ERR_TOKEN_MALFORMED',
  )
})

t.test('JSON: what is taken is what JSON.parse makes of it, frozen', async t => {
  const taken = [
    '{}',
    '[]',
    'null',
    '"x"',
    '1',
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}',
    ' { "a" : [ 1 , 2 ] } ',
    '{"a":"\\":","b":"{\\"c\\":1}"}',
    '{"a":":","b":" : "}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"__defineGetter__":4}',
    '{"":1}',
    '{"\\u0061":1,"b":"\\ud83d\\ude00","c":"\\u0000"}',
    '{"a\\\\" :1,"a\\"":2}',
    '{"\\uD83D\\uDE00":"\\uDBFF\\uDFFF\\n\\ud83d\\ude00"}',
    '{"a":"\\\\ud800","b":"\\ud7ff\\ue000"}',
    '{"x":"\ufffd\ufffe\uffff"}',
    `${'['.repeat(32)}${']'.repeat(32)}`,
    `${'{"a":'.repeat(31)}{}${'}'.repeat(31)}`,
    `{"x":"${'['.repeat(9_000)}"}`,
    `{"x":"${'\\"['.repeat(3_000)}"}`,
    `{"x":"${'\\\\'.repeat(3_000)}"}`,
    `[${'[],'.repeat(350)}[]]`,
    `["${'x'.repeat(2_000)}",${'[],{},'.repeat(150)}{"a":{}}]`,
    `["${'x'.repeat(2_000)}",${'['.repeat(31)}${']'.repeat(31)}]`,
    `{${Array.from({ length: 500 }, (_, i) => `"member ${i}":1`).join()}}`,
    `[${Array.from({ length: 749 }, (_, i) => i).join()}]`,
  ]
  for (const text of taken) {
    const value = parseJson(text)
    t.same(value, JSON.parse(text), text.slice(0, 40))
    t.ok(isFrozen(value))
  }
  const refused = [
    '',
    '{"a":1,"a":1}',
    '{"a" :1,"a":1}',
    '{"a":1,"a"\n:1}',
    '{"a":1,"\\u0061":1}',
    '{"\\u0061":1,"a":1}',
    '{"x":[{"a":1,"a":1}]}',
    '{"x":[],"a":1,"a":1}',
    '{"a":1,"x":[{},[{}]],"a":1}',
    '{"a":1,"x":{"a":[]},"a":1}',
    '{"x":{"a":1},"y":{"a":1,"b":":","a":1}}',
    '{"__proto__":1}',
    '{"x":[{"__proto__":1}]}',
    '"\\ud800"',
    '{"\\udc00":1}',
    '[[{"x":"\\ud800a"}]]',
    `${'['.repeat(33)}${']'.repeat(33)}`,
    `${'{"a":'.repeat(32)}{}${'}'.repeat(32)}`,
    `["${'x'.repeat(5_000)}",${'['.repeat(32)}${']'.repeat(32)}]`,
    '['.repeat(11_000),
    `{${Array.from({ length: 501 }, (_, i) => `"member ${i}":1`).join()}}`,
    `[${'[],'.repeat(400)}"${'x'.repeat(2_000)}"]`,
    `[${Array.from({ length: 751 }, (_, i) => i).join()}]`,
    `[${Array.from({ length: 1_000 }, () => 1).join()}]`,
    `{"x":"${'x'.repeat(5_000)}","x":1}`,
    `{"x":"${'x'.repeat(5_000)}","\\u0078" :1}`,
    `{"x":"${'\\":'.repeat(2_000)}","x" :1}`,
    '{"a":"\\ud800\\ud800"}',
    '{"a":"\\uDC00\\uD800"}',
    '{"a":"\\\\ud800\\udc00"}',
    '{"a":"\\ud83dude00"}',
    '{"\\ud83d\\n":1}',
  ]
  for (const text of refused) t.equal(parseJson(text), undefined, text.slice(0, 40))
})

t.test('JSON: any value that has one reading comes back', async t => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const value: unknown = JSON.parse(text)
      const respaced = JSON.stringify(value, null, indent)
      if (text.includes('__proto__') || /\\ud[89a-f]/.test(respaced)) return true
      return JSON.stringify(parseJson(respaced)) === JSON.stringify(value)
    }),
    { numRuns: 3_000 },
  )
  const name = fc.constantFrom('a', '\\u0061', 'b', '":', '\\":', 'a\\\\')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.constantFrom('', ' ', '\n'), fc.constantFrom('1', '{}', '":"', '{"a":1}')), {
        maxLength: 5,
      }),
      members => {
        const text = `{${members.map(([name, space, value]) => `"${name}"${space}:${value}`).join()}}`
        let names: unknown[]
        try {
          names = members.map(([name]) => JSON.parse(`"${name}"`))
          JSON.parse(text)
        } catch {
          return parseJson(text) === undefined
        }
        return (parseJson(text) !== undefined) === (new Set(names).size === names.length)
      },
    ),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('JSON: half of a surrogate pair is refused, however it is spelled', async t => {
  const part = fc.constantFrom(
    '\\ud83d',
    '\\ude00',
    '\\uDBFF',
    '\\uDC00',
    '\\\\',
    '\\"',
    '\\u0061',
    'ud83d',
    '😀',
    '\\ud7ff',
    '\\ue000',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), parts => {
      const text = `{"${parts.join('')}":["${parts.join('')}"]}`
      const name: string = JSON.parse(`"${parts.join('')}"`)
      return (parseJson(text) === undefined) === /[\ud800-\udfff]/u.test(name)
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('limits of a token, which a hint of their own names', async t => {
  const verifier = verifierOf()
  const named =
    /16,384 characters, 2,048 of them in its header, and 750 values \(500 of them with a name\) in 32 levels/
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, i]))
  const list = (length: number) => Array.from({ length }, (_, i) => `g${i}`)
  const guids = (length: number) => Array.from({ length }, () => 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee')
  const own = Object.keys(claimsOf()).length + 2 + Object.keys(headerOf()).length + 1
  const fits = [
    ["Cognito's hundred groups", token(claimsOf({ 'cognito:groups': list(100) }))],
    ['260 groups named by GUIDs', token(claimsOf({ 'cognito:groups': guids(260) }))],
    ['750 values', token(claimsOf({ x: list(750 - own - 1) }))],
    [
      '750 values, some of them in the header',
      token(claimsOf({ x: list(650 - own - 1) }), headerOf(members(100))),
    ],
    [
      'a header of 2,048 characters',
      token(claimsOf(), headerOf({ x: 'x'.repeat(1_536 - 7 - json(headerOf()).length) })),
    ],
  ] as const
  for (const [name, each] of fits)
    t.equal(
      codeOf(() => verifier.verifySync(each)),
      undefined,
      name,
    )
  const exceeds = [
    ['751 values', token(claimsOf({ x: list(751 - own - 1) }))],
    [
      '751 values, some of them in the header',
      token(claimsOf({ x: list(651 - own - 1) }), headerOf(members(100))),
    ],
    ['501 members', token(JSON.stringify(claimsOf(members(501 - Object.keys(claimsOf()).length))))],
    ['400 members in the header, 400 in the claims', token(claimsOf(members(400)), headerOf(members(400)))],
    [
      'a header of 2,049 characters',
      token(claimsOf(), headerOf({ x: 'x'.repeat(1_537 - 7 - json(headerOf()).length) })),
    ],
    ['16,385 characters', 'x'.repeat(16_385)],
    [
      '33 levels in a long token',
      token(claimsOf({ x: 'x'.repeat(2_000), y: JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`) })),
    ],
  ] as const
  for (const [name, each] of exceeds) {
    const refused = thrownBy(() => verifier.verifySync(each))
    t.match(refused, { code: 'ERR_TOKEN_MALFORMED', hint: named }, name)
  }
  const cut = [token().slice(0, 400), token('{"a":1,"a":1}'), token('[]'), 1, undefined]
  for (const each of cut)
    t.match(
      thrownBy(() => verifier.verifySync(each as string)),
      { code: 'ERR_TOKEN_MALFORMED', hint: /exactly as it was issued/ },
    )
})

t.test('headers that are refused', async t => {
  const cases: [string, unknown][] = [
    ['no algorithm', { kid: 'a' }],
    ...[null, 1, true, ['RS256'], { RS256: 1 }].map((alg): [string, unknown] => [
      'an algorithm that is no text',
      { alg },
    ]),
    ...[null, 1, true, ['a'], {}].map((kid): [string, unknown] => [
      'a key ID that is no text',
      { alg: 'RS256', kid },
    ]),
    ...['', 'jwe', 'xjwt', 'jwtx', 'text/jwt', 'application/', 'at jwt', null, 1, ['JWT'], {}].map(
      (typ): [string, unknown] => ['a token of another type', { alg: 'RS256', typ }],
    ),
    ...['crit', 'b64', 'zip', 'enc', 'cty'].flatMap(name =>
      [null, true, [], 'JWT'].map((value): [string, unknown] => [name, { alg: 'RS256', [name]: value }]),
    ),
    ...[[], null, 1, 'RS256', ['alg']].map((header): [string, unknown] => ['no object', header]),
  ]
  for (const [name, header] of cases) {
    t.equal(parseHeader(base64url(JSON.stringify(header))), undefined, `${name}: ${JSON.stringify(header)}`)
  }
  t.same(parseHeader(base64url('{"alg":"RS256"}')), { alg: 'RS256' })
})

t.test('headers of every form that is accepted', async t => {
  const verifier = verifierOf()
  const types = [
    'JWT',
    'jwt',
    'at+jwt',
    'AT+JWT',
    'application/jwt',
    'application/at+jwt',
    'Application/AT+JWT',
    'JWS',
    'application/jws',
    undefined,
  ]
  for (const typ of types)
    t.equal(
      codeOf(() => verifier.verifySync(token(claimsOf(), headerOf({ typ })))),
      undefined,
      typ ?? 'none',
    )
  const brought = {
    jwk: { kty: 'oct' },
    jku: 'https://evil.example',
    x5u: 1,
    x5c: [],
    x5t: null,
    iss: 'https://evil.example',
    exp: 0,
    unknown: { a: [1] },
  }
  t.same(
    verifier.verifySync(token(claimsOf(), headerOf(brought))).header,
    headerOf(brought),
    'what is not used is not looked at',
  )
  t.equal(
    codeOf(() => verifier.verifySync(token(claimsOf({ iss: undefined }), headerOf({ iss: claimsOf().iss })))),
    'ERR_TOKEN_ISSUER',
    'an iss of the header is not the claim',
  )
  t.equal(json(headerOf()).includes('typ'), false)
})

function thrownBy(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isFrozen)
}
