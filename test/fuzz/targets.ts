import { isDeepStrictEqual } from 'node:util'
import {
  allowAnonymous,
  bearer,
  cookie,
  createGuard,
  firstOf,
  headerToken,
  isAuthError,
  queryToken,
  type RequestView,
  type TokenSource,
  type VerifiedToken,
  webSocketProtocol,
} from 'cognito-guard'
import type { ImportKey } from '../../src/crypto/jwk.js'
import { nodeEngine } from '../../src/crypto/node.js'
import { importPem } from '../../src/crypto/pem.js'
import { webEngine } from '../../src/crypto/web.js'
import { importKeySet, parseKeySet } from '../../src/jwks/key-set.js'
import { parseJson } from '../../src/token/json.js'
import type { Algorithm, VerificationKey } from '../../src/types.js'
import {
  base64url,
  claimsOf,
  clientId,
  ecPair,
  headerOf,
  issuer,
  json,
  now,
  own,
  pool,
  token,
  verifierOf,
} from '../mint.js'
import { encodings } from '../token/encodings.js'
import type { Target } from './fuzz.js'

const genuine = [
  token(),
  token(claimsOf({ scope: 'a', pad: 'xx' })),
  token(claimsOf({ pad: 'x' }), headerOf({ typ: 'JWT' })),
]

const verifier = verifierOf()

const anySignature: VerificationKey = { algorithm: 'RS256', isImmediate: true, verify: () => true }

/** The pool with a key that accepts every signature, so that only the other checks can refuse a text. */
const trusting = verifierOf(
  [
    {
      ...pool({ tokenUse: ['access', 'id'] } as object),
      keys: () => anySignature,
    },
  ],
  { cache: { maxTokens: 100 } },
)

/** Any error must be a refusal. */
function refusalOrValue<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!isAuthError(error) || error.status === 503) throw error
    return undefined
  }
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

const claimWords = [
  '"iss"',
  '"exp"',
  '"nbf"',
  '"iat"',
  '"sub"',
  '"aud"',
  '"scope"',
  '"cognito:groups"',
  '"token_use"',
  '"client_id"',
  '"identities"',
  '"primary":',
  '{"toString":1}',
  '"__proto__"',
  '"constructor"',
  '\\u0065xp',
  '\\ud800',
  'null',
  'true',
  '1e400',
  '-0',
  '[]',
  '{}',
  '[[[[',
  ':',
  ' :',
  '":"',
  '\\"',
  ',"exp":1',
  issuer,
  clientId,
  '"access"',
  '"id"',
  '"alg"',
  '"kid"',
  '"crit"',
  '"typ"',
  '"b64"',
]

const claimSeeds = [
  claimsOf(),
  claimsOf({
    token_use: 'id',
    aud: clientId,
    identities: [{ providerName: 'G', providerType: 'G', userId: '1', primary: 'true' }],
  }),
  claimsOf({ nested: { a: [{ b: ':' }] } }),
].map(json)

function checkVerified({ claims, principal, header }: VerifiedToken): void {
  expect(
    claims.iss === issuer && (claims.client_id === clientId || claims.aud === clientId),
    'another issuer or client',
  )
  expect(typeof claims.exp === 'number' && claims.exp + 5 > now && claims.exp <= 253_402_300_799, 'expired')
  expect(claims.token_use === 'access' || claims.token_use === 'id', 'another use')
  expect(!('crit' in header || 'b64' in header || 'zip' in header) && header.alg === 'RS256', 'a header')
  expect(
    [...principal.groups, ...principal.scopes, principal.subject].every(each => typeof each === 'string'),
    'a principal',
  )
  expect(Object.isFrozen(claims) && Object.isFrozen(principal.groups), 'not frozen')
}

const views: readonly [string, TokenSource][] = [
  ['bearer', bearer()],
  ['header', headerToken('x-amzn-oidc-data')],
  ['cookie', cookie('id', { origins: ['https://app.example'] })],
  ['query', queryToken()],
  ['protocol', webSocketProtocol()],
  ['first of', firstOf(bearer(), cookie('id'), queryToken())],
]
const guards = views.map(([, source]) => createGuard({ verifier, token: source }))

/** A request of lines: method, URL, then headers, each as often as it stands there. */
function requestOf(text: string): RequestView {
  const [method = '', url = '', ...lines] = text.split('\n')
  return {
    method,
    url,
    header(name) {
      const found = lines.filter(line => line.startsWith(`${name}:`)).map(line => line.slice(name.length + 1))
      return found.length > 1 ? found : found[0]
    },
  }
}

const ec = ecPair()
const keyWords = [
  '"kty"',
  '"RSA"',
  '"EC"',
  '"OKP"',
  '"n"',
  '"e"',
  '"x"',
  '"y"',
  '"crv"',
  '"P-256"',
  '"P-384"',
  '"Ed25519"',
  '"AQAB"',
  '"d"',
  '"k"',
  '"use"',
  '"sig"',
  '"enc"',
  '"alg"',
  '"RS256"',
  '"key_ops"',
  '["verify"]',
  '"kid"',
  'null',
  '[]',
  '{}',
  'A',
  'AAAA',
  '=',
  '-----BEGIN PUBLIC KEY-----',
  '\n',
]

async function importBoth(source: unknown, algorithm: Algorithm): Promise<void> {
  const taken = await Promise.all(
    [nodeEngine() as ImportKey, webEngine].map(async engine => {
      try {
        const key = await engine(source, algorithm)
        expect(
          key.algorithm === algorithm && !(await key.verify(Uint8Array.of(1), Uint8Array.of(1))),
          'a key that verifies anything',
        )
        return true
      } catch (error) {
        expect(error instanceof Error && error.message !== 'a key that verifies anything', String(error))
        return false
      }
    }),
  )
  expect(taken[0] === taken[1], `node:crypto ${taken[0]}, WebCrypto ${taken[1]}`)
}

/** All input that clients, or the network, control. */
export const targets: readonly Target[] = [
  {
    name: 'tokens',
    seeds: genuine,
    words: ['.', '..', '=', ...genuine.flatMap(each => each.split('.'))],
    run(text) {
      const verified = refusalOrValue(() => verifier.verifySync(text))
      expect(verified === undefined || genuine.includes(text), 'a token that was never signed')
    },
  },
  {
    name: 'claims',
    seeds: claimSeeds,
    words: claimWords,
    run(text) {
      const made = `${base64url(json(headerOf()))}.${base64url(text)}.AAAA`
      const verified = refusalOrValue(() => trusting.verifySync(made))
      if (!verified) return
      checkVerified(verified)
      expect(isDeepStrictEqual(verified.claims, JSON.parse(text)), 'other claims')
      expect(trusting.verifySync(made) === verified, 'not cached')
    },
  },
  {
    name: 'headers of tokens',
    seeds: [headerOf(), headerOf({ typ: 'at+jwt', jku: 'https://x.example', x: [{}] })].map(json),
    words: claimWords,
    run(text) {
      const verified = refusalOrValue(() =>
        trusting.verifySync(`${base64url(text)}.${base64url(json(claimsOf()))}.AAAA`),
      )
      if (verified) checkVerified(verified)
    },
  },
  {
    name: 'JSON',
    seeds: [...claimSeeds, '[1,2.5e3,-0]', '{"a\\u0041":[{},{"b":null}]}'],
    words: claimWords,
    run(text) {
      const value = parseJson(text)
      if (value === undefined) return
      expect(isDeepStrictEqual(value, JSON.parse(text)), 'another value')
      expect(!/"__proto__"\s*:/.test(text) || !text.includes('{'), 'a prototype')
    },
  },
  {
    name: 'base64url',
    seeds: ['', 'AA', '_-8', base64url('é😀'), ...genuine],
    words: ['=', '+', '/', '_w', 'AB', '\u0141', '\n'],
    run(text) {
      const ascii = text.replace(/[^\0-\x7f]/g, '~')
      for (const read of ['bytes', 'text'] as const) {
        const [a, ...others] = encodings.map(([, each]) => each[read](ascii))
        for (const b of others)
          expect(isDeepStrictEqual(a && Buffer.from(a), b && Buffer.from(b)), `the encodings differ: ${read}`)
        if (a !== undefined) expect(base64url(a) === ascii, 'two spellings')
      }
      const [a, ...others] = encodings.map(([, each]) => each.signedBytes(`x.${text}`, 1) === undefined)
      for (const b of others) expect(a === b, 'the encodings differ: signed bytes')
    },
  },
  {
    name: 'keys',
    seeds: [own.jwk, ec.jwk, { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }].map(json),
    words: keyWords,
    async run(text) {
      let source: unknown
      try {
        source = JSON.parse(text)
      } catch {
        return
      }
      if (typeof source !== 'object') return
      for (const algorithm of ['RS256', 'ES256'] as const) await importBoth(source, algorithm)
    },
  },
  {
    name: 'PEM',
    seeds: [
      own.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      ec.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    ],
    words: [
      '-----BEGIN PUBLIC KEY-----',
      '-----END PUBLIC KEY-----',
      '-----BEGIN PRIVATE KEY-----',
      '\n',
      '\r\n',
      '=',
      ' ',
    ],
    async run(text) {
      try {
        await importPem(text, 'ES256')
      } catch (error) {
        expect(error instanceof Error, 'not an error')
      }
    },
  },
  {
    name: 'key sets',
    seeds: [
      json({ keys: [own.jwk, ec.jwk] }),
      json({ keys: [] }),
      json({ keys: [own.jwk, own.jwk, { kty: 'oct', k: 'A', kid: 'a' }] }),
    ],
    words: ['"keys"', ...keyWords],
    run(text) {
      try {
        const how = {
          algorithms: ['RS256', 'ES256'],
          importKey: nodeEngine() as ImportKey,
          skipped: () => {},
        } as const
        const { kids } = importKeySet(parseKeySet(text), how) as { kids: ReadonlySet<string> }
        expect(kids.size > 0, 'an empty set')
      } catch (error) {
        const { reason } = error as { reason?: unknown }
        if (reason !== 'body' && reason !== 'empty') throw error
      }
    },
  },
  {
    name: 'requests',
    seeds: [
      `GET\n/\nauthorization:Bearer ${genuine[0]}`,
      'POST\n/?access_token=a.b.c\ncookie:a=1; id=a.b.c\norigin:https://app.example\nhost:api.example\nsec-fetch-site:same-origin',
      'GET\n/\nsec-websocket-protocol:chat, bearer, a.b.c\nx-amzn-oidc-data:a.b.c',
      'GET\n/\nauthorization:Basic x, Bearer y\nauthorization:Bearer z',
    ],
    words: [
      '\nauthorization:',
      'Bearer',
      'bearer ',
      '\ncookie:',
      'id=',
      ';',
      ',',
      ', ',
      '\t',
      '?access_token=',
      '&access_token=',
      '%',
      '%2E',
      '\nsec-websocket-protocol:',
      'bearer,',
      '\norigin:',
      'null',
      '\nhost:',
      '\nsec-fetch-site:',
      'same-origin',
      genuine[1] as string,
    ],
    async run(text) {
      const request = requestOf(text)
      for (const [index, [name, source]] of views.entries()) {
        const guard = guards[index] as ReturnType<typeof createGuard>
        const found = refusalOrValue(() => source(request))
        expect(found === undefined || !/[ ,]|^$/.test(found), `${name}: not one word`)
        const decision = await guard(request)
        const lenient = await allowAnonymous(guard)(request)
        if (decision.authorized) {
          expect(found !== undefined && genuine.includes(found), `${name}: let through`)
          continue
        }
        expect([400, 401].includes(decision.status), `${name}: ${decision.status}`)
        expect(
          Object.values(decision.headers).every(value => /^[\x20-\x7e]*$/.test(value)),
          'a header',
        )
        const isSilent = decision.error.code === 'ERR_TOKEN_MISSING'
        expect(lenient.authorized === isSilent, `${name}: a bad token taken for none`)
      }
    },
  },
]
