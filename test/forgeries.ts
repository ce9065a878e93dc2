import { constants, createHmac, createPublicKey, sign } from 'node:crypto'
import type { AuthErrorCode } from 'cognito-guard'
import {
  base64url,
  claimsOf,
  foreign,
  headerOf,
  issuer,
  json,
  now,
  own,
  seal,
  token,
  userPoolId,
} from './mint.js'

/** Tokens to refuse, by the weakness that would accept them. */
interface Forgery {
  readonly row: number
  readonly name: string
  readonly token: string
  readonly code: AuthErrorCode
}

const malformed = 'ERR_TOKEN_MALFORMED'
const claim = 'ERR_TOKEN_CLAIM'

type Case = readonly [name: string, token: string, code: AuthErrorCode]

const rows: Readonly<Record<number, () => readonly Case[]>> = {
  // alg none
  1: () => [
    ...['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\u0000', ''].map(
      (alg): Case => [`alg "${alg}"`, token(claimsOf(), headerOf({ alg })), 'ERR_TOKEN_ALGORITHM'],
    ),
    ['alg none, no signature', `${base64url('{"alg":"none"}')}.${base64url(json(claimsOf()))}.`, malformed],
    ['alg RS256, no signature', `${unsigned()}.`, malformed],
    ['alg none, two parts', `${base64url('{"alg":"none"}')}.${base64url(json(claimsOf()))}`, malformed],
  ],

  // The public key as the secret of an HMAC
  2: () =>
    ['HS256', 'HS384', 'HS512'].flatMap(alg =>
      hmacSecrets().map(([name, secret]): Case => {
        const input = `${base64url(json(headerOf({ alg })))}.${base64url(json(claimsOf()))}`
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest('base64url')
        return [`${alg} with ${name}`, `${input}.${mac}`, 'ERR_TOKEN_ALGORITHM']
      }),
    ),

  // An algorithm that the key is not for
  4: () => [
    ['PS256', signedWith('PS256'), 'ERR_TOKEN_ALGORITHM'],
    ['RS384', signedWith('RS384'), 'ERR_TOKEN_ALGORITHM'],
    ['RS512', signedWith('RS512'), 'ERR_TOKEN_ALGORITHM'],
    ...['RS1', 'rs256', 'RS256 ', 'ES256', 'EdDSA', 'RSA-OAEP', 'SHA256withRSA'].map(
      (alg): Case => [`RS256 called ${alg}`, token(claimsOf(), headerOf({ alg })), 'ERR_TOKEN_ALGORITHM'],
    ),
    ['PS256 called RS256', signedWith('PS256', 'RS256'), 'ERR_TOKEN_SIGNATURE'],
    ['RS512 called RS256', signedWith('RS512', 'RS256'), 'ERR_TOKEN_SIGNATURE'],
  ],

  // alg of another type, names that objects inherit
  5: () => [
    ...[1, null, true, [], ['RS256'], {}, { toString: 'RS256' }].map(
      (alg): Case => [`alg ${JSON.stringify(alg)}`, token(claimsOf(), headerOf({ alg })), malformed],
    ),
    ['no alg', token(claimsOf(), { kid: own.jwk.kid }), malformed],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'].map(
      (alg): Case => [`alg ${alg}`, token(claimsOf(), headerOf({ alg })), 'ERR_TOKEN_ALGORITHM'],
    ),
  ],

  // Invalid signatures
  6: () => {
    const genuine = token()
    const [input, signature] = split(genuine)
    const other = split(token(claimsOf({ jti: 'another' })))[1]
    const n = BigInt(`0x${Buffer.from(own.jwk.n as string, 'base64url').toString('hex')}`)
    const value = BigInt(`0x${signature.toString('hex')}`)
    const notReduced = Buffer.from((value + n).toString(16).padStart(514, '0'), 'hex')
    return (
      [
        ['of zeros', Buffer.alloc(256)],
        ['of ones', Buffer.alloc(256, 0xff)],
        ['the number one', Buffer.concat([Buffer.alloc(255), Buffer.from([1])])],
        ['the modulus', Buffer.from(own.jwk.n as string, 'base64url')],
        ['one byte', Buffer.from([1])],
        ['cut at the end', signature.subarray(0, 255)],
        ['cut at the start', signature.subarray(1)],
        ['zero in front', Buffer.concat([Buffer.alloc(1), signature])],
        ['zero behind', Buffer.concat([signature, Buffer.alloc(1)])],
        ['twice', Buffer.concat([signature, signature])],
        ['not reduced', notReduced],
        ['of another token', other],
        ["of a stranger's key", split(seal(input, foreign))[1]],
        ['one bit off', Buffer.from(signature).fill((signature[100] as number) ^ 1, 100, 101)],
        ['as hex', Buffer.from(signature.toString('hex'))],
      ] as const
    ).map(
      ([name, bytes]): Case => [`signature ${name}`, `${input}.${base64url(bytes)}`, 'ERR_TOKEN_SIGNATURE'],
    )
  },

  // Keys in the token
  14: () => [
    ...Object.entries(brought()).map(
      ([name, member]): Case => [
        `${name}, signed with the key it names`,
        token(claimsOf(), headerOf({ [name]: member }), foreign),
        'ERR_TOKEN_SIGNATURE',
      ],
    ),
    [
      'jwk and its own kid',
      token(claimsOf(), { kid: foreign.jwk.kid, alg: 'RS256', jwk: foreign.jwk }, foreign),
      'ERR_TOKEN_KEY',
    ],
  ],

  // kid
  15: () => [
    ...[
      '',
      '../../../../dev/null',
      "' OR '1'='1",
      '__proto__',
      'constructor',
      'toString',
      `${own.jwk.kid}\u0000`,
      `${own.jwk.kid} `,
      ` ${own.jwk.kid}`,
      own.jwk.kid.toLowerCase(),
      own.jwk.kid.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
      'https://evil.example/jwks.json',
      'x'.repeat(1_000),
      '\r\nX-Injected: 1',
    ].map(
      (kid): Case => [
        `kid ${JSON.stringify(kid.slice(0, 40))}`,
        token(claimsOf(), headerOf({ kid })),
        'ERR_TOKEN_KEY',
      ],
    ),
    ['no kid', token(claimsOf(), { alg: 'RS256' }), 'ERR_TOKEN_KEY'],
    ...[null, 0, 1, true, [], [own.jwk.kid], {}].map(
      (kid): Case => [
        `kid ${JSON.stringify(kid).slice(0, 9)}`,
        token(claimsOf(), headerOf({ kid })),
        malformed,
      ],
    ),
  ],

  // crit: no extension is supported
  16: () => [
    ...[
      [],
      ['exp'],
      ['b64'],
      ['alg'],
      ['crit'],
      ['x', 'x'],
      [''],
      [1],
      [null],
      null,
      '',
      'exp',
      {},
      0,
      1,
      true,
      false,
    ].map(
      (crit): Case => [
        `crit ${JSON.stringify(crit)}`,
        token(claimsOf(), headerOf({ crit, exp: now, x: 1 })),
        malformed,
      ],
    ),
    ['crit twice', token(claimsOf(), '{"alg":"RS256","crit":["exp"],"crit":[]}'), malformed],
    [
      'crit, escaped',
      token(claimsOf(), `{"alg":"RS256","kid":"${own.jwk.kid}","cr\\u0069t":["exp"]}`),
      malformed,
    ],
  ],

  // b64 (RFC 7797)
  17: () => [
    ['b64 false', token(claimsOf(), headerOf({ b64: false })), malformed],
    ['b64 true', token(claimsOf(), headerOf({ b64: true })), malformed],
    ['b64 false, crit', token(claimsOf(), headerOf({ b64: false, crit: ['b64'] })), malformed],
    [
      'claims as they are',
      seal(
        `${base64url(json(headerOf({ b64: false, crit: ['b64'] })))}.${json(claimsOf()).replaceAll('.', '')}`,
      ),
      malformed,
    ],
  ],

  // typ, cty, zip, enc, JWE
  18: () => [
    ...[
      'JWE',
      'dpop+jwt',
      'logout+jwt',
      'secevent+jwt',
      'id_token',
      'JOSE',
      'application/json',
      'jwt ',
      ' jwt',
      '',
      'text/jwt',
      'application/',
      'application/application/jwt',
      'jw\u0074\u0000',
      'at jwt',
      'xat+jwt',
      'jwt,at+jwt',
    ].map((typ): Case => [`typ "${typ}"`, token(claimsOf(), headerOf({ typ })), malformed]),
    ...[null, 1, true, [], ['JWT'], {}].map(
      (typ): Case => [`typ ${JSON.stringify(typ)}`, token(claimsOf(), headerOf({ typ })), malformed],
    ),
    ['cty JWT', token(claimsOf(), headerOf({ cty: 'JWT' })), malformed],
    [
      'a token in a token',
      seal(`${base64url(json(headerOf({ cty: 'JWT' })))}.${base64url(token())}`),
      malformed,
    ],
    ['a token as the claims', seal(`${base64url(json(headerOf()))}.${base64url(token())}`), malformed],
    ['zip', token(claimsOf(), headerOf({ zip: 'DEF' })), malformed],
    ['enc', token(claimsOf(), headerOf({ enc: 'A256GCM' })), malformed],
    ['a refresh token', `${base64url('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')}.a.b.c.d`, malformed],
    [
      'a JWE around an unsigned token',
      `${base64url('{"alg":"dir","enc":"A128GCM"}')}..AAAA.AAAA.AAAA`,
      malformed,
    ],
  ],

  // Length
  19: () => [
    ['16,385 characters', token(claimsOf({ x: 'x'.repeat(12_000) })).padEnd(16_385, 'A'), malformed],
    ['a million dots', '.'.repeat(1_000_000), malformed],
    ['a megabyte in front', 'A'.repeat(1 << 20) + token(), malformed],
    ['eight megabytes', token() + 'A'.repeat(8 << 20), malformed],
  ],

  // Structure
  20: () => {
    const [header, claims, signature] = token().split('.') as [string, string, string]
    const flattened = { protected: header, payload: claims, signature }
    return (
      [
        ['nothing', ''],
        ['a dot', '.'],
        ['two dots', '..'],
        ['three dots', '...'],
        ['one part', header],
        ['two parts', `${header}.${claims}`],
        ['no signature', `${header}.${claims}.`],
        ['no claims', `${header}..${signature}`],
        ['no header', `.${claims}.${signature}`],
        ['a fourth part', `${header}.${claims}.${signature}.${signature}`],
        ['a dot in front', `.${token()}`],
        ['a dot behind', `${token()}.`],
        ['two dots inside', `${header}..${claims}.${signature}`],
        ['other separators', [header, claims, signature].join('\u3002')],
        ['commas', [header, claims, signature].join(',')],
        ['quoted', `"${token()}"`],
        ['the scheme left on', `Bearer ${token()}`],
        ['flattened JSON', JSON.stringify(flattened)],
        ['general JSON', JSON.stringify({ payload: claims, signatures: [flattened] })],
        ['a list', JSON.stringify([token()])],
        ['a word', 'undefined'],
        ['percent-encoded', token().replaceAll('.', '%2E')],
      ] as const
    ).map(([name, text]): Case => [name, text, malformed])
  },

  // base64url, also where the issuer signed the non-canonical form
  21: () => {
    const genuine = token()
    const parts = genuine.split('.')
    const bent = (part: number, bend: (text: string) => string) => {
      const changed = parts.map((text, index) => (index === part ? bend(text) : text))
      return { changed: changed.join('.'), resigned: seal(changed.slice(0, 2).join('.')) }
    }
    const bends: readonly (readonly [string, (text: string) => string])[] = [
      ['padding', text => `${text}=`],
      ['full padding', text => text.padEnd(Math.ceil(text.length / 4) * 4 + 4, '=')],
      ['padding in front', text => `=${text}`],
      ['a space behind', text => `${text} `],
      ['a space in front', text => ` ${text}`],
      ['a space inside', text => `${text.slice(0, 8)} ${text.slice(8)}`],
      ['a tab', text => `${text.slice(0, 8)}\t${text.slice(8)}`],
      ['a line feed', text => `${text.slice(0, 8)}\n${text.slice(8)}`],
      ['a line feed behind', text => `${text}\n`],
      ['a carriage return', text => `${text.slice(0, 8)}\r\n${text.slice(8)}`],
      ['NUL', text => `${text}\u0000`],
      ['plus', text => `+${text.slice(1)}`],
      ['slash', text => `/${text.slice(1)}`],
      ['a tilde', text => `${text.slice(0, 8)}~${text.slice(8)}`],
      ['a group of one character', text => text + 'A'.repeat(5 - (text.length % 4))],
      ['a character whose low byte is an A', text => `${text.slice(0, 8)}\u0141${text.slice(9)}`],
      ['a fullwidth letter', text => `${text.slice(0, 8)}\uff21${text.slice(9)}`],
      ['a Cyrillic letter', text => `${text.slice(0, 8)}\u0410${text.slice(9)}`],
      ['a soft hyphen', text => `${text.slice(0, 8)}\u00ad${text.slice(8)}`],
      ['a zero-width space', text => `${text.slice(0, 8)}\u200b${text.slice(8)}`],
      ['half a surrogate pair', text => `${text.slice(0, 8)}\ud800${text.slice(8)}`],
      ['a byte order mark', text => `\ufeff${text}`],
    ]
    const tampered = [0, 1, 2].flatMap(part =>
      bends.flatMap(([name, bend]): Case[] => {
        const { changed, resigned } = bent(part, bend)
        const cases: Case[] = [[`${name} in part ${part}`, changed, malformed]]
        return part < 2 ? [...cases, [`${name} in part ${part}, signed so`, resigned, malformed]] : cases
      }),
    )
    return [...tampered, ...spareBits()]
  },

  // Text that is not UTF-8, or not Unicode
  22: () => {
    const text = json(claimsOf())
    const withBytes = (...bytes: number[]) =>
      Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from(bytes), Buffer.from('"}')])
    const utf16 = Buffer.from(text, 'utf16le')
    const texts: readonly (readonly [string, Uint8Array])[] = [
      ['a byte order mark', Buffer.from(`\ufeff${text}`)],
      ['UTF-16, little end first', utf16],
      ['UTF-16, big end first', Buffer.from(utf16).swap16()],
      ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
      ['UTF-32', Buffer.concat(Array.from(text, c => Buffer.from([c.charCodeAt(0), 0, 0, 0])))],
      ['byte 0xff', withBytes(0xff)],
      ['Latin-1', withBytes(0xe9)],
      ['a lone continuation', withBytes(0x80)],
      ['cut sequence', withBytes(0xe2, 0x82)],
      ['overlong slash', withBytes(0xc0, 0xaf)],
      ['overlong NUL', withBytes(0xc0, 0x80)],
      ['overlong in three bytes', withBytes(0xe0, 0x80, 0xaf)],
      ['surrogate as three bytes', withBytes(0xed, 0xa0, 0x80)],
      ['pair as six bytes (CESU-8)', withBytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
      ['beyond Unicode', withBytes(0xf4, 0x90, 0x80, 0x80)],
      ['five bytes', withBytes(0xf8, 0x88, 0x80, 0x80, 0x80)],
      ['UTF-7 byte order mark', Buffer.from(`+/v8-${text}`)],
    ]
    const escapes = ['\\ud800', '\\udc00', '\\udc00\\ud800', 'a\\ud83d', '\\ud83d\\u0041', '\\uD800\\ud800']
    return [
      ...texts.map(
        ([name, bytes]): Case => [
          `claims: ${name}`,
          seal(`${base64url(json(headerOf()))}.${base64url(bytes)}`),
          malformed,
        ],
      ),
      [
        'header: a byte order mark',
        seal(`${base64url(`\ufeff${json(headerOf())}`)}.${base64url(text)}`),
        malformed,
      ],
      ...escapes.flatMap((escape): Case[] => [
        [`value ${escape}`, token(`${text.slice(0, -1)},"x":"${escape}"}`), malformed],
        [`name ${escape}`, token(`${text.slice(0, -1)},"${escape}":1}`), malformed],
        [`inside ${escape}`, token(`${text.slice(0, -1)},"x":[{"y":["${escape}"]}]}`), malformed],
        [`header ${escape}`, token(text, `${json(headerOf()).slice(0, -1)},"x":"${escape}"}`), malformed],
      ]),
    ]
  },

  // Duplicate members
  23: () => {
    const [header, claims] = [json(headerOf()), json(claimsOf())]
    const more = (text: string, members: string) => `${text.slice(0, -1)},${members}}`
    const inClaims = [
      '"iss":"https://evil.example"',
      `"iss":"${issuer}"`,
      '"exp":9999999999',
      '"exp" :9999999999',
      '"exp"\t\r\n:9999999999',
      '"\\u0065xp":9999999999',
      '"e\\u0078p" : 9999999999',
      '"cognito:groups":["admin"]',
      '"cognito\\u003agroups":["admin"]',
      '"x":{"a":1,"a":2}',
      '"x":[{"a":1,"\\u0061":2}]',
      '"x":{"a":{"b":{"c":1,"c":1}}}',
      '"x":1,"x":null',
      '"":1,"":2',
      '"\\"":1,"\\"":2',
      '"a\\\\":1,"a\\\\":2',
      '"x":"\\":","x":1',
      '"x":"{\\"y\\":1}","x":"{\\"y\\":1}"',
    ]
    return [
      ...inClaims.map((members): Case => [`claims ${members}`, token(more(claims, members)), malformed]),
      ['in front', token(`{"token_use":"id",${claims.slice(1)}`), malformed],
      ...[
        '"alg":"RS256"',
        '"alg":"none"',
        `"kid":"${foreign.jwk.kid}"`,
        '"\\u0061lg":"HS256"',
        '"x":{"y":1,"y":1}',
      ].map((members): Case => [`header ${members}`, token(claims, more(header, members)), malformed]),
    ]
  },

  // Names that change what an object is
  24: () => {
    const claims = json(claimsOf()).slice(1)
    return [
      ['__proto__ in the claims', token(`{"__proto__":{"admin":true},${claims}`), malformed],
      ['__proto__ for the claims', token(`{"__proto__":{${claims}}`), malformed],
      ['__proto__, escaped', token(`{"\\u005f_proto__":{"admin":true},${claims}`), malformed],
      ['__proto__, inside', token(`{"x":[{"__proto__":null}],${claims}`), malformed],
      ['__proto__ in the header', token(`{${claims}`, '{"alg":"RS256","__proto__":{"kid":"x"}}'), malformed],
      [
        'exp from a prototype',
        token(`{"__proto__":{"exp":9999999999},${json(claimsOf({ exp: undefined })).slice(1)}`),
        malformed,
      ],
    ]
  },

  // Depth and width
  25: () => {
    const nested = (levels: number, open: string, close: string) =>
      token(`${json(claimsOf()).slice(0, -1)},"x":${open.repeat(levels)}1${close.repeat(levels)}}`)
    const deeper = '['.repeat(11_000)
    return [
      ['33 levels of lists', nested(32, '[', ']'), malformed],
      ['33 levels of objects', nested(32, '{"a":', '}'), malformed],
      ['2,000 levels', nested(2_000, '[', ']'), malformed],
      ['11,000 levels, never closed', token(deeper), malformed],
      ['11,000 levels in the header', token('{}', deeper), malformed],
      ['751 members', token(`{${Array.from({ length: 751 }, (_, i) => `"${i}":1`).join(',')}}`), malformed],
    ]
  },

  // JSON that is no object, or no JSON
  26: () => {
    const claims = json(claimsOf())
    const texts = [
      'null',
      'true',
      '1',
      '"x"',
      '[]',
      '[{}]',
      '',
      ' ',
      '{',
      '}',
      `${claims}x`,
      `${claims}{}`,
      `${claims}\u0000`,
    ]
    const bad = [
      "'x'",
      'NaN',
      'Infinity',
      '-Infinity',
      '01',
      '+1',
      '.5',
      '1.',
      '0x10',
      '1e',
      'undefined',
      '"\t"',
      '"\\x41"',
      '"\\u{41}"',
      'True',
      '1_000',
    ]
    return [
      ...texts.flatMap((text): Case[] => [
        [`claims ${text.slice(-9)}`, token(text), malformed],
        [
          `header ${text.slice(-9)}`,
          token(claims, text.length > 99 ? `${json(headerOf())}${text.slice(claims.length)}` : text),
          malformed,
        ],
      ]),
      ...bad.map(
        (value): Case => [`value ${value}`, token(`${claims.slice(0, -1)},"x":${value}}`), malformed],
      ),
      ['a comma behind', token(`${claims.slice(0, -1)},}`), malformed],
      ['a comment', token(`${claims.slice(0, -1)}/* */}`), malformed],
      ['a line comment', token(`${claims}// x`), malformed],
      ['names without quotes', token(`${claims.slice(0, -1)},x:1}`), malformed],
      ['no-break space', token(`\u00a0${claims}`), malformed],
    ]
  },

  // exp
  27: () => [
    ...[
      'x',
      '',
      String(now + 3600),
      null,
      true,
      false,
      [],
      [now + 3600],
      {},
      -1,
      -1e300,
      253_402_300_800,
      (now + 3600) * 1000,
      undefined,
    ].map((exp): Case => [`exp ${JSON.stringify(exp)}`, token(claimsOf({ exp })), claim]),
    ['exp 1e400', token(json(claimsOf()).replace(`"exp":${now + 3600}`, '"exp":1e400')), claim],
    ['exp -1e400', token(json(claimsOf()).replace(`"exp":${now + 3600}`, '"exp":-1e400')), claim],
    ...[0, 1, now - 3600, now - 5.001, now - 5].map(
      (exp): Case => [`exp ${exp}`, token(claimsOf({ exp })), 'ERR_TOKEN_EXPIRED'],
    ),
  ],

  // nbf, iat, auth_time
  28: () => [
    ...['nbf', 'iat', 'auth_time'].flatMap(name =>
      ['1', '', null, true, [], {}, -1, 253_402_300_800, now * 1000].map(
        (value): Case => [`${name} ${JSON.stringify(value)}`, token(claimsOf({ [name]: value })), claim],
      ),
    ),
    ...['nbf', 'iat'].flatMap(name =>
      [now + 6, now + 5.001, now + 3600].map(
        (value): Case => [`${name} ${value}`, token(claimsOf({ [name]: value })), 'ERR_TOKEN_NOT_YET_VALID'],
      ),
    ),
  ],

  // iss
  29: () =>
    [
      undefined,
      null,
      '',
      1,
      true,
      [issuer],
      [issuer, 'https://evil.example'],
      { [issuer]: 1 },
      `${issuer}/`,
      `${issuer} `,
      ` ${issuer}`,
      `${issuer}x`,
      `${issuer}\u0000`,
      `${issuer}?`,
      `${issuer}#`,
      `x${issuer}`,
      issuer.replace('https:', 'http:'),
      issuer.replace('https:', 'HTTPS:'),
      issuer.replace('https://', 'https://evil.example@'),
      issuer.replace('amazonaws.com', 'amazonaws.com.evil.example'),
      issuer.replace('amazonaws.com', 'amazonaws.com.'),
      issuer.replace('amazonaws.com', 'amazonawsxcom'),
      issuer.replace('amazonaws.com', 'amazonaws.com:443'),
      issuer.replace('eu-west-1.', 'eu-west-2.'),
      issuer.replace('Strict123', 'Strict124'),
      issuer.replace('Strict123', 'strict123'),
      issuer.replace('cognito-idp', 'cognito-identity'),
      issuer.replace('a', '\u0430'),
      issuer.replace('amazonaws.com/', 'amazonaws.com//'),
      issuer.replace(`/${userPoolId}`, `/x/../${userPoolId}`),
      `${issuer}/.well-known/jwks.json`,
      userPoolId,
      'https://evil.example',
      'cognito-idp.eu-west-1.amazonaws.com',
      'accounts.google.com',
      '__proto__',
      'constructor',
    ].map((iss): Case => [`iss ${JSON.stringify(iss)}`, token(claimsOf({ iss })), 'ERR_TOKEN_ISSUER']),

  // client_id, aud, token_use
  30: () => {
    const client = claimsOf().client_id as string
    const clients = [
      undefined,
      null,
      '',
      1,
      true,
      [client],
      { [client]: 1 },
      client.slice(1),
      client.slice(0, -1),
      `${client}x`,
      `${client} `,
      client.toUpperCase(),
      `${client},other`,
      `${client} other`,
      '__proto__',
    ]
    const uses = [
      undefined,
      null,
      '',
      1,
      ['access'],
      'id',
      'Access',
      'ACCESS',
      'access ',
      'refresh',
      'accessid',
    ]
    return [
      ...clients.map(
        (client_id): Case => [
          `client_id ${JSON.stringify(client_id)}`,
          token(claimsOf({ client_id })),
          'ERR_TOKEN_CLIENT',
        ],
      ),
      [
        'aud in place of client_id',
        token(claimsOf({ client_id: undefined, aud: client })),
        'ERR_TOKEN_CLIENT',
      ],
      ...['https://api.example.com', '', null, [client], [], 1, client.toUpperCase()].map(
        (aud): Case => [`aud ${JSON.stringify(aud)}`, token(claimsOf({ aud })), 'ERR_TOKEN_AUDIENCE'],
      ),
      ...uses.map(
        (token_use): Case => [
          `token_use ${JSON.stringify(token_use)}`,
          token(claimsOf({ token_use })),
          'ERR_TOKEN_USE',
        ],
      ),
      [
        'an ID token',
        token(claimsOf({ token_use: 'id', aud: client, client_id: undefined })),
        'ERR_TOKEN_USE',
      ],
    ]
  },

  // Types of the claims that decisions depend on
  31: () =>
    (
      [
        ['scope', [['orders/read'], {}, 1, true, null]],
        [
          'cognito:groups',
          [
            'admin',
            'admin,readers',
            { 0: 'admin' },
            { admin: true },
            1,
            true,
            null,
            [1],
            [null],
            [['admin']],
            ['admin', 1],
          ],
        ],
        ['sub', ['', null, 1, [], {}, undefined]],
        ['username', [null, 1, [], {}]],
        ['cognito:username', [null, 1, []]],
        ['origin_jti', [null, 1, []]],
        ['jti', [null, 1, []]],
        ['identities', ['x', {}, 1, null]],
      ] as const
    ).flatMap(([name, values]) =>
      values.map(
        (value): Case => [`${name} ${JSON.stringify(value)}`, token(claimsOf({ [name]: value })), claim],
      ),
    ),
}

/** Every forgery, made once. */
export const forgeries: readonly Forgery[] = Object.entries(rows).flatMap(([row, cases]) =>
  cases().map(([name, token, code]) => ({ row: Number(row), name, token, code })),
)

function unsigned(): string {
  return `${base64url(json(headerOf()))}.${base64url(json(claimsOf()))}`
}

function split(token: string): [input: string, signature: Buffer] {
  const end = token.lastIndexOf('.')
  return [token.slice(0, end), Buffer.from(token.slice(end + 1), 'base64url')]
}

function signedWith(alg: string, called = alg): string {
  const input = `${base64url(json(headerOf({ alg: called })))}.${base64url(json(claimsOf()))}`
  const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const key = { key: own.privateKey, padding, saltLength: 32 }
  return `${input}.${sign(`sha${alg.slice(2)}`, Buffer.from(input), key).toString('base64url')}`
}

function hmacSecrets(): [string, string | Buffer][] {
  const spki = own.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const pkcs1 = own.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string
  return [
    ['the PEM', spki],
    ['the PEM after a line feed', `\n${spki}`],
    ['the PEM without its last line feed', spki.trim()],
    ['the PEM with CR LF', spki.replaceAll('\n', '\r\n')],
    ['the PKCS #1 PEM', pkcs1],
    ['the DER', own.publicKey.export({ type: 'spki', format: 'der' })],
    ['the PKCS #1 DER', own.publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['the JWK', JSON.stringify(own.jwk)],
    ['the modulus', Buffer.from(own.jwk.n as string, 'base64url')],
    ["the modulus' text", own.jwk.n as string],
    ['the key ID', own.jwk.kid],
    ['nothing', ''],
  ]
}

function brought(): Record<string, unknown> {
  return {
    jwk: createPublicKey(foreign.publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' }),
    jku: 'http://127.0.0.1:9/jwks.json',
    x5u: 'http://127.0.0.1:9/cert.pem',
    x5c: [foreign.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    x5t: 'AAAA',
    'x5t#S256': 'AAAA',
  }
}

/** Characters that differ from the canonical last one in bits that belong to no byte. */
function spareBits(): Case[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const cases: Case[] = []
  for (const pad of ['', 'x', 'xx']) {
    const [header, claims, signature] = token(claimsOf({ pad }), headerOf({ pad })).split('.') as [
      string,
      string,
      string,
    ]
    for (const [part, text] of [header, claims, signature].entries()) {
      const spare = [0, 0, 16, 4][text.length % 4] as number
      for (let more = 1; more < spare; more++) {
        const last = alphabet.indexOf(text.slice(-1)) + more
        const parts = [header, claims, signature]
        parts[part] = text.slice(0, -1) + alphabet[last]
        cases.push([
          `spare bits ${more} in part ${part} of length ${text.length}`,
          parts.join('.'),
          malformed,
        ])
        if (part < 2) {
          cases.push([
            `spare bits ${more} in part ${part}, signed so`,
            seal(parts.slice(0, 2).join('.')),
            malformed,
          ])
        }
      }
    }
  }
  return cases
}
